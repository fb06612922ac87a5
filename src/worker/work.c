/*
 * work.c
 *		Finds work that is due and does it, one transaction at a time.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/memutils.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "flow/run/acting.h"
#include "flow/run/drive.h"
#include "flow/run/queue.h"
#include "flow/run/run.h"
#include "flow/run/run_table.h"
#include "migration/migration.h"
#include "migration/runs.h"
#include "outbox/delivery/delivery.h"
#include "timer/task.h"
#include "timer/timer.h"
#include "bounds.h"
#include "death.h"
#include "deliver.h"
#include "migrate.h"
#include "purge.h"
#include "refusals.h"
#include "registry.h"
#include "step.h"
#include "transaction.h"
#include "work.h"

/*
 * How many runs of each queue are looked up at once, and how long the result
 * is used: BATCH_MICROSECONDS, or BATCH_TIMES the duration of the lookup if
 * that is longer, as it is where vacuum cannot remove dead rows.
 */
#define BATCH 500
#define BATCH_MICROSECONDS (50 * 1000)
#define BATCH_TIMES 4

/* Class of smartwf's advisory locks: PostgreSQL's functions use 1 and 2. */
#define ADVISORY_CLASS 3

/* Something is due but locked by another session: check again soon. */
#define LOOK_AGAIN_MICROSECONDS (500 * 1000)
static bool has_put_off = false;

/* Runs */

typedef struct Candidates
{
	List	   *runs;			/* of Candidate * */
	MemoryContext context;
}			Candidates;

typedef struct Candidate
{
	int64		id;
	char	   *flow;
	int			limit;			/* how many runs of the flow may be driven at once; NO_LIMIT */
}			Candidate;

static void
find_candidates(void *argument)
{
	Candidates *candidates = argument;
	List	   *due = due_runs(BATCH);
	MemoryContext outer = MemoryContextSwitchTo(candidates->context);
	ListCell   *cell;

	foreach(cell, due)
	{
		DueRun	   *run = lfirst(cell);
		Candidate  *candidate = palloc0_object(Candidate);

		candidate->id = run->id;
		candidate->flow = pstrdup(run->flow);
		candidate->limit = run_limit(run->flow);
		candidates->runs = lappend(candidates->runs, candidate);
	}
	MemoryContextSwitchTo(outer);
}

typedef struct StepAttempt
{
	int64		run;
	Advance		advance;
	char		doing[LONGEST_DOING];
	bool		must_clean;		/* before the step can be executed */
	const ErrorData *error;
}			StepAttempt;

static void
set_description(StepAttempt *attempt, const char *doing)
{
	strlcpy(attempt->doing, doing, pg_mbcliplen(doing, strlen(doing), LONGEST_DOING - 1) + 1);
}

/* The role that the session has worked for since it was cleaned; InvalidOid if none. */
static Oid	worked_for = InvalidOid;

static void
advance_now(void *argument)
{
	StepAttempt *attempt = argument;
	Run		   *run = run_claim(attempt->run);
	WorkInHand	work = {.kind = A_RUN, .run = attempt->run};
	Oid			role = run == NULL ? InvalidOid : role_of_step(run);

	/* a step of another role must not find anything that a previous one has left */
	attempt->must_clean = run != NULL && OidIsValid(worked_for) && worked_for != role;
	if (run == NULL || attempt->must_clean || !may_serve(role))
		return;
	worked_for = role;
	set_description(attempt, describe_step(run));
	begin_step(attempt->doing, &work, timeout_of_step(run));
	attempt->advance = advance_run(run);
}

static void
give_up_now(void *argument)
{
	StepAttempt *attempt = argument;

	give_up_step(attempt->run, attempt->error);
}

typedef struct Slot
{
	const Candidate *candidate;
	bool		is_taken;
}			Slot;

/*
 * Take one of the slots that limit how many runs of the flow are driven at
 * once.  It is a session lock, so that it is released however the worker ends.
 */
static void
take_slot(void *argument)
{
	Slot	   *slot = argument;
	uint32		key = DatumGetUInt32(hash_any((const unsigned char *) slot->candidate->flow,
											  strlen(slot->candidate->flow)));

	for (int i = 0; i < slot->candidate->limit && !slot->is_taken; i++)
	{
		LOCKTAG		tag;

		SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, key, i, ADVISORY_CLASS);
		slot->is_taken = LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
	}
}

/* Nothing of what a run's steps have left in the session is found by the next. */
static void
leave_role(void)
{
	worked_for = InvalidOid;
	clean_session();
}

/*
 * Take the run one step further, in a transaction, and record an error in
 * another.  False if the run was not due, or another session has it.
 */
static bool
attempt_step(StepAttempt *attempt)
{
	bool		is_cancelled;

	attempt->advance = NOT_DUE;
	attempt->doing[0] = '\0';
	attempt->error = run_in_transaction(NULL, advance_now, attempt);
	if (attempt->error == NULL && attempt->must_clean)
	{
		leave_role();
		attempt->error = run_in_transaction(NULL, advance_now, attempt);
	}
	is_cancelled = end_step();
	/* the session that cancels a run waits for it, and ends it */
	if (attempt->error == NULL || is_cancelled)
		return attempt->advance != NOT_DUE;
	attempt->error = error_of_late_step((ErrorData *) attempt->error, attempt->doing);
	attempt->advance = run_in_transaction("note the failure of a step", give_up_now, attempt) == NULL ?
		PAUSES : NOT_DUE;
	return attempt->advance != NOT_DUE;
}

/* Drive a run, with a transaction for each step, until it pauses or ends. */
static bool
drive_run(const Candidate *candidate)
{
	Slot		slot = {candidate, candidate->limit == NO_LIMIT};
	StepAttempt attempt = {.run = candidate->id, .advance = GOES_ON};
	bool		is_mine = false;

	if (!slot.is_taken)
		(void) run_in_transaction("take a slot", take_slot, &slot);
	if (!slot.is_taken)
		return false;
	while (attempt.advance == GOES_ON)
		is_mine |= attempt_step(&attempt);
	has_put_off |= !is_mine;
	leave_role();
	return is_mine;
}

/* Drive a batch of runs; true if there was something to do. */
static bool
drive_due_runs(void)
{
	Candidates	candidates = {NIL, CurrentMemoryContext};
	TimestampTz start = GetCurrentTimestamp();
	TimestampTz end;
	bool		has_worked = false;
	ListCell   *cell;

	(void) run_in_transaction("look for runs that are due", find_candidates, &candidates);
	end = GetCurrentTimestamp();
	end += Max(BATCH_MICROSECONDS, BATCH_TIMES * (end - start));
	foreach(cell, candidates.runs)
	{
		if ((has_worked && GetCurrentTimestamp() > end) || worker_must_be_replaced())
			break;
		has_worked |= drive_run(lfirst(cell));
	}
	return has_worked;
}

/* Timers */

typedef struct DueTasks
{
	List	   *tasks;			/* of DueTask * */
	MemoryContext context;
}			DueTasks;

static void
find_tasks(void *argument)
{
	DueTasks   *due = argument;
	MemoryContext outer = MemoryContextSwitchTo(due->context);

	due->tasks = due_tasks(BATCH);
	MemoryContextSwitchTo(outer);
}

typedef struct TaskTurn
{
	const DueTask *task;
	bool		has_fired;
	ErrorData  *error;
}			TaskTurn;

static void
fire_now(void *argument)
{
	TaskTurn   *turn = argument;
	const DueTask *task = turn->task;
	WorkInHand	work = {.kind = A_TASK, .task = task->task};

	if (!may_serve(role_of_task(task)))
		return;
	strlcpy(work.docid, task->docid, sizeof(work.docid));
	strlcpy(work.timer, task->timer, sizeof(work.timer));
	begin_step(psprintf("timer \"%s\" of document \"%s\", task %d", task->timer, task->docid, task->task), &work, 0);
	turn->has_fired = fire_task(task);
}

static void
note_failure_now(void *argument)
{
	TaskTurn   *turn = argument;

	note_task_failure(turn->task, turn->error);
}

/* Fire a batch of tasks; true if there was something to do. */
static bool
fire_due_timers(void)
{
	DueTasks	due = {NIL, CurrentMemoryContext};
	TimestampTz end;
	bool		has_worked = false;
	ListCell   *cell;

	(void) run_in_transaction("look for timers that are due", find_tasks, &due);
	end = GetCurrentTimestamp() + BATCH_MICROSECONDS;
	foreach(cell, due.tasks)
	{
		TaskTurn	turn = {.task = lfirst(cell)};

		if ((has_worked && GetCurrentTimestamp() > end) || worker_must_be_replaced())
			break;
		turn.error = run_in_transaction(NULL, fire_now, &turn);
		(void) end_step();
		turn.error = error_of_late_step(turn.error, "the task");
		if (turn.error != NULL)
			turn.has_fired = run_in_transaction("note the failure of a timer", note_failure_now, &turn) == NULL;
		has_worked |= turn.has_fired;
		has_put_off |= !turn.has_fired;
		leave_role();
	}
	return has_worked;
}

/* Migrations */

static bool
move_documents_when_due(void)
{
	return migrate_when_due(&has_put_off);
}

/* All kinds of work */

static const struct
{
	int			kinds;			/* for which workers */
	bool		(*work) (void); /* do some; true if there was any */
	TimestampTz (*next_due) (void);
}			work_kinds[] = {
	{WORK_ON_RUNS, drive_due_runs, next_due_run},
	{WORK_ON_RUNS, fire_due_timers, next_due_task},
	{WORK_ON_RUNS, move_documents_when_due, next_due_migration},
	{WORK_ON_RUNS, move_runs_when_due, next_due_run_migration},
	{WORK_ON_DELIVERY, deliver_due, next_due_delivery},
	{WORK_ON_DELIVERY, store_refusals, next_refusal},
	{WORK_ON_DELIVERY, purge_when_due, next_purge},
};

/*
 * Do what is due, kind by kind, until there is nothing left or the time is
 * over; true if there was anything.
 */
bool
work_off(int kinds, TimestampTz end)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "smartwf work",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	bool		has_worked = true;
	bool		had_work = false;

	while (has_worked && GetCurrentTimestamp() < end && !worker_must_be_replaced())
	{
		has_worked = has_put_off = false;
		note_deaths();
		for (int i = 0; i < lengthof(work_kinds); i++)
			if ((work_kinds[i].kinds & kinds) != 0)
				has_worked |= work_kinds[i].work();
		MemoryContextReset(context);
		had_work |= has_worked;
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(context);
	return had_work && !worker_must_be_replaced();
}

typedef struct NextDue
{
	int			kinds;
	TimestampTz at;
}			NextDue;

static void
find_next_due(void *argument)
{
	NextDue    *next = argument;

	for (int i = 0; i < lengthof(work_kinds); i++)
		if ((work_kinds[i].kinds & next->kinds) != 0)
			next->at = Min(next->at, work_kinds[i].next_due());
}

/* When the next work falls due; NEVER if there is none. */
TimestampTz
next_due(int kinds)
{
	NextDue		next = {kinds, has_put_off ? clock_now() + LOOK_AGAIN_MICROSECONDS : NEVER};

	(void) run_in_transaction("look for what is due next", find_next_due, &next);
	return next.at;
}
