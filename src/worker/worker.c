/*
 * worker.c
 *		The background workers: processes of the server that do what is due.
 *
 * They are there if the library is preloaded, and are started again by the
 * launcher whatever ends them.  What they were doing is undone with its
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
#include "utils/wait_event.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "base/settings.h"
#include "bounds.h"
#include "death.h"
#include "launcher.h"
#include "registry.h"
#include "transaction.h"
#include "work.h"
#include "worker.h"

/* Places for sessions that call smartwf.work(), beside the workers. */
#define PLACES_FOR_SESSIONS 16

PGDLLEXPORT void smartwf_worker_main(Datum argument);

static char *worker_role = NULL;
static int	naptime = 60;

/* At load: settings; if preloaded, the launcher and the registry. */
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

/* This process may hand something on: a new one goes on in its place. */
static void
end_to_be_replaced(void)
{
	ereport(DEBUG1, (errmsg("a step has loaded a library: this worker is replaced")));
	registry_note_replacement();
	proc_exit(0);
}

/* Do what is due; then sleep until there is more, or it is time to look. */
static void
work_and_sleep(int kinds)
{
	long		pause = naptime * 1000L;

	/* we look while we can be woken: what comes in from here on is not missed */
	ResetLatch(MyLatch);
	process_server_events();
	registry_set_idle(true);
	if (extension_is_there())
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
 * The libraries that this process has from its start: what a step loads beside
 * them is not handed on to another role's.  Ours needs PL/pgSQL.
 */
static void
load_libraries(void)
{
	process_session_preload_libraries();
	load_file("$libdir/plpgsql", false);
	note_libraries();
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
	load_libraries();
	apply_worker_settings();
	transactions_begin(&worker_transactions);
	registry_enter(assignment.kinds);
	for (;;)
		work_and_sleep(assignment.kinds);
}
