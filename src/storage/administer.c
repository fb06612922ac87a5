/*
 * administer.c
 *		Functions of administrators that work on smartwf's tables.
 *
 * smartwf.x() asks whether its caller is an administrator, and calls
 * smartwf.x_as_owner() with the same arguments as the owner of the tables.  Nothing that
 * a user can shape is evaluated there but through functions that switch to the owner of
 * his table.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "own_table.h"

/* SELECT * FROM smartwf.x_as_owner($1, ...) */
static char *
call_text(FunctionCallInfo fcinfo, const char *name)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "SELECT * FROM smartwf.%s(", quote_identifier(psprintf("%s_as_owner", name)));
	for (int i = 1; i <= PG_NARGS(); i++)
		appendStringInfo(&text, "%s$%d", i == 1 ? "" : ", ", i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* As the owner of the extension; the result stays in SPI. */
static void
call(FunctionCallInfo fcinfo, const char *text)
{
	int			arguments;
	Oid		   *types;
	Datum	   *values = palloc_array(Datum, PG_NARGS());
	char	   *nulls = palloc_array(char, PG_NARGS() + 1);

	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &arguments);
	for (int i = 0; i < PG_NARGS(); i++)
	{
		values[i] = PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
	}
	if (SPI_execute_with_args(text, PG_NARGS(), types, values, nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" failed: %s", text, SPI_result_code_string(SPI_result));
}

static void
put_rows(ReturnSetInfo *result)
{
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
}

/* The one value that a function has returned, in the caller's memory. */
static Datum
value_of(FunctionCallInfo fcinfo, MemoryContext context)
{
	Form_pg_attribute column = TupleDescAttr(SPI_tuptable->tupdesc, 0);
	MemoryContext outer;
	Datum		value;

	if (SPI_processed == 0)
	{
		fcinfo->isnull = true;
		return (Datum) 0;
	}
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &fcinfo->isnull);
	if (fcinfo->isnull)
		return (Datum) 0;
	outer = MemoryContextSwitchTo(context);
	value = datumCopy(value, column->attbyval, column->attlen);
	MemoryContextSwitchTo(outer);
	return value;
}

/* smartwf.x(...), for each function that is named so */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_administer);
Datum
smartwf_administer(PG_FUNCTION_ARGS)
{
	char	   *name = get_func_name(fcinfo->flinfo->fn_oid);
	char	   *text = call_text(fcinfo, name);
	MemoryContext context = CurrentMemoryContext;
	Datum		value = (Datum) 0;
	SavedUser	saved;

	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator may call smartwf.%s()", name)));
	if (fcinfo->flinfo->fn_retset)
		InitMaterializedSRF(fcinfo, 0);
	saved = switch_to_owner();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	call(fcinfo, text);
	if (fcinfo->flinfo->fn_retset)
		put_rows((ReturnSetInfo *) fcinfo->resultinfo);
	else if (get_func_rettype(fcinfo->flinfo->fn_oid) != VOIDOID)
		value = value_of(fcinfo, context);
	SPI_finish();
	restore_user(saved);
	/* those that return sets only tell */
	if (!fcinfo->flinfo->fn_retset)
		notify_workers_at_commit(WORK_ON_RUNS);
	return value;
}
