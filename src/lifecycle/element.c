/*
 * element.c
 *		Storage: the only module that reads and writes elements and history.
 *
 * Rows go straight to heap and indexes, as those of a subscription do: no
 * statement, hence no switch of user, no search_path, and less time
 * (docs/performance.md).  Every function here expects
 * the caller to hold the lock on the element's own row, which orders them.
 * Locks on our tables are kept to the end of the transaction, as a statement
 * would keep them: taking one again costs next to nothing.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "common/actor.h"
#include "common/compat.h"
#include "common/relation.h"
#include "common/row.h"
#include "common/texts.h"
#include "element.h"

/* Columns of smartwf.elements. */
enum
{
	ELEMENT_DOCID = 1, ELEMENT_STRUCTURE, ELEMENT_WORKFLOW_ID, ELEMENT_LOCKED_BY,
	ELEMENT_LOCK_IS_TEMPORARY, ELEMENT_CREATED_AT, ELEMENT_DELETED_AT,
	ELEMENT_COLUMNS = ELEMENT_DELETED_AT
};

/* Columns of smartwf.history. */
enum
{
	HISTORY_DOCID = 1, HISTORY_REVISION, HISTORY_AT, HISTORY_ACTOR, HISTORY_TRANSITION,
	HISTORY_FROM_STATE, HISTORY_TO_STATE, HISTORY_COMMENT, HISTORY_PARAMETERS,
	HISTORY_MESSAGES, HISTORY_WORKFLOW_ID,
	HISTORY_COLUMNS = HISTORY_WORKFLOW_ID
};

/*
 * What is committed now, and all that this transaction did, its current
 * command included.  A transaction snapshot would miss what a session did for
 * whose row lock we have just waited.
 */
static Snapshot
fresh_snapshot(void)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

	snapshot->curcid = GetCurrentCommandId(false) + 1;
	return snapshot;
}

/* The rows by an index whose leading column is DOCID, but not more than MOST. */
static List *
find_rows(Relation relation, Oid index_id, const char *docid, ScanDirection direction,
		  int most)
{
	Snapshot	snapshot = fresh_snapshot();
	ScanKeyData key;
	List	   *rows;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(docid));
	rows = rows_by_index(relation, index_id, &key, snapshot, direction, most);
	UnregisterSnapshot(snapshot);
	return rows;
}

/* The first of them, NULL if there is none. */
static HeapTuple
find_row(Relation relation, Oid index_id, const char *docid, ScanDirection direction)
{
	List	   *rows = find_rows(relation, index_id, docid, direction, 1);

	return rows == NIL ? NULL : linitial(rows);
}

static char *
text_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static int32
int_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;

	return DatumGetInt32(heap_getattr(tuple, column, descriptor, &isnull));
}

/* Read an element by an index; false if it is not in there. */
static bool
read_by_index(const char *docid, Element *element, Oid (*index_of) (Relation relation))
{
	Relation	relation = table_open(smartwf_relation(ELEMENTS), AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(relation);
	HeapTuple	tuple = find_row(relation, index_of(relation), docid, ForwardScanDirection);
	bool		isnull;

	memset(element, 0, sizeof(Element));
	if (tuple != NULL)
	{
		element->docid = docid;
		element->structure = text_column(tuple, descriptor, ELEMENT_STRUCTURE);
		element->workflow_id = int_column(tuple, descriptor, ELEMENT_WORKFLOW_ID);
		element->locked_by = text_column(tuple, descriptor, ELEMENT_LOCKED_BY);
		element->lock_is_temporary =
			DatumGetBool(heap_getattr(tuple, ELEMENT_LOCK_IS_TEMPORARY, descriptor, &isnull)) &&
			!isnull;
		element->is_deleted = !heap_attisnull(tuple, ELEMENT_DELETED_AT, descriptor);
		element->tuple = tuple;
	}
	table_close(relation, NoLock);
	return tuple != NULL;
}

static Oid
primary_key(Relation relation)
{
	return primary_key_of(relation);
}

static Oid
index_of_locked(Relation relation)
{
	return smartwf_relation(LOCKED_ELEMENTS);
}

/* Read an element; false if there is none. */
bool
element_read(const char *docid, Element *element)
{
	return read_by_index(docid, element, primary_key);
}

/*
 * What a judgement needs to know, at the price of one look-up: the last line of
 * history has version and revision, and the index of locked elements is as good
 * as empty.  False if no such element lives.
 */
bool
standing_read(const char *docid, Standing *standing)
{
	Relation	history = table_open(smartwf_relation(HISTORY), AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(history);
	HeapTuple	last = find_row(history, primary_key_of(history), docid,
								BackwardScanDirection);
	Element		element;

	memset(standing, 0, sizeof(Standing));
	table_close(history, NoLock);
	if (last == NULL || heap_attisnull(last, HISTORY_TO_STATE, descriptor))
		return false;
	standing->workflow_id = int_column(last, descriptor, HISTORY_WORKFLOW_ID);
	standing->revision = int_column(last, descriptor, HISTORY_REVISION);
	if (read_by_index(docid, &element, index_of_locked))
	{
		standing->locked_by = element.locked_by;
		standing->lock_is_temporary = element.lock_is_temporary;
	}
	return true;
}

/* Write a new element. */
void
element_insert(const char *docid, const char *structure, int32 workflow_id)
{
	Relation	relation = table_open(smartwf_relation(ELEMENTS), RowExclusiveLock);
	Datum		values[ELEMENT_COLUMNS] = {0};
	bool		nulls[ELEMENT_COLUMNS] = {false};
	HeapTuple	tuple;

	values[ELEMENT_DOCID - 1] = CStringGetTextDatum(docid);
	values[ELEMENT_STRUCTURE - 1] = CStringGetTextDatum(structure);
	values[ELEMENT_WORKFLOW_ID - 1] = Int32GetDatum(workflow_id);
	values[ELEMENT_CREATED_AT - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	nulls[ELEMENT_LOCKED_BY - 1] = true;
	nulls[ELEMENT_LOCK_IS_TEMPORARY - 1] = true;
	nulls[ELEMENT_DELETED_AT - 1] = true;
	tuple = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	store_row(relation, tuple, NULL);
	table_close(relation, NoLock);
}

/*
 * Change some columns of a row that was read.  It may have been written by the
 * very command that we are in, whose writes heap_update() would not see.
 */
static void
change_row(OwnRelation own, HeapTuple *row, int columns, int *numbers,
		   Datum *values, bool *nulls)
{
	Relation	relation = table_open(smartwf_relation(own), RowExclusiveLock);
	HeapTuple	changed = heap_modify_tuple_by_cols(*row, RelationGetDescr(relation),
													columns, numbers, values, nulls);

	CommandCounterIncrement();
	store_row(relation, changed, &(*row)->t_self);
	*row = changed;
	table_close(relation, NoLock);
}

/* A document of a deleted element's name is born again. */
void
element_revive(Element *element, int32 workflow_id)
{
	int			columns[] = {ELEMENT_WORKFLOW_ID, ELEMENT_CREATED_AT, ELEMENT_DELETED_AT,
	ELEMENT_LOCKED_BY, ELEMENT_LOCK_IS_TEMPORARY};
	Datum		values[] = {Int32GetDatum(workflow_id),
	TimestampTzGetDatum(GetCurrentTimestamp()), 0, 0, 0};
	bool		nulls[] = {false, false, true, true, true};

	change_row(ELEMENTS, &element->tuple, 5, columns, values, nulls);
}

/* The element's row is gone: keep its name and its history. */
void
element_delete(Element *element)
{
	int			column = ELEMENT_DELETED_AT;
	Datum		value = TimestampTzGetDatum(GetCurrentTimestamp());
	bool		isnull = false;

	change_row(ELEMENTS, &element->tuple, 1, &column, &value, &isnull);
}

/* ACTOR locks the element. */
void
element_lock(Element *element, const char *actor, bool is_temporary)
{
	int			columns[] = {ELEMENT_LOCKED_BY, ELEMENT_LOCK_IS_TEMPORARY};
	Datum		values[] = {CStringGetTextDatum(actor), BoolGetDatum(is_temporary)};
	bool		nulls[] = {false, false};

	change_row(ELEMENTS, &element->tuple, 2, columns, values, nulls);
}

/* The element's lock is released. */
void
element_unlock(Element *element)
{
	int			columns[] = {ELEMENT_LOCKED_BY, ELEMENT_LOCK_IS_TEMPORARY};
	Datum		values[] = {0, 0};
	bool		nulls[] = {true, true};

	change_row(ELEMENTS, &element->tuple, 2, columns, values, nulls);
}

/* A document's own counter: one more than its last line has. */
static int32
next_revision(Relation history, const char *docid)
{
	HeapTuple	last = find_row(history, primary_key_of(history), docid,
								BackwardScanDirection);

	return last == NULL ? 0 :
		int_column(last, RelationGetDescr(history), HISTORY_REVISION) + 1;
}

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column - 1] = text == NULL;
	if (text != NULL)
		values[column - 1] = CStringGetTextDatum(text);
}

/* Write a line of history; the answer serves history_set_messages(). */
HeapTuple
history_append(const HistoryLine *line)
{
	Relation	relation = table_open(smartwf_relation(HISTORY), RowExclusiveLock);
	Datum		values[HISTORY_COLUMNS] = {0};
	bool		nulls[HISTORY_COLUMNS] = {false};
	HeapTuple	tuple;

	set_text(values, nulls, HISTORY_DOCID, line->docid);
	values[HISTORY_REVISION - 1] =
		Int32GetDatum(line->revision != UNKNOWN_REVISION ? line->revision :
					  next_revision(relation, line->docid));
	values[HISTORY_AT - 1] = TimestampTzGetDatum(GetCurrentTimestamp());
	set_text(values, nulls, HISTORY_ACTOR, actor_name());
	set_text(values, nulls, HISTORY_TRANSITION, line->transition);
	set_text(values, nulls, HISTORY_FROM_STATE, line->from_state);
	set_text(values, nulls, HISTORY_TO_STATE, line->to_state);
	set_text(values, nulls, HISTORY_COMMENT, line->comment);
	nulls[HISTORY_PARAMETERS - 1] = line->parameters == NULL;
	values[HISTORY_PARAMETERS - 1] = PointerGetDatum(line->parameters);
	nulls[HISTORY_MESSAGES - 1] = true;
	values[HISTORY_WORKFLOW_ID - 1] = Int32GetDatum(line->workflow_id);
	tuple = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	store_row(relation, tuple, NULL);
	table_close(relation, NoLock);
	return tuple;
}

static HistoryLine *
history_line(HeapTuple tuple, TupleDesc descriptor)
{
	HistoryLine *line = palloc0_object(HistoryLine);
	bool		isnull;
	Datum		value;

	line->revision = int_column(tuple, descriptor, HISTORY_REVISION);
	line->at = DatumGetTimestampTz(heap_getattr(tuple, HISTORY_AT, descriptor, &isnull));
	line->actor = text_column(tuple, descriptor, HISTORY_ACTOR);
	line->transition = text_column(tuple, descriptor, HISTORY_TRANSITION);
	line->from_state = text_column(tuple, descriptor, HISTORY_FROM_STATE);
	line->to_state = text_column(tuple, descriptor, HISTORY_TO_STATE);
	line->comment = text_column(tuple, descriptor, HISTORY_COMMENT);
	line->workflow_id = int_column(tuple, descriptor, HISTORY_WORKFLOW_ID);
	value = heap_getattr(tuple, HISTORY_PARAMETERS, descriptor, &isnull);
	line->parameters = isnull ? NULL : DatumGetJsonbP(value);
	value = heap_getattr(tuple, HISTORY_MESSAGES, descriptor, &isnull);
	line->messages = isnull ? NIL : list_of_texts(value);
	return line;
}

/* Every line of a document (HistoryLine *), newest first. */
List *
history_read(const char *docid)
{
	Relation	relation = table_open(smartwf_relation(HISTORY), AccessShareLock);
	List	   *rows = find_rows(relation, primary_key_of(relation), docid,
								 BackwardScanDirection, INT_MAX);
	List	   *lines = NIL;
	ListCell   *cell;

	foreach(cell, rows)
		lines = lappend(lines, history_line(lfirst(cell), RelationGetDescr(relation)));
	table_close(relation, NoLock);
	return lines;
}

/* What m2 and m3 had to say comes after the line was written. */
void
history_set_messages(HeapTuple line, ArrayType *messages)
{
	int			column = HISTORY_MESSAGES;
	Datum		value = PointerGetDatum(messages);
	bool		isnull = false;

	change_row(HISTORY, &line, 1, &column, &value, &isnull);
}
