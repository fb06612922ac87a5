/*
 * registry.c
 *		A registry in shared memory of the processes that do background work,
 *		used to wake, monitor and interrupt them.
 *
 * It exists if the library is preloaded.  Without it, a session that calls
 * smartwf.work() polls for work.
 */
#include "postgres.h"

#include <signal.h>

#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/wait_event.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "in_hand.h"
#include "registry.h"

/* How long pause_database() waits for workers to end, in microseconds. */
#define LONGEST_WAIT (10 * USECS_PER_SEC)

/* A worker's slot. */
typedef struct WorkerSlot
{
	int			pid;			/* 0 if free */
	Oid			database;
	PGPROC	   *process;
	int			kinds;			/* WORK_ON_... bits for which it is woken; see notify_workers.h */
	bool		is_idle;		/* it sleeps, or checks for work once more before it does */
	TimestampTz started_at;
	TimestampTz changed_at;
	int64		done;			/* transactions of work */
	int64		failed;
	int64		run;			/* the run that it is driving; 0 if none */
	bool		is_cancelled;	/* that run was cancelled */
	TimestampTz deadline;		/* of its current step; 0 if none */
	char		doing[LONGEST_DOING];
}			WorkerSlot;

typedef struct Registry
{
	PGPROC	   *launcher;		/* NULL if not running */
	int			replacements;	/* number of workers that ended to be replaced */
	char		paused[MOST_PAUSES][NAMEDATALEN];	/* names of databases */
	int			slots;
	WorkerSlot		slot[FLEXIBLE_ARRAY_MEMBER];
}			Registry;

static int	number_of_slots = 0;
static Registry *registry = NULL;
static LWLock *registry_lock = NULL;
static WorkerSlot *my_slot = NULL;

static shmem_startup_hook_type previous_startup_hook = NULL;

static Size
registry_size(void)
{
	return offsetof(Registry, slot) + number_of_slots * sizeof(WorkerSlot);
}

static void
request_shared_memory(void)
{
	RequestAddinShmemSpace(registry_size());
	RequestNamedLWLockTranche("smartwf", 1);
}

#if PG_VERSION_NUM >= 150000
static shmem_request_hook_type previous_request_hook = NULL;

static void
request_memory(void)
{
	if (previous_request_hook != NULL)
		previous_request_hook();
	request_shared_memory();
}
#endif

static void
start_registry(void)
{
	bool		found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	registry = ShmemInitStruct("smartwf workers", registry_size(), &found);
	registry_lock = &GetNamedLWLockTranche("smartwf")->lock;
	if (!found)
	{
		memset(registry, 0, registry_size());
		registry->slots = number_of_slots;
		in_hand_forget_processes();
	}
	LWLockRelease(AddinShmemInitLock);
}

/* Wake the idle processes of this database that do such work. */
static void
wake_idle(int kinds)
{
	if (registry == NULL)
		return;
	LWLockAcquire(registry_lock, LW_SHARED);
	for (int i = 0; i < registry->slots; i++)
	{
		WorkerSlot	   *slot = &registry->slot[i];

		if (slot->pid != 0 && slot->is_idle && slot->database == MyDatabaseId &&
			(slot->kinds & kinds) != 0)
			SetLatch(&slot->process->procLatch);
	}
	LWLockRelease(registry_lock);
}

/*
 * Interrupt the process that drives a run of this database; false if none
 * does.  The signal is sent under the lock, so that it cannot turn to another
 * run before.
 */
static bool
cancel_run(int64 run)
{
	bool		found = false;

	if (registry == NULL)
		return false;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	for (int i = 0; i < registry->slots; i++)
	{
		WorkerSlot	   *slot = &registry->slot[i];

		if (slot->pid == 0 || slot->run != run || slot->database != MyDatabaseId)
			continue;
		slot->is_cancelled = true;
		found = kill(slot->pid, SIGINT) == 0;
	}
	LWLockRelease(registry_lock);
	return found;
}

/* Called when the library is preloaded. */
void
registry_init(int slots)
{
	number_of_slots = slots;
#if PG_VERSION_NUM >= 150000
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
#else
	request_shared_memory();
#endif
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_registry;
	worker_notifier_register(wake_idle);
	interrupter_register(cancel_run);
}

/* Does this process have a slot? */
bool
registry_is_there(void)
{
	return my_slot != NULL;
}

static void
leave_registry(int code, Datum argument)
{
	if (my_slot == NULL)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	my_slot->pid = 0;
	/* a worker that a step ended is restarted without delay */
	if (something_is_in_hand())
		registry->replacements++;
	LWLockRelease(registry_lock);
	my_slot = NULL;
}

/* Take a slot, if one is free: from now on this process is woken and monitored. */
void
registry_enter(int kinds)
{
	static bool registered = false;

	if (registry == NULL || my_slot != NULL)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	for (int i = 0; i < registry->slots && my_slot == NULL; i++)
		if (registry->slot[i].pid == 0)
			my_slot = &registry->slot[i];
	if (my_slot != NULL)
		*my_slot = (WorkerSlot)
	{
		.pid = MyProcPid, .database = MyDatabaseId, .process = MyProc, .kinds = kinds,
			.started_at = GetCurrentTimestamp(), .changed_at = GetCurrentTimestamp()
	};
	in_hand_enter();
	LWLockRelease(registry_lock);
	/* registered only once, since only the latest callback could be cancelled */
	if (!registered)
		before_shmem_exit(leave_registry, 0);
	registered = true;
}

/* Called when smartwf.work() returns in a session. */
void
registry_leave(void)
{
	in_hand_leave();
	leave_registry(0, 0);
}

/* An idle process checks for work or sleeps, and wants to be woken. */
void
registry_set_idle(bool is_idle)
{
	if (my_slot == NULL)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	if (my_slot->is_idle != is_idle)
		my_slot->changed_at = GetCurrentTimestamp();
	my_slot->is_idle = is_idle;
	if (is_idle)
		my_slot->doing[0] = '\0';
	LWLockRelease(registry_lock);
}

static void
set_doing(const char *doing)
{
	strlcpy(my_slot->doing, doing, pg_mbcliplen(doing, strlen(doing), LONGEST_DOING - 1) + 1);
	my_slot->changed_at = GetCurrentTimestamp();
	my_slot->is_idle = false;
}

/* Report what this process does, here and in pg_stat_activity. */
void
registry_report(const char *doing)
{
	if (AmBackgroundWorkerProcess())
		pgstat_report_activity(STATE_RUNNING, doing);
	if (my_slot == NULL)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	set_doing(doing);
	LWLockRelease(registry_lock);
}

/*
 * A step of a run begins, or a task (RUN 0).  Discards a request to cancel the
 * previous one.
 */
void
registry_begin_step(const char *doing, int64 run, TimestampTz deadline)
{
	if (AmBackgroundWorkerProcess())
		pgstat_report_activity(STATE_RUNNING, doing);
	if (my_slot == NULL)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	set_doing(doing);
	my_slot->run = run;
	my_slot->deadline = deadline;
	my_slot->is_cancelled = false;
	LWLockRelease(registry_lock);
}

/* Was the run of this process cancelled? */
bool
registry_step_is_cancelled(void)
{
	/* no lock needed: only this process resets it */
	return my_slot != NULL && my_slot->is_cancelled;
}

/* From now on the step is not interrupted; a request that has come before still counts. */
void
registry_end_interrupts(void)
{
	if (my_slot == NULL || (my_slot->run == 0 && my_slot->deadline == 0))
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	my_slot->run = 0;
	my_slot->deadline = 0;
	LWLockRelease(registry_lock);
}

/* The step is over; true if its run was cancelled meanwhile. */
bool
registry_end_step(void)
{
	bool		is_cancelled;

	if (my_slot == NULL)
		return false;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	is_cancelled = my_slot->is_cancelled;
	my_slot->is_cancelled = false;
	my_slot->run = 0;
	my_slot->deadline = 0;
	LWLockRelease(registry_lock);
	return is_cancelled;
}

/* The next step or task in this database that crashed its process; see in_hand.c. */
bool
registry_next_death(WorkInHand *work)
{
	bool		found;

	if (registry == NULL)
		return false;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	found = next_that_died(work);
	LWLockRelease(registry_lock);
	return found;
}

/* The launcher */

static void
leave_launcher(int code, Datum argument)
{
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	registry->launcher = NULL;
	LWLockRelease(registry_lock);
}

/* Register this process as the launcher, to be woken. */
void
registry_enter_launcher(void)
{
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	registry->launcher = MyProc;
	LWLockRelease(registry_lock);
	before_shmem_exit(leave_launcher, 0);
}

static void
wake_launcher(void)
{
	if (registry->launcher != NULL)
		SetLatch(&registry->launcher->procLatch);
}

/* This worker ends in order to be replaced by a new one at once. */
void
registry_note_replacement(void)
{
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	registry->replacements++;
	LWLockRelease(registry_lock);
}

/* How many workers have done so. */
int
registry_replacements(void)
{
	int			replacements;

	LWLockAcquire(registry_lock, LW_SHARED);
	replacements = registry->replacements;
	LWLockRelease(registry_lock);
	return replacements;
}

/* Terminate the workers whose step has ignored a deadline before that time. */
void
registry_end_late_steps(TimestampTz before)
{
	LWLockAcquire(registry_lock, LW_SHARED);
	for (int i = 0; i < registry->slots; i++)
	{
		WorkerSlot	   *slot = &registry->slot[i];

		if (slot->pid != 0 && slot->deadline != 0 && slot->deadline < before)
			kill(slot->pid, SIGTERM);
	}
	LWLockRelease(registry_lock);
}

/* Pauses of databases */

/* Was the database paused, so that workers must leave it? */
bool
database_is_paused(const char *name)
{
	bool		found = false;

	LWLockAcquire(registry_lock, LW_SHARED);
	for (int i = 0; i < MOST_PAUSES; i++)
		found |= strcmp(registry->paused[i], name) == 0;
	LWLockRelease(registry_lock);
	return found;
}

/* Add a name to the paused databases, or remove it; false if there is no space. */
static bool
set_pause(const char *name, bool is_paused)
{
	int			free_place = -1;
	bool		is_on_list = false;

	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	for (int i = 0; i < MOST_PAUSES; i++)
	{
		if (strcmp(registry->paused[i], name) == 0)
		{
			is_on_list = is_paused;
			if (!is_paused)
				registry->paused[i][0] = '\0';
		}
		if (registry->paused[i][0] == '\0' && free_place < 0)
			free_place = i;
	}
	if (is_paused && !is_on_list && free_place >= 0)
		strlcpy(registry->paused[free_place], name, NAMEDATALEN);
	wake_launcher();
	LWLockRelease(registry_lock);
	return !is_paused || is_on_list || free_place >= 0;
}

/* The number of background workers in a database. */
static int
workers_of_database(Oid database)
{
	int			number = 0;

	LWLockAcquire(registry_lock, LW_SHARED);
	for (int i = 0; i < registry->slots; i++)
		number += registry->slot[i].pid != 0 && registry->slot[i].database == database &&
			registry->slot[i].pid != MyProcPid;
	LWLockRelease(registry_lock);
	return number;
}

/* The database argument; the caller must be an administrator. */
static char *
database_argument(FunctionCallInfo fcinfo)
{
	char	   *name = PG_ARGISNULL(0) ? get_database_name(MyDatabaseId) : NameStr(*PG_GETARG_NAME(0));

	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator can pause the workers of a database")));
	if (registry == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there are no workers: smartwf is not preloaded"),
				 errhint("Add it to shared_preload_libraries.")));
	return name;
}

/* smartwf.pause_database(database) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_pause_database);
Datum
smartwf_pause_database(PG_FUNCTION_ARGS)
{
	char	   *name = database_argument(fcinfo);
	Oid			database = get_database_oid(name, true);
	TimestampTz end = GetCurrentTimestamp() + LONGEST_WAIT;

	if (!set_pause(name, true))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no more than %d databases can be paused", MOST_PAUSES)));
	while (OidIsValid(database) && workers_of_database(database) > 0)
	{
		if (GetCurrentTimestamp() > end)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("the workers of database \"%s\" have not left it yet", name),
					 errdetail("They will not come back until it is resumed.")));
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 20, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_VOID();
}

/* smartwf.resume_database(database) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_resume_database);
Datum
smartwf_resume_database(PG_FUNCTION_ARGS)
{
	(void) set_pause(database_argument(fcinfo), false);
	PG_RETURN_VOID();
}

/* Statistics */

/* Count a transaction of work. */
void
registry_count(bool has_failed)
{
	if (my_slot == NULL)
		return;
	LWLockAcquire(registry_lock, LW_EXCLUSIVE);
	if (has_failed)
		my_slot->failed++;
	else
		my_slot->done++;
	LWLockRelease(registry_lock);
}

static const char *
work_of(int kinds)
{
	return kinds == WORK_ON_DELIVERY ? "delivery" : kinds == WORK_ON_RUNS ? "runs and timers" : "everything";
}

/* smartwf.list_workers(): the workers of this database. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_list_workers);
Datum
smartwf_list_workers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	if (registry == NULL)
		return (Datum) 0;
	LWLockAcquire(registry_lock, LW_SHARED);
	for (int i = 0; i < registry->slots; i++)
	{
		WorkerSlot	   *slot = &registry->slot[i];
		Datum		values[8];
		bool		nulls[8] = {false};

		if (slot->pid == 0 || slot->database != MyDatabaseId)
			continue;
		values[0] = Int32GetDatum(slot->pid);
		values[1] = CStringGetTextDatum(work_of(slot->kinds));
		values[2] = CStringGetTextDatum(slot->is_idle ? "idle" : "working");
		values[3] = CStringGetTextDatum(slot->doing);
		nulls[3] = slot->doing[0] == '\0';
		values[4] = TimestampTzGetDatum(slot->started_at);
		values[5] = TimestampTzGetDatum(slot->changed_at);
		values[6] = Int64GetDatum(slot->done);
		values[7] = Int64GetDatum(slot->failed);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	LWLockRelease(registry_lock);
	return (Datum) 0;
}
