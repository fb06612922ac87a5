/*
 * step.c
 *		A step that a process executes: within its limits, noted as being executed,
 *		and leaving nothing behind.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "bounds.h"
#include "registry.h"
#include "step.h"
#include "transaction.h"

/* A step, or a task (RUN 0), begins; sets its limits and notes it as being executed. */
void
begin_step(const char *doing, const WorkInHand *work, int64 timeout)
{
	registry_begin_step(doing, work->run, limit_step(timeout));
	take_in_hand(work);
}

/* The step is over; true if its run was cancelled. */
bool
end_step(void)
{
	put_down();
	end_limits();
	return registry_end_step();
}

static void
drop_temporary_tables(void *argument)
{
	ResetTempTableNamespace();
}

/* Remove everything that steps have left in the session. */
void
clean_session(void)
{
	Oid			temporary;
	Oid			toast;

	LockReleaseAll(USER_LOCKMETHOD, true);
	DropAllPreparedStatements();
	if (AmBackgroundWorkerProcess())
		PortalHashTableDeleteAll();	/* in a procedure, one of the portals is its own */
	ResetSequenceCaches();
	GetTempNamespaceState(&temporary, &toast);
	if (OidIsValid(temporary))
		(void) run_in_transaction("drop temporary tables", drop_temporary_tables, NULL);
}
