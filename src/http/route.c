/*
 * route.c
 *		The documented service: executes a request and writes its answer.
 *
 * A request runs in a subtransaction, so that a refused one leaves no changes
 * and the caller's transaction can go on.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "answer/answer.h"
#include "answer/pass_answer.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "storage/element.h"
#include "address.h"
#include "body.h"
#include "entity_tag.h"
#include "route.h"

/* An address below an element, and the functions of its methods. */
typedef struct Route
{
	const char *prefix;			/* first segment; NULL if none */
	const char *collection;
	bool		has_name;		/* ends with the name of a state or transition */
	Document	get;
	PassAnswer	post;			/* NULL if there is no POST */
}			Route;

static const Route routes[] = {
	{"workflows", "states", false, states_document, NULL},
	{"workflows", "states", true, state_document, answer_to_set_state},
	{"workflows", "transitions", false, transitions_document, NULL},
	{"workflows", "transitions", true, transition_document, answer_to_pass},
	{NULL, "history", false, history_document, NULL},
};

/* Take the first segment off the path if it is WANTED; NULL takes any. */
static const char *
take_segment(List **segments, const char *wanted)
{
	const char *first = *segments == NIL ? "" : linitial(*segments);

	if (first[0] == '\0' || (wanted != NULL && strcmp(first, wanted) != 0))
		return NULL;
	*segments = list_delete_first(*segments);
	return first;
}

/* Read the beginning, /api/v2/[smart-structures/<structure>/]smart-elements/<docid>/. */
static bool
take_element(List **segments, ElementQuery *query)
{
	if (take_segment(segments, "api") == NULL || take_segment(segments, "v2") == NULL)
		return false;
	if (take_segment(segments, "smart-structures") != NULL &&
		(query->structure = take_segment(segments, NULL)) == NULL)
		return false;
	return take_segment(segments, "smart-elements") != NULL &&
		(query->docid = take_segment(segments, NULL)) != NULL;
}

/* The route of the rest of the path, NULL if there is none. */
static const Route *
find_route(const Address *address, ElementQuery *query)
{
	List	   *rest = list_copy(address->segments);

	if (!take_element(&rest, query))
		return NULL;
	for (int i = 0; i < lengthof(routes); i++)
	{
		const Route *route = &routes[i];
		List	   *segments = list_copy(rest);

		if ((route->prefix == NULL || take_segment(&segments, route->prefix) != NULL) &&
			take_segment(&segments, route->collection) != NULL &&
			(!route->has_name || (query->name = take_segment(&segments, NULL)) != NULL) &&
			segments == NIL)
			return route;
	}
	return NULL;
}

/* ?allStates=1, or allState=1, as some clients spell it */
static bool
asks_for_all_states(const Address *address)
{
	char	   *value = query_value(address, "allStates");

	if (value == NULL)
		value = query_value(address, "allState");
	if (value == NULL || strcmp(value, "0") == 0 || strcmp(value, "false") == 0)
		return false;
	if (strcmp(value, "1") != 0 && strcmp(value, "true") != 0)
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("allStates must be 1, true, 0 or false, not \"%s\""), value));
	return true;
}

/* The revision of a document, UNKNOWN_REVISION if there is none. */
static int32
revision_of(const char *docid)
{
	ElementStatus status;

	return element_status_read(docid, &status) ? status.revision : UNKNOWN_REVISION;
}

/*
 * The revision is read before what it stands for: if the document changes in
 * between, the tag is too old, which only makes the client ask again.
 */
static void
answer_get(Exchange *exchange, const Route *route, ElementQuery *query, const Address *address)
{
	int32		revision = revision_of(query->docid);
	StringInfoData data;

	initStringInfo(&data);
	if (route->get == states_document)
		query->all_states = asks_for_all_states(address);
	route->get(query, &data);
	exchange->status = 200;
	exchange->content = successful_answer(data.data, NIL);
	exchange->tag = entity_tag(revision, exchange->content);
	if (exchange->if_none_match != NULL && lists_tag(exchange->if_none_match, exchange->tag))
	{
		exchange->status = 304;
		exchange->content = NULL;
	}
}

static void
answer_post(Exchange *exchange, const Route *route, const ElementQuery *query)
{
	Jsonb	   *body = exchange->raw_body != NULL ? read_body(exchange->raw_body) : exchange->body;
	PassCall	call = {
		.docid = query->docid, .structure = query->structure, .name = query->name,
		.comment = body_comment(body), .parameters = body_parameters(body),
		.revisions = listed_revisions(exchange->if_match),
	};
	StringInfoData data;
	List	   *messages;

	initStringInfo(&data);
	messages = route->post(&call, &data);
	exchange->status = 200;
	exchange->content = successful_answer(data.data, messages);
	exchange->tag = entity_tag(revision_of(query->docid), exchange->content);
}

/* Carry the request out, or raise the failure. */
static void
answer_request(void *argument)
{
	Exchange   *exchange = argument;
	const char *method = exchange->method;
	Address		address = read_address(exchange->uri);
	ElementQuery query = {0};
	const Route *route = find_route(&address, &query);

	if (route == NULL)
		raise_failure(UNKNOWN_ADDRESS, exchange->uri);
	exchange->allowed = route->post == NULL ? "GET, HEAD, OPTIONS" : "GET, HEAD, POST, OPTIONS";
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		answer_get(exchange, route, &query, &address);
	else if (strcmp(method, "POST") == 0 && route->post != NULL)
		answer_post(exchange, route, &query);
	else if (strcmp(method, "OPTIONS") == 0)
		exchange->status = 204;
	else
		raise_failure(WRONG_METHOD, method, exchange->allowed);
}

/* Failures */

/*
 * Errors that are raised while a transition is passed but are not smartwf's
 * own: constraints and policies of the table, triggers and hooks.  The first
 * matching prefix counts.
 */
static const struct
{
	const char *sqlstate;		/* prefix */
	Failure		failure;		/* the failure to report; NO_FAILURE if none of smartwf's */
	int			status;
}			other_errors[] = {
	{"P0001", REFUSED, 403},	/* RAISE EXCEPTION */
	{"42501", REFUSED, 403},	/* insufficient privilege */
	{"25006", NO_FAILURE, 405}, /* a read-only transaction */
	{"23", REFUSED, 403},		/* constraints */
	{"44", REFUSED, 403},		/* WITH CHECK OPTION */
	{"22021", MALFORMED_CALL, 400}, /* not in the database's encoding */
	{"22P05", MALFORMED_CALL, 400},
	{"", NO_FAILURE, 500},
};

/* The user message in an error's DETAIL; for run_in_subtransaction(). */
typedef struct UserMessage
{
	const char *detail;
	char	   *text;
}			UserMessage;

static void
read_user_message(void *argument)
{
	UserMessage *message = argument;
	Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(message->detail)));
	JsonbValue *value = json_text_member(json, "userMessage");

	if (value != NULL)
		message->text = json_text(value);
}

/* Any user can raise smartwf's SQLSTATEs with any DETAIL, so parsing it may fail. */
static const char *
user_message(const ErrorData *error)
{
	UserMessage message = {error->detail, NULL};

	if (error->detail != NULL)
		(void) run_in_subtransaction(read_user_message, &message, false);
	return message.text == NULL ? "" : message.text;
}

/* The documented answer to an error. */
static void
answer_failure(Exchange *exchange, const ErrorData *error)
{
	const char *code = error_code(error);
	const char *for_user = "";
	Failure		failure;
	StringInfoData json;

	if (failure_of_sqlstate(error->sqlerrcode, &failure))
	{
		exchange->status = smartwf_failures[failure].http_status;
		for_user = user_message(error);
	}
	else
	{
		int			i = 0;

		while (strncmp(unpack_sql_state(error->sqlerrcode), other_errors[i].sqlstate,
					   strlen(other_errors[i].sqlstate)) != 0)
			i++;
		exchange->status = other_errors[i].status;
		failure = other_errors[i].failure;
		if (failure != NO_FAILURE)
			code = smartwf_failures[failure].code;
	}
	if (failure == REFUSED && for_user[0] == '\0')
		for_user = error->message;
	if (failure != NO_FAILURE)
		exchange->reason = smartwf_failures[failure].http_message;
	code = pstrdup(code);
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_boolean(&json, "success", false);
	append_string(&json, "exceptionMessage", psprintf("{%s} %s", code, error->message));
	append_string(&json, "message", error->message);
	append_member(&json, "data", NULL);
	append_string(&json, "code", code);
	append_string(&json, "uri", "");
	append_string(&json, "userMessage", for_user);
	appendStringInfoChar(&json, '}');
	exchange->content = json.data;
}

/* Answer a request; only errors that concern the whole transaction are raised. */
void
answer_exchange(Exchange *exchange)
{
	ErrorData  *error = run_in_subtransaction(answer_request, exchange, false);

	if (error != NULL)
		answer_failure(exchange, error);
}

/* smartwf.route(method, uri, body) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_route);
Datum
smartwf_route(PG_FUNCTION_ARGS)
{
	Exchange	exchange = {
		.method = needed_argument(fcinfo, 0, "method"),
		.uri = needed_argument(fcinfo, 1, "uri"),
		.body = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2),
	};
	TupleDesc	descriptor;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	answer_exchange(&exchange);
	values[0] = Int32GetDatum(exchange.status);
	nulls[1] = exchange.content == NULL;
	if (!nulls[1])
		values[1] = CStringGetTextDatum(exchange.content);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
