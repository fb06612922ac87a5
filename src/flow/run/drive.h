/*
 * drive.h
 *		Drives a run from step to step.
 */
#ifndef SMARTWF_DRIVE_H
#define SMARTWF_DRIVE_H

#include "postgres.h"

#include "run.h"

extern void drive(Run *run);
extern void drive_one_step(Run *run);
extern bool run_is_driven_here(int64 id);
extern void fail_step(Run *run, const ErrorData *error);
extern void pause_or_end(Run *run);

#endif
