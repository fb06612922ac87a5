/*
 * document_row.c
 *		The row of a document, as far as the caller may read it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/fmgrprotos.h"

#include "base/argument.h"
#include "transition/table_statement.h"
#include "transition/target.h"

/* The numbers of the columns that the caller may select. */
static int
selectable_columns(const AttachedTable *table, TupleDesc descriptor, AttrNumber *columns)
{
	int			number = 0;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped && may_select_column(table, NameStr(attribute->attname)))
			columns[number++] = attribute->attnum;
	}
	return number;
}

/* smartwf.document_row(docid): an object with these columns, in their order. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_document_row);
Datum
smartwf_document_row(PG_FUNCTION_ARGS)
{
	Target		target;
	TupleDesc	descriptor;
	TupleDesc	selectable;
	HeapTuple	row;
	AttrNumber *columns;
	Datum	   *values;
	bool	   *nulls;
	int			number;

	if (!try_target(needed_argument(fcinfo, 0, "docid"), &target) ||
		(row = read_row(target.table, target.element.docid)) == NULL)
		PG_RETURN_NULL();
	descriptor = target.table->descriptor;
	columns = palloc(sizeof(AttrNumber) * descriptor->natts);
	number = selectable_columns(target.table, descriptor, columns);
	selectable = CreateTemplateTupleDesc(number);
	values = palloc(sizeof(Datum) * number);
	nulls = palloc(sizeof(bool) * number);
	for (int i = 0; i < number; i++)
	{
		TupleDescCopyEntry(selectable, i + 1, descriptor, columns[i]);
		values[i] = heap_getattr(row, columns[i], descriptor, &nulls[i]);
	}
	BlessTupleDesc(selectable);
	return DirectFunctionCall1(row_to_json, HeapTupleGetDatum(heap_form_tuple(selectable, values, nulls)));
}
