/*
 * transition.c
 *		The kind pass_transition: passes a transition of the document.
 */
#include "postgres.h"

#include "base/json_value.h"
#include "flow/run/model.h"
#include "flow/run/run_table.h"
#include "flow/run/step_kind.h"
#include "outbox/template/render.h"
#include "transition/pass.h"
#include "transition.h"

static StepResult
perform_pass_transition(Run *run, const Step *step)
{
	char	   *comment = step_setting(step, "comment");
	PassCall	call = {
		.docid = run->docid, .name = step_setting(step, "transition"),
		.comment = comment == NULL ? NULL : render_template(comment, visible_model(run), NULL, false),
		.parameters = model_selection(run, step, "parameters", json_empty_object()),
	};

	if (run->docid == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a flow on free JSON has no transition to pass")));
	if (JB_ROOT_COUNT(call.parameters) == 0)
		call.parameters = NULL;
	run_store(run);
	(void) pass_transition(&call);
	model_follow_own(run);
	return GO_ON;
}

const StepKind pass_transition_step = {"pass_transition", perform_pass_transition};
