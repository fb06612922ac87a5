/*
 * procedure.c
 *		The work of the background workers, done in a session that calls for it:
 *		where preloading is not allowed, and in tests.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "utils/wait_event.h"

#include "board.h"
#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/locale.h"
#include "base/notify_workers.h"
#include "procedure.h"
#include "unit.h"
#include "work.h"

/*
 * Look again after so long, in milliseconds, even if nobody has woken us: often
 * where there is no board and so nobody can.
 */
#define LOOK_AGAIN (60 * 1000)
#define LOOK_AGAIN_WITHOUT_BOARD 1000

/* A procedure that commits must be called at the top, not in a transaction. */
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

/* Nothing is due: sleep until something may be, or it is over; false then. */
static bool
sleep_until_due(TimestampTz end)
{
	long		pause = TimestampDifferenceMilliseconds(clock_now(), next_due(WAKE_RUNS | WAKE_DELIVERY));

	pause = Min(pause, TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end));
	pause = Min(pause, board_is_there() ? LOOK_AGAIN : LOOK_AGAIN_WITHOUT_BOARD);
	if (pause > 0)
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, pause, PG_WAIT_EXTENSION);
	CHECK_FOR_INTERRUPTS();
	ResetLatch(MyLatch);
	board_set_idle(true);
	return GetCurrentTimestamp() < end;
}

/* Do WORK, unit by unit, in a procedure. */
void
in_procedure(FunctionCallInfo fcinfo, const char *name, Work work, void *argument)
{
	require_own_transactions(fcinfo, name);
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	units_begin(&procedure_transactions);
	PG_TRY();
	{
		work(argument);
	}
	PG_FINALLY();
	{
		board_leave();
		units_end();
	}
	PG_END_TRY();
	SPI_finish();
}

/* How long smartwf.work() goes on. */
typedef struct Shift
{
	TimestampTz end;
	bool		waits;			/* else it ends when nothing is due */
}			Shift;

static void
work_shift(void *argument)
{
	Shift	   *shift = argument;

	board_enter(WAKE_RUNS | WAKE_DELIVERY);
	ResetLatch(MyLatch);
	board_set_idle(true);
	while (work_off(WAKE_RUNS | WAKE_DELIVERY, shift->end) || (shift->waits && sleep_until_due(shift->end)))
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
