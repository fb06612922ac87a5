/*
 * shift.c
 *		smartwf.work(): does the work of background workers in a session.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/actor.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/notify_workers.h"
#include "procedure.h"
#include "registry.h"
#include "work.h"

/*
 * Check for work again after that many milliseconds, even if not woken.
 * Without the registry the session cannot be woken, so check more often.
 */
#define LOOK_AGAIN (60 * 1000)
#define LOOK_AGAIN_WITHOUT_REGISTRY 1000

/* Sleep until something may be due; false if the time is over. */
static bool
sleep_until_due(TimestampTz end)
{
	long		pause = TimestampDifferenceMilliseconds(clock_now(), next_due(WORK_ON_RUNS | WORK_ON_DELIVERY));

	pause = Min(pause, TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end));
	pause = Min(pause, registry_is_there() ? LOOK_AGAIN : LOOK_AGAIN_WITHOUT_REGISTRY);
	if (pause > 0)
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, pause, PG_WAIT_EXTENSION);
	CHECK_FOR_INTERRUPTS();
	ResetLatch(MyLatch);
	registry_set_idle(true);
	return GetCurrentTimestamp() < end;
}

/* The duration of smartwf.work(). */
typedef struct Shift
{
	TimestampTz end;
	bool		waits;			/* otherwise it returns when nothing is due */
}			Shift;

static void
work_shift(void *argument)
{
	Shift	   *shift = argument;

	registry_enter(WORK_ON_RUNS | WORK_ON_DELIVERY);
	ResetLatch(MyLatch);
	registry_set_idle(true);
	while (work_off(WORK_ON_RUNS | WORK_ON_DELIVERY, shift->end) || (shift->waits && sleep_until_due(shift->end)))
		;
}

/* smartwf.work(max_seconds) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_work);
Datum
smartwf_work(PG_FUNCTION_ARGS)
{
	double		seconds = PG_ARGISNULL(0) ? 0 : PG_GETARG_FLOAT8(0);
	Shift		shift = {DT_NOEND, seconds > 0};

	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator can do the work of the workers")));
	if (!(seconds >= 0 && seconds <= 1e9))
		raise_failure(MALFORMED_CALL, localized("argument \"max_seconds\" must not be negative"));
	if (shift.waits)
		shift.end = GetCurrentTimestamp() + (int64) (seconds * USECS_PER_SEC);
	in_procedure(fcinfo, "smartwf.work()", work_shift, &shift);
	PG_RETURN_VOID();
}
