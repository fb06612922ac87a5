/*
 * pass.c
 *		Passing transitions by name.
 *
 * The row is changed by an UPDATE like any other; the triggers check it.  What
 * this file adds is the request that they take over, and the documented
 * failure where the UPDATE found nothing to do.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/actor.h"
#include "base/error.h"
#include "base/message.h"
#include "pass.h"
#include "request.h"
#include "table_statement.h"
#include "target.h"

/* The UPDATE went through without touching the row: say why. */
static void
explain_no_change(Target *target, const Request *request)
{
	const char *what = request->transition != NULL ?
		psprintf(localized("Transition \"%s\""), request->transition->name) :
		psprintf(localized("State \"%s\""), target->workflow->states[request->target].name);

	if (element_read(request->docid, &target->element) && target->element.is_deleted)
		raise_failure(DELETED_ELEMENT, request->docid);
	require_visible(target);
	raise_failure(REFUSED, what, target->element.docid,
				  request->is_taken_over ? localized("another trigger suppressed the change") :
				  psprintf(localized("\"%s\" may not update the row"), actor_name()));
}

/* Carry a request out. */
static Passed
perform(Target *target, Request *request)
{
	volatile uint64 rows = 0;
	bool		as_granted = target_needs_permission(target, request->transition, request->target);

	request->docid = target->element.docid;
	request->workflow = target->workflow;
	request->may_update = target_may_update(target, as_granted);
	if (as_granted || !may_select(target->table))
		require_visible(target);

	request_push(request);
	PG_TRY();
	{
		do						/* again for each hook that writes the row: each agrees once */
		{
			request->is_taken_over = request->is_outdated = false;
			rows = run_on_row(target->table, as_granted ? CHANGE_STATE_AS_GRANTED : CHANGE_STATE,
							  request->docid);
		} while (request->is_outdated);
	}
	PG_FINALLY();
	{
		request_pop(request);
	}
	PG_END_TRY();
	if (rows == 0 || request->final_workflow == NULL)
		explain_no_change(target, request);
	return (Passed) {request->final_workflow, request->final_transition, request->final_state, request->messages};
}

/* Pass a transition, or raise why not. */
Passed
pass_transition(const PassCall *call)
{
	Request		request = {.comment = call->comment, .parameters = call->parameters, .revisions = call->revisions};
	Target		target;

	find_target(call->docid, call->structure, &target);
	request.transition = require_transition(&target, call->name);
	request.target = NO_STATE;
	return perform(&target, &request);
}

/* The same for going to a state. */
Passed
set_state(const PassCall *call)
{
	Request		request = {.comment = call->comment, .parameters = call->parameters, .revisions = call->revisions};
	Target		target;

	find_target(call->docid, call->structure, &target);
	request.target = require_state(&target, call->name);
	return perform(&target, &request);
}
