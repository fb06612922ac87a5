/*
 * transaction.c
 *		Runs work in a transaction of its own, in a background worker or in a
 *		procedure.
 *
 * The work runs in a subtransaction, so that after an error there is still an
 * intact transaction to end.  Settings that it changes, even in a deferred
 * trigger, end with the transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "tcop/pquery.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "base/settings.h"
#include "base/subtransaction.h"
#include "bounds.h"
#include "registry.h"
#include "transaction.h"

static const Transactions *transactions = NULL;
static MemoryContext transaction_context = NULL;
static int	settings_level = 0;

/* In a background worker */

/* The settings for everything that this worker does. */
void
apply_worker_settings(void)
{
	(void) apply_server_settings(true, GUC_ACTION_SET);
	apply_lock_timeout(GUC_ACTION_SET);
}

/*
 * Between two transactions: handle signals, reloaded settings and statistics
 * for autovacuum, since a worker may be busy for days.
 */
void
process_server_events(void)
{
	QueryCancelPending = false; /* it was for the previous transaction */
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		apply_worker_settings();
	}
	pgstat_report_stat(false);
}

static void
begin_in_worker(void)
{
	process_server_events();
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
commit_in_worker(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
recover_in_worker(void)
{
	AbortCurrentTransaction();
}

const Transactions worker_transactions = {
	begin_in_worker, commit_in_worker, recover_in_worker, false
};

/* In a procedure: there is always a transaction, and SPI starts the next one */

static void
begin_in_procedure(void)
{
	CHECK_FOR_INTERRUPTS();
	EnsurePortalSnapshotExists();
}

static void
recover_in_procedure(void)
{
}

const Transactions procedure_transactions = {
	begin_in_procedure, SPI_commit, recover_in_procedure, true
};

/*
 * Before the commit, when no more user code can run: reset the settings, and
 * make sure that nothing interrupts the commit.
 */
static void
restore_settings(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_PRE_COMMIT)
		end_limits();
	if (event == XACT_EVENT_PRE_COMMIT && settings_level > 0)
		AtEOXact_GUC(false, settings_level);
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_ABORT)
		settings_level = 0;
}

/* From now on, transactions are made in this way. */
void
transactions_begin(const Transactions *how)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(restore_settings, NULL);
	registered = true;
	transactions = how;
	transaction_context = AllocSetContextCreate(TopMemoryContext, "smartwf unit", ALLOCSET_DEFAULT_SIZES);
}

void
transactions_end(void)
{
	MemoryContextDelete(transaction_context);
	transaction_context = NULL;
}

/* Commit; returns the error if that fails, or NULL. */
static ErrorData *
commit_transaction(void)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		transactions->commit();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		transactions->recover();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return error;
}

/* A copy of what callers need of an error, in the caller's memory context. */
static ErrorData *
kept_error(const ErrorData *error)
{
	ErrorData  *kept = palloc0(sizeof(ErrorData));

	kept->elevel = error->elevel;
	kept->sqlerrcode = error->sqlerrcode;
	kept->message = pstrdup(error->message == NULL ? "" : error->message);
	kept->context = error->context == NULL ? NULL : pstrdup(error->context);
	return kept;
}

/*
 * Do WORK in a transaction and commit.  Returns the error that rolled it back,
 * or NULL.  Memory that WORK allocates is freed at the end.  WHAT describes it
 * in the log; with NULL, errors are left to the caller.
 */
ErrorData *
run_in_transaction(const char *what, Work work, void *argument)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *error;
	ErrorData  *commit_error;

	transactions->begin();
	settings_level = NewGUCNestLevel();
	MemoryContextSwitchTo(transaction_context);
	error = run_in_subtransaction_and_catch_all(work, argument);
	if (error != NULL && transactions->can_be_cancelled && !step_was_interrupted() &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	commit_error = commit_transaction();
	if (error == NULL)
		error = commit_error;
	registry_count(error != NULL);
	if (error != NULL && what != NULL)
		ereport(LOG, (errmsg("smartwf could not %s: %s", what, error->message)));
	MemoryContextSwitchTo(caller);
	if (error != NULL)
		error = kept_error(error);
	MemoryContextReset(transaction_context);
	return error;
}
