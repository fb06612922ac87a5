/*
 * batch.c
 *		Takes the next documents from the list of a migration, locks their rows, and notes
 *		what came of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "storage/own_statement.h"
#include "storage/result.h"
#include "transition/table_statement.h"
#include "batch.h"

/* Documents per transaction. */
#define BATCH 500

static OwnStatement take_batch = {4, {INT8OID, TEXTOID, INT4OID, INT4OID},
	"SELECT docid, version_id, to_state, at_revision FROM smartwf.migration_documents"
	" WHERE migration" EQ "$1 AND pass" EQ "$4 AND docid OPERATOR(pg_catalog.>) $2 ORDER BY docid LIMIT $3"
};

static OwnStatement note_documents = {9, {INT8OID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TEXTARRAYOID, INT4ARRAYOID,
	TEXTARRAYOID, TEXTARRAYOID, INT4OID},
	"UPDATE smartwf.migration_documents d SET status = n.status,"
	" pass = CASE n.status WHEN 'pending' THEN $9 ELSE d.pass END, from_id = n.from_id, from_state = n.from_state,"
	" revision = n.revision, sqlstate = n.sqlstate, message = n.message"
	" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5),"
	" pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8))"
	" AS n (docid, status, from_id, from_state, revision, sqlstate, message)"
	" WHERE d.migration" EQ "$1 AND d.docid" EQ "n.docid"
};

/* The next ones on the list. */
void
read_batch(Migration *migration)
{
	Datum		values[] = {
		Int64GetDatum(migration->id), CStringGetTextDatum(migration->position), Int32GetDatum(BATCH),
		Int32GetDatum(migration->pass),
	};
	QueryResult *result = own_execute(&take_batch, values, NULL);

	for (int i = 0; i < result->rows; i++)
	{
		MigrationDocument *document = palloc0_object(MigrationDocument);

		document->docid = result_text(result, i, 1);
		document->to = workflow_by_id(result_int(result, i, 2));
		document->back_to = result_text(result, i, 3);
		document->at_revision = document->back_to == NULL ? UNKNOWN_REVISION : result_int(result, i, 4);
		document->revision = UNKNOWN_REVISION;
		migration->documents = lappend(migration->documents, document);
	}
	free_result(result);
}

static int
compare_docid(const void *key, const void *element)
{
	return strcmp(key, (*(MigrationDocument *const *) element)->docid);
}

/* One of the batch; NULL: it is not in it. */
MigrationDocument *
document_of_docid(const Migration *migration, const char *docid)
{
	ListCell   *found = bsearch(docid, migration->documents->elements, list_length(migration->documents),
								sizeof(ListCell), compare_docid);

	return found == NULL ? NULL : lfirst(found);
}

/* Lock the rows that are there; the others are gone, or put off. */
void
lock_documents(Migration *migration, Relation relation)
{
	List	   *docids = NIL;
	ListCell   *cell;

	foreach(cell, migration->documents)
		docids = lappend(docids, (void *) ((MigrationDocument *) lfirst(cell))->docid);
	foreach(cell, run_on_rows(migration->table, migration->is_called ? LOCK_ROWS : LOCK_FREE_ROWS, docids))
	{
		HeapTuple	row = lfirst(cell);
		char	   *docid = docid_of_row_or_null(migration->table, row, RelationGetDescr(relation));
		MigrationDocument *document = docid == NULL ? NULL : document_of_docid(migration, docid);

		if (document == NULL)
			continue;
		document->row = row;
		document->state = state_of_row(migration->table, row, RelationGetDescr(relation));
	}
}

/* An array of texts or integers that may be null, being filled. */
typedef struct Column
{
	Datum		values[BATCH];
	bool		nulls[BATCH];
	int			number;
}			Column;

static void
add_text(Column *column, const char *text)
{
	column->nulls[column->number] = text == NULL;
	column->values[column->number++] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
add_int(Column *column, int32 value, bool isnull)
{
	column->nulls[column->number] = isnull;
	column->values[column->number++] = Int32GetDatum(value);
}

static Datum
array_of_column(Column *column, Oid type)
{
	int			lower = 1;

	return PointerGetDatum(construct_md_array(column->values, column->nulls, 1, &column->number, &lower, type,
											  type == INT4OID ? sizeof(int32) : -1, type == INT4OID, TYPALIGN_INT));
}

/* Is there something to say about a document?  The others have moved, as their history says. */
static bool
is_noted(const Migration *migration, const MigrationDocument *document)
{
	return document->outcome != DONE || document->message != NULL || migration->by_docid;
}

/* Note what came of the documents, and how many there were. */
void
note_batch(const Migration *migration, int *done, int *failed)
{
	enum
	{
		DOCID, STATUS, FROM_ID, FROM_STATE, REVISION, SQLSTATE, MESSAGE, COLUMNS
	};
	static const Oid types[COLUMNS] = {TEXTOID, TEXTOID, INT4OID, TEXTOID, INT4OID, TEXTOID, TEXTOID};
	Column	   *columns = palloc0(sizeof(Column) * COLUMNS);
	Datum		values[COLUMNS + 2] = {Int64GetDatum(migration->id)};
	ListCell   *cell;

	*done = *failed = 0;
	foreach(cell, migration->documents)
	{
		const MigrationDocument *document = lfirst(cell);
		static const char *const statuses[] = {[PUT_OFF] = "pending", [DONE] = "done", [FAILED] = "failed"};

		*done += document->outcome == DONE;
		*failed += document->outcome == FAILED;
		if (!is_noted(migration, document))
			continue;
		add_text(&columns[DOCID], document->docid);
		add_text(&columns[STATUS], statuses[document->outcome]);
		add_int(&columns[FROM_ID], document->followed == NULL ? 0 : document->followed->id, document->followed == NULL);
		add_text(&columns[FROM_STATE], document->state);
		add_int(&columns[REVISION], document->revision, document->revision == UNKNOWN_REVISION);
		add_text(&columns[SQLSTATE], document->sqlstate);
		add_text(&columns[MESSAGE], document->message);
	}
	if (columns[DOCID].number == 0)
		return;
	for (int i = 0; i < COLUMNS; i++)
		values[i + 1] = array_of_column(&columns[i], types[i]);
	values[COLUMNS + 1] = Int32GetDatum(migration->pass + 1);
	(void) own_execute(&note_documents, values, NULL);
}
