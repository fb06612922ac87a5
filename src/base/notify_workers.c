/*
 * notify_workers.c
 *		Notifies the background workers that there is work, or that a run must
 *		be interrupted.
 *
 * Lower modules create work; the module that does it registers a callback to
 * be woken by.  It is called after the transaction has committed, since the
 * work is not visible before.
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

/* Called at library load. */
void
notify_workers_init(void)
{
	RegisterXactCallback(wake_after_commit, NULL);
}

/* Called at library load: registers the callback that wakes the workers. */
void
worker_notifier_register(WorkerNotifier waker)
{
	wake = waker;
}

/* Notes that this transaction creates work of these kinds. */
void
notify_workers_at_commit(int kinds)
{
	to_wake |= kinds;
}

/* There is work already, whatever becomes of this transaction. */
void
notify_workers_now(int kinds)
{
	if (wake != NULL)
		wake(kinds);
}

/* Called at library load: registers the callback that interrupts a run. */
void
interrupter_register(Interrupter with)
{
	interrupter = with;
}

/* Interrupts the background worker that is driving a run; false if none is. */
bool
interrupt_run(int64 run)
{
	return interrupter != NULL && interrupter(run);
}
