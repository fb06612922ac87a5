/*
 * element.c
 *		Storage: the only module that reads and writes elements and history.
 *
 * Rows go straight to heap and indexes, as those of a subscription do: no
 * statement, hence no switch of user, no search_path, and less time
 * (docs/performance.md).  Every function here expects
 * the caller to hold the lock on the element's own row, which orders them.
 * Locks on smartwf's tables are kept to the end of the transaction, as a statement
 * would keep them: taking one again costs next to nothing.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/texts.h"
#include "element.h"
#include "own_table.h"
#include "row.h"
#include "writer.h"

enum
{
	ELEMENT_DOCID = 1, ELEMENT_STRUCTURE, ELEMENT_WORKFLOW_ID, ELEMENT_LOCKED_BY,
	ELEMENT_LOCKED_BY_PERSON, ELEMENT_LOCK_IS_TEMPORARY, ELEMENT_CREATED_AT, ELEMENT_DELETED_AT,
	ELEMENT_COLUMNS = ELEMENT_DELETED_AT
};

static const OwnColumn element_columns[] = {
	[ELEMENT_DOCID] = {"docid", TEXTOID},
	[ELEMENT_STRUCTURE] = {"structure", TEXTOID},
	[ELEMENT_WORKFLOW_ID] = {"workflow_id", INT4OID},
	[ELEMENT_LOCKED_BY] = {"locked_by", TEXTOID},
	[ELEMENT_LOCKED_BY_PERSON] = {"locked_by_person", BOOLOID},
	[ELEMENT_LOCK_IS_TEMPORARY] = {"lock_is_temporary", BOOLOID},
	[ELEMENT_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
	[ELEMENT_DELETED_AT] = {"deleted_at", TIMESTAMPTZOID},
};

static OwnRelation locked_elements = {"elements_locked"};	/* an index */
static OwnTable elements = {{"elements"}, ELEMENT_COLUMNS, element_columns};

enum
{
	HISTORY_DOCID = 1, HISTORY_REVISION, HISTORY_AT, HISTORY_ACTOR, HISTORY_TRANSITION,
	HISTORY_FROM_STATE, HISTORY_TO_STATE, HISTORY_COMMENT, HISTORY_PARAMETERS,
	HISTORY_MESSAGES, HISTORY_WORKFLOW_ID,
	HISTORY_COLUMNS = HISTORY_WORKFLOW_ID
};

static const OwnColumn history_columns[] = {
	[HISTORY_DOCID] = {"docid", TEXTOID},
	[HISTORY_REVISION] = {"revision", INT4OID},
	[HISTORY_AT] = {"at", TIMESTAMPTZOID},
	[HISTORY_ACTOR] = {"actor", TEXTOID},
	[HISTORY_TRANSITION] = {"transition", TEXTOID},
	[HISTORY_FROM_STATE] = {"from_state", TEXTOID},
	[HISTORY_TO_STATE] = {"to_state", TEXTOID},
	[HISTORY_COMMENT] = {"comment", TEXTOID},
	[HISTORY_PARAMETERS] = {"parameters", JSONBOID},
	[HISTORY_MESSAGES] = {"messages", TEXTARRAYOID},
	[HISTORY_WORKFLOW_ID] = {"workflow_id", INT4OID},
};

static OwnTable history = {{"history"}, HISTORY_COLUMNS, history_columns};

/* Lines of history in an answer, unless another number is asked for. */
#define USUAL_LINES 1000

/* The first row by an index whose leading column is DOCID, NULL if there is none. */
static HeapTuple
find_row(Relation relation, Oid index_id, const char *docid, Snapshot snapshot, ScanDirection direction)
{
	ScanKeyData key;
	List	   *rows;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(docid));
	rows = rows_by_index(relation, index_id, &key, 1, snapshot, direction, 1);
	return rows == NIL ? NULL : linitial(rows);
}

/* Read an element by an index; false if it is not in there. */
static bool
read_by_index(const char *docid, Element *element, Oid (*index_of) (Relation relation), Snapshot snapshot)
{
	Relation	relation = own_table_open(&elements, AccessShareLock);
	const AttrNumber *number = elements.number;
	TupleDesc	descriptor = RelationGetDescr(relation);
	HeapTuple	tuple = find_row(relation, index_of(relation), docid, snapshot, ForwardScanDirection);
	bool		isnull;

	memset(element, 0, sizeof(Element));
	if (tuple != NULL)
	{
		element->docid = docid;
		element->structure = text_of_row(tuple, descriptor, number[ELEMENT_STRUCTURE]);
		element->workflow_id = int_of_row(tuple, descriptor, number[ELEMENT_WORKFLOW_ID]);
		element->locked_by = text_of_row(tuple, descriptor, number[ELEMENT_LOCKED_BY]);
		element->locked_by_person = boolean_of_row(tuple, descriptor, number[ELEMENT_LOCKED_BY_PERSON]);
		element->lock_is_temporary = boolean_of_row(tuple, descriptor, number[ELEMENT_LOCK_IS_TEMPORARY]);
		element->is_deleted = !heap_attisnull(tuple, number[ELEMENT_DELETED_AT], descriptor);
		element->created_at = DatumGetTimestampTz(heap_getattr(tuple, number[ELEMENT_CREATED_AT], descriptor, &isnull));
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
	return own_relation_oid(&locked_elements);
}

/* Read an element; false if there is none. */
bool
element_read(const char *docid, Element *element)
{
	Snapshot	snapshot = fresh_snapshot();
	bool		found = read_by_index(docid, element, primary_key, snapshot);

	UnregisterSnapshot(snapshot);
	return found;
}

/*
 * What a check needs to know, at the price of one look-up: the last line of
 * history has version and revision, and the index of locked elements is as good
 * as empty.  False if no such element lives.
 */
bool
element_status_read(const char *docid, ElementStatus *status)
{
	Relation	relation = own_table_open(&history, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(relation);
	Snapshot	snapshot = fresh_snapshot();
	HeapTuple	last = find_row(relation, primary_key_of(relation), docid, snapshot,
								BackwardScanDirection);
	bool		lives = last != NULL && !heap_attisnull(last, history.number[HISTORY_TO_STATE], descriptor);
	Element		element;
	bool		isnull;

	memset(status, 0, sizeof(ElementStatus));
	if (lives)
	{
		status->workflow_id = int_of_row(last, descriptor, history.number[HISTORY_WORKFLOW_ID]);
		status->revision = int_of_row(last, descriptor, history.number[HISTORY_REVISION]);
		status->state = text_of_row(last, descriptor, history.number[HISTORY_TO_STATE]);
		status->at = DatumGetTimestampTz(heap_getattr(last, history.number[HISTORY_AT], descriptor, &isnull));
	}
	if (lives && read_by_index(docid, &element, index_of_locked, snapshot))
	{
		status->locked_by = element.locked_by;
		status->locked_by_person = element.locked_by_person;
		status->lock_is_temporary = element.lock_is_temporary;
	}
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return lives;
}

/* Write a new element. */
void
element_insert(const char *docid, const char *structure, int32 workflow_id)
{
	Relation	relation = own_table_open(&elements, RowExclusiveLock);
	const AttrNumber *number = elements.number;
	ColumnValues values = {.number = 0};

	put_text(&values, number[ELEMENT_DOCID], docid);
	put_text(&values, number[ELEMENT_STRUCTURE], structure);
	put_value(&values, number[ELEMENT_WORKFLOW_ID], Int32GetDatum(workflow_id), false);
	put_value(&values, number[ELEMENT_CREATED_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	store_row(relation, new_row(relation, &values), NULL);
	table_close(relation, NoLock);
}

/*
 * Change a row that was read.  It may have been written by the very command that
 * we are in, whose writes heap_update() would not see.
 */
static void
change_row(Relation relation, HeapTuple *row, ColumnValues *values)
{
	HeapTuple	changed = changed_row(relation, *row, values);

	if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin((*row)->t_data)))
		CommandCounterIncrement();
	*row = store_row(relation, changed, &(*row)->t_self);
}

static void
change_element(Element *element, ColumnValues *values)
{
	Relation	relation = own_table_open(&elements, RowExclusiveLock);

	change_row(relation, &element->tuple, values);
	table_close(relation, NoLock);
}

/*
 * Read the newest version of an element and lock it, for those who do not hold
 * what a change of the document holds: migrate() may be at it.  False if there is
 * none.
 */
bool
element_read_locked(const char *docid, Element *element)
{
	Relation	relation = own_table_open(&elements, RowExclusiveLock);
	Snapshot	snapshot = fresh_snapshot();
	HeapTuple	row = find_row(relation, primary_key_of(relation), docid, snapshot, ForwardScanDirection);

	UnregisterSnapshot(snapshot);
	if (row != NULL)
		row = locked_row(relation, row, true);
	table_close(relation, NoLock);
	return row != NULL && element_read(docid, element);
}

/* Values that release the lock, whatever it is. */
static void
put_unlocked(ColumnValues *values)
{
	put_text(values, elements.number[ELEMENT_LOCKED_BY], NULL);
	put_value(values, elements.number[ELEMENT_LOCKED_BY_PERSON], (Datum) 0, true);
	put_value(values, elements.number[ELEMENT_LOCK_IS_TEMPORARY], (Datum) 0, true);
}

/*
 * A document of a deleted element's name is born again; in another structure it
 * is a new one, which does not tell what the earlier one was.
 */
void
element_revive(Element *element, const char *structure, int32 workflow_id)
{
	const AttrNumber *number = elements.number;
	ColumnValues values = {.number = 0};

	if (strcmp(element->structure, structure) != 0)
	{
		put_text(&values, number[ELEMENT_STRUCTURE], structure);
		put_value(&values, number[ELEMENT_CREATED_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	}
	put_value(&values, number[ELEMENT_WORKFLOW_ID], Int32GetDatum(workflow_id), false);
	put_value(&values, number[ELEMENT_DELETED_AT], (Datum) 0, true);
	put_unlocked(&values);
	change_element(element, &values);
}

/* The element's row is gone: keep its name and its history. */
void
element_delete(Element *element)
{
	ColumnValues values = {.number = 0};

	put_value(&values, elements.number[ELEMENT_DELETED_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	change_element(element, &values);
}

/* ACTOR locks the element. */
void
element_lock(Element *element, const char *actor, bool is_person, bool is_temporary)
{
	ColumnValues values = {.number = 0};

	put_text(&values, elements.number[ELEMENT_LOCKED_BY], actor);
	put_value(&values, elements.number[ELEMENT_LOCKED_BY_PERSON], BoolGetDatum(is_person), false);
	put_value(&values, elements.number[ELEMENT_LOCK_IS_TEMPORARY], BoolGetDatum(is_temporary), false);
	change_element(element, &values);
}

/* The element's lock is released. */
void
element_unlock(Element *element)
{
	ColumnValues values = {.number = 0};

	put_unlocked(&values);
	change_element(element, &values);
}

/* The element goes to another version. */
void
element_follow(Element *element, int32 workflow_id)
{
	ColumnValues values = {.number = 0};

	put_value(&values, elements.number[ELEMENT_WORKFLOW_ID], Int32GetDatum(workflow_id), false);
	change_element(element, &values);
}

/* A document's own counter: one more than its last line has. */
static int32
next_revision(Relation relation, const char *docid)
{
	Snapshot	snapshot = fresh_snapshot();
	HeapTuple	last = find_row(relation, primary_key_of(relation), docid, snapshot,
								BackwardScanDirection);

	UnregisterSnapshot(snapshot);
	return last == NULL ? 0 :
		int_of_row(last, RelationGetDescr(relation), history.number[HISTORY_REVISION]) + 1;
}

/* Write a line of history; the answer serves history_set_messages(). */
HeapTuple
history_append(const HistoryLine *line)
{
	Relation	relation = own_table_open(&history, RowExclusiveLock);
	const AttrNumber *number = history.number;
	int32		revision = line->revision != UNKNOWN_REVISION ? line->revision :
		next_revision(relation, line->docid);
	ColumnValues values = {.number = 0};
	HeapTuple	tuple;

	put_text(&values, number[HISTORY_DOCID], line->docid);
	put_value(&values, number[HISTORY_REVISION], Int32GetDatum(revision), false);
	put_value(&values, number[HISTORY_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	put_text(&values, number[HISTORY_ACTOR], line->actor);
	put_text(&values, number[HISTORY_TRANSITION], line->transition);
	put_text(&values, number[HISTORY_FROM_STATE], line->from_state);
	put_text(&values, number[HISTORY_TO_STATE], line->to_state);
	put_text(&values, number[HISTORY_COMMENT], line->comment);
	put_jsonb(&values, number[HISTORY_PARAMETERS], line->parameters);
	put_value(&values, number[HISTORY_WORKFLOW_ID], Int32GetDatum(line->workflow_id), false);
	tuple = new_row(relation, &values);
	tuple = store_row(relation, tuple, NULL);
	table_close(relation, NoLock);
	return tuple;
}

static HistoryLine *
history_line(HeapTuple tuple, TupleDesc descriptor)
{
	const AttrNumber *number = history.number;
	HistoryLine *line = palloc0_object(HistoryLine);
	bool		isnull;
	Datum		value;

	line->revision = int_of_row(tuple, descriptor, number[HISTORY_REVISION]);
	line->at = DatumGetTimestampTz(heap_getattr(tuple, number[HISTORY_AT], descriptor, &isnull));
	line->actor = text_of_row(tuple, descriptor, number[HISTORY_ACTOR]);
	line->transition = text_of_row(tuple, descriptor, number[HISTORY_TRANSITION]);
	line->from_state = text_of_row(tuple, descriptor, number[HISTORY_FROM_STATE]);
	line->to_state = text_of_row(tuple, descriptor, number[HISTORY_TO_STATE]);
	line->comment = text_of_row(tuple, descriptor, number[HISTORY_COMMENT]);
	line->workflow_id = int_of_row(tuple, descriptor, number[HISTORY_WORKFLOW_ID]);
	line->parameters = jsonb_of_row(tuple, descriptor, number[HISTORY_PARAMETERS]);
	value = heap_getattr(tuple, number[HISTORY_MESSAGES], descriptor, &isnull);
	line->messages = isnull ? NIL : list_of_texts(value);
	return line;
}

/* So many rows of a document's history, newest first, of revisions before that. */
static List *
rows_of_page(Relation relation, const char *docid, Snapshot snapshot, bool has_end, int32 before, int most)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(docid));
	ScanKeyInit(&keys[1], 2, BTLessStrategyNumber, F_INT4LT, Int32GetDatum(before));
	return rows_by_index(relation, primary_key_of(relation), keys, has_end ? 2 : 1, snapshot,
						 BackwardScanDirection, most);
}

/* Does this line end the life of a document of that name in another structure? */
static bool
is_end_of_another(const HistoryLine *line, const Element *element)
{
	return line->to_state == NULL && line->at < element->created_at;
}

/*
 * Are the lines before that revision those of a document of that name in another
 * structure?  Only if the first line is older than the element can that be.
 */
static bool
begins_in_another(Relation relation, const Element *element, Snapshot snapshot, int32 before)
{
	HeapTuple	row = find_row(relation, primary_key_of(relation), element->docid, snapshot, ForwardScanDirection);
	HistoryLine *line = row == NULL ? NULL : history_line(row, RelationGetDescr(relation));
	bool		has_end = false;
	int32		end = 0;
	List	   *rows;
	ListCell   *cell;

	if (line == NULL || line->at >= element->created_at)
		return false;
	do
	{
		rows = rows_of_page(relation, element->docid, snapshot, has_end, end, USUAL_LINES);
		foreach(cell, rows)
		{
			line = history_line(lfirst(cell), RelationGetDescr(relation));
			if (line->revision < before)
				return false;
			if (is_end_of_another(line, element))
				return true;
			end = line->revision;
		}
		has_end = true;
		list_free_deep(rows);
	} while (rows != NIL);
	return false;
}

/* Lines of an element's history (HistoryLine *), newest first. */
List *
history_read(const Element *element, const HistoryPage *page)
{
	Relation	relation = own_table_open(&history, AccessShareLock);
	Snapshot	snapshot = fresh_snapshot();
	List	   *rows = NIL;
	List	   *lines = NIL;
	ListCell   *cell;

	if (!page->has_end || !begins_in_another(relation, element, snapshot, page->before))
		rows = rows_of_page(relation, element->docid, snapshot, page->has_end, page->before,
							page->most > 0 ? page->most : USUAL_LINES);
	foreach(cell, rows)
	{
		HistoryLine *line = history_line(lfirst(cell), RelationGetDescr(relation));

		if (is_end_of_another(line, element))
			break;
		lines = lappend(lines, line);
	}
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return lines;
}

/* What m2 and m3 had to say comes after the line was written. */
void
history_set_messages(HeapTuple line, ArrayType *messages)
{
	Relation	relation = own_table_open(&history, RowExclusiveLock);
	ColumnValues values = {.number = 0};

	put_value(&values, history.number[HISTORY_MESSAGES], PointerGetDatum(messages), false);
	change_row(relation, &line, &values);
	table_close(relation, NoLock);
}

/* smartwf.refuse_locked(docid, holder): what DELETE says of a locked document, for many at once. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_refuse_locked);
Datum
smartwf_refuse_locked(PG_FUNCTION_ARGS)
{
	raise_failure(REFUSED, localized("Deletion"), text_to_cstring(PG_GETARG_TEXT_PP(0)),
				  psprintf(localized("it is locked by \"%s\""), text_to_cstring(PG_GETARG_TEXT_PP(1))));
	PG_RETURN_VOID();
}

/* smartwf.last_line(docid): what a check needs to know, for SQL. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_last_line);
Datum
smartwf_last_line(PG_FUNCTION_ARGS)
{
	ElementStatus status;
	bool		lives = element_status_read(text_to_cstring(PG_GETARG_TEXT_PP(0)), &status);
	Datum		values[4] = {0};
	bool		nulls[4] = {!lives, !lives, !lives, !lives};
	TupleDesc	descriptor;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "smartwf.last_line() must return a row");
	if (lives)
	{
		values[0] = Int32GetDatum(status.revision);
		values[1] = Int32GetDatum(status.workflow_id);
		values[2] = CStringGetTextDatum(status.state);
		values[3] = TimestampTzGetDatum(status.at);
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
