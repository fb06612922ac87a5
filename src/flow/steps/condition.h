/*
 * condition.h
 *		The kinds if_condition and switch_case: continue with the branch that
 *		a field of the model selects.
 */
#ifndef SMARTWF_CONDITION_H
#define SMARTWF_CONDITION_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind if_condition_step;
extern const StepKind switch_case_step;

#endif
