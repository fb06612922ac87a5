/*
 * statement.c
 *		The few statements that smartwf runs on an attached table.
 *
 * Saved plans, as ri_triggers.c has them: names quoted and qualified, operators
 * qualified, the key a parameter.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
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
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "common/actor.h"
#include "common/compat.h"
#include "common/relation.h"
#include "common/row.h"
#include "statement.h"

/* The equality operator of the key's type, with its schema, as OPERATOR() takes it. */
char *
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
	text = psprintf("%s.%s",
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
	char	   *where = psprintf("WHERE t.%s OPERATOR(%s) $1",
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
 * The B-tree on the key of a table, if its rows can be read straight by it: no
 * partitions or children, and no policy that would have to be asked.
 */
static Oid
index_to_read_by(const AttachedTable *table, Relation relation)
{
	Oid			index_id;
	Relation	index;
	TypeCacheEntry *type;
	bool		fits;

	if (relation->rd_rel->relkind != RELKIND_RELATION || relation->rd_rel->relhassubclass ||
		check_enable_rls(table->relid, acting_role(), true) == RLS_ENABLED)
		return InvalidOid;
	index_id = primary_key_of(relation);
	if (!OidIsValid(index_id))
		return InvalidOid;
	index = index_open(index_id, AccessShareLock);
	type = lookup_type_cache(table->docid_type, TYPECACHE_EQ_OPR);
	fits = index->rd_index->indkey.values[0] == table->docid_column &&
		IndexRelationGetNumberOfKeyAttributes(index) == 1 &&
		get_op_opfamily_strategy(type->eq_opr, index->rd_opfamily[0]) == BTEqualStrategyNumber;
	index_close(index, NoLock);
	return fits ? index_id : InvalidOid;
}

/* The row of a document by that index, NULL if it is not there. */
static HeapTuple
row_by_index(AttachedTable *table, Relation relation, Oid index_id, const char *docid)
{
	TypeCacheEntry *type = lookup_type_cache(table->docid_type, TYPECACHE_EQ_OPR_FINFO);
	Snapshot	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation),
											 table->docid_column - 1);
	ScanKeyData key;
	List	   *rows;

	ScanKeyEntryInitializeWithInfo(&key, 0, 1, BTEqualStrategyNumber, InvalidOid,
								   column->attcollation, &type->eq_opr_finfo,
								   key_of_docid(table, docid));
	rows = rows_by_index(relation, index_id, &key, snapshot, ForwardScanDirection, 1);
	UnregisterSnapshot(snapshot);
	return rows == NIL ? NULL : linitial(rows);
}

/* Read the state by the table's own index, if that will do; false if not. */
static bool
read_state_by_index(AttachedTable *table, const char *docid, bool *found, char **state)
{
	Relation	relation = table_open(table->relid, AccessShareLock);
	Oid			index_id = index_to_read_by(table, relation);
	HeapTuple	row;

	if (OidIsValid(index_id))
	{
		row = row_by_index(table, relation, index_id, docid);
		*found = row != NULL;
		if (row != NULL)
			*state = state_of_row(table, row, RelationGetDescr(relation));
	}
	table_close(relation, NoLock);
	return OidIsValid(index_id);
}

/*
 * The state of a document; false if the caller does not see the row.  Seeing
 * asks for the privilege on the key alone: the state is what we answer with.
 */
bool
read_state(AttachedTable *table, const char *docid, char **state)
{
	Run			run = {table, READ_STATE, docid, 0, CurrentMemoryContext, NULL, NULL};
	bool		found;

	if (read_state_by_index(table, docid, &found, state))
		return found;
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
