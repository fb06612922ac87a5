/*
 * attached_table.c
 *		Describes an attached table: which columns hold state and document id.
 *
 * Columns are looked up by name in each table that a trigger fires on, since
 * partitions and children may have different column numbers.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "definition/cache.h"
#include "storage/own_statement.h"
#include "storage/result.h"
#include "attached_table.h"
#include "listener.h"
#include "succession.h"
#include "trigger.h"

static void *
build_structure(const void *key)
{
	Oid			type = TEXTOID;
	Datum		name = CStringGetTextDatum((const char *) key);
	QueryResult	   *result = read_as_owner("SELECT name, relation_schema, relation_name, workflow,"
									   " state_column, docid_column, docid_prefix"
									   " FROM smartwf.structures WHERE name OPERATOR(pg_catalog.=) $1",
									   1, &type, &name);
	Structure  *structure = NULL;

	if (result->rows > 0)
	{
		structure = palloc0_object(Structure);
		structure->name = result_text(result, 0, 1);
		structure->relation_schema = result_text(result, 0, 2);
		structure->relation_name = result_text(result, 0, 3);
		structure->workflow = result_text(result, 0, 4);
		structure->state_column = result_text(result, 0, 5);
		structure->docid_column = result_text(result, 0, 6);
		structure->docid_prefix = result_text(result, 0, 7);
		structure->successions = read_successions(structure->name);
	}
	free_result(result);
	return structure;
}

static DefinitionKind structures = {BY_NAME, build_structure};

/* An attached structure, NULL if there is none with that name. */
const Structure *
structure_by_name(const char *name)
{
	return cache_look_up(&structures, name);
}

/* The number of a column; an error if missing, since rules could not be checked. */
static AttrNumber
column_number(Relation relation, const char *column, const Structure *structure)
{
	AttrNumber	number = get_attnum(RelationGetRelid(relation), column);

	/* a system column is not allowed either, whatever smartwf's table contains */
	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of table \"%s\" does not exist",
						column, RelationGetRelationName(relation)),
				 errdetail("The table is attached as structure \"%s\" with that column.",
						   structure->name),
				 errhint("Call smartwf.attach() again with the column's new name, or smartwf.detach().")));
	return number;
}

/* Does the text form of a type depend on DateStyle, TimeZone and the like? */
static bool
text_depends_on_settings(Oid type)
{
	switch (getBaseType(type))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
		case UUIDOID:
		case OIDOID:
		case BOOLOID:
		case CHAROID:
			return false;
		default:
			return !type_is_enum(getBaseType(type));
	}
}

static void
free_plans(void *argument)
{
	AttachedTable *table = argument;

	for (int i = 0; i < NUMBER_OF_STATEMENTS; i++)
		if (table->statements[i].plan != NULL)
			SPI_freeplan(table->statements[i].plan);
}

/* Is it text, varchar, an enum, or a domain over one of these? */
static bool
can_hold_state(Oid type)
{
	Oid			base = getBaseType(type);

	return base == TEXTOID || base == VARCHAROID || type_is_enum(base);
}

static void
describe_state(AttachedTable *table, Relation relation)
{
	Form_pg_attribute column;
	Oid			output;
	bool		is_varlena;

	table->state_column = column_number(relation, table->structure->state_column,
										table->structure);
	column = TupleDescAttr(RelationGetDescr(relation), table->state_column - 1);
	if (!can_hold_state(column->atttypid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" is of type %s, which holds no state",
						NameStr(column->attname), RelationGetRelationName(relation),
						format_type_be(column->atttypid)),
				 errdetail("The table is attached as structure \"%s\" with that column.",
						   table->structure->name),
				 errhint("Make it text, varchar or an enum again, or call smartwf.detach().")));
	table->state_type = column->atttypid;
	table->state_typmod = column->atttypmod;
	table->state_is_enum = type_is_enum(getBaseType(column->atttypid));
	getTypeOutputInfo(column->atttypid, &output, &is_varlena);
	fmgr_info_cxt(output, &table->state_output, table->context);
}

static void
describe_docid(AttachedTable *table, Relation relation)
{
	Form_pg_attribute column;
	Oid			function;
	bool		is_varlena;

	table->docid_column = column_number(relation, table->structure->docid_column,
										table->structure);
	column = TupleDescAttr(RelationGetDescr(relation), table->docid_column - 1);
	table->docid_type = column->atttypid;
	table->docid_typmod = column->atttypmod;
	table->docid_is_padded = getBaseType(column->atttypid) == BPCHAROID;
	table->docid_depends_on_settings = text_depends_on_settings(column->atttypid);
	getTypeOutputInfo(column->atttypid, &function, &is_varlena);
	fmgr_info_cxt(function, &table->docid_output, table->context);
	getTypeInputInfo(column->atttypid, &function, &table->docid_input_parameter);
	fmgr_info_cxt(function, &table->docid_input, table->context);
}

/* Can a timer count from a column of that type?  A column of any other type counts as empty. */
static bool
is_date(Oid type)
{
	Oid			base = getBaseType(type);

	return base == DATEOID || base == TIMESTAMPOID || base == TIMESTAMPTZOID;
}

/* Add the columns that a query returns to the watched ones; false if there are none. */
static bool
watch_columns(AttachedTable *table, Relation relation, const char *query)
{
	QueryResult	   *result = read_as_owner(query, 0, NULL, NULL);
	bool		is_there = result->rows > 0;

	for (int i = 0; i < result->rows; i++)
	{
		char	   *name = result_text(result, i, 1);
		AttrNumber	number = name == NULL ? InvalidAttrNumber : get_attnum(RelationGetRelid(relation), name);

		if (number > 0 && is_date(TupleDescAttr(RelationGetDescr(relation), number - 1)->atttypid))
			table->date_columns = bms_add_member(table->date_columns, number);
	}
	free_result(result);
	return is_there;
}

/* Rows of one table may be on several versions, so the timers of all are included. */
static void
describe_timers(AttachedTable *table, Relation relation)
{
	const char *query;
	int			number = 0;

	table->timers_exist = watch_columns(table, relation, "SELECT DISTINCT reference_column FROM smartwf.workflow_timers");
	while ((query = next_watched_columns(&number)) != NULL)
		(void) watch_columns(table, relation, query);
}

/* The key of `tables`.  The OID comes first and is the only part compared. */
typedef struct TableKey
{
	Oid			relid;
	const Structure *structure;
}			TableKey;

/*
 * Copy a structure: the one that was looked up may be an entry that the cache
 * does not keep.
 */
static const Structure *
copy_structure(const Structure *source)
{
	Structure  *copy = palloc0_object(Structure);

	copy->name = pstrdup(source->name);
	copy->relation_schema = pstrdup(source->relation_schema);
	copy->relation_name = pstrdup(source->relation_name);
	copy->workflow = pstrdup(source->workflow);
	copy->state_column = pstrdup(source->state_column);
	copy->docid_column = pstrdup(source->docid_column);
	copy->docid_prefix = pstrdup(source->docid_prefix);
	copy->successions = copy_successions(source->successions);
	return copy;
}

static void *
build_table(const void *key)
{
	const TableKey *table_key = key;
	AttachedTable *table = palloc0_object(AttachedTable);
	MemoryContextCallback *callback = palloc0_object(MemoryContextCallback);
	Relation	relation = table_open(table_key->relid, AccessShareLock);

	table->relid = table_key->relid;
	table->structure = copy_structure(table_key->structure);
	table->descriptor = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	table->context = CurrentMemoryContext;
	describe_state(table, relation);
	describe_docid(table, relation);
	describe_timers(table, relation);
	table_close(relation, NoLock);

	callback->func = free_plans;
	callback->arg = table;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return table;
}

/* Changes such as those by ANALYZE do not affect the entry. */
static bool
is_current_table(const void *key, const void *definition)
{
	const AttachedTable *table = definition;
	Relation	relation = table_open(table->relid, AccessShareLock);
	bool		is_current = equalTupleDescs(RelationGetDescr(relation), table->descriptor);

	table_close(relation, NoLock);
	return is_current;
}

static DefinitionKind tables = {BY_RELATION, build_table, is_current_table};

/* A table of a structure; the trigger's argument names the structure. */
AttachedTable *
attached_table(Oid relid, const char *structure)
{
	TableKey	key = {relid, structure_by_name(structure)};

	if (key.structure == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("structure \"%s\" is not attached", structure),
				 errhint("Call smartwf.attach() again, or smartwf.detach() to take the triggers off.")));
	return cache_look_up(&tables, &key);
}

/*
 * A row as jsonb, by way of row_to_json(), since PostgreSQL exports no function for
 * that.  A cast of a column's type to json runs as the caller.
 */
Jsonb *
element_as_jsonb(HeapTuple row, TupleDesc descriptor)
{
	Datum		record = heap_copy_tuple_as_datum(row, descriptor);
	Datum		json = DirectFunctionCall1(row_to_json, record);

	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json))));
}

/* The table of a structure, by the name that attach() stored and renaming updates. */
Oid
structure_relation(const Structure *structure)
{
	Oid			schema = get_namespace_oid(structure->relation_schema, true);
	Oid			relid = OidIsValid(schema) ?
		get_relname_relid(structure->relation_name, schema) : InvalidOid;
	bool		carries = false;

	if (OidIsValid(relid))
	{
		Relation	relation = table_open(relid, AccessShareLock);

		carries = (relation->rd_rel->relkind == RELKIND_RELATION ||
				   relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE) &&
			belongs_to_structure(relation, structure->name);
		table_close(relation, NoLock);
	}
	if (!carries)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s.%s\" does not carry the triggers of structure \"%s\"",
						structure->relation_schema, structure->relation_name,
						structure->name),
				 errhint("Call smartwf.attach() again.")));
	return relid;
}

/* The state of a row, NULL if null. */
char *
state_of_row(const AttachedTable *table, HeapTuple row, TupleDesc descriptor)
{
	bool		isnull;
	Datum		value = heap_getattr(row, table->state_column, descriptor, &isnull);

	if (isnull)
		return NULL;
	if (table->state_is_enum)
		return OutputFunctionCall((FmgrInfo *) &table->state_output, value);
	return TextDatumGetCString(value);
}

/* A copy of the row with another state. */
HeapTuple
row_with_state(const AttachedTable *table, HeapTuple row, TupleDesc descriptor,
			   const char *state)
{
	int			column = table->state_column;
	Oid			input;
	Oid			parameter;
	Datum		value;
	bool		isnull = false;

	getTypeInputInfo(table->state_type, &input, &parameter);
	value = OidInputFunctionCall(input, (char *) state, parameter, table->state_typmod);
	return heap_modify_tuple_by_cols(row, descriptor, 1, &column, &value, &isnull);
}

/*
 * The row with its stored generated columns computed.  PostgreSQL computes
 * them after BEFORE triggers, but guards and hooks must see the final values.
 */
HeapTuple
row_with_generated(Relation relation, HeapTuple row)
{
	TupleConstr *constraints = RelationGetDescr(relation)->constr;
	ResultRelInfo *result;
	TupleTableSlot *slot;
	EState	   *estate;
	HeapTuple	computed;

	if (constraints == NULL || !constraints->has_generated_stored)
		return row;
	estate = CreateExecutorState();
	result = makeNode(ResultRelInfo);
	InitResultRelInfo(result, relation, 0, NULL, 0);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsHeapTuple);
	ExecStoreHeapTuple(heap_copytuple(row), slot, true);
	ExecComputeStoredGenerated(result, estate, slot, CMD_INSERT);
	computed = ExecCopySlotHeapTuple(slot);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	return computed;
}

/* Do two rows have the same value in a column, byte for byte? */
bool
same_value(HeapTuple a, HeapTuple b, TupleDesc descriptor, AttrNumber column)
{
	Form_pg_attribute attribute = TupleDescAttr(descriptor, column - 1);
	bool		a_isnull;
	bool		b_isnull;
	Datum		a_value = heap_getattr(a, column, descriptor, &a_isnull);
	Datum		b_value = heap_getattr(b, column, descriptor, &b_isnull);

	if (a_isnull || b_isnull)
		return a_isnull == b_isnull;
	return datum_image_eq(a_value, b_value, attribute->attbyval, attribute->attlen);
}

/* Settings under which a value has only one text form; undone by unpin_settings(). */
int
pin_settings(void)
{
	static const char *const pinned[][2] = {
		{"datestyle", "ISO, YMD"},
		{"timezone", "UTC"},
		{"intervalstyle", "postgres"},
		{"bytea_output", "hex"},
		{"extra_float_digits", "1"},
		{"lc_monetary", "C"},
	};
	int			level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(pinned); i++)
		(void) set_config_option(pinned[i][0], pinned[i][1], PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return level;
}

void
unpin_settings(int level)
{
	AtEOXact_GUC(true, level);
}

/* A key as text, the same under all settings. */
static char *
key_text(const AttachedTable *table, Datum value)
{
	int			level = table->docid_depends_on_settings ? pin_settings() : 0;
	char	   *key = OutputFunctionCall((FmgrInfo *) &table->docid_output, value);

	if (level > 0)
		unpin_settings(level);
	if (table->docid_is_padded)
		key[bpchartruelen(key, strlen(key))] = '\0';
	return key;
}

/* The document id of a row: prefix and key; NULL if the key is null. */
char *
docid_of_row_or_null(const AttachedTable *table, HeapTuple row, TupleDesc descriptor)
{
	bool		isnull;
	Datum		value = heap_getattr(row, table->docid_column, descriptor, &isnull);
	char	   *text;

	if (isnull)
		return NULL;
	text = key_text(table, value);
	if (table->structure->docid_prefix[0] == '\0')
		return text;
	return psprintf("%s%s", table->structure->docid_prefix, text);
}

/* The document id of a row, which must have one. */
char *
docid_of_row(const AttachedTable *table, HeapTuple row, TupleDesc descriptor)
{
	char	   *docid = docid_of_row_or_null(table, row, descriptor);

	if (docid == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("column \"%s\" of structure \"%s\" is null, but it names the document",
						table->structure->docid_column, table->structure->name)));
	return docid;
}

/* The key of a document id that is in smartwf.elements. */
Datum
key_of_docid(AttachedTable *table, const char *docid)
{
	char	   *text = (char *) docid + strlen(table->structure->docid_prefix);
	int			level = table->docid_depends_on_settings ? pin_settings() : 0;
	Datum		key = InputFunctionCall(&table->docid_input, text,
										table->docid_input_parameter,
										table->docid_typmod);

	if (level > 0)
		unpin_settings(level);
	return key;
}

/* What smartwf_docid() keeps about the type of its argument. */
static AttachedTable *
docid_type(FmgrInfo *flinfo)
{
	AttachedTable *table = flinfo->fn_extra;
	Oid			type = get_fn_expr_argtype(flinfo, 1);
	Oid			output;
	bool		is_varlena;

	if (table != NULL)
		return table;
	table = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(AttachedTable));
	table->docid_is_padded = getBaseType(type) == BPCHAROID;
	table->docid_depends_on_settings = text_depends_on_settings(type);
	getTypeOutputInfo(type, &output, &is_varlena);
	fmgr_info_cxt(output, &table->docid_output, flinfo->fn_mcxt);
	flinfo->fn_extra = table;
	return table;
}

/*
 * smartwf.docid(prefix, key): the same for SQL, for a key of any type, with
 * the same output function and settings.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_docid);
Datum
smartwf_docid(PG_FUNCTION_ARGS)
{
	char	   *prefix = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *key = key_text(docid_type(fcinfo->flinfo), PG_GETARG_DATUM(1));

	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%s%s", prefix, key)));
}
