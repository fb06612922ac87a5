/*
 * scan.c
 *		Rows by an index, without a statement.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "executor/tuptable.h"

#include "compat.h"
#include "scan.h"

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
