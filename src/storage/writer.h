/*
 * writer.h
 *		Writing rows of smartwf's tables without a statement.
 */
#ifndef SMARTWF_WRITER_H
#define SMARTWF_WRITER_H

#include "postgres.h"

#include "access/htup.h"
#include "storage/itemptr.h"
#include "utils/rel.h"

extern void writer_init(void);
extern HeapTuple store_row(Relation relation, HeapTuple row, ItemPointer old);

#endif
