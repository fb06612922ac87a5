/*
 * result.h
 *		What a statement on smartwf's tables has found.
 */
#ifndef SMARTWF_RESULT_H
#define SMARTWF_RESULT_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* Rows that it returned, in the memory context of the caller; columns count from 1. */
typedef struct QueryResult
{
	uint64		processed;		/* rows touched, returned or not */
	int			rows;
	HeapTuple  *row;
	TupleDesc	descriptor;
}			QueryResult;

extern QueryResult *take_result(MemoryContext context);
extern void free_result(QueryResult *result);
extern char *result_text(const QueryResult *result, int row, int column);
extern bool result_boolean(const QueryResult *result, int row, int column);
extern int32 result_int(const QueryResult *result, int row, int column);
extern int64 result_bigint(const QueryResult *result, int row, int column);
extern TimestampTz result_time(const QueryResult *result, int row, int column, TimestampTz otherwise);
extern Jsonb *result_jsonb(const QueryResult *result, int row, int column);
extern List *result_texts(const QueryResult *result, int row, int column);

#endif
