/*
 * bounds.c
 *		What a step may take, and what it may leave behind.
 *
 * A step that a worker takes ends after some time, and does not wait for long
 * for what somebody else has locked: others wait for this worker.  And a worker
 * whose step has loaded a library, with a connection to elsewhere perhaps or
 * variables of its own, serves no other role any more.
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

static int	step_timeout = 5 * 60 * 1000;	/* milliseconds; 0: none */
static int	lock_timeout = 2 * 1000;

static TimeoutId timer = MAX_TIMEOUTS;	/* until there is one */
static volatile sig_atomic_t is_late = false;
static bool was_late = false;	/* the step that has ended */

static Size libraries = 0;		/* how much memory the list of their names takes */
static Oid	served = InvalidOid;	/* the role that this worker has served last */
static bool must_be_replaced = false;

/* At load: settings. */
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

/* Time is up: as if the step had been cancelled. */
static void
interrupt_step(void)
{
	is_late = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* How long to wait for a lock: for a worker once, for a session in each step. */
void
apply_lock_timeout(GucAction action)
{
	char		text[16];

	snprintf(text, sizeof(text), "%d", lock_timeout);
	(void) set_config_option("lock_timeout", text, PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
}

/*
 * From now on, until end_limits(), what runs is limited to a time in microseconds;
 * 0: to that of the setting.  When it must be over; 0: never.
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

/* Was the step interrupted, and not the session that runs it? */
bool
step_was_interrupted(void)
{
	return is_late || registry_step_is_cancelled();
}

/* What runs now has no limits. */
void
end_limits(void)
{
	if (timer != MAX_TIMEOUTS)
		disable_timeout(timer, false);
	registry_end_interrupts();
	/* one that came at the last moment concerns nobody else */
	if (is_late || registry_step_is_cancelled())
		QueryCancelPending = false;
	was_late |= is_late;
	is_late = false;
}

/* The error that ended WHAT; if that was late, the error says so. */
ErrorData *
error_of_late_step(ErrorData *error, const char *what)
{
	if (error != NULL && was_late && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		error->message = psprintf("%s took longer than it may", what);
	return error;
}

/* Nothing handed on */

/* The libraries that are there now do not count. */
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

/* Has it been asked to, so that another must take its place? */
bool
worker_must_be_replaced(void)
{
	return must_be_replaced;
}
