/*
 * effect.c
 *		Flows that a workflow starts: by a transition, or by the state that it
 *		leads to.
 */
#include "postgres.h"

#include "common/actor.h"
#include "lifecycle/effect.h"
#include "start.h"

static void
start_now(void *argument)
{
	(void) start_run(argument);
}

/* As whoever acts, even where our own UPDATE runs as the owner of the table. */
static void
start_flow_of(const char *docid, const char *flow, bool queued)
{
	Start		start = {.flow = flow, .docid = docid, .queued = queued, .keeps_failure = true,
		.by_workflow = true};

	if (flow != NULL)
		run_as_caller(start_now, &start);
}

static void
start_flows_of_change(const PassedChange *change)
{
	const State *state;

	if (change->to == NO_STATE)
		return;
	state = &change->workflow->states[change->to];
	if (change->transition != NULL)
		start_flow_of(change->docid, change->transition->flow, change->transition->flow_queued);
	start_flow_of(change->docid, state->flow, state->flow_queued);
}

/* At load. */
void
flow_effect_init(void)
{
	effect_register(start_flows_of_change);
}
