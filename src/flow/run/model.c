/*
 * model.c
 *		The model of a run: the fields of an element, or free JSON.
 *
 * The model of an element is its row.  base is that row as last read: where
 * the model differs from it, the flow has changed a field; where the table's
 * row does, another transaction has.  Everything here runs as the role that
 * the step acts for.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/actor.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/message.h"
#include "storage/element.h"
#include "transition/table_statement.h"
#include "transition/target.h"
#include "model.h"
#include "record.h"

/* Fields */

/* The value of a field, which may be dotted; NULL if it is missing or null. */
const JsonbValue *
model_field(const Run *run, const char *field)
{
	JsonbValue	root = json_root(strncmp(field, "error.", strlen("error.")) == 0 ? visible_model(run) : run->model);
	JsonbValue *value = memcpy(palloc(sizeof(JsonbValue)), &root, sizeof(JsonbValue));

	while (value != NULL)
	{
		int			part = strcspn(field, ".");

		value = json_member_n(value, field, part);
		if (field[part] == '\0')
			break;
		field += part + 1;
	}
	return value == NULL || value->type == jbvNull ? NULL : value;
}

static AttachedTable *
table_of_run(const Run *run)
{
	Target		target;

	find_target(run->docid, NULL, &target);
	return target.table;
}

/* The type of the column of a field, InvalidOid if there is none. */
Oid
model_field_type(const Run *run, const char *field)
{
	AttrNumber	column;

	if (run->docid == NULL)
		return InvalidOid;
	column = get_attnum(table_of_run(run)->relid, field);
	return column == InvalidAttrNumber ? InvalidOid :
		get_atttype(table_of_run(run)->relid, column);
}

/* {NAME: VALUE} */
static Jsonb *
single_member(const char *name, int length, Jsonb *value)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '{');
	escape_json(&text, pnstrdup(name, length));
	appendStringInfoString(&text, ": ");
	(void) JsonbToCString(&text, &value->root, VARSIZE(value));
	appendStringInfoChar(&text, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
}

static Jsonb *
merged(Jsonb *old, Jsonb *new)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(old),
											  JsonbPGetDatum(new)));
}

/* An object with a field set, which may be dotted; adds missing objects on its path. */
static Jsonb *
with_field(Jsonb *object, const char *field, Jsonb *value)
{
	int			part = strcspn(field, ".");

	if (field[part] != '\0')
	{
		JsonbValue	root = json_root(object);
		JsonbValue *inner = json_member_n(&root, field, part);
		bool		is_object = inner != NULL && inner->type == jbvBinary && !json_is_list(inner);
		Jsonb	   *start = is_object ? JsonbValueToJsonb(inner) :
			json_empty_object();

		value = with_field(start, field + part + 1, value);
	}
	return merged(object, single_member(field, part, value));
}

/* Set a field of the model. */
void
model_set(Run *run, const char *field, Jsonb *value)
{
	run->model = with_field(run->model, field, value);
}

/*
 * START with additional members, as a setting of the step names them: {"name
 * in the result": "field of the model"}.
 */
Jsonb *
model_selection(const Run *run, const Step *step, const char *setting, Jsonb *start)
{
	JsonbValue *mapping = step_setting_value(step, setting);
	JsonbIterator *iterator;
	JsonbValue	value;
	char	   *name = NULL;
	JsonbIteratorToken token;

	if (mapping == NULL || mapping->type != jbvBinary)
		return start;
	iterator = JsonbIteratorInit(mapping->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		const JsonbValue *field = NULL;

		if (token == WJB_KEY)
			name = json_text(&value);
		else if (token == WJB_VALUE && value.type == jbvString)
			field = model_field(run, json_text(&value));
		if (field != NULL)
			start = with_field(start, name, JsonbValueToJsonb((JsonbValue *) field));
	}
	return start;
}

/* Set the fields of the model that are in an object. */
void
model_merge(Run *run, Jsonb *fields)
{
	run->model = merged(run->model, fields);
}

static bool
same_json(JsonbValue *a, JsonbValue *b)
{
	Jsonb	   *a_json = JsonbValueToJsonb(a);
	Jsonb	   *b_json = JsonbValueToJsonb(b);

	return compareJsonbContainers(&a_json->root, &b_json->root) == 0;
}

/* The members of NEW that are missing or different in OLD; NULL if none. */
Jsonb *
model_difference(Jsonb *old, Jsonb *new)
{
	JsonbValue	old_root = json_root(old);
	JsonbIterator *iterator = JsonbIteratorInit(&new->root);
	JsonbIteratorToken token;
	JsonbValue	name;
	JsonbValue	value;
	StringInfoData text;

	if (old == new)
		return NULL;
	initStringInfo(&text);
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		JsonbValue *before;
		Jsonb	   *json;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		before = json_member_of_key(&old_root, &name);
		if (before != NULL && same_json(before, &value))
			continue;
		json = JsonbValueToJsonb(&value);
		appendStringInfoString(&text, text.len == 0 ? "{" : ", ");
		escape_json(&text, json_text(&name));
		appendStringInfoString(&text, ": ");
		appendStringInfoString(&text, JsonbToCString(NULL, &json->root, VARSIZE(json)));
	}
	if (text.len == 0)
		return NULL;
	appendStringInfoChar(&text, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data)));
}

/* The members of an object, with null as values, except those that BUT has. */
Jsonb *
model_nulls(Jsonb *fields, Jsonb *but)
{
	JsonbValue	but_root = json_root(but);
	JsonbIterator *iterator = JsonbIteratorInit(&fields->root);
	JsonbIteratorToken token;
	JsonbValue	name;
	Jsonb	   *nulls = json_empty_object();
	JsonbValue	null = {.type = jbvNull};

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
		if (token == WJB_KEY && json_member_of_key(&but_root, &name) == NULL)
			nulls = merged(nulls, single_member(name.val.string.val, name.val.string.len, JsonbValueToJsonb(&null)));
	return nulls;
}

/* The row */

typedef struct RowQuery
{
	AttachedTable *table;
	const char *docid;
	const char *text;			/* the statement; $1 is the key, $2 the model */
	Jsonb	   *model;
	Jsonb	   *row;			/* the result; NULL if there was no row */
	MemoryContext context;
}			RowQuery;

static void
query_now(void *argument)
{
	RowQuery   *query = argument;
	Oid			types[] = {query->table->docid_type, JSONBOID};
	Datum		values[2];
	bool		isnull;
	int			result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	values[0] = key_of_docid(query->table, query->docid);
	values[1] = PointerGetDatum(query->model);
	result = SPI_execute_with_args(query->text, query->model == NULL ? 1 : 2, types, values, NULL,
								   false, 0);
	if (result < 0)
		elog(ERROR, "cannot run \"%s\": %s", query->text, SPI_result_code_string(result));
	if (SPI_processed > 0)
	{
		Datum		row = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
		MemoryContext outer = MemoryContextSwitchTo(query->context);

		query->row = DatumGetJsonbPCopy(row);
		MemoryContextSwitchTo(outer);
	}
	SPI_finish();
}

/* Run a statement that returns JSON on the row of a document; NULL if there is no row. */
static Jsonb *
query_row(AttachedTable *table, const char *docid, const char *text, Jsonb *model)
{
	RowQuery	query = {table, docid, text, model, NULL, CurrentMemoryContext};

	query_now(&query);
	return query.row;
}

/* VERB "schema"."table" t BETWEEN WHERE t."key" = $1 */
static char *
row_statement(const AttachedTable *table, const char *verb, const char *between)
{
	return psprintf("%s %s t %s WHERE t.%s OPERATOR(%s) $1", verb,
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->relid)),
											   get_rel_name(table->relid)),
					between, quote_identifier(table->structure->docid_column),
					key_equality(table));
}

/*
 * The JSON of a row must be the same in all sessions, since a run may go on in
 * one with other settings.
 */
static Jsonb *
try_element(AttachedTable *table, const char *docid, const char *lock)
{
	char	   *statement = psprintf("%s%s", row_statement(table, "SELECT pg_catalog.to_jsonb(t.*) FROM", ""), lock);
	int			level = pin_settings();
	Jsonb	   *row = query_row(table, docid, statement, NULL);

	unpin_settings(level);
	return row;
}

static Jsonb *
read_element(AttachedTable *table, const char *docid, const char *lock)
{
	Jsonb	   *row = try_element(table, docid, lock);

	if (row == NULL)
		raise_failure(INVISIBLE_ELEMENT, docid);
	return row;
}

/* The fields of an element that the caller can see; STRUCTURE may be empty. */
Jsonb *
model_of_element(const char *docid, const char *structure)
{
	Target		target;

	find_target(docid, structure[0] == '\0' ? NULL : structure, &target);
	require_visible(&target);
	return read_element(target.table, docid, "");
}

/* The same, with the row locked; NULL if another session has locked it. */
Jsonb *
model_of_element_to_change(const char *docid)
{
	Target		target;

	find_target(docid, NULL, &target);
	require_visible(&target);
	return try_element(target.table, docid, " FOR NO KEY UPDATE SKIP LOCKED");
}

/* The columns of the changed fields, as a list. */
static List *
changed_columns(AttachedTable *table, Jsonb *changes)
{
	Relation	relation = table_open(table->relid, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(relation);
	JsonbValue	root = json_root(changes);
	List	   *columns = NIL;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (!column->attisdropped && column->attgenerated == '\0' &&
			json_member(&root, NameStr(column->attname)) != NULL)
			columns = lappend(columns, pstrdup(NameStr(column->attname)));
	}
	table_close(relation, NoLock);
	return columns;
}

/* UPDATE t SET (a, b) = (SELECT r.a, r.b FROM jsonb_populate_record(null, $2) r) ... */
static char *
update_statement(const AttachedTable *table, List *columns)
{
	char	   *relation = quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->relid)),
													  get_rel_name(table->relid));
	StringInfoData targets;
	StringInfoData sources;
	ListCell   *cell;

	initStringInfo(&targets);
	initStringInfo(&sources);
	foreach(cell, columns)
	{
		const char *comma = foreach_current_index(cell) == 0 ? "" : ", ";

		appendStringInfo(&targets, "%s%s", comma, quote_identifier(lfirst(cell)));
		appendStringInfo(&sources, "%sr.%s", comma, quote_identifier(lfirst(cell)));
	}
	return psprintf("%s RETURNING pg_catalog.to_jsonb(true)",
					row_statement(table, "UPDATE",
								  psprintf("SET (%s) = (SELECT %s FROM pg_catalog.jsonb_populate_record(NULL::%s, $2) r)",
										   targets.data, sources.data, relation)));
}

/* Raise an error if a field that the flow has changed has no column any more. */
static void
require_columns(const Run *run, Jsonb *changes, Jsonb *row)
{
	JsonbValue	before = json_root(run->base);
	JsonbValue	now = json_root(row);
	JsonbIterator *iterator = JsonbIteratorInit(&changes->root);
	JsonbIteratorToken token;
	JsonbValue	name;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
		if (token == WJB_KEY &&
			json_member_of_key(&before, &name) != NULL &&
			json_member_of_key(&now, &name) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("document \"%s\" has no column \"%s\" any more", run->docid, json_text(&name)),
					 errdetail("The flow has changed that field, and cannot save it.")));
}

/*
 * Save the model to the element's row by an ordinary UPDATE, so that all
 * checks apply.  A row that has changed since it was read is not overwritten.
 */
void
model_save(Run *run)
{
	AttachedTable *table;
	Jsonb	   *changes;
	Jsonb	   *row;
	List	   *columns;

	table = table_of_run(run);
	changes = model_difference(run->base, run->model);
	if (changes == NULL)
		return;
	row = read_element(table, run->docid, " FOR NO KEY UPDATE");
	require_columns(run, changes, row);
	columns = changed_columns(table, changes);
	if (columns == NIL)
		return;
	if (compareJsonbContainers(&row->root, &run->base->root) != 0)
		raise_failure(MODEL_CHANGED, run->docid);
	if (query_row(table, run->docid, update_statement(table, columns), run->model) == NULL)
		raise_failure(REFUSED, localized("Update"), run->docid,
					  psprintf(localized("\"%s\" may not update the row"), actor_name()));
	run->base = read_element(table, run->docid, "");
	run->model = merged(run->model, run->base);
}

/* Use the current row as the base, and keep what the flow has changed. */
static void
rebase(Run *run, Jsonb *row)
{
	Jsonb	   *own = run->base == NULL ? NULL : model_difference(run->base, run->model);

	if (own != NULL)
		require_columns(run, own, row);
	run->base = row;
	run->model = merged(run->model, row);
	if (own != NULL)
		run->model = merged(run->model, own);
}

/* Does the model have any of these fields? */
bool
model_has_any(Jsonb *model, Jsonb *fields)
{
	JsonbValue	root = json_root(model);
	JsonbIterator *iterator = JsonbIteratorInit(&fields->root);
	JsonbIteratorToken token;
	JsonbValue	name;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
		if (token == WJB_KEY && json_member_of_key(&root, &name) != NULL)
			return true;
	return false;
}

/*
 * Read the row again, keeping what the flow has changed.  If it is different,
 * the answer is void, since it was given for the row as it was.
 */
void
model_read_again(Run *run)
{
	Jsonb	   *row;

	if (run->docid == NULL)
		return;
	row = model_of_element(run->docid, "");
	if (run->base != NULL && compareJsonbContainers(&row->root, &run->base->root) != 0)
		run_forget_answerer(run);
	rebase(run, row);
}

/* The same after the flow itself has changed the row. */
void
model_follow_own(Run *run)
{
	if (run->docid != NULL)
		rebase(run, model_of_element(run->docid, ""));
}

/* Raise WF409 if another transaction has changed the row. */
void
model_require_current(const Run *run)
{
	if (run->docid != NULL && !model_is_current(run))
		raise_failure(MODEL_CHANGED, run->docid);
}

/* Do two sets of changes have different values for a field? */
static bool
changes_collide(Jsonb *ours, Jsonb *theirs)
{
	JsonbValue	our_root = json_root(ours);
	JsonbIterator *iterator = JsonbIteratorInit(&theirs->root);
	JsonbIteratorToken token;
	JsonbValue	name;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		JsonbValue *mine;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		mine = json_member_of_key(&our_root, &name);
		if (mine != NULL && !same_json(mine, &value))
			return true;
	}
	return false;
}

/* Was the document deleted? */
bool
document_is_gone(const char *docid)
{
	Element		element;

	return !element_read(docid, &element) || element.is_deleted;
}

/* Does the document exist, with its row unchanged since it was read? */
bool
model_is_current(const Run *run)
{
	return run->docid != NULL && !document_is_gone(run->docid) &&
		compareJsonbContainers(&model_of_element(run->docid, "")->root, &run->base->root) == 0;
}

/*
 * A function that the flow called may have changed the row, which was current
 * before: use the new row.  It is a conflict if the flow has changed the same
 * field to another value.
 */
void
model_take_over(Run *run)
{
	Jsonb	   *row;
	Jsonb	   *theirs;
	Jsonb	   *ours;

	/* the function may have deleted the document */
	if (document_is_gone(run->docid))
		return;
	row = model_of_element(run->docid, "");
	theirs = model_difference(run->base, row);
	if (theirs == NULL)
		return;
	ours = model_difference(run->base, run->model);
	if (ours != NULL && changes_collide(ours, theirs))
		raise_failure(MODEL_CHANGED, run->docid);
	rebase(run, row);
}

/* The step whose failure branch the run is in; NULL if none. */
static const char *
failed_step(const Run *run)
{
	const Step *step = run->step == END_OF_FLOW || run->flow->steps == NULL ? NULL : &run->flow->steps[run->step];

	while (step != NULL && step->parent != NULL)
	{
		if (strcmp(step->branch, "failure") == 0)
			return step->parent;
		step = &run->flow->steps[step_index(run->flow, step->parent)];
	}
	return NULL;
}

/* The model as steps see it: in a failure branch, it has the error as well. */
Jsonb *
visible_model(const Run *run)
{
	const char *step = failed_step(run);
	StepRecord *failure = step == NULL ? NULL : last_failure(run, step);
	StringInfoData text;

	if (failure == NULL)
		return run->model;
	initStringInfo(&text);
	appendStringInfoString(&text, "{\"step\": ");
	escape_json(&text, step);
	appendStringInfoString(&text, ", \"sqlstate\": ");
	escape_json(&text, failure->sqlstate == NULL ? "" : failure->sqlstate);
	appendStringInfoString(&text, ", \"message\": ");
	escape_json(&text, failure->message == NULL ? "" : failure->message);
	appendStringInfoChar(&text, '}');
	return with_field(run->model, "error",
					  DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data))));
}
