/*
 * end.c
 *		The kinds finish and reset_to_draft.
 */
#include "postgres.h"

#include "flow/run/step_kind.h"
#include "end.h"

static StepResult
perform_finish(Run *run, const Step *step)
{
	return FINISH;
}

static StepResult
perform_reset_to_draft(Run *run, const Step *step)
{
	return RESET;
}

const StepKind finish_step = {"finish", perform_finish};
const StepKind reset_to_draft_step = {"reset_to_draft", perform_reset_to_draft};
