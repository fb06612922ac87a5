/*
 * drive.h
 *		Drives a run from step to step.
 */
#ifndef SMARTWF_DRIVE_H
#define SMARTWF_DRIVE_H

#include "postgres.h"

#include "base/actor.h"
#include "base/error.h"
#include "run.h"

extern void drive(Run *run);
extern void drive_one_step(Run *run);
extern bool run_is_driven_here(int64 id);
extern void note_failure(Run *run, StepRecord *record, const ErrorData *error);
extern void fail_step(Run *run, const ErrorData *error);
extern void pause_or_end(Run *run);
extern void run_move_wait(Run *run);
extern void run_as_step(const Run *run, const Step *step, Work work, void *argument);
extern bool step_acts_for_other(const Run *run, const Step *step);
extern Oid	role_of_step(const Run *run);

/* confirmation.c */
extern void ask_people(Run *run, const Step *step);
extern bool confirmation_is_overdue(Run *run);

/* failure.c */
extern bool is_lock_conflict(int sqlstate);
extern void put_off(Run *run, const ErrorData *error);
extern void decide_after_failure(Run *run, int sqlstate);
extern void fail_waiting_step(Run *run, Failure failure, const char *message);

#endif
