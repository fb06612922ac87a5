/*
 * protect.c
 *		The triggers on the definition tables: they keep published versions
 *		unchanged, signal changes to other sessions, and run the check at
 *		commit.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/error.h"
#include "base/notify_workers.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "storage/row.h"
#include "storage/writer.h"
#include "cache.h"
#include "protect.h"
#include "workflow.h"

static OwnRelation workflows = {"workflows"};

/* Published versions by whether they were complete when this transaction first looked at them. */
static List *frozen = NIL;
static List *unfrozen = NIL;

/* Workflows that were checked and have not changed since. */
static List *checked = NIL;

/* Workflows whose row this subtransaction has rewritten; see signal_workflow(). */
static List *touched = NIL;
static SubTransactionId touched_in = InvalidSubTransactionId;

static void
forget_lists(void)
{
	frozen = unfrozen = checked = touched = NIL;
}

static void
forget_transaction(XactEvent event, void *argument)
{
	forget_lists();
}

/* A rollback may restore a definition, so nothing that was noted still holds. */
static void
forget_subtransaction(SubXactEvent event, SubTransactionId subtransaction,
					  SubTransactionId parent, void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_lists();
}

/* Called at library load: the lists end with the transaction. */
void
protect_init(void)
{
	RegisterXactCallback(forget_transaction, NULL);
	RegisterSubXactCallback(forget_subtransaction, NULL);
}

static void
remember(List **list, int32 id)
{
	MemoryContext outer = MemoryContextSwitchTo(TopTransactionContext);

	*list = list_append_unique_int(*list, id);
	MemoryContextSwitchTo(outer);
}

static bool
is_workflows(Relation relation)
{
	return RelationGetRelid(relation) == own_relation_oid(&workflows);
}

/* The number of a column of a definition table; an error on any other table. */
static int
number_of_column(Relation relation, const char *name, Oid type)
{
	int			column = SPI_fnumber(RelationGetDescr(relation), name);

	if (column <= 0 || TupleDescAttr(RelationGetDescr(relation), column - 1)->atttypid != type)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("\"%s\" is no table of definitions", RelationGetRelationName(relation)),
				 errdetail("It has no column \"%s\" of type %s.", name, format_type_be(type))));
	return column;
}

/* The workflow that a row of a definition table belongs to. */
static int32
workflow_id_of(HeapTuple row, Relation relation)
{
	bool		isnull;
	int			column = number_of_column(relation, is_workflows(relation) ? "id" : "workflow_id", INT4OID);

	return DatumGetInt32(heap_getattr(row, column, RelationGetDescr(relation), &isnull));
}

static bool
is_published_row(HeapTuple row, Relation relation)
{
	char	   *status = SPI_getvalue(row, RelationGetDescr(relation),
									  number_of_column(relation, "status", TEXTOID));

	return status != NULL && strcmp(status, "published") == 0;
}

/* Has the row a shape?  A shape stays, whether all rows of the version exist or not. */
static bool
has_shape(HeapTuple row, Relation relation)
{
	return !heap_attisnull(row, number_of_column(relation, "shape", TEXTOID), RelationGetDescr(relation));
}

/*
 * Is the workflow published, and was it complete before this transaction?  A
 * version without a shape was published by this transaction.  One that has a
 * shape and is being loaded may change until its rows match that shape.
 */
static bool
is_frozen(int32 id)
{
	Oid			type = INT4OID;
	Datum		value = Int32GetDatum(id);
	QueryResult	   *found;
	bool		is_complete;

	if (list_member_int(frozen, id) || list_member_int(unfrozen, id))
		return list_member_int(frozen, id);
	found = read_as_owner("SELECT shape OPERATOR(pg_catalog.=) smartwf.workflow_shape(id) FROM smartwf.workflows"
						  " WHERE id OPERATOR(pg_catalog.=) $1 AND status OPERATOR(pg_catalog.=) 'published'",
						  1, &type, &value);
	is_complete = found->rows > 0 && result_boolean(found, 0, 1);
	if (found->rows > 0)
		remember(is_complete ? &frozen : &unfrozen, id);
	return is_complete;
}

/* May this column change in a published version? */
static bool
is_changeable(const Trigger *trigger, const char *column)
{
	for (int i = 0; i < trigger->tgnargs; i++)
		if (strcmp(trigger->tgargs[i], "*") == 0 || strcmp(trigger->tgargs[i], column) == 0)
			return true;
	return false;
}

/* Does the trigger's UPDATE change only columns that may change? */
static bool
changes_no_shape(const TriggerData *data)
{
	TupleDesc	descriptor = RelationGetDescr(data->tg_relation);

	for (int i = 1; i <= descriptor->natts; i++)
	{
		char	   *old = SPI_getvalue(data->tg_trigtuple, descriptor, i);
		char	   *new = SPI_getvalue(data->tg_newtuple, descriptor, i);
		bool		same = old == NULL || new == NULL ? old == new : strcmp(old, new) == 0;

		if (!same && !is_changeable(data->tg_trigger,
									NameStr(TupleDescAttr(descriptor, i - 1)->attname)))
			return false;
	}
	return true;
}

static void
refuse_change(int32 id, const char *table)
{
	ereport(ERROR,
			(errcode(failure_sqlstate(INVALID_DEFINITION)),
			 errmsg("published workflow %d cannot change its shape", id),
			 errdetail_internal("WFL0002 %s: a published version is frozen; labels, colors, translations and grants may change.",
								table),
			 errhint("Define the next version with smartwf.define_workflow(), and move elements to it with smartwf.migrate().")));
}

/* A row of smartwf.workflows. */
static void
protect_workflow(const TriggerData *data, HeapTuple row)
{
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event) || !is_published_row(data->tg_trigtuple, data->tg_relation))
		return;
	if (TRIGGER_FIRED_BY_DELETE(data->tg_event) ? is_frozen(workflow_id_of(row, data->tg_relation)) :
		has_shape(data->tg_trigtuple, data->tg_relation) && !changes_no_shape(data))
		refuse_change(workflow_id_of(data->tg_trigtuple, data->tg_relation), "workflows");
}

static TriggerData *
trigger_data(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger")));
	return (TriggerData *) fcinfo->context;
}

/* smartwf.protect_definition(): BEFORE INSERT OR UPDATE OR DELETE. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_protect_definition);
Datum
smartwf_protect_definition(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo);
	HeapTuple	row = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple :
		data->tg_trigtuple;

	cache_note_writing();

	/* it must be checked again; if constraints are immediate, at once */
	checked = list_delete_int(checked, workflow_id_of(row, data->tg_relation));
	if (is_workflows(data->tg_relation))
		protect_workflow(data, row);
	else if (!is_changeable(data->tg_trigger, "*"))
	{
		int32		old_id = workflow_id_of(data->tg_trigtuple, data->tg_relation);
		int32		new_id = workflow_id_of(row, data->tg_relation);

		if (!(TRIGGER_FIRED_BY_UPDATE(data->tg_event) && changes_no_shape(data)))
		{
			if (is_frozen(old_id))
				refuse_change(old_id, RelationGetRelationName(data->tg_relation));
			if (new_id != old_id && is_frozen(new_id))
				refuse_change(new_id, RelationGetRelationName(data->tg_relation));
		}
	}
	return PointerGetDatum(row);
}

/*
 * Write the row of a workflow anew; false if there is none that we could see.
 * Whatever snapshot the transaction has, the present row is the one.
 */
static bool
rewrite_row(int32 id)
{
	Relation	relation = table_open(own_relation_oid(&workflows), RowExclusiveLock);
	HeapTuple	row;

	/* the command that fires us may have written it */
	CommandCounterIncrement();
	row = row_by_number(relation, id);
	if (row != NULL)
		row = locked_row(relation, row, true);
	if (row != NULL)
	{
		ItemPointerData place = row->t_self;

		(void) store_row(relation, heap_copytuple(row), &place);
	}
	table_close(relation, NoLock);
	return row != NULL;
}

/*
 * A workflow has changed.  Other sessions detect that by the version of its
 * row in smartwf.workflows, so write that row again, once per subtransaction:
 * a version that is rolled back must not be one that a session has cached.
 */
static void
signal_workflow(int32 id, bool has_row)
{
	workflow_forget(id);
	if (touched_in != GetCurrentSubTransactionId())
		touched = NIL;
	touched_in = GetCurrentSubTransactionId();
	if (has_row || list_member_int(touched, id))
		return;
	remember(&touched, id);
	if (!rewrite_row(id))
		cache_signal_for_certain();
}

/* smartwf.signal_definition(): AFTER INSERT OR UPDATE OR DELETE, ENABLE ALWAYS. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_signal_definition);
Datum
smartwf_signal_definition(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo);
	Relation	relation = data->tg_relation;
	bool		has_row = is_workflows(relation);

	if (has_row || SPI_fnumber(RelationGetDescr(relation), "workflow_id") > 0)
	{
		signal_workflow(workflow_id_of(data->tg_trigtuple, relation), has_row);
		if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
			signal_workflow(workflow_id_of(data->tg_newtuple, relation), has_row);
	}
	cache_signal();
	notify_workers_at_commit(WORK_ON_RUNS);	/* a limit may have been raised */
	return PointerGetDatum(NULL);
}

/* smartwf.check_at_commit(): checks each changed workflow once, however many rows changed. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_check_at_commit);
Datum
smartwf_check_at_commit(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo);
	int32		id = workflow_id_of(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ?
									data->tg_newtuple : data->tg_trigtuple, data->tg_relation);

	if (!list_member_int(checked, id))
	{
		Oid			type = INT4OID;
		Datum		value = Int32GetDatum(id);

		call_as_owner("SELECT smartwf.check_published($1)", 1, &type, &value);
		remember(&checked, id);
		/* publishing may have stored its shape */
		unfrozen = list_delete_int(unfrozen, id);
	}
	return PointerGetDatum(NULL);
}
