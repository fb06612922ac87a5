/*
 * row.c
 *		Rows, read by an index and written, without a statement.
 *
 * Rows are written as logical replication's apply worker does: no switch of user,
 * no search_path, no planning.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/texts.h"
#include "row.h"

/* Values */

void
put_value(ColumnValues *values, AttrNumber column, Datum value, bool isnull)
{
	Assert(values->number < MOST_VALUES);
	values->columns[values->number] = column;
	values->values[values->number] = value;
	values->nulls[values->number++] = isnull;
}

/* A text, NULL for null. */
void
put_text(ColumnValues *values, AttrNumber column, const char *text)
{
	put_value(values, column, text == NULL ? (Datum) 0 : CStringGetTextDatum(text), text == NULL);
}

/* JSON, NULL for null. */
void
put_jsonb(ColumnValues *values, AttrNumber column, Jsonb *json)
{
	put_value(values, column, PointerGetDatum(json), json == NULL);
}

/* A list of texts (char *) as an array. */
void
put_texts(ColumnValues *values, AttrNumber column, List *texts)
{
	put_value(values, column, array_of_texts(texts), false);
}

/* A row with these values, as wide as the table is now; what we do not know is null. */
HeapTuple
new_row(Relation relation, const ColumnValues *given)
{
	int			natts = RelationGetDescr(relation)->natts;
	Datum		usual_values[MOST_VALUES] = {0};
	bool		usual_nulls[MOST_VALUES];
	Datum	   *values = natts <= MOST_VALUES ? usual_values : palloc0_array(Datum, natts);
	bool	   *nulls = natts <= MOST_VALUES ? usual_nulls : palloc_array(bool, natts);

	memset(nulls, true, natts);
	for (int i = 0; i < given->number; i++)
	{
		values[given->columns[i] - 1] = given->values[i];
		nulls[given->columns[i] - 1] = given->nulls[i];
	}
	return heap_form_tuple(RelationGetDescr(relation), values, nulls);
}

/* The row with these values in the place of its own. */
HeapTuple
changed_row(Relation relation, HeapTuple row, ColumnValues *values)
{
	return heap_modify_tuple_by_cols(row, RelationGetDescr(relation), values->number,
									 values->columns, values->values, values->nulls);
}

/* A text of a row, NULL if null. */
char *
text_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, descriptor, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* An int of a row, 0 if null. */
int32
int_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, descriptor, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

/* A bigint of a row, 0 if null. */
int64
bigint_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, descriptor, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

/* An array of texts of a row, as a list (char *). */
List *
texts_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, descriptor, &isnull);

	return isnull ? NIL : list_of_texts(value);
}

/* A boolean of a row, false if null. */
bool
boolean_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, descriptor, &isnull);

	return !isnull && DatumGetBool(value);
}

/* A copy of JSON of a row, NULL if null. */
Jsonb *
jsonb_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column)
{
	bool		isnull;
	Datum		value = heap_getattr(row, column, descriptor, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/* Reading and writing */

/*
 * What is committed now, and all that this transaction did, its current
 * command included.  A transaction snapshot would miss what a session did for
 * whose row lock we have just waited.
 */
Snapshot
fresh_snapshot(void)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

	snapshot->curcid = GetCurrentCommandId(false) + 1;
	return snapshot;
}

/*
 * The rows (HeapTuple) that the keys find in a B-tree, in the order of the index,
 * forward or backward, but not more than MOST.
 */
List *
rows_by_index(Relation relation, Oid index_id, ScanKey keys, int number_of_keys, Snapshot snapshot,
			  ScanDirection direction, int most)
{
	Relation	index;
	TupleTableSlot *slot;
	IndexScanDesc scan;
	List	   *rows = NIL;

	if (!OidIsValid(index_id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has lost an index by which its rows are read",
						RelationGetRelationName(relation))));
	index = index_open(index_id, AccessShareLock);
	slot = table_slot_create(relation, NULL);
	scan = begin_index_scan(relation, index, snapshot, number_of_keys);
	index_rescan(scan, keys, number_of_keys, NULL, 0);
	while (list_length(rows) < most && index_getnext_slot(scan, direction, slot))
		rows = lappend(rows, ExecCopySlotHeapTuple(slot));
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, NoLock);
	return rows;
}

/*
 * The rows whose primary key begins with a bigint, in its order: as they are now,
 * all that this transaction did included.
 */
List *
rows_by_key(Relation relation, int64 key)
{
	Snapshot	snapshot = fresh_snapshot();
	ScanKeyData scan_key;
	List	   *rows;

	ScanKeyInit(&scan_key, 1 /* of the index */ , BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(key));
	rows = rows_by_index(relation, primary_key_of(relation), &scan_key, 1, snapshot, ForwardScanDirection, INT_MAX);
	UnregisterSnapshot(snapshot);
	return rows;
}

/* The one row of a key; NULL if there is none. */
HeapTuple
row_by_key(Relation relation, int64 key)
{
	List	   *rows = rows_by_key(relation, key);

	return rows == NIL ? NULL : linitial(rows);
}

/* The row with that primary key, an int; NULL if there is none. */
HeapTuple
row_by_number(Relation relation, int32 key)
{
	Snapshot	snapshot = fresh_snapshot();
	ScanKeyData scan_key;
	List	   *rows;

	ScanKeyInit(&scan_key, 1 /* of the index */ , BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(key));
	rows = rows_by_index(relation, primary_key_of(relation), &scan_key, 1, snapshot, ForwardScanDirection, 1);
	UnregisterSnapshot(snapshot);
	return rows == NIL ? NULL : linitial(rows);
}

/* Which version of that row is the present one?  False if there is none. */
bool
row_version_by_number(Relation relation, int32 key, RowVersion *version)
{
	HeapTuple	row = row_by_number(relation, key);

	if (row == NULL)
		return false;
	version->made_by = HeapTupleHeaderGetRawXmin(row->t_data);
	version->place = row->t_self;
	return true;
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
