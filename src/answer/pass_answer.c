/*
 * pass_answer.c
 *		Passes transitions, and returns the documented answer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "transition/undo.h"
#include "answer.h"
#include "pass_answer.h"

/* Pass a transition.  Returns the messages of m2 and m3 (char *), and the data in DATA. */
List *
answer_to_pass(const PassCall *call, StringInfo data)
{
	Passed		passed = pass_transition(call);

	append_passed(data, call->docid, call->name, &passed);
	return passed.messages;
}

/* The same for going to a state. */
List *
answer_to_set_state(const PassCall *call, StringInfo data)
{
	Passed		passed = set_state(call);

	append_reached(data, call->docid, call->name, &passed);
	return passed.messages;
}

/* smartwf.undo_transition(docid, comment) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_undo_transition);
Datum
smartwf_undo_transition(PG_FUNCTION_ARGS)
{
	const char *docid = needed_argument(fcinfo, 0, "docid");
	Passed		passed = undo_transition(docid, text_argument(fcinfo, 1));
	StringInfoData data;

	initStringInfo(&data);
	append_reached(&data, docid, passed.workflow->states[passed.state].name, &passed);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(data.data, data.len));
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

/* The arguments of pass_transition() and set_state(). */
static PassCall
call_of_arguments(FunctionCallInfo fcinfo, const char *name)
{
	PassCall	call = {
		.docid = needed_argument(fcinfo, 0, "docid"),
		.name = needed_argument(fcinfo, 1, name),
		.comment = text_argument(fcinfo, 2),
		.parameters = parameters_argument(fcinfo, 3),
		.structure = text_argument(fcinfo, 4),
	};

	return call;
}

/* The data alone, or with the messages as one more member. */
static Datum
answer_call(FunctionCallInfo fcinfo, const char *name, PassAnswer answer_to, bool with_messages)
{
	PassCall	call = call_of_arguments(fcinfo, name);
	StringInfoData data;
	List	   *messages;

	initStringInfo(&data);
	messages = answer_to(&call, &data);
	if (with_messages)
	{
		data.data[--data.len] = '\0';	/* open it again */
		append_messages(&data, messages);
		appendStringInfoChar(&data, '}');
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(data.data, data.len));
}

/* smartwf.pass_transition(docid, transition, comment, parameters, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_pass_transition);
Datum
smartwf_pass_transition(PG_FUNCTION_ARGS)
{
	return answer_call(fcinfo, "transition", answer_to_pass, false);
}

/* smartwf.set_state(docid, state, comment, parameters, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_set_state);
Datum
smartwf_set_state(PG_FUNCTION_ARGS)
{
	return answer_call(fcinfo, "state", answer_to_set_state, false);
}

/* The same two for gateways, whose clients see what the hooks have said in the answer only. */
Datum
pass_transition_with_messages(PG_FUNCTION_ARGS)
{
	return answer_call(fcinfo, "transition", answer_to_pass, true);
}

Datum
set_state_with_messages(PG_FUNCTION_ARGS)
{
	return answer_call(fcinfo, "state", answer_to_set_state, true);
}

/* One element of pass_transitions(). */
static void
pass_one(void *argument)
{
	(void) pass_transition(argument);
}

/* smartwf.pass_transitions(docids, transition, comment, parameters) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_pass_transitions);
Datum
smartwf_pass_transitions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PassCall	call = {
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
		call.docid = TextDatumGetCString(docids[i]);
		error = run_in_subtransaction(pass_one, &call, false);
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
