/*
 * transaction.c
 *		A unit of work: a transaction of its own, in a background worker or in a
 *		procedure that was called.
 *
 * The work runs in a subtransaction: after an error there is still a whole
 * transaction to end, in a background worker as in a procedure.  Settings that it
 * changes, in a deferred trigger even, end with the transaction.
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
static MemoryContext unit_context = NULL;
static int	settings_level = 0;

/* In a background worker */

/* What holds for all that this worker does. */
void
apply_worker_settings(void)
{
	(void) apply_server_settings(true, GUC_ACTION_SET);
	apply_lock_timeout(GUC_ACTION_SET);
}

/*
 * Between two units: signals, new settings, statistics for autovacuum.  A worker
 * that is busy for days heeds them as well.
 */
void
process_server_events(void)
{
	QueryCancelPending = false; /* it was for the unit before */
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

/* In a procedure: there is always a transaction, and SPI begins the next */

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

/* No user's code can run any more: his settings end, and nothing may interrupt the commit. */
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

/* From now on, units are done so. */
void
transactions_begin(const Transactions *how)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(restore_settings, NULL);
	registered = true;
	transactions = how;
	unit_context = AllocSetContextCreate(TopMemoryContext, "smartwf unit", ALLOCSET_DEFAULT_SIZES);
}

void
transactions_end(void)
{
	MemoryContextDelete(unit_context);
	unit_context = NULL;
}

/* The error of a commit that failed, or NULL. */
static ErrorData *
commit_unit(void)
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

/* What is asked of an error later on, out of reach of what is freed. */
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
 * Do WORK in a transaction and commit; the error that undid it, or NULL.
 * The memory that WORK runs in ends with the unit.
 * WHAT it does, for the log of errors; NULL: the caller sees to them.
 */
ErrorData *
run_in_transaction(const char *what, Work work, void *argument)
{
	MemoryContext caller = CurrentMemoryContext;
	ErrorData  *error;
	ErrorData  *commit_error;

	transactions->begin();
	settings_level = NewGUCNestLevel();
	MemoryContextSwitchTo(unit_context);
	error = run_in_subtransaction_and_catch_all(work, argument);
	if (error != NULL && transactions->can_be_cancelled && !step_was_interrupted() &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	commit_error = commit_unit();
	if (error == NULL)
		error = commit_error;
	registry_count(error != NULL);
	if (error != NULL && what != NULL)
		ereport(LOG, (errmsg("smartwf could not %s: %s", what, error->message)));
	MemoryContextSwitchTo(caller);
	if (error != NULL)
		error = kept_error(error);
	MemoryContextReset(unit_context);
	return error;
}
