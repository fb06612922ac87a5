/*
 * purge.c
 *		Doing away with what is over: runs and what belongs to them,
 *		notifications, and history if asked; a batch a transaction.
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
#include "storage/result.h"
#include "procedure.h"
#include "purge.h"
#include "transaction.h"

/* Rows in a transaction, and how often a worker looks. */
#define BATCH 1000

/* Rows that are looked at in a transaction where there is no index. */
#define STRETCH 10000
#define PURGE_PAUSE USECS_PER_HOUR

static int	purge_after = 0;	/* minutes; 0: never */
static bool purge_keeps_failed = true;

/* What there is to purge: $1 before when, $2 failed ones too, $3 how many. */
static OwnStatement statements[] = {
	/* no foreign keys do this: they would be looked at with every step */
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

/*
 * History of documents that are gone, name and all; and of those that live, all
 * but the last line.  There is no index by time, which each change would pay for:
 * these walk through their tables by the primary key, from $3 and $4 on, $2 rows
 * at a time, and return how far they have come.
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
	TimestampTz before;
	bool		failed;
	uint64		rows;
}			Batch;

static void
purge_batch(void *argument)
{
	Batch	   *batch = argument;
	Datum		values[] = {
		TimestampTzGetDatum(batch->before), BoolGetDatum(batch->failed), Int32GetDatum(BATCH),
	};

	batch->rows = own_execute(batch->statement, values, NULL)->processed;
}

/* Batch by batch; an error, or NULL. */
static ErrorData *
purge_by(OwnStatement *list, int number, TimestampTz before, bool keep_failed)
{
	for (int i = 0; i < number; i++)
	{
		Batch		batch = {&list[i], before, !keep_failed};

		do
		{
			ErrorData  *error = run_in_transaction("purge", purge_batch, &batch);

			if (error != NULL)
				return error;
		} while (batch.rows > 0);
	}
	return NULL;
}

/* How far a walk has come. */
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

/* Through elements and history, stretch by stretch; an error, or NULL. */
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

/* Automatic purge */

static TimestampTz last_purge = 0;

/* At load: settings. */
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

/* For a worker: now and then, if settings say so.  There is no hurry: false. */
bool
purge_when_due(void)
{
	if (purge_after == 0 || !AmBackgroundWorkerProcess() || next_purge() > GetCurrentTimestamp())
		return false;
	last_purge = GetCurrentTimestamp();
	(void) purge_by(statements, lengthof(statements),
					GetCurrentTimestamp() - purge_after * USECS_PER_MINUTE, purge_keeps_failed);
	return false;
}

/* When a worker purges next; DT_NOEND. */
TimestampTz
next_purge(void)
{
	return purge_after == 0 || !AmBackgroundWorkerProcess() ? DT_NOEND : last_purge + PURGE_PAUSE;
}

/* By hand */

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
	ErrorData  *error = purge_by(statements, lengthof(statements), call->before, call->keep_failed);

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
