/*
 * notify_workers.c
 *		Telling whoever works in the background that there is work, or that it is
 *		not wanted any more.
 *
 * Lower rooms leave work behind; the room that does it registers how it is
 * woken.  That happens when the transaction has committed: before, there would
 * be nothing to see.
 */
#include "postgres.h"

#include "access/xact.h"

#include "notify_workers.h"

static WorkerNotifier wake = NULL;
static Interrupter interrupter = NULL;
static int	to_wake = 0;

static void
wake_after_commit(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	if (event == XACT_EVENT_COMMIT && to_wake != 0 && wake != NULL)
		wake(to_wake);
	to_wake = 0;
}

/* At load. */
void
notify_workers_init(void)
{
	RegisterXactCallback(wake_after_commit, NULL);
}

/* At load: how they are woken. */
void
worker_notifier_register(WorkerNotifier waker)
{
	wake = waker;
}

/* This transaction leaves work behind. */
void
notify_workers_at_commit(int kinds)
{
	to_wake |= kinds;
}

/* At load: how they are interrupted. */
void
interrupter_register(Interrupter with)
{
	interrupter = with;
}

/* Interrupt whoever drives a run in the background; false: nobody does. */
bool
interrupt_run(int64 run)
{
	return interrupter != NULL && interrupter(run);
}
