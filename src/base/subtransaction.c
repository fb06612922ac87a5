/*
 * subtransaction.c
 *		Runs work that may fail in a subtransaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "subtransaction.h"

/* Errors that concern the whole transaction, not only the work that failed. */
bool
error_concerns_transaction(int sqlstate)
{
	return sqlstate == ERRCODE_QUERY_CANCELED ||
		ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TRANSACTION_ROLLBACK ||
		ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_OPERATOR_INTERVENTION;
}

static ErrorData *
in_subtransaction(Work work, void *argument, bool undo)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(argument);
		if (undo)
			RollbackAndReleaseCurrentSubTransaction();
		else
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

/*
 * Run WORK; returns the error that it raised, or NULL.  Its changes are rolled
 * back after an error, and with UNDO in any case.  Its results must be
 * allocated in the memory context that is current at the call.
 */
ErrorData *
run_in_subtransaction(Work work, void *argument, bool undo)
{
	ErrorData  *error = in_subtransaction(work, argument, undo);

	if (error != NULL && error_concerns_transaction(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

/* The same where WORK is all that the transaction does: every error is caught. */
ErrorData *
run_in_subtransaction_and_catch_all(Work work, void *argument)
{
	return in_subtransaction(work, argument, false);
}
