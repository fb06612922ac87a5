/*
 * work.c
 *		What there is to do in the background, and doing it, unit by unit.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "mb/pg_wchar.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "flow/run/acting.h"
#include "flow/run/drive.h"
#include "flow/run/queue.h"
#include "flow/run/run.h"
#include "flow/run/run_table.h"
#include "outbox/delivery/delivery.h"
#include "timer/task.h"
#include "timer/timer.h"
#include "bounds.h"
#include "death.h"
#include "deliver.h"
#include "purge.h"
#include "registry.h"
#include "transaction.h"
#include "work.h"

/*
 * How many of each queue are looked up at once, and for how long that is valid:
 * so long, or, where what is over cannot be cleaned away and looking takes its
 * time, so many times as long as that took.
 */
#define BATCH 500
#define BATCH_MICROSECONDS (50 * 1000)
#define BATCH_TIMES 4

/* Our advisory locks: PostgreSQL's own functions use 1 and 2. */
#define ADVISORY_CLASS 3

/* Something is due, but somebody else has it just now: look again soon. */
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
	int			limit;			/* of the flow's runs at once; NO_LIMIT */
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

typedef struct Turn
{
	int64		run;
	Advance		advance;
	char		doing[LONGEST_DOING];
	bool		must_clean;		/* before the step can be taken */
	const ErrorData *error;
}			Turn;

/* A step, or a task (RUN 0), begins, within these limits, and may end this process. */
static void
begin_step(const char *doing, const WorkInHand *work, int64 timeout)
{
	registry_begin_step(doing, work->run, limit_step(timeout));
	take_in_hand(work);
}

/* It is over; true if somebody has cancelled its run. */
static bool
end_step(void)
{
	put_down();
	end_limits();
	return registry_end_step();
}

static void
set_turn_in_words(Turn *turn, const char *doing)
{
	strlcpy(turn->doing, doing, pg_mbcliplen(doing, strlen(doing), LONGEST_DOING - 1) + 1);
}

/* For whom the session has worked since it was cleaned; InvalidOid: nobody. */
static Oid	worked_for = InvalidOid;

static void
advance_now(void *argument)
{
	Turn	   *turn = argument;
	Run		   *run = run_claim(turn->run);
	WorkInHand	work = {.kind = A_RUN, .run = turn->run};
	Oid			role = run == NULL ? InvalidOid : role_of_step(run);

	/* a step as somebody else finds nothing that the one before has left */
	turn->must_clean = run != NULL && OidIsValid(worked_for) && worked_for != role;
	if (run == NULL || turn->must_clean || !may_serve(role))
		return;
	worked_for = role;
	set_turn_in_words(turn, describe_step(run));
	begin_step(turn->doing, &work, timeout_of_step(run));
	turn->advance = advance_run(run);
}

static void
give_up_now(void *argument)
{
	Turn	   *turn = argument;

	give_up_step(turn->run, turn->error);
}

typedef struct Slot
{
	const Candidate *candidate;
	bool		is_taken;
}			Slot;

/*
 * A place among those that may drive runs of the flow at once: a lock of the
 * session, so that it is free again however the worker ends.
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

static void
drop_temporary_tables(void *argument)
{
	ResetTempTableNamespace();
}

/* Nothing that a run's steps left in the session is there for the next one's. */
static void
clean_session(void)
{
	Oid			temporary;
	Oid			toast;

	worked_for = InvalidOid;
	LockReleaseAll(USER_LOCKMETHOD, true);
	DropAllPreparedStatements();
	if (AmBackgroundWorkerProcess())
		PortalHashTableDeleteAll();	/* in a procedure, one of them is ours */
	ResetSequenceCaches();
	GetTempNamespaceState(&temporary, &toast);
	if (OidIsValid(temporary))
		(void) run_in_transaction("drop temporary tables", drop_temporary_tables, NULL);
}

/*
 * Take the run one step further, in a transaction, and note what went wrong in
 * another; false if it was not due, or is somebody else's.
 */
static bool
take_turn(Turn *turn)
{
	bool		is_cancelled;

	turn->advance = NOT_DUE;
	turn->doing[0] = '\0';
	turn->error = run_in_transaction(NULL, advance_now, turn);
	if (turn->error == NULL && turn->must_clean)
	{
		clean_session();
		turn->error = run_in_transaction(NULL, advance_now, turn);
	}
	is_cancelled = end_step();
	/* who cancels a run waits for it, and ends it */
	if (turn->error == NULL || is_cancelled)
		return turn->advance != NOT_DUE;
	turn->error = error_of_late_step((ErrorData *) turn->error, turn->doing);
	turn->advance = run_in_transaction("note the failure of a step", give_up_now, turn) == NULL ? PAUSES : NOT_DUE;
	return turn->advance != NOT_DUE;
}

/* Drive a run, a transaction for each step, until it pauses or ends. */
static bool
drive_run(const Candidate *candidate)
{
	Slot		slot = {candidate, candidate->limit == NO_LIMIT};
	Turn		turn = {.run = candidate->id, .advance = GOES_ON};
	bool		is_mine = false;

	if (!slot.is_taken)
		(void) run_in_transaction("take a slot", take_slot, &slot);
	if (!slot.is_taken)
		return false;
	while (turn.advance == GOES_ON)
		is_mine |= take_turn(&turn);
	has_put_off |= !is_mine;
	clean_session();
	return is_mine;
}

/* Work off a batch; true if there was something to do. */
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
	TaskTurn	   *firing = argument;
	const DueTask *task = firing->task;
	WorkInHand	work = {.kind = A_TASK, .task = task->task};

	if (!may_serve(role_of_task(task)))
		return;
	strlcpy(work.docid, task->docid, sizeof(work.docid));
	strlcpy(work.timer, task->timer, sizeof(work.timer));
	begin_step(psprintf("timer \"%s\" of document \"%s\", task %d", task->timer, task->docid, task->task), &work, 0);
	firing->has_fired = fire_task(task);
}

static void
note_failure_now(void *argument)
{
	TaskTurn	   *firing = argument;

	note_task_failure(firing->task, firing->error);
}

/* Fire a batch; true if there was something to do. */
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
		TaskTurn		firing = {.task = lfirst(cell)};

		if ((has_worked && GetCurrentTimestamp() > end) || worker_must_be_replaced())
			break;
		firing.error = run_in_transaction(NULL, fire_now, &firing);
		(void) end_step();
		firing.error = error_of_late_step(firing.error, "the task");
		if (firing.error != NULL)
			firing.has_fired = run_in_transaction("note the failure of a timer", note_failure_now, &firing) == NULL;
		has_worked |= firing.has_fired;
		has_put_off |= !firing.has_fired;
		clean_session();
	}
	return has_worked;
}

/* All kinds of work */

static const struct
{
	int			kinds;			/* whose work it is */
	bool		(*work) (void); /* do some; true if there was any */
	TimestampTz (*next_due) (void);
}			work_kinds[] = {
	{WORK_ON_RUNS, drive_due_runs, next_due_run},
	{WORK_ON_RUNS, fire_due_timers, next_due_task},
	{WORK_ON_DELIVERY, deliver_due, next_due_delivery},
	{WORK_ON_DELIVERY, purge_when_due, next_purge},
};

/*
 * Do what is due, kind by kind, until nothing is or the time is over; true if
 * there was anything.
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

/* When something falls due that is not yet; NEVER. */
TimestampTz
next_due(int kinds)
{
	NextDue		next = {kinds, has_put_off ? clock_now() + LOOK_AGAIN_MICROSECONDS : NEVER};

	(void) run_in_transaction("look for what is due next", find_next_due, &next);
	return next.at;
}
