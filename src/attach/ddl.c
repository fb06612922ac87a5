/*
 * ddl.c
 *		Follows TRUNCATE and DDL on attached tables.
 *
 * The work is done in SQL (ddl.sql, trigger.sql).  It reads catalogs and
 * writes smartwf's tables, on which the user who alters a table needs no
 * privilege: hence the switch of user.  smartwf's triggers are recognized by
 * their functions, not by their names; those that a command drops are noted
 * before they are gone.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/deparse_utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/switch_user.h"
#include "base/texts.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "attached_table.h"
#include "ddl.h"
#include "trigger.h"

/* Is the current command one that smartwf issued? */
static bool is_own_ddl = false;

/*
 * smartwf.own_ddl(command): used by make_triggers_as_owner() and
 * drop_triggers(). When run as smartwf's owner, the command is not followed:
 * there may be thousands.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_own_ddl);
Datum
smartwf_own_ddl(PG_FUNCTION_ARGS)
{
	char	   *command = text_to_cstring(PG_GETARG_TEXT_PP(0));
	bool		was_own = is_own_ddl;

	PG_TRY();
	{
		is_own_ddl = GetUserId() == smartwf_owner();
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		if (SPI_execute(command, false, 0) != SPI_OK_UTILITY)
			elog(ERROR, "\"%s\" failed", command);
		SPI_finish();
	}
	PG_FINALLY();
	{
		is_own_ddl = was_own;
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}

/* Dropped triggers */

typedef struct DroppedTrigger
{
	char	   *structure;
	Oid			relid;
	SubTransactionId subtransaction;
}			DroppedTrigger;

/* Triggers dropped by the current command; in memory of its transaction. */
static List *dropped = NIL;

static object_access_hook_type previous_object_access = NULL;

/* If a trigger is smartwf's, note its structure and table. */
static void
note_dropped_trigger(Oid trigger)
{
	Relation	catalog = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(trigger));
	scan = systable_beginscan(catalog, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
		bool		isnull;
		Datum		arguments = fastgetattr(tuple, Anum_pg_trigger_tgargs, RelationGetDescr(catalog), &isnull);

		if (form->tgnargs == 1 && !isnull && is_trigger_function(form->tgfoid))
		{
			MemoryContext outer = MemoryContextSwitchTo(TopTransactionContext);
			DroppedTrigger *note = palloc(sizeof(DroppedTrigger));

			/* tgargs holds one string, including its terminating zero */
			note->structure = pstrdup(VARDATA_ANY(DatumGetByteaPP(arguments)));
			note->relid = form->tgrelid;
			note->subtransaction = GetCurrentSubTransactionId();
			dropped = lappend(dropped, note);
			MemoryContextSwitchTo(outer);
		}
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/*
 * Object access hook.  Internal drops, such as those of a detached partition's
 * triggers, are ignored.
 */
static void
note_access(ObjectAccessType access, Oid class, Oid object, int sub, void *argument)
{
	if (previous_object_access)
		previous_object_access(access, class, object, sub, argument);
	if (access == OAT_DROP && class == TriggerRelationId && !is_own_ddl &&
		(((ObjectAccessDrop *) argument)->dropflags & PERFORM_DELETION_INTERNAL) == 0)
		note_dropped_trigger(object);
}

static void
forget_dropped(XactEvent event, void *argument)
{
	dropped = NIL;
}

/* Forget the triggers whose drop is rolled back with a subtransaction. */
static void
forget_restored(SubXactEvent event, SubTransactionId subtransaction,
				SubTransactionId parent, void *argument)
{
	ListCell   *cell;

	if (event == SUBXACT_EVENT_ABORT_SUB)
		foreach(cell, dropped)
			if (((DroppedTrigger *) lfirst(cell))->subtransaction >= subtransaction)
				dropped = foreach_delete_current(dropped, cell);
}

/* Called at library load. */
void
ddl_init(void)
{
	previous_object_access = object_access_hook;
	object_access_hook = note_access;
	RegisterXactCallback(forget_dropped, NULL);
	RegisterSubXactCallback(forget_restored, NULL);
}

/* The noted triggers as two arrays; clears the list. */
static void
take_dropped(Datum *structures, Datum *relations)
{
	int			number = list_length(dropped);
	Datum	   *names = palloc_array(Datum, number + 1);
	Datum	   *relids = palloc_array(Datum, number + 1);
	ListCell   *cell;

	foreach(cell, dropped)
	{
		DroppedTrigger *note = lfirst(cell);

		names[foreach_current_index(cell)] = CStringGetTextDatum(note->structure);
		relids[foreach_current_index(cell)] = ObjectIdGetDatum(note->relid);
	}
	*structures = PointerGetDatum(construct_array(names, number, TEXTOID, -1, false, TYPALIGN_INT));
	*relations = PointerGetDatum(construct_array(relids, number, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	dropped = NIL;
}

/* A cheap test for relevant commands, before SQL looks closer */

/*
 * Could the table carry smartwf's triggers, be a parent or child of one that
 * does, or have triggers on smartwf's tables?
 */
static bool
is_interesting_table(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	bool		is_interesting;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	switch (form->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
			is_interesting = form->relhastriggers || form->relhassubclass ||
				form->relispartition || has_superclass(relid);
			break;
		case RELKIND_COMPOSITE_TYPE:	/* row type of a typed table */
			is_interesting = true;
			break;
		default:
			is_interesting = false;
	}
	ReleaseSysCache(tuple);
	return is_interesting;
}

static bool
is_interesting_object(Oid class, Oid object)
{
	switch (class)
	{
		case RelationRelationId:
			return is_interesting_table(object);
		case TypeRelationId:
			return type_is_enum(object) || get_typtype(object) == TYPTYPE_DOMAIN;
		case TriggerRelationId:
		case NamespaceRelationId:
			return true;
		default:
			return false;
	}
}

/* What a command did or dropped, with the saved plan of the query for it. */
typedef struct EventQuery
{
	const char *query;
	SPIPlanPtr	plan;
}			EventQuery;

static EventQuery done = {
	"SELECT classid, objid"
	" FROM pg_catalog.pg_event_trigger_ddl_commands() WHERE objid IS NOT NULL"
};
static EventQuery dropped_columns = {
	"SELECT classid, objid"
	" FROM pg_catalog.pg_event_trigger_dropped_objects() WHERE objsubid OPERATOR(pg_catalog.<>) 0"
};

static bool
is_interesting(EventQuery *events)
{
	SavedUser	saved = switch_to_owner();
	bool		is_there = false;
	bool		isnull;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (events->plan == NULL)
	{
		events->plan = SPI_prepare(events->query, 0, NULL);
		if (events->plan == NULL || SPI_keepplan(events->plan) != 0)
			elog(ERROR, "cannot prepare \"%s\"", events->query);
	}
	if (SPI_execute_plan(events->plan, NULL, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" failed", events->query);
	for (int i = 0; i < SPI_processed && !is_there; i++)
		is_there = is_interesting_object(
			DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)),
			DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull)));
	SPI_finish();
	restore_user(saved);
	return is_there;
}

/* Event triggers */

/*
 * smartwf.follow(): event trigger.  At the start of a command it only makes
 * sure that the library is loaded, to see what the command drops.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_follow);
Datum
smartwf_follow(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as an event trigger")));
	if (strcmp(data->event, "ddl_command_start") == 0 || is_own_ddl)
		PG_RETURN_NULL();
	if (strcmp(data->event, "sql_drop") == 0)
	{
		Oid			types[] = {TEXTARRAYOID, OIDARRAYOID};
		Datum		values[2];

		if (dropped == NIL && !is_interesting(&dropped_columns))
			PG_RETURN_NULL();
		take_dropped(&values[0], &values[1]);
		call_as_owner("SELECT smartwf.follow_drop($1, $2)", 2, types, values);
	}
	else if (is_interesting(&done))
		call_as_owner("SELECT smartwf.follow_ddl()", 0, NULL, NULL);
	PG_RETURN_NULL();
}

/* smartwf.replaced_columns(command): columns that ALTER TABLE drops or changes the type of. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_replaced_columns);
Datum
smartwf_replaced_columns(PG_FUNCTION_ARGS)
{
	CollectedCommand *command = (CollectedCommand *) PG_GETARG_POINTER(0);
	ArrayBuildState *names = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell   *cell;

	if (command->type == SCT_AlterTable)
		foreach(cell, command->d.alterTable.subcmds)
		{
			AlterTableCmd *part = castNode(AlterTableCmd, ((CollectedATSubcmd *) lfirst(cell))->parsetree);

			if ((part->subtype == AT_DropColumn || part->subtype == AT_AlterColumnType) && part->name != NULL)
				names = accumArrayResult(names, CStringGetTextDatum(part->name), false, TEXTOID,
										 CurrentMemoryContext);
		}
	PG_RETURN_DATUM(makeArrayResult(names, CurrentMemoryContext));
}

/*
 * Does this part of ALTER TABLE leave partitions and children unchanged?
 * These are the parts that a dump issues for a table that already has its
 * rows.
 */
static bool
leaves_family(AlterTableType type)
{
	switch (type)
	{
		case AT_ColumnDefault:
		case AT_SetNotNull:
		case AT_SetStatistics:
		case AT_SetStorage:
		case AT_AddIndex:
		case AT_AddConstraint:
		case AT_AddIndexConstraint:
		case AT_AlterConstraint:
		case AT_ValidateConstraint:
		case AT_ChangeOwner:
		case AT_ClusterOn:
		case AT_SetRelOptions:
		case AT_EnableTrig:
		case AT_EnableAlwaysTrig:
		case AT_EnableReplicaTrig:
		case AT_DisableTrig:
		case AT_EnableRule:
		case AT_DisableRule:
		case AT_ReplicaIdentity:
		case AT_EnableRowSecurity:
		case AT_ForceRowSecurity:
			return true;
		default:
			return false;
	}
}

/* smartwf.changes_family(command) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_changes_family);
Datum
smartwf_changes_family(PG_FUNCTION_ARGS)
{
	CollectedCommand *command = (CollectedCommand *) PG_GETARG_POINTER(0);
	ListCell   *cell;

	if (command->type == SCT_Simple)
		PG_RETURN_BOOL(IsA(command->parsetree, CreateStmt) || IsA(command->parsetree, CreateForeignTableStmt));
	if (command->type != SCT_AlterTable)
		PG_RETURN_BOOL(true);
	foreach(cell, command->d.alterTable.subcmds)
		if (!leaves_family(castNode(AlterTableCmd, ((CollectedATSubcmd *) lfirst(cell))->parsetree)->subtype))
			PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(false);
}

/* smartwf.record_truncate(): AFTER TRUNCATE. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_record_truncate);
Datum
smartwf_record_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Oid			type = TEXTOID;
	Datum		structure;

	if (!CALLED_AS_TRIGGER(fcinfo) || data->tg_trigger->tgnargs < 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger that smartwf.attach() made")));
	structure = CStringGetTextDatum(data->tg_trigger->tgargs[0]);
	call_as_owner("SELECT smartwf.end_without_rows($1)", 1, &type, &structure);
	return PointerGetDatum(NULL);
}

/* Only the owner of a table, or an administrator, may bypass its privileges and policies. */
static void
require_ownership(Oid relid, bool or_administrator)
{
	if (has_privs_of_role(acting_role(), relation_owner(relid)) || (or_administrator && is_administrator()))
		return;
	aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(relid));
}

/* smartwf.make_triggers(relation, structure): for the owner of the table. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_make_triggers);
Datum
smartwf_make_triggers(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	Oid			types[] = {REGCLASSOID, TEXTOID};
	Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};

	require_ownership(relid, false);
	call_as_owner("SELECT smartwf.make_triggers_of_structure($1, $2)", 2, types, values);
	PG_RETURN_VOID();
}

/* Rows */

static void
put_row(ReturnSetInfo *result, const char *docid, const char *state)
{
	Datum		values[2] = {0};
	bool		nulls[2] = {docid == NULL, state == NULL};

	if (docid != NULL)
		values[0] = CStringGetTextDatum(docid);
	if (state != NULL)
		values[1] = CStringGetTextDatum(state);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * The ids and states of the rows of one table, of all or of those in some STATES, read
 * without evaluating anything that the table's owner has defined.
 */
static void
put_rows_of_table(ReturnSetInfo *result, Oid relid, const char *structure, bool all_states, List *states)
{
	Relation	relation = table_open(relid, AccessShareLock);
	AttachedTable *table = attached_table(relid, structure);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = begin_table_scan(relation, snapshot);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "smartwf row", ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		HeapTuple	row = ExecFetchSlotHeapTuple(slot, false, NULL);
		char	   *state = state_of_row(table, row, RelationGetDescr(relation));

		CHECK_FOR_INTERRUPTS();
		if (all_states || (state != NULL && is_in_texts(states, state)))
			put_row(result, docid_of_row_or_null(table, row, RelationGetDescr(relation)), state);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(context);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	table_close(relation, NoLock);
}

/*
 * smartwf.rows_of_structure(structure), rows_in_states(structure, states): the rows of
 * the table, its partitions and its children.  This must be a plain scan: it runs as smartwf's owner, so
 * no policy, view, index expression or constraint of another user may be
 * evaluated.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_rows_of_structure);
Datum
smartwf_rows_of_structure(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const Structure *structure = structure_by_name(name);
	bool		all_states = PG_NARGS() == 1;
	List	   *states = all_states ? NIL : list_of_texts(PG_GETARG_DATUM(1));
	ListCell   *cell;
	Oid			relid;

	InitMaterializedSRF(fcinfo, 0);
	if (structure == NULL)
		return (Datum) 0;
	relid = structure_relation(structure);
	/* as the extension's owner, follow a DDL command or TRUNCATE that PostgreSQL has permitted */
	if (GetUserId() != smartwf_owner())
		require_ownership(relid, true);
	foreach(cell, find_all_inheritors(relid, AccessShareLock, NULL))
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_RELATION)
			put_rows_of_table(result, lfirst_oid(cell), name, all_states, states);
	return (Datum) 0;
}
