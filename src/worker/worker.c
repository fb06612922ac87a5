/*
 * worker.c
 *		The background workers: processes of the server that do what is due.
 *
 * They are there if the library is preloaded, and are started again by the
 * postmaster whatever ends them.  What they were doing is undone with its
 * transaction, and is still due.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

#include "board.h"
#include "common/clock.h"
#include "common/compat.h"
#include "common/wake.h"
#include "unit.h"
#include "work.h"
#include "worker.h"

/* Seconds until the postmaster starts one again. */
#define RESTART_SECONDS 5

/* Places for sessions that call smartwf.work(), beside the workers. */
#define PLACES_FOR_SESSIONS 16

PGDLLEXPORT void smartwf_worker_main(Datum argument);

static char *databases = NULL;
static char *worker_role = NULL;
static int	workers = 2;
static int	naptime = 60;

static void
define_settings(void)
{
	/* where nothing is preloaded there is no worker to heed them */
	GucContext	fixed = process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP;

	DefineCustomStringVariable("smartwf.databases",
							   "Databases that background workers serve, separated by commas.",
							   "Empty: none.",
							   &databases, "", fixed, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("smartwf.worker_role",
							   "Role that background workers connect as.",
							   "Empty: the bootstrap superuser. Steps have the rights of their run's starter in any case; session_user shows this role.",
							   &worker_role, "", fixed, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("smartwf.workers",
							"Background workers for runs and timers, for each database.",
							"Each database has one more, for deliveries.",
							&workers, 2, 1, 64, fixed, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("smartwf.naptime",
							"How long a background worker sleeps at most before it looks for work.",
							"It is woken when there is some.",
							&naptime, 60, 1, 3600, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
}

/* What a worker must know: whose, and of which kind. */
typedef struct Assignment
{
	char		database[NAMEDATALEN];
	int			whom;
}			Assignment;

StaticAssertDecl(sizeof(Assignment) <= BGW_EXTRALEN, "an assignment must fit");

static void
register_worker(const char *database, int whom, int number)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = RESTART_SECONDS,
	};
	Assignment	assignment = {.whom = whom};

	strlcpy(assignment.database, database, NAMEDATALEN);
	memcpy(worker.bgw_extra, &assignment, sizeof(Assignment));
	strlcpy(worker.bgw_library_name, "smartwf", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "smartwf_worker_main", sizeof(worker.bgw_function_name));
	if (whom == WAKE_RUNS)
	{
		snprintf(worker.bgw_name, BGW_MAXLEN, "smartwf worker %d for %s", number, database);
		strlcpy(worker.bgw_type, "smartwf worker", BGW_MAXLEN);
	}
	else
	{
		snprintf(worker.bgw_name, BGW_MAXLEN, "smartwf delivery for %s", database);
		strlcpy(worker.bgw_type, "smartwf delivery", BGW_MAXLEN);
	}
	RegisterBackgroundWorker(&worker);
}

/* At load: settings; if preloaded, the workers and their board. */
void
worker_init(void)
{
	List	   *names;
	ListCell   *cell;

	define_settings();
	if (!process_shared_preload_libraries_in_progress)
		return;
	if (!SplitIdentifierString(pstrdup(databases), ',', &names))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"smartwf.databases\" must be a list of names, not \"%s\"", databases)));
	board_init(list_length(names) * (workers + 1) + PLACES_FOR_SESSIONS);
	foreach(cell, names)
	{
		for (int i = 1; i <= workers; i++)
			register_worker(lfirst(cell), WAKE_RUNS, i);
		register_worker(lfirst(cell), WAKE_DELIVERY, 0);
	}
}

/* Is the extension there?  It may be created, dropped, created again. */
static bool
extension_is_there(void)
{
	bool		is_there;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	is_there = OidIsValid(get_relname_relid("runs", get_namespace_oid("smartwf", true)));
	PopActiveSnapshot();
	CommitTransactionCommand();
	return is_there;
}

/* Do what is due; then sleep until there is more, or it is time to look. */
static void
work_and_sleep(int whom)
{
	long		pause = naptime * 1000L;

	/* we look while we can be woken: what comes in from here on is not missed */
	ResetLatch(MyLatch);
	board_set_idle(true);
	if (extension_is_there())
	{
		if (work_off(whom, DT_NOEND))
			return;
		pause = Min(pause, TimestampDifferenceMilliseconds(clock_now(), next_due(whom)));
	}
	pgstat_report_activity(STATE_IDLE, NULL);
	pgstat_report_stat(false);
	if (pause > 0)
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, pause, PG_WAIT_EXTENSION);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/* The process. */
void
smartwf_worker_main(Datum argument)
{
	Assignment	assignment;

	memcpy(&assignment, MyBgworkerEntry->bgw_extra, sizeof(Assignment));
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(assignment.database,
										 worker_role[0] == '\0' ? NULL : worker_role, 0);
	SetConfigOption("application_name", MyBgworkerEntry->bgw_name, PGC_USERSET, PGC_S_SESSION);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_USERSET, PGC_S_SESSION);
	SetConfigOption("default_transaction_read_only", "off", PGC_USERSET, PGC_S_SESSION);
	units_begin(&worker_transactions);
	board_enter(assignment.whom);
	for (;;)
		work_and_sleep(assignment.whom);
}
