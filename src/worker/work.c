/*
 * work.c
 *		What there is to do in the background, and doing it, unit by unit.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "board.h"
#include "common/clock.h"
#include "common/compat.h"
#include "common/wake.h"
#include "deliver.h"
#include "flow/queue.h"
#include "flow/run.h"
#include "outbox/delivery.h"
#include "purge.h"
#include "timer/timer.h"
#include "unit.h"
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
	int			limit;			/* of the flow's runs at once; 0: none */
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
	const ErrorData *error;
}			Turn;

static void
advance_now(void *argument)
{
	Turn	   *turn = argument;

	turn->advance = advance_run(turn->run, board_report);
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

	LockReleaseAll(USER_LOCKMETHOD, true);
	DropAllPreparedStatements();
	if (AmBackgroundWorkerProcess())
		PortalHashTableDeleteAll();	/* in a procedure, one of them is ours */
	ResetSequenceCaches();
	GetTempNamespaceState(&temporary, &toast);
	if (OidIsValid(temporary))
		(void) unit("drop temporary tables", drop_temporary_tables, NULL);
}

/* Drive a run, a transaction for each step, until it pauses or ends. */
static bool
drive_run(const Candidate *candidate)
{
	Slot		slot = {candidate, candidate->limit == 0};
	Turn		turn = {candidate->id, GOES_ON, NULL};
	bool		is_mine = false;

	if (!slot.is_taken)
		(void) unit("take a slot", take_slot, &slot);
	if (!slot.is_taken)
		return false;
	while (turn.advance == GOES_ON)
	{
		turn.advance = PAUSES;
		turn.error = unit(NULL, advance_now, &turn);
		if (turn.error != NULL && unit("note the failure of a step", give_up_now, &turn) != NULL)
			turn.advance = NOT_DUE;
		is_mine |= turn.advance != NOT_DUE;
	}
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

	(void) unit("look for runs that are due", find_candidates, &candidates);
	end = GetCurrentTimestamp();
	end += Max(BATCH_MICROSECONDS, BATCH_TIMES * (end - start));
	foreach(cell, candidates.runs)
	{
		if (has_worked && GetCurrentTimestamp() > end)
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

typedef struct Firing
{
	const DueTask *task;
	bool		has_fired;
	const ErrorData *error;
}			Firing;

static void
fire_now(void *argument)
{
	Firing	   *firing = argument;

	firing->has_fired = fire_task(firing->task, board_report);
}

static void
note_failure_now(void *argument)
{
	Firing	   *firing = argument;

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

	(void) unit("look for timers that are due", find_tasks, &due);
	end = GetCurrentTimestamp() + BATCH_MICROSECONDS;
	foreach(cell, due.tasks)
	{
		Firing		firing = {.task = lfirst(cell)};

		if (has_worked && GetCurrentTimestamp() > end)
			break;
		firing.error = unit(NULL, fire_now, &firing);
		if (firing.error != NULL)
			firing.has_fired = unit("note the failure of a timer", note_failure_now, &firing) == NULL;
		has_worked |= firing.has_fired;
		has_put_off |= !firing.has_fired;
		clean_session();
	}
	return has_worked;
}

/* All kinds of work */

static const struct
{
	int			whom;			/* whose work it is */
	bool		(*work) (void); /* do some; true if there was any */
	TimestampTz (*next_due) (void);
}			kinds[] = {
	{WAKE_RUNS, drive_due_runs, next_due_run},
	{WAKE_RUNS, fire_due_timers, next_due_task},
	{WAKE_DELIVERY, deliver_due, next_due_delivery},
	{WAKE_DELIVERY, purge_when_due, next_purge},
};

/*
 * Do what is due, kind by kind, until nothing is or the time is over; true if
 * there was anything.
 */
bool
work_off(int whom, TimestampTz end)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "smartwf work",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	bool		has_worked = true;
	bool		had_work = false;

	while (has_worked && GetCurrentTimestamp() < end)
	{
		has_worked = has_put_off = false;
		for (int i = 0; i < lengthof(kinds); i++)
			if ((kinds[i].whom & whom) != 0)
				has_worked |= kinds[i].work();
		MemoryContextReset(context);
		had_work |= has_worked;
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(context);
	return had_work;
}

typedef struct NextDue
{
	int			whom;
	TimestampTz at;
}			NextDue;

static void
find_next_due(void *argument)
{
	NextDue    *next = argument;

	for (int i = 0; i < lengthof(kinds); i++)
		if ((kinds[i].whom & next->whom) != 0)
			next->at = Min(next->at, kinds[i].next_due());
}

/* When something falls due that is not yet; NEVER. */
TimestampTz
next_due(int whom)
{
	NextDue		next = {whom, has_put_off ? clock_now() + LOOK_AGAIN_MICROSECONDS : NEVER};

	(void) unit("look for what is due next", find_next_due, &next);
	return next.at;
}
