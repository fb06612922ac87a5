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
#include "utils/rel.h"
#include "utils/snapshot.h"

extern List *rows_by_index(Relation relation, Oid index_id, ScanKey key, Snapshot snapshot,
						   ScanDirection direction, int most);

extern HeapTuple locked_row(Relation relation, HeapTuple row, bool waits);
extern void store_row(Relation relation, HeapTuple row, ItemPointer old);

#endif
