/*
 * clock.h
 *		The time by which work falls due, and the delay before a retry.
 */
#ifndef SMARTWF_CLOCK_H
#define SMARTWF_CLOCK_H

#include "postgres.h"

#include "utils/timestamp.h"

extern TimestampTz clock_now(void);
extern int64 interval_microseconds(const char *text);
extern TimestampTz time_after(TimestampTz start, const char *interval);
extern TimestampTz next_attempt_at(int failed_attempts, int64 first, int64 longest);

#endif
