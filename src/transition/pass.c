/*
 * pass.c
 *		Passing transitions by name.
 *
 * The row is changed by an UPDATE like any other; the triggers judge it.  What
 * this file adds is the request that they take over, and the documented
 * failure where the UPDATE found nothing to do.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/subtransaction.h"
#include "base/compat.h"
#include "base/locale.h"
#include "answer/answer.h"
#include "attach/table_statement.h"
#include "pass.h"

/*
 * Must the UPDATE be permitted as for the owner of the table?  Yes where a grant allows what
 * the caller's privileges may not; and where he has no such privilege, so that
 * the trigger gives the reason in its documented place.  Without a transition,
 * any of those that lead to the state may be the one.
 */
bool
needs_permission(Target *target, const Transition *transition, int to)
{
	const Workflow *workflow = target->workflow;
	bool		any = false;

	if (!target_may_update(target, false))
		return true;
	if (transition != NULL)
		return transition->number_of_grants > 0;
	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		if (workflow->arcs[i].to != to)
			continue;
		if (workflow->arcs[i].transition->number_of_grants == 0)
			return false;
		any = true;
	}
	return any;
}

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
				  request->is_judged ? localized("another trigger suppressed the change") :
				  psprintf(localized("\"%s\" may not update the row"), actor_name()));
}

/* Carry a request out. */
static void
perform(Target *target, Request *request)
{
	volatile uint64 rows = 0;
	bool		as_granted = needs_permission(target, request->transition, request->target);

	request->docid = target->element.docid;
	request->workflow = target->workflow;
	request->may_update = target_may_update(target, as_granted);
	if (as_granted || !may_select(target->table))
		require_visible(target);

	request_push(request);
	PG_TRY();
	{
		rows = run_on_row(target->table, as_granted ? CHANGE_STATE_AS_GRANTED : CHANGE_STATE,
						  request->docid);
	}
	PG_FINALLY();
	{
		request_pop(request);
	}
	PG_END_TRY();
	if (rows == 0 || request->final_workflow == NULL)
		explain_no_change(target, request);
}

/*
 * Pass a transition, or raise why not.  DATA, if not NULL, gets the documented
 * data; the answer is what m2 and m3 said (char *).
 */
List *
pass_transition(const Order *order, StringInfo data)
{
	Request		request = {.comment = order->comment, .parameters = order->parameters};
	Target		target;

	find_target(order->docid, order->structure, &target);
	request.transition = require_transition(&target, order->name);
	perform(&target, &request);
	if (data != NULL)
		append_passed(data, order->docid, order->name, request.final_workflow,
					  request.final_state);
	return request.messages;
}

/* The same for going to a state. */
List *
set_state(const Order *order, StringInfo data)
{
	Request		request = {.comment = order->comment, .parameters = order->parameters};
	Target		target;

	find_target(order->docid, order->structure, &target);
	request.target = require_state(&target, order->name);
	perform(&target, &request);
	if (data != NULL)
		append_reached(data, order->docid, order->name, request.final_workflow,
				   request.final_state);
	return request.messages;
}

static Jsonb *
parameters_argument(FunctionCallInfo fcinfo, int i)
{
	Jsonb	   *parameters = PG_ARGISNULL(i) ? NULL : PG_GETARG_JSONB_P(i);

	if (parameters == NULL || JB_ROOT_COUNT(parameters) == 0)
		return NULL;
	if (!JB_ROOT_IS_OBJECT(parameters))
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("argument \"parameters\" must be an object, not %s"),
							   JsonbToCString(NULL, &parameters->root, VARSIZE(parameters))));
	return parameters;
}

/* The arguments of pass_transition() and set_state(), which are the same. */
static Order
order_of_call(FunctionCallInfo fcinfo, const char *name)
{
	Order		order = {
		.docid = needed_argument(fcinfo, 0, "docid"),
		.name = needed_argument(fcinfo, 1, name),
		.comment = text_argument(fcinfo, 2),
		.parameters = parameters_argument(fcinfo, 3),
		.structure = text_argument(fcinfo, 4),
	};

	return order;
}

/* smartwf.pass_transition(docid, transition, comment, parameters, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_pass_transition);
Datum
smartwf_pass_transition(PG_FUNCTION_ARGS)
{
	Order		order = order_of_call(fcinfo, "transition");
	StringInfoData data;

	initStringInfo(&data);
	(void) pass_transition(&order, &data);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(data.data, data.len));
}

/* smartwf.set_state(docid, state, comment, parameters, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_set_state);
Datum
smartwf_set_state(PG_FUNCTION_ARGS)
{
	Order		order = order_of_call(fcinfo, "state");
	StringInfoData data;

	initStringInfo(&data);
	(void) set_state(&order, &data);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(data.data, data.len));
}

/* One of many. */
static void
pass_one(void *argument)
{
	(void) pass_transition((Order *) argument, NULL);
}

/* smartwf.pass_transitions(docids, transition, comment, parameters) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_pass_transitions);
Datum
smartwf_pass_transitions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Order		order = {
		.name = needed_argument(fcinfo, 1, "transition"),
		.comment = text_argument(fcinfo, 2),
		.parameters = parameters_argument(fcinfo, 3),
	};
	Datum	   *docids;
	bool	   *isnull;
	int			number = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (!PG_ARGISNULL(0))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT,
						  &docids, &isnull, &number);
	for (int i = 0; i < number; i++)
	{
		Datum		values[4] = {0};
		bool		nulls[4] = {false};
		ErrorData  *error;

		if (isnull[i])
			raise_failure(MALFORMED_CALL, localized("argument \"docids\" must not contain nulls"));
		order.docid = TextDatumGetCString(docids[i]);
		error = attempt(pass_one, &order, false);
		values[0] = docids[i];
		values[1] = BoolGetDatum(error == NULL);
		nulls[2] = nulls[3] = error == NULL;
		if (error != NULL)
		{
			values[2] = CStringGetTextDatum(error_code(error));
			values[3] = CStringGetTextDatum(error->message);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
