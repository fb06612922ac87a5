/*
 * end.h
 *		The kinds finish and reset_to_draft.
 */
#ifndef SMARTWF_END_H
#define SMARTWF_END_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind finish_step;
extern const StepKind reset_to_draft_step;

#endif
