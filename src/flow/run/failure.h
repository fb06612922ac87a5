/*
 * failure.h
 *		Handles the failure of a step.
 */
#ifndef SMARTWF_FAILURE_H
#define SMARTWF_FAILURE_H

#include "postgres.h"

#include "base/error.h"
#include "run.h"

extern bool is_lock_conflict(int sqlstate);
extern void put_off(Run *run, const ErrorData *error);
extern void decide_after_failure(Run *run, int sqlstate);
extern void fail_waiting_step(Run *run, Failure failure, const char *message);

#endif
