/*
 * statement.c
 *		The few statements that smartwf runs on an attached table.
 *
 * Saved plans, as ri_triggers.c has them: names quoted and qualified, operators
 * qualified, the key a parameter.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "common/actor.h"
#include "common/compat.h"
#include "common/relation.h"
#include "statement.h"

/* The equality operator of the key's type, with its schema. */
static char *
key_equality(const AttachedTable *table)
{
	TypeCacheEntry *type = lookup_type_cache(table->docid_type, TYPECACHE_EQ_OPR);
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(type->eq_opr));
	Form_pg_operator form;
	char	   *text;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("type %s has no equality operator",
						format_type_be(table->docid_type))));
	form = (Form_pg_operator) GETSTRUCT(tuple);
	text = psprintf("OPERATOR(%s.%s)",
					quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return text;
}

static char *
statement_text(const AttachedTable *table, Statement statement)
{
	const char *state = quote_identifier(table->structure->state_column);
	char	   *relation = quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->relid)),
													  get_rel_name(table->relid));
	char	   *where = psprintf("WHERE t.%s %s $1",
								 quote_identifier(table->structure->docid_column),
								 key_equality(table));

	switch (statement)
	{
		case SEE_ROW:
			return psprintf("SELECT 1 FROM %s t %s", relation, where);
		case LOCK_ROW:
			return psprintf("SELECT 1 FROM %s t %s FOR NO KEY UPDATE", relation, where);
		case READ_ROW:
			return psprintf("SELECT CAST(t.* AS %s) FROM %s t %s", relation, relation, where);
		case READ_STATE:
			return psprintf("SELECT t.%s FROM %s t %s", state, relation, where);
		case CHANGE_STATE:
			return psprintf("UPDATE %s t SET %s = smartwf.requested_state(t.%s) %s",
							relation, state, state, where);
		default:
			elog(ERROR, "unknown statement %d", statement);
	}
}

static SPIPlanPtr
saved_plan(AttachedTable *table, Statement statement)
{
	if (table->plans[statement] == NULL)
	{
		char	   *text = statement_text(table, statement);
		SPIPlanPtr	plan = SPI_prepare_cursor(text, 1, &table->docid_type,
											  CURSOR_OPT_GENERIC_PLAN);

		if (plan == NULL)
			elog(ERROR, "cannot prepare \"%s\": %s", text,
				 SPI_result_code_string(SPI_result));
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "SPI_keepplan failed");
		table->plans[statement] = plan;
	}
	return table->plans[statement];
}

typedef struct Run
{
	AttachedTable *table;
	Statement	statement;
	const char *docid;
	uint64		rows;
	MemoryContext context;
	HeapTuple	row;			/* of READ_ROW */
	char	   *state;			/* of READ_STATE */
}			Run;

/* The composite value of the first row, as a tuple that outlives SPI. */
static void
keep_row(Run *run)
{
	bool		isnull;
	Datum		record = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
									   1, &isnull);
	MemoryContext outer = MemoryContextSwitchTo(run->context);
	HeapTupleHeader header = DatumGetHeapTupleHeaderCopy(record);

	run->row = palloc0(HEAPTUPLESIZE);
	run->row->t_len = HeapTupleHeaderGetDatumLength(header);
	run->row->t_tableOid = run->table->relid;
	ItemPointerSetInvalid(&run->row->t_self);
	run->row->t_data = header;
	MemoryContextSwitchTo(outer);
}

/* The state of the first row; it stays NULL if it is null. */
static void
keep_state(Run *run)
{
	char	   *state = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

	if (state != NULL)
		run->state = MemoryContextStrdup(run->context, state);
}

static void
run_now(void *argument)
{
	Run		   *run = argument;
	Datum		key;
	int			result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	key = key_of_docid(run->table, run->docid);
	result = SPI_execute_plan(saved_plan(run->table, run->statement), &key, NULL, false, 0);
	if (result < 0)
		elog(ERROR, "cannot run statement %d: %s", run->statement,
			 SPI_result_code_string(result));
	run->rows = SPI_processed;
	if (run->statement == READ_ROW && run->rows > 0)
		keep_row(run);
	else if (run->statement == READ_STATE && run->rows > 0)
		keep_state(run);
	SPI_finish();
}

static bool
has_privilege(const AttachedTable *table, AttrNumber column, AclMode mode)
{
	return pg_class_aclcheck(table->relid, acting_role(), mode) == ACLCHECK_OK ||
		pg_attribute_aclcheck(table->relid, column, acting_role(), mode) == ACLCHECK_OK;
}

/* Run a statement on the row of a document, as whoever calls; rows touched. */
uint64
run_as_caller_on_row(AttachedTable *table, Statement statement, const char *docid)
{
	Run			run = {table, statement, docid, 0, CurrentMemoryContext, NULL, NULL};

	run_as_caller(run_now, &run);
	return run.rows;
}

/* The same as the owner of the table, for what a grant or we ourselves allow. */
uint64
run_as_owner_on_row(AttachedTable *table, Statement statement, const char *docid)
{
	Run			run = {table, statement, docid, 0, CurrentMemoryContext, NULL, NULL};

	run_as(relation_owner(table->relid), run_now, &run);
	return run.rows;
}

/* The whole row of a document, for hooks and guards; NULL if it is not there. */
HeapTuple
read_row(AttachedTable *table, const char *docid)
{
	Run			run = {table, READ_ROW, docid, 0, CurrentMemoryContext, NULL, NULL};

	run_as(relation_owner(table->relid), run_now, &run);
	return run.row;
}

/* May the caller look a row up by its key?  Policies are another matter. */
bool
may_select(const AttachedTable *table)
{
	return schema_aclcheck(get_rel_namespace(table->relid), acting_role()) == ACLCHECK_OK &&
		has_privilege(table, table->docid_column, ACL_SELECT);
}

/*
 * The state of a document; false if the caller does not see the row.  Seeing
 * asks for the privilege on the key alone: the state is what we answer with.
 */
bool
read_state(AttachedTable *table, const char *docid, char **state)
{
	Run			run = {table, READ_STATE, docid, 0, CurrentMemoryContext, NULL, NULL};

	if (has_privilege(table, table->state_column, ACL_SELECT))
		run_as_caller(run_now, &run);
	else if (run_as_caller_on_row(table, SEE_ROW, docid) > 0)
		run_as(relation_owner(table->relid), run_now, &run);
	*state = run.state;
	return run.rows > 0;
}

/*
 * May the caller update the state?  Where the UPDATE does not run as the caller
 * himself, nobody asks his policies, so none must be in force.
 */
bool
may_update_state(const AttachedTable *table, bool without_policies)
{
	return has_privilege(table, table->state_column, ACL_UPDATE) &&
		(!without_policies ||
		 check_enable_rls(table->relid, acting_role(), true) != RLS_ENABLED);
}
