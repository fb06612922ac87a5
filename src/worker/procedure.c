/*
 * procedure.c
 *		Procedures that make transactions of their own: smartwf.work() and
 *		smartwf.purge().
 *
 * They do the work of background workers in a session, where preloading is not
 * allowed and in tests.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/notify_workers.h"
#include "base/subtransaction.h"
#include "procedure.h"
#include "registry.h"
#include "transaction.h"

/* A procedure that commits must be called at top level, not in a transaction block. */
static void
require_own_transactions(FunctionCallInfo fcinfo, const char *name)
{
	CallContext *call = (CallContext *) fcinfo->context;

	if (call == NULL || !IsA(call, CallContext) || call->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s makes transactions of its own", name),
				 errhint("Call it outside of a transaction block, and not from a function.")));
}

/* Do WORK, in transactions of its own, in a procedure. */
void
in_procedure(FunctionCallInfo fcinfo, const char *name, Work work, void *argument)
{
	require_own_transactions(fcinfo, name);
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	transactions_begin(&procedure_transactions);
	PG_TRY();
	{
		work(argument);
	}
	PG_FINALLY();
	{
		registry_leave();
		transactions_end();
	}
	PG_END_TRY();
	SPI_finish();
}
