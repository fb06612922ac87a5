/*
 * clock.c
 *		The time by which work falls due, and the delay before a retry.
 *
 * This is the server's time.  To test timers, an administrator can put the
 * clock of the current session forward.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "actor.h"
#include "clock.h"
#include "compat.h"

/* How far this session's clock is ahead. */
static int64 advance = 0;

/* The time by which work falls due. */
TimestampTz
clock_now(void)
{
	return GetCurrentTimestamp() + advance;
}

static Interval *
parse_interval(const char *text)
{
	return DatumGetIntervalP(DirectFunctionCall3(interval_in, CStringGetDatum(text),
												 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static int64
microseconds(const Interval *interval)
{
	return interval->time + (interval->day + (int64) interval->month * DAYS_PER_MONTH) * USECS_PER_DAY;
}

/* Converts an interval to microseconds; a month counts as 30 days. */
int64
interval_microseconds(const char *text)
{
	return microseconds(parse_interval(text));
}

/* START plus an interval; months and days follow the calendar in UTC. */
TimestampTz
time_after(TimestampTz start, const char *interval)
{
	Interval   *span = parse_interval(interval);
	Datum		moved = DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(start), PointerGetDatum(span));

	return (TimestampTz) DatumGetTimestamp(moved);
}

/*
 * The time of the next attempt after so many failures.  The delay doubles each
 * time, up to LONGEST (both in microseconds).  A random part of up to one half
 * is subtracted, so that work which failed together is not retried together.
 */
TimestampTz
next_attempt_at(int failed_attempts, int64 first, int64 longest)
{
	int64		pause = first;

	for (int i = 1; i < failed_attempts && pause < longest; i++)
		pause *= 2;
	pause = Min(pause, longest);
	return clock_now() + pause / 2 + (int64) (pg_prng_double(&pg_global_prng_state) * (pause / 2));
}

/* smartwf.clock() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_clock);
Datum
smartwf_clock(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(clock_now());
}

/* smartwf.advance_clock(by): lets administrators test timers. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_advance_clock);
Datum
smartwf_advance_clock(PG_FUNCTION_ARGS)
{
	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator can advance the clock")));
	advance = PG_ARGISNULL(0) ? 0 : advance + microseconds(PG_GETARG_INTERVAL_P(0));
	PG_RETURN_TIMESTAMPTZ(clock_now());
}
