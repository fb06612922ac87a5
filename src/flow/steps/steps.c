/*
 * steps.c
 *		Registers all kinds of steps.
 */
#include "postgres.h"

#include "flow/run/step_kind.h"
#include "condition.h"
#include "confirmation.h"
#include "dataflow.h"
#include "end.h"
#include "notification.h"
#include "steps.h"
#include "transition.h"
#include "update_model.h"
#include "wait.h"

static const StepKind *const all[] = {
	&if_condition_step,
	&switch_case_step,
	&get_user_confirmation_step,
	&execute_data_flow_step,
	&finish_step,
	&reset_to_draft_step,
	&send_notification_step,
	&send_templated_notification_step,
	&pass_transition_step,
	&update_model_field_step,
	&update_model_step,
	&wait_step,
};

/* Called at library load. */
void
steps_init(void)
{
	for (int i = 0; i < lengthof(all); i++)
		step_kind_register(all[i]);
}
