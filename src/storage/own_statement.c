/*
 * own_statement.c
 *		Statements on smartwf's tables, run as the extension's owner.
 *
 * Nobody but the engine writes these tables; whoever sets it to work has no
 * privileges on them.  Every name is qualified, operators too.
 *
 * Saved plans always use indexes, even if the table is nearly empty at planning
 * time, because they are kept when it has grown.  The planner's switches are set as
 * C variables: going through the settings would cost more than some statements.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "jit/jit.h"
#include "optimizer/cost.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/switch_user.h"
#include "own_statement.h"
#include "own_table.h"
#include "result.h"

static void
connect_as_owner(SavedUser *saved)
{
	*saved = switch_to_owner();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/* What was found, in a memory context of the caller. */
static QueryResult *
finish(SavedUser saved, MemoryContext context)
{
	QueryResult	   *result = take_result(context);

	SPI_finish();
	restore_user(saved);
	return result;
}

static void
prepare(OwnStatement *statement)
{
	/* the values never make another plan better */
	SPIPlanPtr	plan = SPI_prepare_cursor(statement->text, statement->arguments, statement->types,
										  CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "cannot prepare \"%s\": %s", statement->text,
			 SPI_result_code_string(SPI_result));
	statement->plan = plan;
}

/* By an index, whatever the planner thinks of a table that is empty today. */
static void
execute_by_index(OwnStatement *statement, Datum *values, const char *nulls)
{
	bool		scans = enable_seqscan;
	bool		bitmaps = enable_bitmapscan;
	bool		jit = jit_enabled;
	int			result;

	PG_TRY();
	{
		enable_seqscan = false;
		jit_enabled = false;	/* a scan that is disabled looks as if it were worth compiling */
		enable_bitmapscan = statement->by_bitmap;
		if (statement->plan == NULL)
			prepare(statement);
		result = SPI_execute_plan(statement->plan, values, nulls, false, 0);
	}
	PG_FINALLY();
	{
		enable_seqscan = scans;
		enable_bitmapscan = bitmaps;
		jit_enabled = jit;
	}
	PG_END_TRY();
	if (result < 0)
		elog(ERROR, "cannot run \"%s\": %s", statement->text, SPI_result_code_string(result));
}

/* Run a statement. */
QueryResult *
own_execute(OwnStatement *statement, Datum *values, const char *nulls)
{
	MemoryContext context = CurrentMemoryContext;
	SavedUser	saved;

	connect_as_owner(&saved);
	execute_by_index(statement, values, nulls);
	return finish(saved, context);
}

/* The same for a statement that returns one text; NULL: no row, or null. */
char *
own_text(OwnStatement *statement, Datum *values, const char *nulls)
{
	QueryResult	   *result = own_execute(statement, values, nulls);

	return result->rows == 0 ? NULL : result_text(result, 0, 1);
}

/*
 * Read smartwf's tables, which the caller may have no right to, with a snapshot
 * of now.  QUERY must name everything with its schema, operators too: the
 * search_path is the caller's.
 */
QueryResult *
read_as_owner(const char *query, int arguments, Oid *types, Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	SavedUser	saved;
	SPIPlanPtr	plan;
	Snapshot	snapshot;

	connect_as_owner(&saved);
	plan = SPI_prepare(query, arguments, types);
	if (plan == NULL)
		elog(ERROR, "cannot prepare \"%s\": %s", query, SPI_result_code_string(SPI_result));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	if (SPI_execute_snapshot(plan, values, NULL, snapshot,
							 InvalidSnapshot, true, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" is no query", query);
	UnregisterSnapshot(snapshot);
	return finish(saved, context);
}

/* Execute a statement for what it does, as the extension's owner. */
void
call_as_owner(const char *query, int arguments, Oid *types, Datum *values)
{
	SavedUser	saved;

	connect_as_owner(&saved);
	if (SPI_execute_with_args(query, arguments, types, values, NULL, false, 0) < 0)
		elog(ERROR, "\"%s\" failed: %s", query, SPI_result_code_string(SPI_result));
	SPI_finish();
	restore_user(saved);
}

/* The id that a query finds for a name, in the current memory context; NULL: none. */
int32 *
id_by_name(const char *query, const char *name)
{
	Oid			type = TEXTOID;
	Datum		value = CStringGetTextDatum(name);
	QueryResult	   *result = read_as_owner(query, 1, &type, &value);
	int32	   *id = NULL;

	if (result->rows > 0)
	{
		id = palloc(sizeof(int32));
		*id = result_int(result, 0, 1);
	}
	free_result(result);
	return id;
}
