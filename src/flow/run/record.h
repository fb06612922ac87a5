/*
 * record.h
 *		Records of the steps of a run.
 */
#ifndef SMARTWF_RECORD_H
#define SMARTWF_RECORD_H

#include "postgres.h"

#include "run.h"

extern List *recorded_steps(int64 run);
extern void end_waiting_record(const Run *run, const char *outcome, Jsonb *changes);
extern int	times_recorded(const Run *run, const char *name);
extern void store_records(Run *run);
extern StepRecord *last_failure(const Run *run, const char *step);
extern void log_failure(const Run *run, const char *step, const char *message);

#endif
