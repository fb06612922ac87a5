/*
 * row.h
 *		Rows, read by an index and written, without a statement.
 */
#ifndef SMARTWF_ROW_H
#define SMARTWF_ROW_H

#include "postgres.h"

#include "access/htup.h"
#include "access/sdir.h"
#include "access/skey.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

/* Values of columns, one after the other. */
#define MOST_VALUES 32

typedef struct ColumnValues
{
	int			number;
	int			columns[MOST_VALUES];
	Datum		values[MOST_VALUES];
	bool		nulls[MOST_VALUES];
}			ColumnValues;

/* A version of a row: whoever writes it anew makes another one. */
typedef struct RowVersion
{
	TransactionId made_by;
	ItemPointerData place;
}			RowVersion;

extern void put_value(ColumnValues *values, AttrNumber column, Datum value, bool isnull);
extern void put_text(ColumnValues *values, AttrNumber column, const char *text);
extern void put_jsonb(ColumnValues *values, AttrNumber column, Jsonb *json);
extern void put_texts(ColumnValues *values, AttrNumber column, List *texts);
extern HeapTuple new_row(Relation relation, const ColumnValues *values);
extern HeapTuple changed_row(Relation relation, HeapTuple row, ColumnValues *values);

extern char *text_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column);
extern int32 int_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column);
extern bool boolean_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column);
extern List *texts_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column);
extern int64 bigint_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column);
extern Jsonb *jsonb_of_row(HeapTuple row, TupleDesc descriptor, AttrNumber column);

extern Snapshot fresh_snapshot(void);
extern List *rows_by_index(Relation relation, Oid index_id, ScanKey keys, int number_of_keys, Snapshot snapshot,
						   ScanDirection direction, int most);

extern HeapTuple row_by_number(Relation relation, int32 key);
extern bool row_version_by_number(Relation relation, int32 key, RowVersion *version);
extern HeapTuple row_by_key(Relation relation, int64 key);
extern List *rows_by_key(Relation relation, int64 key);
extern HeapTuple locked_row(Relation relation, HeapTuple row, bool waits);

#endif
