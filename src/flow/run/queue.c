/*
 * queue.c
 *		Runs that workers drive: finds those that are due, drives one by a
 *		step, and records a step that has failed together with its
 *		transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/notify_workers.h"
#include "base/subtransaction.h"
#include "storage/operator.h"
#include "storage/result.h"
#include "drive.h"
#include "failure.h"
#include "queue.h"
#include "record.h"
#include "run_table.h"
#include "store.h"

/*
 * Runs that are due (DueRun *), in the order in which they should be driven,
 * at most so many of each flow and priority.  They are not locked, so another
 * worker may take them first.
 */
List *
due_runs(int most_of_a_queue)
{
	Datum		values[] = {TimestampTzGetDatum(clock_now()), Int32GetDatum(most_of_a_queue)};
	QueryResult	   *result = store_execute(DUE_RUNS, values, NULL);
	List	   *runs = NIL;

	for (int i = 0; i < result->rows; i++)
	{
		DueRun	   *run = palloc0_object(DueRun);

		run->id = result_bigint(result, i, 1);
		run->flow = result_text(result, i, 2);
		runs = lappend(runs, run);
	}
	return runs;
}

/* When the next run falls due; NEVER if there is none. */
TimestampTz
next_due_run(void)
{
	Datum		value = TimestampTzGetDatum(clock_now());
	QueryResult	   *next = store_execute(NEXT_DUE_RUN, &value, NULL);

	return next->rows == 0 ? NEVER : result_time(next, 0, 1, NEVER);
}

/* The number of runs of the flow that may be driven at once; NO_LIMIT. */
int
run_limit(const char *flow)
{
	const Flow *newest = newest_flow(flow);

	return newest == NULL ? NO_LIMIT : newest->max_runs;
}

/* A description of the next step, for monitoring. */
char *
describe_step(const Run *run)
{
	return psprintf("run " INT64_FORMAT " of flow \"%s\", step \"%s\"", run->id, run->flow->name,
					run->step == END_OF_FLOW ? "" : run->flow->steps[run->step].name);
}

/* The timeout of the next step, in microseconds; 0 if not specified. */
int64
timeout_of_step(const Run *run)
{
	return run->step == END_OF_FLOW ? 0 : run->flow->steps[run->step].timeout;
}

/* Drive a claimed run by one step; the caller commits. */
Advance
advance_run(Run *run)
{
	drive_one_step(run);
	return run->status == RUN_RUNNING || (run->status == RUN_QUEUED && run->due_at <= clock_now()) ? GOES_ON : PAUSES;
}

/* The current step of the claimed run has failed. */
static void
store_failed_step(Run *run, const ErrorData *error)
{
	if (run->status == RUN_WAITING)
		run_close_confirmations(run);
	fail_step(run, error);
	pause_or_end(run);
}

/*
 * A step has failed in a way that rolled back its whole transaction: record
 * that in another one.
 */
void
give_up_step(int64 id, const ErrorData *error)
{
	Run		   *run = run_claim(id);

	if (run == NULL)
		return;
	if (is_lock_conflict(error->sqlerrcode))
	{
		put_off(run, error);
		run_store(run);
	}
	else if (run->step == END_OF_FLOW)
	{
		/* it failed after the last step, so retry only the end */
		run->due_at = next_attempt_at(++run->attempt, USECS_PER_SEC, USECS_PER_HOUR);
		run_store(run);
	}
	else
		store_failed_step(run, error);
}

/*
 * A step has crashed its process: postpone it, or after MOST times let it
 * fail.  False if another session has locked the run.
 */
bool
note_death_of_step(int64 id, int most)
{
	Run		   *run = run_claim_any(id);
	ErrorData	error = {.sqlerrcode = ERRCODE_CRASH_SHUTDOWN};

	if (run == NULL)
		return run_read(id) == NULL;
	if (run->due_at > clock_now() || run->step == END_OF_FLOW)
		return true;			/* it has gone on, or has ended */
	run->deaths++;
	error.message = psprintf("the step ended the process that took it (%d of %d times)", run->deaths, most);
	if (run->deaths < most)
	{
		put_off(run, &error);
		run_store(run);
		log_failure(run, run->flow->steps[run->step].name, error.message);
		return true;
	}
	store_failed_step(run, &error);
	return true;
}

/* smartwf.restart_all(flow, error_like) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_restart_all);
Datum
smartwf_restart_all(PG_FUNCTION_ARGS)
{
	Datum		values[3];

	if (!is_operator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an operator can restart all runs of a flow")));
	values[0] = CStringGetTextDatum(needed_argument(fcinfo, 0, "flow"));
	values[1] = CStringGetTextDatum(needed_argument(fcinfo, 1, "error_like"));
	values[2] = TimestampTzGetDatum(clock_now());
	notify_workers_at_commit(WORK_ON_RUNS);
	PG_RETURN_INT64(store_execute(RESTART_RUNS, values, NULL)->processed);
}
