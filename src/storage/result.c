/*
 * result.c
 *		What a statement on smartwf's tables has found.
 */
#include "postgres.h"

#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "executor/spi.h"

#include "base/texts.h"
#include "result.h"

/* What the statement that SPI has just run returned, copied to a memory context. */
QueryResult *
take_result(MemoryContext context)
{
	MemoryContext outer = MemoryContextSwitchTo(context);
	QueryResult	   *result = palloc0(sizeof(QueryResult));

	result->processed = SPI_processed;
	if (SPI_tuptable != NULL && SPI_processed > 0)
	{
		result->rows = SPI_processed;
		result->row = palloc(sizeof(HeapTuple) * result->rows);
		result->descriptor = CreateTupleDescCopy(SPI_tuptable->tupdesc);
		for (int i = 0; i < result->rows; i++)
			result->row[i] = HeapTupleHasExternal(SPI_tuptable->vals[i]) ?
				toast_flatten_tuple(SPI_tuptable->vals[i], result->descriptor) :
				heap_copytuple(SPI_tuptable->vals[i]);
	}
	MemoryContextSwitchTo(outer);
	return result;
}

/* Free a result in a long-lived memory context. */
void
free_result(QueryResult *result)
{
	for (int i = 0; i < result->rows; i++)
		heap_freetuple(result->row[i]);
	if (result->rows > 0)
	{
		pfree(result->row);
		FreeTupleDesc(result->descriptor);
	}
	pfree(result);
}

static Datum
value_of(const QueryResult *result, int row, int column, bool *isnull)
{
	Assert(row < result->rows);
	return heap_getattr(result->row[row], column, result->descriptor, isnull);
}

/* A value as text, NULL if null. */
char *
result_text(const QueryResult *result, int row, int column)
{
	Assert(row < result->rows);
	return SPI_getvalue(result->row[row], result->descriptor, column);
}

/* A boolean; null is false. */
bool
result_boolean(const QueryResult *result, int row, int column)
{
	bool		isnull;
	Datum		value = value_of(result, row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

/* An int, which must not be null. */
int32
result_int(const QueryResult *result, int row, int column)
{
	bool		isnull;

	return DatumGetInt32(value_of(result, row, column, &isnull));
}

/* A bigint, which must not be null. */
int64
result_bigint(const QueryResult *result, int row, int column)
{
	bool		isnull;

	return DatumGetInt64(value_of(result, row, column, &isnull));
}

/* A time, OTHERWISE if null. */
TimestampTz
result_time(const QueryResult *result, int row, int column, TimestampTz otherwise)
{
	bool		isnull;
	Datum		value = value_of(result, row, column, &isnull);

	return isnull ? otherwise : DatumGetTimestampTz(value);
}

/* A copy of JSON, NULL if null. */
Jsonb *
result_jsonb(const QueryResult *result, int row, int column)
{
	bool		isnull;
	Datum		value = value_of(result, row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/* An array of texts as a list (char *), NIL if null. */
List *
result_texts(const QueryResult *result, int row, int column)
{
	bool		isnull;
	Datum		value = value_of(result, row, column, &isnull);

	return isnull ? NIL : list_of_texts(value);
}
