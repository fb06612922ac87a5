/*
 * runs.c
 *		Migrations of the runs of flows, for workers; the rest is SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "utils/builtins.h"

#include "base/clock.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "runs.h"

static OwnStatement move_due = {0, {InvalidOid}, "SELECT smartwf.move_due_runs()"};

static OwnStatement find_next = {0, {InvalidOid},
	"SELECT due_at FROM smartwf.run_migrations WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"
};

static OwnStatement note_failure = {1, {TEXTOID},
	"UPDATE smartwf.run_migrations SET message = $1, due_at = pg_catalog.clock_timestamp()"
	" OPERATOR(pg_catalog.+) '30 s'::pg_catalog.interval WHERE due_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp()"
};

/* Those that are due could not go on: again later. */
void
note_run_migration_failure(const ErrorData *error)
{
	Datum		value = CStringGetTextDatum(error->message);

	(void) own_execute(&note_failure, &value, NULL);
}

/* When the next is due; DT_NOEND if none is under way. */
TimestampTz
next_due_run_migration(void)
{
	QueryResult *result;

	if (!own_relation_exists("run_migrations"))
		return DT_NOEND;
	result = own_execute(&find_next, NULL, NULL);
	return result->rows == 0 ? DT_NOEND : result_time(result, 0, 1, DT_NOEND);
}

/* Go on with those that wait for steps to end; the number of runs that were moved. */
int64
move_due_runs(void)
{
	if (next_due_run_migration() > clock_now())
		return 0;
	return result_bigint(own_execute(&move_due, NULL, NULL), 0, 1);
}
