/*
 * error.c
 *		The table of documented failures.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/tuplestore.h"

#include "error.h"
#include "message.h"

const FailureDescription smartwf_failures[NUMBER_OF_FAILURES] = {
	[UNKNOWN_ELEMENT] = {"CRUD0200", "WF200", 404, "Document not found",
	"Document \"%s\" not found"},
	[INVISIBLE_ELEMENT] = {"CRUD0201", "WF201", 403, "Forbidden",
	"Access to document \"%s\" is denied"},
	[DELETED_ELEMENT] = {"CRUD0219", "WF219", 404, "Document deleted",
	"Document \"%s\" is deleted"},
	[OTHER_STRUCTURE] = {"CRUD0220", "WF220", 404,
		"Document is not a document of the family",
	"Document \"%s\" is not a document of the family \"%s\""},
	[NO_WORKFLOW] = {"CRUD0227", "WF227", 404, "No workflow detected",
	"No workflow detected for document \"%s\""},
	[UNKNOWN_STATE] = {"CRUD0228", "WF228", 404, "State not found",
	"State \"%s\" is not available for workflow \"%s\""},
	[UNKNOWN_TRANSITION] = {"CRUD0229", "WF229", 404, "Transition not found",
	"Transition \"%s\" is not available for workflow \"%s\""},
	[INVALID_TRANSITION] = {"CRUD0235", "WF235", 404, "Invalid transition",
	"Destination state is not defined for workflow \"%s\""},
	[REFUSED] = {"WFL0300", "WF300", 403, "Forbidden",
	"%s is refused for document \"%s\": %s"},
	[INVALID_DEFINITION] = {"WFL0001", "WF001", 400, "Bad Request",
	"definition of %s is not valid"},
	[MALFORMED_CALL] = {"WFL0400", "WF400", 400, "Bad Request", "%s"},
	[UNKNOWN_ADDRESS] = {"WFL0404", "WF404", 404, "Not Found",
	"Address \"%s\" is not known"},
	[WRONG_METHOD] = {"WFL0405", "WF405", 405, "Method Not Allowed",
	"Method \"%s\" is not allowed for this address; allowed: %s"},
	[MODEL_CHANGED] = {"WFL0409", "WF409", 409, "Conflict",
	"Document \"%s\" has changed since the flow read it"},
	[RUN_CLOSED] = {"WFL0410", "WF410", 409, "Conflict",
	"%s is not possible: %s"},
	[OVERDUE] = {"WFL0408", "WF408", 408, "Request Timeout",
	"Nobody has answered confirmation %s in time"},
	[PRECONDITION_FAILED] = {"WFL0412", "WF412", 412, "Precondition Failed",
	"Document \"%s\" has changed: it is at revision %s now"},
};

/* The failure's SQLSTATE for errcode(). */
int
failure_sqlstate(Failure failure)
{
	const char *s = smartwf_failures[failure].sqlstate;

	return MAKE_SQLSTATE(s[0], s[1], s[2], s[3], s[4]);
}

/*
 * The DETAIL of an error, which lets a gateway answer without a table of its
 * own.  It includes what the user is to read: the message of a hook or guard if
 * there is one, or else, for every refusal, the error's own.
 */
char *
failure_detail(Failure failure, const char *user_message, const char *message)
{
	const FailureDescription *description = &smartwf_failures[failure];
	StringInfoData detail;

	if (user_message == NULL && failure == REFUSED)
		user_message = message;

	initStringInfo(&detail);
	appendStringInfo(&detail, "{\"code\": \"%s\", \"httpStatus\": %d, \"httpMessage\": \"%s\"",
					 description->code, description->http_status,
					 description->http_message);
	if (user_message != NULL)
	{
		appendStringInfoString(&detail, ", \"userMessage\": ");
		escape_json(&detail, user_message);
	}
	appendStringInfoChar(&detail, '}');
	return detail.data;
}

/* The documented text, with its arguments filled in. */
char *
failure_message(Failure failure,...)
{
	const char *format = localized(smartwf_failures[failure].format);
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		arguments;
		int			needed;

		va_start(arguments, failure);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		needed = appendStringInfoVA(&text, format, arguments);
#pragma GCC diagnostic pop
		va_end(arguments);
		if (needed == 0)
			return text.data;
		enlargeStringInfo(&text, needed);
	}
}

/* Finds the failure of an SQLSTATE; false if smartwf does not define it. */
bool
failure_of_sqlstate(int sqlstate, Failure *failure)
{
	for (int i = 0; i < NUMBER_OF_FAILURES; i++)
		if (failure_sqlstate(i) == sqlstate)
		{
			*failure = i;
			return true;
		}
	return false;
}

/* The documented code of an error, or its SQLSTATE. */
const char *
error_code(const ErrorData *error)
{
	Failure		failure;

	return failure_of_sqlstate(error->sqlerrcode, &failure) ?
		smartwf_failures[failure].code : unpack_sql_state(error->sqlerrcode);
}

/* smartwf.failures(): the table above, for gateways. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_failures_list);
Datum
smartwf_failures_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < NUMBER_OF_FAILURES; i++)
	{
		const FailureDescription *description = &smartwf_failures[i];
		Datum		values[4];
		bool		nulls[4] = {false};

		values[0] = CStringGetTextDatum(description->code);
		values[1] = CStringGetTextDatum(description->sqlstate);
		values[2] = Int32GetDatum(description->http_status);
		values[3] = CStringGetTextDatum(description->http_message);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
