/*
 * bounds.c
 *		Limits on a step that a worker executes, and on what it leaves in the
 *		process.
 *
 * Other runs wait for this worker, so a step has a timeout, and a short one
 * for locks.  A step may have loaded a library, which may keep state or a
 * connection to elsewhere.  After that the worker serves no other role.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "bounds.h"
#include "registry.h"

static int	step_timeout = 5 * 60 * 1000;	/* milliseconds; 0 if none */
static int	lock_timeout = 2 * 1000;

static TimeoutId timer = MAX_TIMEOUTS;	/* until it is registered */
static volatile sig_atomic_t is_late = false;
static bool was_late = false;	/* of the step that has ended */

static Size libraries = 0;		/* memory estimate for the list of libraries at start */
static Oid	served = InvalidOid;	/* the last role that this worker acted for */
static bool must_be_replaced = false;

/* Called at library load: settings. */
void
bounds_init(void)
{
	DefineCustomIntVariable("smartwf.step_timeout",
							"Sets the maximum allowed duration of a step in a worker.",
							"A value of 0 turns off the timeout. The setting \"timeout\" of a step takes precedence.",
							&step_timeout, 5 * 60 * 1000, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("smartwf.lock_timeout",
							"Sets the maximum time that a step in a worker waits for a lock before it is put off.",
							"A value of 0 turns off the timeout.",
							&lock_timeout, 2 * 1000, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
}

/* Timeout handler: interrupts the step as if it had been cancelled. */
static void
interrupt_step(void)
{
	is_late = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* The timeout for locks; set once in a worker, in each step in a session. */
void
apply_lock_timeout(GucAction action)
{
	char		text[16];

	snprintf(text, sizeof(text), "%d", lock_timeout);
	(void) set_config_option("lock_timeout", text, PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
}

/*
 * Limit what runs until end_limits() to a time in microseconds; if that is 0,
 * to the setting.  Returns the deadline, 0 if there is none.
 */
TimestampTz
limit_step(int64 timeout)
{
	int64		milliseconds = timeout > 0 ? (timeout + 999) / 1000 : step_timeout;

	is_late = was_late = false;
	if (!AmBackgroundWorkerProcess())
		apply_lock_timeout(GUC_ACTION_LOCAL);
	if (milliseconds == 0)
		return 0;
	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, interrupt_step);
	enable_timeout_after(timer, (int) Min(milliseconds, INT_MAX));
	return GetCurrentTimestamp() + milliseconds * 1000;
}

/* Was the step interrupted, rather than the session that runs it? */
bool
step_was_interrupted(void)
{
	return is_late || registry_step_is_cancelled();
}

/* Remove the limits. */
void
end_limits(void)
{
	if (timer != MAX_TIMEOUTS)
		disable_timeout(timer, false);
	registry_end_interrupts();
	/* an interrupt that came at the last moment must not hit what follows */
	if (is_late || registry_step_is_cancelled())
		QueryCancelPending = false;
	was_late |= is_late;
	is_late = false;
}

/* Returns the error of a step; its message is changed if the step was too late. */
ErrorData *
error_of_late_step(ErrorData *error, const char *what)
{
	if (error != NULL && was_late && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		error->message = psprintf("%s took longer than it may", what);
	return error;
}

/* Replacing workers */

/* Libraries that are loaded by now do not count. */
void
note_libraries(void)
{
	libraries = EstimateLibraryStateSpace();
}

/*
 * May this process act for a role now?  A background worker that has loaded a
 * library for another role must not.
 */
bool
may_serve(Oid role)
{
	if (AmBackgroundWorkerProcess() && role != served && OidIsValid(served) &&
		EstimateLibraryStateSpace() != libraries)
		must_be_replaced = true;
	else if (OidIsValid(role))
		served = role;
	return !must_be_replaced;
}

/* Did may_serve() find that another process must do the work? */
bool
worker_must_be_replaced(void)
{
	return must_be_replaced;
}
