/*
 * purge.c
 *		Deletes old runs with all that belongs to them, notifications, and
 *		history if requested, with a transaction for each batch.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "procedure.h"
#include "purge.h"
#include "transaction.h"

/* Rows per transaction. */
#define BATCH 1000

/* Rows read per transaction where there is no index; pause between automatic purges. */
#define STRETCH 10000
#define PURGE_PAUSE USECS_PER_HOUR

static int	purge_after = 0;	/* minutes; 0 means never */
static bool purge_keeps_failed = true;

/* The statements: $1 is the time, $2 whether to delete failed ones too, $3 the limit. */
static OwnStatement statements[] = {
	/* foreign keys could cascade this, but would be checked at every step */
	{3, {TIMESTAMPTZOID, BOOLOID, INT4OID},
		"WITH gone AS (DELETE FROM smartwf.runs WHERE id" EQ "ANY (ARRAY(SELECT id FROM smartwf.runs"
		" WHERE (status" EQ "ANY ('{finished,cancelled}') OR (status" EQ "'failed' AND $2))"
		" AND started_at OPERATOR(pg_catalog.<) $1 AND changed_at OPERATOR(pg_catalog.<) $1"
		" LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING id),"
		" steps AS (DELETE FROM smartwf.run_steps s USING gone g WHERE s.run" EQ "g.id),"
		" asked AS (DELETE FROM smartwf.confirmations c USING gone g WHERE c.run" EQ "g.id RETURNING c.id),"
		" answered AS (DELETE FROM smartwf.answers a USING asked q WHERE a.confirmation" EQ "q.id)"
	" SELECT FROM gone", true},
	{3, {TIMESTAMPTZOID, BOOLOID, INT4OID},
		"DELETE FROM smartwf.notifications WHERE id" EQ "ANY (ARRAY(SELECT id FROM smartwf.notifications"
		" WHERE (status" EQ "'delivered' OR (status" EQ "'failed' AND $2))"
	" AND created_at OPERATOR(pg_catalog.<) $1 LIMIT $3 FOR UPDATE SKIP LOCKED))", true},
};

/* The same for what the schema of the version before does not have. */
static OwnStatement refused[] = {
	{3, {TIMESTAMPTZOID, BOOLOID, INT4OID},
		"DELETE FROM smartwf.refusals WHERE id" EQ "ANY (ARRAY(SELECT id FROM smartwf.refusals"
	" WHERE at OPERATOR(pg_catalog.<) $1 AND $2 IS NOT NULL ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))"},
};

static OwnStatement migrated[] = {
	{3, {TIMESTAMPTZOID, BOOLOID, INT4OID},
		"WITH gone AS (DELETE FROM smartwf.migrations WHERE id" EQ "ANY (ARRAY(SELECT id FROM smartwf.migrations"
		" WHERE (status" EQ "ANY ('{finished,cancelled,undone}') OR (status" EQ "'failed' AND $2))"
		" AND changed_at OPERATOR(pg_catalog.<) $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)) RETURNING id),"
		" documents AS (DELETE FROM smartwf.migration_documents d USING gone g WHERE d.migration" EQ "g.id)"
	" SELECT FROM gone"},
	{3, {TIMESTAMPTZOID, BOOLOID, INT4OID},
		"DELETE FROM smartwf.run_migrations WHERE id" EQ "ANY (ARRAY(SELECT id FROM smartwf.run_migrations"
		" WHERE (status" EQ "ANY ('{finished,cancelled}') OR (status" EQ "'failed' AND $2))"
	" AND finished_at OPERATOR(pg_catalog.<) $1 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))"},
};

/*
 * The history of deleted documents, with their elements; and of existing ones
 * all but the last entry.  An index by time would slow down each change.  So
 * these read the tables in the order of the primary key, $2 rows at a time,
 * starting after $3 and $4, and return the last key.
 */
static OwnStatement walks[] = {
	{3, {TIMESTAMPTZOID, INT4OID, TEXTOID},
		"WITH seen AS (SELECT docid FROM smartwf.elements WHERE docid OPERATOR(pg_catalog.>) $3 ORDER BY docid LIMIT $2),"
		" gone AS (DELETE FROM smartwf.elements e USING seen s"
		"  WHERE e.docid" EQ "s.docid AND e.deleted_at OPERATOR(pg_catalog.<) $1 RETURNING e.docid),"
		" lines AS (DELETE FROM smartwf.history h USING gone g WHERE h.docid" EQ "g.docid)"
	" SELECT docid, 0 FROM seen ORDER BY docid DESC LIMIT 1"},
	{4, {TIMESTAMPTZOID, INT4OID, TEXTOID, INT4OID},
		"WITH seen AS (SELECT docid, revision, at FROM smartwf.history"
		"  WHERE ROW (docid, revision) OPERATOR(pg_catalog.>) ROW ($3, $4) ORDER BY docid, revision LIMIT $2),"
		" gone AS (DELETE FROM smartwf.history h USING seen s"
		"  WHERE h.docid" EQ "s.docid AND h.revision" EQ "s.revision AND s.at OPERATOR(pg_catalog.<) $1"
		"  AND EXISTS (SELECT FROM smartwf.history n WHERE n.docid" EQ "s.docid AND n.revision OPERATOR(pg_catalog.>) s.revision))"
	" SELECT docid, revision FROM seen ORDER BY docid DESC, revision DESC LIMIT 1"},
};

typedef struct Batch
{
	OwnStatement *statement;
	const char *table;			/* nothing is done if it is not there */
	TimestampTz before;
	bool		failed;
	uint64		rows;			/* set by purge_batch() */
}			Batch;

static void
purge_batch(void *argument)
{
	Batch	   *batch = argument;
	Datum		values[] = {
		TimestampTzGetDatum(batch->before), BoolGetDatum(batch->failed), Int32GetDatum(BATCH),
	};

	if (own_relation_exists(batch->table))
		batch->rows = own_execute(batch->statement, values, NULL)->processed;
}

/* Batch by batch; returns an error, or NULL. */
static ErrorData *
purge_by(OwnStatement *list, int number, const char *table, TimestampTz before, bool keep_failed)
{
	for (int i = 0; i < number; i++)
	{
		Batch		batch = {&list[i], table, before, !keep_failed};

		do
		{
			ErrorData  *error = run_in_transaction("purge", purge_batch, &batch);

			if (error != NULL)
				return error;
		} while (batch.rows > 0);
	}
	return NULL;
}

/* The position of a walk. */
typedef struct Walk
{
	OwnStatement *statement;
	TimestampTz before;
	bool		has_ended;
	char	   *docid;
	int32		revision;
	MemoryContext context;
}			Walk;

static void
walk_on(void *argument)
{
	Walk	   *walk = argument;
	Datum		values[] = {
		TimestampTzGetDatum(walk->before), Int32GetDatum(STRETCH), CStringGetTextDatum(walk->docid),
		Int32GetDatum(walk->revision),
	};

	QueryResult	   *place = own_execute(walk->statement, values, NULL);

	walk->has_ended = place->rows == 0;
	if (walk->has_ended)
		return;
	walk->docid = MemoryContextStrdup(walk->context, result_text(place, 0, 1));
	walk->revision = result_int(place, 0, 2);
}

/* Walk through elements and history; returns an error, or NULL. */
static ErrorData *
purge_history(TimestampTz before)
{
	for (int i = 0; i < lengthof(walks); i++)
	{
		Walk		walk = {&walks[i], before, .docid = "", .revision = -1, .context = CurrentMemoryContext};

		while (!walk.has_ended)
		{
			ErrorData  *error = run_in_transaction("purge", walk_on, &walk);

			if (error != NULL)
				return error;
		}
	}
	return NULL;
}

/* All that is not history. */
static ErrorData *
purge_ended(TimestampTz before, bool keep_failed)
{
	ErrorData  *error = purge_by(statements, lengthof(statements), "runs", before, keep_failed);

	if (error == NULL)
		error = purge_by(refused, lengthof(refused), "refusals", before, keep_failed);
	if (error == NULL)
		error = purge_by(migrated, lengthof(migrated), "run_migrations", before, keep_failed);
	return error;
}

/* Automatic purge */

static TimestampTz last_purge = 0;

/* Called at library load: settings. */
void
purge_init(void)
{
	DefineCustomIntVariable("smartwf.purge_after",
							"Sets the age at which workers delete finished runs and delivered notifications.",
							"A value of 0 means never.", &purge_after, 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MIN,
							NULL, NULL, NULL);
	DefineCustomBoolVariable("smartwf.purge_keeps_failed",
							 "Keeps failed runs and notifications when workers purge.", NULL, &purge_keeps_failed, true,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/*
 * For a worker: purges from time to time, if the settings say so.  Returns
 * false, so that no worker starts over because of it.
 */
bool
purge_when_due(void)
{
	if (purge_after == 0 || !AmBackgroundWorkerProcess() || next_purge() > GetCurrentTimestamp())
		return false;
	last_purge = GetCurrentTimestamp();
	(void) purge_ended(GetCurrentTimestamp() - purge_after * USECS_PER_MINUTE, purge_keeps_failed);
	return false;
}

/* When this worker purges next; DT_NOEND if never. */
TimestampTz
next_purge(void)
{
	return purge_after == 0 || !AmBackgroundWorkerProcess() ? DT_NOEND : last_purge + PURGE_PAUSE;
}

/* smartwf.purge() */

typedef struct PurgeCall
{
	TimestampTz before;
	bool		keep_failed;
	bool		with_history;
}			PurgeCall;

static void
purge_now(void *argument)
{
	PurgeCall  *call = argument;
	ErrorData  *error = purge_ended(call->before, call->keep_failed);

	if (error == NULL && call->with_history)
		error = purge_history(call->before);
	if (error != NULL)
		ereport(ERROR, (errcode(error->sqlerrcode), errmsg("could not purge: %s", error->message)));
}

/* smartwf.purge(older_than, keep_failed, with_history) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_purge);
Datum
smartwf_purge(PG_FUNCTION_ARGS)
{
	PurgeCall	call = {.keep_failed = PG_ARGISNULL(1) || PG_GETARG_BOOL(1), .with_history = boolean_argument(fcinfo, 2)};
	Datum		before;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "older_than"));
	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator can purge")));
	before = DirectFunctionCall2(timestamptz_mi_interval, TimestampTzGetDatum(clock_now()), PG_GETARG_DATUM(0));
	call.before = DatumGetTimestampTz(before);
	if (call.before > clock_now())
		raise_failure(MALFORMED_CALL, localized("argument \"older_than\" must not be negative"));
	in_procedure(fcinfo, "smartwf.purge()", purge_now, &call);
	PG_RETURN_VOID();
}
