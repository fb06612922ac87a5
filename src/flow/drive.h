/*
 * drive.h
 *		Drives a run from step to step.
 */
#ifndef SMARTWF_DRIVE_H
#define SMARTWF_DRIVE_H

#include "postgres.h"

#include "common/actor.h"
#include "run.h"

extern void drive(Run *run);
extern void run_as_starter(const Run *run, Work work, void *argument);

/* confirmation.c */
extern void ask_people(Run *run, const Step *step);

#endif
