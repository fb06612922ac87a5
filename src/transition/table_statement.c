/*
 * table_statement.c
 *		The few statements that smartwf runs on an attached table.
 *
 * Saved plans, as ri_triggers.c has them: names quoted and qualified, operators
 * qualified, the key a parameter.  All of them run as the caller, by whose rights
 * and search_path the table's triggers, defaults and constraints are evaluated.
 * Where a grant permits the change, or smartwf itself must read, only the permission
 * check uses the owner of the table (checkAsUser, as for views).
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
#include "nodes/makefuncs.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/switch_user.h"
#include "storage/own_table.h"
#include "storage/row.h"
#include "table_statement.h"

/* The equality operator of a type, with its schema, as OPERATOR() takes it. */
static char *
equality_of(Oid type_id)
{
	TypeCacheEntry *type = lookup_type_cache(type_id, TYPECACHE_EQ_OPR);
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(type->eq_opr));
	Form_pg_operator form;
	char	   *text;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("type %s has no equality operator", format_type_be(type_id))));
	form = (Form_pg_operator) GETSTRUCT(tuple);
	text = psprintf("%s.%s",
					quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return text;
}

/* That of the key's type. */
char *
key_equality(const AttachedTable *table)
{
	return equality_of(table->docid_type);
}

/* smartwf.equality_of(type): for statements that SQL makes. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_equality_of);
Datum
smartwf_equality_of(PG_FUNCTION_ARGS)
{
	return CStringGetTextDatum(equality_of(PG_GETARG_OID(0)));
}

/* Is it about the rows of many documents? */
static bool
is_of_many(Statement statement)
{
	return statement >= LOCK_ROWS;
}

static char *
statement_text(const AttachedTable *table, Statement statement)
{
	const char *state = quote_identifier(table->structure->state_column);
	char	   *relation = quote_qualified_identifier(get_namespace_name(get_rel_namespace(table->relid)),
													  get_rel_name(table->relid));
	char	   *where = psprintf(is_of_many(statement) ? "WHERE t.%s OPERATOR(%s) ANY ($1)" : "WHERE t.%s OPERATOR(%s) $1",
								 quote_identifier(table->structure->docid_column),
								 key_equality(table));

	switch (statement)
	{
		case SEE_ROW:
			return psprintf("SELECT 1 FROM %s t %s", relation, where);
		case LOCK_ROW:
		case LOCK_ROW_AS_GRANTED:
			return psprintf("SELECT 1 FROM %s t %s FOR NO KEY UPDATE", relation, where);
		case READ_ROW:
			return psprintf("SELECT CAST(t.* AS %s) FROM %s t %s", relation, relation, where);
		case LOCK_ROWS:
			return psprintf("SELECT CAST(t.* AS %s) FROM %s t %s FOR NO KEY UPDATE", relation, relation, where);
		case LOCK_FREE_ROWS:
			return psprintf("SELECT CAST(t.* AS %s) FROM %s t %s FOR NO KEY UPDATE SKIP LOCKED", relation, relation,
							where);
		case READ_STATE:
		case READ_STATE_FOR_US:
			return psprintf("SELECT t.%s FROM %s t %s", state, relation, where);
		case CHANGE_STATE:
		case CHANGE_STATE_AS_GRANTED:
		case CHANGE_STATES:
			return psprintf("UPDATE %s t SET %s = smartwf.requested_state(t.%s) %s",
							relation, state, state, where);
		default:
			elog(ERROR, "unknown statement %d", statement);
	}
}

/* Is the permission to do it the owner's, whoever does it? */
static bool
is_permitted_as_owner(Statement statement)
{
	return statement == CHANGE_STATE_AS_GRANTED || statement == LOCK_ROW_AS_GRANTED ||
		statement == READ_ROW || statement == READ_STATE_FOR_US || is_of_many(statement);
}

/* Have the permission to use the statement's tables checked as for that role. */
static void
check_permission_as(ParseState *state, Oid role)
{
	ListCell   *cell;

#if PG_VERSION_NUM >= 160000
	foreach(cell, state->p_rteperminfos)
		((RTEPermissionInfo *) lfirst(cell))->checkAsUser = role;
#else
	foreach(cell, state->p_rtable)
		((RangeTblEntry *) lfirst(cell))->checkAsUser = role;
#endif
}

/* The type of $1. */
static Oid
parameter_type(const AttachedTable *table, Statement statement)
{
	return is_of_many(statement) ? get_array_type(table->docid_type) : table->docid_type;
}

/*
 * $1, the key, or the keys.  It stands at the end of the statement, when its tables are
 * known and before policies are put in, and is looked up again whenever the
 * statement is analyzed anew.
 */
static Node *
key_parameter(ParseState *state, ParamRef *reference)
{
	const StatementOfTable *of = state->p_ref_hook_state;
	Param	   *parameter = makeNode(Param);

	if (is_permitted_as_owner(of->statement))
		check_permission_as(state, relation_owner(of->table->relid));
	parameter->paramkind = PARAM_EXTERN;
	parameter->paramid = reference->number;
	parameter->paramtype = parameter_type(of->table, of->statement);
	parameter->paramtypmod = -1;
	parameter->paramcollid = get_typcollation(of->table->docid_type);
	parameter->location = reference->location;
	return (Node *) parameter;
}

static void
set_up_parser(ParseState *state, void *argument)
{
	state->p_ref_hook_state = argument;
	state->p_paramref_hook = key_parameter;
}

static SPIPlanPtr
saved_plan(AttachedTable *table, Statement statement)
{
	StatementOfTable *of = &table->statements[statement];

	if (of->plan == NULL)
	{
		char	   *text = statement_text(table, statement);
		SavedUser	saved = {.is_switched = false};
		SPIPlanPtr	plan;

		of->table = table;
		of->statement = statement;
		/* policies are put in already when it is prepared */
		if (is_permitted_as_owner(statement))
			saved = switch_off_forced_policies();
		plan = SPI_prepare_params(text, set_up_parser, of, CURSOR_OPT_GENERIC_PLAN);
		restore_user(saved);
		if (plan == NULL)
			elog(ERROR, "cannot prepare \"%s\": %s", text,
				 SPI_result_code_string(SPI_result));
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "SPI_keepplan failed");
		of->plan = plan;
	}
	return of->plan;
}

/* Analyze and plan, if need be. */
static void
plan_as_owner(SPIPlanPtr plan)
{
	SavedUser	saved = switch_off_forced_policies();

	ReleaseCachedPlan(SPI_plan_get_cached_plan(plan), CurrentResourceOwner);
	restore_user(saved);
}

typedef struct Execution
{
	AttachedTable *table;
	Statement	statement;
	const char *docid;
	uint64		rows;
	MemoryContext context;
	List	   *docids;			/* of many rows (char *) */
	List	   *kept;			/* of READ_ROW and what locks many rows (HeapTuple) */
	char	   *state;			/* of READ_STATE */
}			Execution;

/* The composite values that were selected, as tuples that outlive SPI. */
static void
keep_rows(Execution *execution)
{
	MemoryContext outer = MemoryContextSwitchTo(execution->context);

	for (uint64 i = 0; i < execution->rows; i++)
	{
		bool		isnull;
		Datum		record = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		HeapTupleHeader header = DatumGetHeapTupleHeaderCopy(record);
		HeapTuple	row = palloc0(HEAPTUPLESIZE);

		row->t_len = HeapTupleHeaderGetDatumLength(header);
		row->t_tableOid = execution->table->relid;
		ItemPointerSetInvalid(&row->t_self);
		row->t_data = header;
		execution->kept = lappend(execution->kept, row);
	}
	MemoryContextSwitchTo(outer);
}

/* The keys of many documents, as an array. */
static Datum
keys_of_docids(const Execution *execution)
{
	Oid			type = execution->table->docid_type;
	Datum	   *keys = palloc_array(Datum, list_length(execution->docids));
	int16		length;
	bool		by_value;
	char		alignment;
	ListCell   *cell;

	foreach(cell, execution->docids)
		keys[foreach_current_index(cell)] = key_of_docid(execution->table, lfirst(cell));
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_array(keys, list_length(execution->docids), type, length, by_value, alignment));
}

/* The state of the first row; it stays NULL if it is null. */
static void
keep_state(Execution *execution)
{
	char	   *state = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

	if (state != NULL)
		execution->state = MemoryContextStrdup(execution->context, state);
}

/* As the caller. */
static void
execute(Execution *execution)
{
	SavedUser	saved = switch_to_caller();
	ParamListInfo parameters;
	SPIPlanPtr	plan;
	int			result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	parameters = makeParamList(1);
	parameters->params[0].value = is_of_many(execution->statement) ? keys_of_docids(execution) :
		key_of_docid(execution->table, execution->docid);
	parameters->params[0].isnull = false;
	parameters->params[0].pflags = PARAM_FLAG_CONST;
	parameters->params[0].ptype = parameter_type(execution->table, execution->statement);
	plan = saved_plan(execution->table, execution->statement);
	if (is_permitted_as_owner(execution->statement))
		plan_as_owner(plan);
	result = SPI_execute_plan_with_paramlist(plan, parameters, false, 0);
	if (result < 0)
		elog(ERROR, "cannot run statement %d: %s", execution->statement,
			 SPI_result_code_string(result));
	execution->rows = SPI_processed;
	if (execution->statement == READ_ROW || execution->statement == LOCK_ROWS ||
		execution->statement == LOCK_FREE_ROWS)
		keep_rows(execution);
	else if ((execution->statement == READ_STATE || execution->statement == READ_STATE_FOR_US) && execution->rows > 0)
		keep_state(execution);
	SPI_finish();
	restore_user(saved);
}

static bool
has_privilege(const AttachedTable *table, AttrNumber column, AclMode mode)
{
	return pg_class_aclcheck(table->relid, acting_role(), mode) == ACLCHECK_OK ||
		pg_attribute_aclcheck(table->relid, column, acting_role(), mode) == ACLCHECK_OK;
}

/* Run a statement on the row of a document; rows touched. */
uint64
run_on_row(AttachedTable *table, Statement statement, const char *docid)
{
	Execution	execution = {table, statement, docid, .context = CurrentMemoryContext};

	execute(&execution);
	return execution.rows;
}

/* Run a statement on the rows of documents (char *); the rows that it selected (HeapTuple). */
List *
run_on_rows(AttachedTable *table, Statement statement, List *docids)
{
	Execution	execution = {table, statement, .docids = docids, .context = CurrentMemoryContext};

	execute(&execution);
	return execution.kept;
}

/* The whole row of a document, for hooks and guards; NULL if it is not there. */
HeapTuple
read_row(AttachedTable *table, const char *docid)
{
	Execution	execution = {table, READ_ROW, docid, .context = CurrentMemoryContext};

	execute(&execution);
	return execution.kept == NIL ? NULL : linitial(execution.kept);
}

/* May the caller look a row up by its key?  Policies are another matter. */
bool
may_select(const AttachedTable *table)
{
	return schema_aclcheck(get_rel_namespace(table->relid), acting_role()) == ACLCHECK_OK &&
		has_privilege(table, table->docid_column, ACL_SELECT);
}

/* May the caller read the whole row? */
bool
may_read_row(const AttachedTable *table)
{
	return pg_class_aclcheck(table->relid, acting_role(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck_all(table->relid, acting_role(), ACL_SELECT, ACLMASK_ALL) == ACLCHECK_OK;
}

/* Does no policy hide rows from the caller? */
bool
sees_all_rows(const AttachedTable *table)
{
	return check_enable_rls(table->relid, acting_role(), true) != RLS_ENABLED;
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
		!sees_all_rows(table))
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
	rows = rows_by_index(relation, index_id, &key, 1, snapshot, ForwardScanDirection, 1);
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

/* May the caller select a column, by its name?  None of that name hides nothing. */
bool
may_select_column(const AttachedTable *table, const char *name)
{
	AttrNumber	column = get_attnum(table->relid, name);

	return column <= 0 || has_privilege(table, column, ACL_SELECT);
}

/*
 * The state of a document; false if the caller does not see the row.  Seeing
 * asks for the privilege on the key alone: the state is what we answer with.
 */
bool
read_state(AttachedTable *table, const char *docid, char **state)
{
	Execution	execution = {table, READ_STATE, docid, .context = CurrentMemoryContext};
	bool		found;

	if (read_state_by_index(table, docid, &found, state))
		return found;
	if (!has_privilege(table, table->state_column, ACL_SELECT))
	{
		if (run_on_row(table, SEE_ROW, docid) == 0)
			return false;
		execution.statement = READ_STATE_FOR_US;
	}
	execute(&execution);
	*state = execution.state;
	return execution.rows > 0;
}

/*
 * May the caller update the state?  Where the UPDATE is permitted as for the
 * owner, nobody asks the caller's policies, so none must be in force.
 */
bool
may_update_state(const AttachedTable *table, bool without_policies)
{
	return has_privilege(table, table->state_column, ACL_UPDATE) &&
		(!without_policies || sees_all_rows(table));
}
