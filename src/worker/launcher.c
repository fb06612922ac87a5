/*
 * launcher.c
 *		The process that starts and stops the workers, as the settings
 *		require.
 *
 * It checks once a second.  DROP, RENAME and copying of a database lock it
 * against new sessions before they count the sessions in it: when the lock is
 * seen, the workers leave.  A database that does not exist is waited for.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

#include "base/compat.h"
#include "base/notify_workers.h"
#include "launcher.h"
#include "registry.h"

/* Seconds until the postmaster starts the launcher again. */
#define RESTART_SECONDS 5

/* Interval of checks, in milliseconds. */
#define LOOK_AROUND 1000L
#define NOTHING_TO_DO (3600 * 1000L)

/* The restart of a worker that ends sooner than that is delayed more and more. */
#define SHORT_LIFE (10 * USECS_PER_SEC)
#define LONGEST_PAUSE (60 * USECS_PER_SEC)

/* A step that ignores its timeout for that long gets its worker terminated. */
#define GRACE (10 * USECS_PER_SEC)

PGDLLEXPORT void smartwf_launcher_main(Datum argument);

static char *databases = NULL;
static int	workers = 2;

/* A worker that is running, or should be. */
typedef struct Worker
{
	Assignment	assignment;
	bool		is_wanted;
	BackgroundWorkerHandle *handle; /* NULL if it is not running */
	TimestampTz started_at;
	TimestampTz start_at;		/* not before that time */
	int			short_lives;
}			Worker;

/* Why a database has no workers; logged once. */
typedef struct DatabaseProblem
{
	char		database[NAMEDATALEN];
	const char *what;
}			DatabaseProblem;

static List *all_workers = NIL;
static List *problems = NIL;
static int	replacements = 0;	/* number that have been handled */

static bool
check_databases(char **new_value, void **extra, GucSource source)
{
	List	   *names;
	bool		is_list = SplitIdentifierString(pstrdup(*new_value), ',', &names);

	if (!is_list)
		GUC_check_errdetail("It must be a list of names, separated by commas.");
	return is_list;
}

/* Fill in what the launcher and the workers have in common. */
static void
describe_process(BackgroundWorker *process, const char *function, const char *type)
{
	memset(process, 0, sizeof(*process));
	process->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	process->bgw_start_time = BgWorkerStart_RecoveryFinished;
	strlcpy(process->bgw_library_name, "smartwf", sizeof(process->bgw_library_name));
	strlcpy(process->bgw_function_name, function, sizeof(process->bgw_function_name));
	strlcpy(process->bgw_type, type, BGW_MAXLEN);
	strlcpy(process->bgw_name, type, BGW_MAXLEN);
}

/* Called at library load: settings; if preloaded, the launcher. */
void
launcher_init(void)
{
	BackgroundWorker launcher;

	DefineCustomStringVariable("smartwf.databases",
							   "Lists the databases that background workers serve.",
							   "The names are separated by commas. An empty string means none.",
							   &databases, "", PGC_SIGHUP, 0, check_databases, NULL, NULL);
	DefineCustomIntVariable("smartwf.workers",
							"Sets the number of background workers for runs and timers in each database.",
							"Each database has one more worker, for deliveries.",
							&workers, 2, 1, 64, PGC_SIGHUP, 0, NULL, NULL, NULL);
	/* no workers during pg_upgrade */
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	describe_process(&launcher, "smartwf_launcher_main", "smartwf launcher");
	launcher.bgw_restart_time = RESTART_SECONDS;
	RegisterBackgroundWorker(&launcher);
}

/* Wanted workers */

static Worker *
find_worker(const char *database, int kinds, int number)
{
	ListCell   *cell;

	foreach(cell, all_workers)
	{
		Worker	   *worker = lfirst(cell);

		if (worker->assignment.kinds == kinds && worker->assignment.number == number &&
			strcmp(worker->assignment.database, database) == 0)
			return worker;
	}
	return NULL;
}

static void
want_worker(const char *database, int kinds, int number)
{
	Worker	   *worker = find_worker(database, kinds, number);

	if (worker == NULL)
	{
		worker = palloc0_object(Worker);
		strlcpy(worker->assignment.database, database, NAMEDATALEN);
		worker->assignment.kinds = kinds;
		worker->assignment.number = number;
		all_workers = lappend(all_workers, worker);
	}
	worker->is_wanted = true;
}

/* Log once what keeps workers out of a database, and once when that is over. */
static void
report_problem(const char *database, const char *what)
{
	DatabaseProblem    *problem = NULL;
	ListCell   *cell;

	foreach(cell, problems)
		if (strcmp(((DatabaseProblem *) lfirst(cell))->database, database) == 0)
			problem = lfirst(cell);
	if (problem == NULL)
	{
		problem = palloc0_object(DatabaseProblem);
		strlcpy(problem->database, database, NAMEDATALEN);
		problems = lappend(problems, problem);
	}
	if (what != NULL && problem->what != what)
		ereport(LOG, (errmsg("smartwf does not serve database \"%s\": %s", database, what)));
	if (what == NULL && problem->what != NULL)
		ereport(LOG, (errmsg("smartwf serves database \"%s\" again", database)));
	problem->what = what;
}

/* Is a database being dropped, renamed or copied?  All of these lock it against new sessions. */
static bool
is_being_taken(Oid database)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
	if (LockAcquire(&tag, RowExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	(void) LockRelease(&tag, RowExclusiveLock, false);
	return false;
}

/* Why a database cannot have workers now; NULL if it can. */
static const char *
obstacle(Relation databases_relation, const char *name)
{
	TableScanDesc scan = table_beginscan_catalog(databases_relation, 0, NULL);
	const char *what = "it does not exist";
	HeapTuple	tuple;

	/* a process without a database cannot use indexes */
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (strcmp(NameStr(database->datname), name) == 0)
			what = !database->datallowconn ? "it does not accept connections" :
				is_being_taken(database->oid) ? "it is being dropped, renamed or copied" : NULL;
	}
	table_endscan(scan);
	return database_is_paused(name) ? "it is paused" : what;
}

/* Determine which workers there should be. */
static void
decide_what_is_wanted(void)
{
	MemoryContext context = CurrentMemoryContext;
	Relation	relation;
	List	   *names;
	ListCell   *cell;

	foreach(cell, all_workers)
		((Worker *) lfirst(cell))->is_wanted = false;
	(void) SplitIdentifierString(pstrdup(databases), ',', &names);
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	foreach(cell, names)
	{
		const char *what = obstacle(relation, lfirst(cell));

		MemoryContextSwitchTo(TopMemoryContext);
		report_problem(lfirst(cell), what);
		for (int i = 1; what == NULL && i <= workers; i++)
			want_worker(lfirst(cell), WORK_ON_RUNS, i);
		if (what == NULL)
			want_worker(lfirst(cell), WORK_ON_DELIVERY, 0);
	}
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
}

/* Starting and stopping */

static void
start_worker(Worker *worker)
{
	bool		is_delivery = worker->assignment.kinds == WORK_ON_DELIVERY;
	BackgroundWorker process;
	MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);

	describe_process(&process, "smartwf_worker_main", is_delivery ? "smartwf delivery" : "smartwf worker");
	process.bgw_restart_time = BGW_NEVER_RESTART;
	process.bgw_notify_pid = MyProcPid;
	if (is_delivery)
		snprintf(process.bgw_name, BGW_MAXLEN, "smartwf delivery for %s", worker->assignment.database);
	else
		snprintf(process.bgw_name, BGW_MAXLEN, "smartwf worker %d for %s", worker->assignment.number,
				 worker->assignment.database);
	memcpy(process.bgw_extra, &worker->assignment, sizeof(Assignment));
	worker->started_at = GetCurrentTimestamp();
	if (!RegisterDynamicBackgroundWorker(&process, &worker->handle))
	{
		worker->handle = NULL;
		worker->start_at = worker->started_at + LONGEST_PAUSE;
		ereport(WARNING,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("smartwf could not start a worker for database \"%s\"", worker->assignment.database),
				 errhint("Consider increasing the configuration parameter \"%s\".", "max_worker_processes")));
	}
	MemoryContextSwitchTo(outer);
}

/* A worker has ended: determine when it may be started again. */
static void
note_end(Worker *worker)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		was_replaced = registry_replacements() != replacements;

	pfree(worker->handle);
	worker->handle = NULL;
	worker->start_at = now;
	if (was_replaced)
		replacements++;
	else if (now - worker->started_at > SHORT_LIFE)
		worker->short_lives = 0;
	else
		worker->start_at += Min(USECS_PER_SEC << Min(worker->short_lives++, 6), LONGEST_PAUSE);
}

static void
end_worker(Worker *worker, pid_t pid)
{
	in_hand_excuse(pid);
	TerminateBackgroundWorker(worker->handle);
	worker->short_lives = 0;
}

/* Start or stop the worker if necessary; true if it is neither running nor wanted. */
static bool
look_after(Worker *worker)
{
	pid_t		pid = 0;

	if (worker->handle != NULL && GetBackgroundWorkerPid(worker->handle, &pid) == BGWH_STOPPED)
		note_end(worker);
	if (worker->handle != NULL && !worker->is_wanted)
		end_worker(worker, pid);
	if (worker->handle == NULL && worker->is_wanted && worker->start_at <= GetCurrentTimestamp())
		start_worker(worker);
	return worker->handle == NULL && !worker->is_wanted;
}

/* At exit of the launcher, stop its workers, since the next launcher will not know them. */
static void
end_all(int code, Datum argument)
{
	ListCell   *cell;

	foreach(cell, all_workers)
	{
		Worker	   *worker = lfirst(cell);
		pid_t		pid = 0;

		if (worker->handle != NULL && GetBackgroundWorkerPid(worker->handle, &pid) != BGWH_STOPPED)
			end_worker(worker, pid);
	}
}

static void
look_around(void)
{
	ListCell   *cell;

	decide_what_is_wanted();
	foreach(cell, all_workers)
		if (look_after(lfirst(cell)))
			all_workers = foreach_delete_current(all_workers, cell);
	registry_end_late_steps(GetCurrentTimestamp() - GRACE);
}

/* Entry point of the process. */
void
smartwf_launcher_main(Datum argument)
{
	MemoryContext context;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	registry_enter_launcher();
	before_shmem_exit(end_all, 0);
	context = AllocSetContextCreate(TopMemoryContext, "smartwf launcher", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(context);
		look_around();
		MemoryContextReset(context);
		pgstat_report_activity(STATE_IDLE, NULL);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 all_workers == NIL && databases[0] == '\0' ? NOTHING_TO_DO : LOOK_AROUND, PG_WAIT_EXTENSION);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
	}
}
