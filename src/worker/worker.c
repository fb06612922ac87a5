/*
 * worker.c
 *		The background workers: server processes that do what is due.
 *
 * They run if the library is preloaded.  If one ends, the launcher starts it
 * again; its unfinished work is rolled back, and so is still due.
 */
#include "postgres.h"

#include "access/xact.h"
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
#include "utils/wait_event.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "base/settings.h"
#include "storage/schema_version.h"
#include "bounds.h"
#include "death.h"
#include "launcher.h"
#include "refusals.h"
#include "registry.h"
#include "transaction.h"
#include "work.h"
#include "worker.h"

/* Slots for sessions that call smartwf.work(), in addition to the workers. */
#define PLACES_FOR_SESSIONS 16

PGDLLEXPORT void smartwf_worker_main(Datum argument);

static char *worker_role = NULL;
static int	naptime = 60;

/* Called at library load: settings; if preloaded, the launcher and the registry. */
void
worker_init(void)
{
	int			slots = max_worker_processes + PLACES_FOR_SESSIONS;

	DefineCustomStringVariable("smartwf.worker_role",
							   "Sets the role as which background workers connect.",
							   "An empty string means the bootstrap superuser. Steps have the rights of their run in any case.",
							   &worker_role, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("smartwf.naptime",
							"Sets the maximum time that a background worker sleeps before it checks for work.",
							"Workers are woken when a transaction that leaves work for them commits.",
							&naptime, 60, 1, 3600, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	launcher_init();
	bounds_init();
	death_init();
	if (!process_shared_preload_libraries_in_progress)
		return;
	in_hand_init(slots);
	registry_init(slots);
	refusals_init();
}

/* Once, until the version is another one. */
static void
report_version(const char *version)
{
	static char reported[64] = "";
	bool		is_served = schema_version_is_served(version);

	if (!is_served && strcmp(reported, version) != 0)
		ereport(LOG,
				(errmsg("smartwf waits: extension \"smartwf\" is of version \"%s\", which the library does not serve", version),
				 errhint("Execute ALTER EXTENSION smartwf UPDATE, or install the library of that version.")));
	strlcpy(reported, is_served ? "" : version, sizeof(reported));
}

/* Is the extension there, in a version that we serve?  It may be created, updated, dropped. */
static bool
extension_is_served(void)
{
	char	   *version;
	bool		is_served;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	version = schema_version();
	is_served = version != NULL && schema_version_is_served(version);
	if (version != NULL)
		report_version(version);
	PopActiveSnapshot();
	CommitTransactionCommand();
	return is_served;
}

/* A library that a step has loaded may keep state: let a new process go on. */
static void
end_to_be_replaced(void)
{
	ereport(DEBUG1, (errmsg("a step has loaded a library: this worker is replaced")));
	registry_note_replacement();
	proc_exit(0);
}

/* Do what is due; then sleep until woken or until more falls due. */
static void
work_and_sleep(int kinds)
{
	long		pause = naptime * 1000L;

	/* reset the latch before checking, so that no later wakeup is missed */
	ResetLatch(MyLatch);
	process_server_events();
	registry_set_idle(true);
	if (extension_is_served())
	{
		if (work_off(kinds, DT_NOEND))
			return;
		if (worker_must_be_replaced())
			end_to_be_replaced();
		pause = Min(pause, TimestampDifferenceMilliseconds(clock_now(), next_due(kinds)));
	}
	pgstat_report_activity(STATE_IDLE, NULL);
	pgstat_report_stat(true);
	if (pause > 0)
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, pause, PG_WAIT_EXTENSION);
	process_server_events();
}

/*
 * Load the libraries that every worker has; after others are loaded, the
 * worker is replaced before it serves another role.  smartwf itself needs
 * PL/pgSQL.
 */
static void
load_libraries(void)
{
	process_session_preload_libraries();
	load_file("$libdir/plpgsql", false);
	note_libraries();
}

/* Entry point of the process. */
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
	load_libraries();
	apply_worker_settings();
	transactions_begin(&worker_transactions);
	registry_enter(assignment.kinds);
	for (;;)
		work_and_sleep(assignment.kinds);
}
