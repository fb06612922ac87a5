/*
 * refused_rows.c
 *		Rows that the constraints of their table would not let be in another state.
 *
 * A CHECK is code of the owner of the table, and runs as that owner, with names as
 * PostgreSQL prints them when no search_path helps.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/tuplestore.h"

#include "attach/attached_table.h"
#include "base/compat.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "base/texts.h"
#include "storage/own_table.h"
#include "storage/result.h"

/* One table, one change of state, and what the table has to say against it. */
typedef struct StateQuestion
{
	ReturnSetInfo *result;
	AttachedTable *table;
	Oid			relid;			/* the table, or a partition or child of it */
	const char *type;			/* of the column of the state */
	const char *from;
	const char *to;
	const char *constraint;
	const char *expression;
}			StateQuestion;

/* All columns as they are, but that of the state, which is $2; notes its type. */
static char *
columns_with_state(StateQuestion *question)
{
	Relation	relation = RelationIdGetRelation(question->relid);
	TupleDesc	descriptor = RelationGetDescr(relation);
	StringInfoData columns;

	initStringInfo(&columns);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);
		const char *name = quote_identifier(NameStr(column->attname));
		bool		is_state = strcmp(NameStr(column->attname), question->table->structure->state_column) == 0;

		if (column->attisdropped)
			continue;
		if (is_state)
			question->type = format_type_extended(column->atttypid, column->atttypmod,
												  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
		appendStringInfo(&columns, "%s%s AS %s", columns.len == 0 ? "" : ", ",
						 is_state ? psprintf("CAST($2 AS %s)", question->type) : psprintf("t.%s", name), name);
	}
	RelationClose(relation);
	return columns.data;
}

/* The rows in the state. */
static char *
rows_in_state(const StateQuestion *question)
{
	return psprintf("ONLY %s t WHERE CAST(t.%s AS pg_catalog.text) OPERATOR(pg_catalog.=) $1",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(question->relid)),
											   get_rel_name(question->relid)),
					quote_identifier(question->table->structure->state_column));
}

static void
put_row(const StateQuestion *question, Datum key, const char *reason)
{
	int			level = pin_settings();
	char	   *text = OutputFunctionCall(&question->table->docid_output, key);
	Datum		values[] = {
		CStringGetTextDatum(psprintf("%s%s", question->table->structure->docid_prefix, text)),
		CStringGetTextDatum(reason),
	};
	bool		nulls[2] = {false, false};

	unpin_settings(level);
	tuplestore_putvalues(question->result->setResult, question->result->setDesc, values, nulls);
}

/* Each row whose key a query returns is refused. */
static void
put_rows(const StateQuestion *question, const char *query, const char *reason)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(question->from), CStringGetTextDatum(question->to)};

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(query, 2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" failed: %s", query, SPI_result_code_string(SPI_result));
	for (uint64 i = 0; reason != NULL && i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		key = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			put_row(question, key, reason);
	}
	SPI_finish();
}

/* Can the column hold the state? */
static void
ask_type(void *argument)
{
	StateQuestion *question = argument;

	(void) columns_with_state(question);
	put_rows(question, psprintf("SELECT CAST($2 AS %s) WHERE $1 IS NOT NULL", question->type), NULL);
}

/* Which rows does the constraint refuse? */
static void
ask_constraint(void *argument)
{
	StateQuestion *question = argument;
	char	   *columns = columns_with_state(question);

	put_rows(question, psprintf("SELECT t.%s FROM (SELECT %s FROM %s) t WHERE (%s) IS FALSE",
								quote_identifier(question->table->structure->docid_column), columns,
								rows_in_state(question), question->expression),
			 psprintf("constraint \"%s\" does not allow state \"%s\"", question->constraint, question->to));
}

/* Can the column hold the state?  If not, all rows in the other state are refused. */
static bool
type_refuses(StateQuestion *question)
{
	ErrorData  *error = run_in_subtransaction(ask_type, question, true);

	if (error == NULL)
		return false;
	put_rows(question, psprintf("SELECT t.%s FROM %s AND $2 IS NOT NULL",
								quote_identifier(question->table->structure->docid_column), rows_in_state(question)),
			 error->message);
	return true;
}

/* The CHECKs of a table, by name and expression. */
static QueryResult *
constraints_of(Oid relid)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			type = OIDOID;
	Datum		value = ObjectIdGetDatum(relid);
	QueryResult *result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args("SELECT conname::pg_catalog.text, pg_catalog.pg_get_expr(conbin, conrelid)"
							  " FROM pg_catalog.pg_constraint WHERE conrelid OPERATOR(pg_catalog.=) $1"
							  " AND contype OPERATOR(pg_catalog.=) 'c'"
							  /* since PostgreSQL 18 there are some that are not enforced */
							  " AND pg_catalog.to_jsonb(pg_constraint) OPERATOR(pg_catalog.->>) 'conenforced' IS DISTINCT FROM 'false'"
							  " ORDER BY conname",
							  1, &type, &value, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "cannot read constraints: %s", SPI_result_code_string(SPI_result));
	result = take_result(context);
	SPI_finish();
	return result;
}

/* All that one table has to say against one change of state. */
static void
ask_table(StateQuestion *question, const QueryResult *constraints)
{
	if (type_refuses(question))
		return;
	for (int i = 0; i < constraints->rows; i++)
	{
		question->constraint = result_text(constraints, i, 1);
		question->expression = result_text(constraints, i, 2);
		/* of one that cannot be asked in this way, nothing is known before the rows are changed */
		(void) run_in_subtransaction(ask_constraint, question, true);
	}
}

/* Names that functions look up, as a batch of the migration has them. */
static void
set_search_path(const char *schema)
{
	(void) set_config_option("search_path",
							 schema == NULL ? "pg_catalog, pg_temp" :
							 psprintf("pg_catalog, %s, pg_temp", quote_identifier(schema)),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

static void
ask_family(StateQuestion *question, List *from, List *to)
{
	ListCell   *cell;
	ListCell   *from_cell;
	ListCell   *to_cell;

	foreach(cell, find_all_inheritors(question->table->relid, AccessShareLock, NULL))
	{
		QueryResult *constraints;

		question->relid = lfirst_oid(cell);
		if (get_rel_relkind(question->relid) != RELKIND_RELATION)
			continue;
		set_search_path(NULL);	/* by which expressions are printed with all schemas */
		constraints = constraints_of(question->relid);
		set_search_path(get_namespace_name(get_rel_namespace(question->table->relid)));
		forboth(from_cell, from, to_cell, to)
		{
			question->from = lfirst(from_cell);
			question->to = lfirst(to_cell);
			ask_table(question, constraints);
		}
	}
}

/* smartwf.refused_rows(structure, from_states, to_states) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_refused_rows);
Datum
smartwf_refused_rows(PG_FUNCTION_ARGS)
{
	const Structure *structure = structure_by_name(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	StateQuestion question = {.result = (ReturnSetInfo *) fcinfo->resultinfo};
	Actor		owner = {.is_person = false};
	SavedUser	saved;
	SavedUser	without_policies;
	int			level;

	InitMaterializedSRF(fcinfo, 0);
	if (structure == NULL)
		return (Datum) 0;
	question.table = attached_table(structure_relation(structure), structure->name);
	owner.role = relation_owner(question.table->relid);
	owner.name = owner.person = GetUserNameFromId(owner.role, false);
	saved = switch_to_actor(&owner);
	without_policies = switch_off_forced_policies();
	level = NewGUCNestLevel();
	ask_family(&question, list_of_texts(PG_GETARG_DATUM(1)), list_of_texts(PG_GETARG_DATUM(2)));
	AtEOXact_GUC(true, level);
	restore_user(without_policies);
	restore_user(saved);
	return (Datum) 0;
}
