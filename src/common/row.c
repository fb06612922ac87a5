/*
 * row.c
 *		Rows, read by an index and written, without a statement.
 *
 * As a subscription applies them: no user is switched, no search_path is looked
 * at, and it takes less time.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "row.h"

/*
 * The rows (HeapTuple) whose leading column in a B-tree has the value of KEY, in
 * the order of the index, forward or backward, but not more than MOST.
 */
List *
rows_by_index(Relation relation, Oid index_id, ScanKey key, Snapshot snapshot,
			  ScanDirection direction, int most)
{
	Relation	index = index_open(index_id, AccessShareLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	IndexScanDesc scan = begin_index_scan(relation, index, snapshot, 1);
	List	   *rows = NIL;

	index_rescan(scan, key, 1, NULL, 0);
	while (list_length(rows) < most && index_getnext_slot(scan, direction, slot))
		rows = lappend(rows, ExecCopySlotHeapTuple(slot));
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, NoLock);
	return rows;
}

/*
 * The newest version of a row, locked; NULL if it is gone, or, unless WAITS,
 * somebody else has it.
 */
HeapTuple
locked_row(Relation relation, HeapTuple row, bool waits)
{
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TM_FailureData failure;
	HeapTuple	locked = NULL;
	TM_Result	result;

	result = table_tuple_lock(relation, &row->t_self, snapshot, slot, GetCurrentCommandId(false),
							  LockTupleExclusive, waits ? LockWaitBlock : LockWaitSkip,
							  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
	if (result == TM_Ok)
		locked = ExecCopySlotHeapTuple(slot);
	else if (result != TM_WouldBlock && result != TM_Deleted)
		elog(ERROR, "cannot lock a row of \"%s\": %d", RelationGetRelationName(relation), result);
	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	return locked;
}

/* Write a row: a new one, or the next version of the one at OLD. */
void
store_row(Relation relation, HeapTuple row, ItemPointer old)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *result = makeNode(ResultRelInfo);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(relation),
													&TTSOpsHeapTuple);

	InitResultRelInfo(result, relation, 0, NULL, 0);
	ExecOpenIndices(result, false);
	ExecStoreHeapTuple(row, slot, false);
	/* none are ours, but somebody may watch our tables */
	if (relation->trigdesc != NULL)
		AfterTriggerBeginQuery();
	if (old == NULL)
		ExecSimpleRelationInsert(result, estate, slot);
	else
	{
		TupleTableSlot *place = MakeSingleTupleTableSlot(RelationGetDescr(relation),
														 &TTSOpsHeapTuple);
		EPQState	no_recheck = {0};

		place->tts_tid = *old;
		ExecSimpleRelationUpdate(result, estate, &no_recheck, place, slot);
		ExecDropSingleTupleTableSlot(place);
	}
	row->t_self = slot->tts_tid;
	if (relation->trigdesc != NULL)
		AfterTriggerEndQuery(estate);
	ExecCloseIndices(result);
	ExecDropSingleTupleTableSlot(slot);
	ExecCloseResultRelations(estate);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
}
