/*
 * transition.h
 *		The kind pass_transition: passes a transition of the document.
 */
#ifndef SMARTWF_TRANSITION_H
#define SMARTWF_TRANSITION_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind pass_transition_step;

#endif
