/*
 * wait.h
 *		The kind wait: waits for a duration, or until a date of the document.
 */
#ifndef SMARTWF_WAIT_H
#define SMARTWF_WAIT_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind wait_step;

#endif
