/*
 * answer.c
 *		The documented JSON of states, transitions and history.
 *
 * It is written key by key into a string, since the order of keys is part of
 * the answer.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "transition/preview.h"
#include "transition/table_statement.h"
#include "answer.h"
#include "past.h"

/* A document that is being written. */
typedef struct Draft
{
	StringInfo	json;
	const Workflow *workflow;
	const LocaleLabels *labels;		/* labels in the reader's language */
	const char *base;			/* address of the element, to which collections are appended */
	int			current;		/* index of the current state */
}			Draft;

/* Addresses */

/* Percent-encode all but the unreserved characters of RFC 3986. */
static void
append_encoded(StringInfo text, const char *name)
{
	char	   *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);

	for (; *utf8 != '\0'; utf8++)
	{
		unsigned char c = (unsigned char) *utf8;

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL))
			appendStringInfoChar(text, c);
		else
			appendStringInfo(text, "%%%02X", c);
	}
}

/* The address of an element, the prefix of all other addresses. */
static char *
element_address(const char *docid)
{
	StringInfoData address;

	initStringInfo(&address);
	appendStringInfoString(&address, "/api/v2/smart-elements/");
	append_encoded(&address, docid);
	return address.data;
}

/* A member "uri"; NAME may be NULL for the whole collection. */
static void
append_uri(const Draft *draft, const char *collection, const char *name)
{
	append_key(draft->json, "uri");
	appendStringInfoChar(draft->json, '"');
	appendStringInfoString(draft->json, draft->base);
	appendStringInfoString(draft->json, collection);
	if (name != NULL)
		append_encoded(draft->json, name);
	appendStringInfoChar(draft->json, '"');
}

#define STATES "/workflows/states/"
#define TRANSITIONS "/workflows/transitions/"
#define HISTORY "/history/"

/* Parts */

/* The names and labels of a state, in the documented order. */
static void
append_labels(StringInfo json, const State *state)
{
	append_string(json, "label", state->label);
	append_string(json, "activity", state->activity);
	append_string(json, "displayValue", state->activity[0] != '\0' ? state->activity : state->label);
	append_string(json, "color", state->color);
}

/* The members of a state where it is shown alone, without braces. */
static void
append_state(const Draft *draft, int state)
{
	append_string(draft->json, "id", draft->workflow->states[state].name);
	append_boolean(draft->json, "isCurrentState", state == draft->current);
	append_labels(draft->json, &draft->labels->states[state]);
}

/* A member that is a whole state, or null. */
static void
append_state_member(const Draft *draft, const char *key, int state)
{
	append_key(draft->json, key);
	if (state == NO_STATE)
	{
		appendStringInfoString(draft->json, "null");
		return;
	}
	appendStringInfoChar(draft->json, '{');
	append_state(draft, state);
	appendStringInfoChar(draft->json, '}');
}

static const Transition *
labels_of(const Draft *draft, const Transition *transition)
{
	return transition_in(draft->labels, draft->workflow, transition);
}

/* The member "transition" of a state: address and label, or null. */
static void
append_transition_link(const Draft *draft, const Transition *transition)
{
	append_key(draft->json, "transition");
	if (transition == NULL)
	{
		appendStringInfoString(draft->json, "null");
		return;
	}
	appendStringInfoChar(draft->json, '{');
	append_uri(draft, TRANSITIONS, transition->name);
	append_string(draft->json, "label", labels_of(draft, transition)->label);
	appendStringInfoChar(draft->json, '}');
}

static Draft
begin_draft(StringInfo json, const char *docid, const Workflow *workflow, int current)
{
	Draft		draft = {
		.json = json, .workflow = workflow, .labels = labels_for_reader(workflow),
		.base = element_address(docid), .current = current,
	};

	appendStringInfoChar(json, '{');
	return draft;
}

static Draft
begin_preview(Preview *preview, const ElementQuery *query, StringInfo json)
{
	preview_begin(preview, query->docid, query->structure);
	return begin_draft(json, query->docid, preview->target.workflow,
					   preview->check.from);
}

/* Documents */

/* The same as append_transition_link(), with what prevents the transition. */
static void
append_reachable_state(const Draft *draft, Preview *preview, const ReachableState *state)
{
	const Transition *transition = state->arc->transition;

	append_string(draft->json, "id", transition->name);
	append_uri(draft, TRANSITIONS, transition->name);
	append_string(draft->json, "label", labels_of(draft, transition)->label);
	append_string(draft->json, "error", preview_objection(preview, state->arc));
	append_boolean(draft->json, "authorized", state->is_authorized);
}

/* states/: the states that can follow, or all of them. */
void
states_document(const ElementQuery *query, StringInfo data)
{
	Preview		preview;
	Draft		draft = begin_preview(&preview, query, data);
	bool		all = query->all_states || is_administrator();
	ReachableState *reachable = preview_states(&preview);
	int			listed = 0;

	append_uri(&draft, STATES, NULL);
	append_key(data, "states");
	appendStringInfoChar(data, '[');
	for (int i = 0; i < draft.workflow->number_of_states; i++)
	{
		const char *name = draft.workflow->states[i].name;
		const Arc  *arc = reachable[i].arc;

		if (!all && !reachable[i].is_authorized)
			continue;
		append_comma(data, listed++);
		appendStringInfoChar(data, '{');
		append_string(data, "id", name);
		append_labels(data, &draft.labels->states[i]);
		append_uri(&draft, STATES, name);
		append_key(data, "transition");
		appendStringInfoString(data, arc == NULL ? "null" : "{");
		if (arc != NULL)
		{
			append_reachable_state(&draft, &preview, &reachable[i]);
			appendStringInfoChar(data, '}');
		}
		appendStringInfoChar(data, '}');
	}
	appendStringInfoString(data, "]}");
	preview_end(&preview);
}

/* states/<state>: one state, and the transition from the current state to it. */
void
state_document(const ElementQuery *query, StringInfo data)
{
	Preview		preview;
	Draft		draft = begin_preview(&preview, query, data);
	int			state = require_state(&preview.target, query->name);
	const Arc  *arc = preview_states(&preview)[state].arc;

	append_uri(&draft, STATES, query->name);
	append_key(data, "state");
	appendStringInfoChar(data, '{');
	append_state(&draft, state);
	append_transition_link(&draft, arc == NULL ? NULL : arc->transition);
	appendStringInfoString(data, "}}");
	preview_end(&preview);
}

/* transitions/: every transition, and whether it leaves the current state. */
void
transitions_document(const ElementQuery *query, StringInfo data)
{
	Preview		preview;
	Draft		draft = begin_preview(&preview, query, data);

	append_uri(&draft, TRANSITIONS, NULL);
	append_key(data, "transitions");
	appendStringInfoChar(data, '[');
	for (int i = 0; i < draft.workflow->number_of_transitions; i++)
	{
		const Transition *transition = &draft.workflow->transitions[i];

		append_comma(data, i);
		appendStringInfoChar(data, '{');
		append_uri(&draft, TRANSITIONS, transition->name);
		append_string(data, "label", labels_of(&draft, transition)->label);
		append_boolean(data, "valid",
					   arc_of_transition(draft.workflow, draft.current, transition) != NULL);
		appendStringInfoChar(data, '}');
	}
	appendStringInfoString(data, "]}");
	preview_end(&preview);
}

/* The parameters of a transition. */
static void
append_parameters(StringInfo data, const Transition *transition)
{
	append_key(data, "askAttributes");
	appendStringInfoChar(data, '[');
	for (int i = 0; i < transition->number_of_parameters; i++)
	{
		const Parameter *parameter = &transition->parameters[i];

		append_comma(data, i);
		appendStringInfoChar(data, '{');
		append_string(data, "id", parameter->name);
		append_string(data, "visibility", parameter->visibility);
		append_string(data, "label", parameter->label);
		append_string(data, "type", parameter->type);
		append_key(data, "logicalOrder");
		appendStringInfo(data, "%d", i + 1);
		append_boolean(data, "multiple", parameter->multiple);
		append_member(data, "options", parameter->options == NULL ? "{}" :
					  JsonbToCString(NULL, &parameter->options->root,
									 VARSIZE(parameter->options)));
		append_boolean(data, "needed", parameter->needed);
		appendStringInfoChar(data, '}');
	}
	appendStringInfoChar(data, ']');
}

/* transitions/<transition>: from, to, comment and parameters. */
void
transition_document(const ElementQuery *query, StringInfo data)
{
	Preview		preview;
	Draft		draft = begin_preview(&preview, query, data);
	const Transition *transition = require_transition(&preview.target, query->name);
	const Transition *labelled = labels_of(&draft, transition);
	const Arc  *arc = arc_of_transition(draft.workflow, draft.current, transition);

	append_uri(&draft, TRANSITIONS, query->name);
	append_key(data, "transition");
	appendStringInfoChar(data, '{');
	append_string(data, "id", transition->name);
	append_state_member(&draft, "beginState", draft.current);
	append_state_member(&draft, "endState", arc == NULL ? NO_STATE : arc->to);
	append_string(data, "label", labelled->label);
	append_boolean(data, "askComment", !transition->forbids_comment);
	append_parameters(data, labelled);
	appendStringInfoString(data, "}}");
	preview_end(&preview);
}

/* A state in the history, with the labels of its own version; or null. */
static void
append_past_state(const Draft *draft, const char *key, const char *name)
{
	int			state = name == NULL || draft->workflow == NULL ? NO_STATE :
		state_index(draft->workflow, name);

	append_key(draft->json, key);
	if (name == NULL)
	{
		appendStringInfoString(draft->json, "null");
		return;
	}
	appendStringInfoChar(draft->json, '{');
	append_string(draft->json, "id", name);
	if (state != NO_STATE)
		append_labels(draft->json, &draft->labels->states[state]);
	appendStringInfoChar(draft->json, '}');
}

/* The same for a transition. */
static void
append_past_transition(const Draft *draft, const char *name)
{
	const Transition *transition = name == NULL || draft->workflow == NULL ? NULL :
		transition_by_name(draft->workflow, name);

	append_key(draft->json, "transition");
	if (name == NULL)
	{
		appendStringInfoString(draft->json, "null");
		return;
	}
	appendStringInfoChar(draft->json, '{');
	append_string(draft->json, "id", name);
	append_uri(draft, TRANSITIONS, name);
	append_string(draft->json, "label",
				  transition == NULL ? name : labels_of(draft, transition)->label);
	appendStringInfoChar(draft->json, '}');
}

/* The parameters of a change as JSON, without those stored in columns that the reader may not select. */
char *
visible_parameters(const AttachedTable *table, Jsonb *parameters)
{
	JsonbIterator *iterator = parameters == NULL ? NULL : JsonbIteratorInit(&parameters->root);
	JsonbIteratorToken token;
	JsonbValue	name;
	JsonbValue	value;
	int			listed = 0;
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	while (iterator != NULL && (token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
	{
		Jsonb	   *text;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (!may_select_column(table, json_text(&name)))
			continue;
		text = JsonbValueToJsonb(&value);
		append_comma(&json, listed++);
		escape_json(&json, json_text(&name));
		appendStringInfo(&json, ": %s", JsonbToCString(NULL, &text->root, VARSIZE(text)));
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

static void
append_history_line(Draft *draft, const AttachedTable *table, const HistoryLine *line)
{
	StringInfo	json = draft->json;
	ListCell   *cell;

	draft->workflow = workflow_for_labels(line->workflow_id);
	draft->labels = draft->workflow == NULL ? NULL : labels_for_reader(draft->workflow);
	appendStringInfoChar(json, '{');
	append_key(json, "revision");
	appendStringInfo(json, "%d", line->revision);
	append_time(json, "date", line->at);
	append_string(json, "actor", line->actor);
	append_past_transition(draft, line->transition);
	append_past_state(draft, "fromState", line->from_state);
	append_past_state(draft, "toState", line->to_state);
	append_string(json, "comment", line->comment);
	append_member(json, "parameters", visible_parameters(table, line->parameters));
	append_key(json, "messages");
	appendStringInfoChar(json, '[');
	foreach(cell, line->messages)
	{
		append_comma(json, foreach_current_index(cell));
		escape_json(json, lfirst(cell));
	}
	appendStringInfoString(json, "]}");
}

/* history/: every change, newest first. */
void
history_document(const ElementQuery *query, StringInfo data)
{
	Preview		preview;
	Draft		draft = begin_preview(&preview, query, data);
	ListCell   *cell;

	append_uri(&draft, HISTORY, NULL);
	append_key(data, "history");
	appendStringInfoChar(data, '[');
	foreach(cell, past_of_document(&preview.target, &query->page))
	{
		append_comma(data, foreach_current_index(cell));
		append_history_line(&draft, preview.target.table, lfirst(cell));
	}
	appendStringInfoString(data, "]}");
	preview_end(&preview);
}

/* Answers to changes */

/* After passing a transition: the current state. */
void
append_passed(StringInfo data, const char *docid, const char *asked, const Passed *passed)
{
	Draft		draft = begin_draft(data, docid, passed->workflow, passed->state);

	append_uri(&draft, TRANSITIONS, asked);
	append_state_member(&draft, "state", passed->state);
	appendStringInfoChar(data, '}');
}

/* After reaching a requested state: the same, and the transition that led there. */
void
append_reached(StringInfo data, const char *docid, const char *asked, const Passed *passed)
{
	Draft		draft = begin_draft(data, docid, passed->workflow, passed->state);

	append_uri(&draft, STATES, asked);
	append_key(data, "state");
	appendStringInfoChar(data, '{');
	append_state(&draft, passed->state);
	append_transition_link(&draft, passed->transition);
	appendStringInfoString(data, "}}");
}

/* The member "messages": those of m2 and m3 (char *). */
void
append_messages(StringInfo json, List *messages)
{
	ListCell   *cell;

	append_key(json, "messages");
	appendStringInfoChar(json, '[');
	foreach(cell, messages)
	{
		append_comma(json, foreach_current_index(cell));
		appendStringInfoChar(json, '{');
		append_string(json, "type", "message");
		append_string(json, "contentText", lfirst(cell));
		append_string(json, "contentHtml", "");
		append_string(json, "code", "WORKFLOW_TRANSITION");
		append_string(json, "uri", "");
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/* The documented answer around its data. */
char *
successful_answer(const char *data, List *messages)
{
	StringInfoData answer;

	initStringInfo(&answer);
	appendStringInfoString(&answer, "{\"success\": true, \"data\": ");
	appendStringInfoString(&answer, data);
	append_messages(&answer, messages);
	appendStringInfoChar(&answer, '}');
	return answer.data;
}

/* SQL */

static Datum
written_answer(const ElementQuery *query, Document document)
{
	StringInfoData data;

	initStringInfo(&data);
	document(query, &data);
	return CStringGetTextDatum(successful_answer(data.data, NIL));
}

/*
 * The whole documented answer to a call.  The first argument is docid, the
 * last one structure; SECOND names the argument for a state or transition, if
 * there is one.
 */
static Datum
answer(FunctionCallInfo fcinfo, Document document, const char *second)
{
	ElementQuery query = {
		.docid = needed_argument(fcinfo, 0, "docid"),
		.name = second == NULL ? NULL : needed_argument(fcinfo, 1, second),
		.structure = text_argument(fcinfo, PG_NARGS() - 1),
		.all_states = document == states_document && boolean_argument(fcinfo, 1),
	};

	return written_answer(&query, document);
}

/* smartwf.get_states(docid, all_states, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_get_states);
Datum
smartwf_get_states(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, states_document, NULL);
}

/* smartwf.get_state(docid, state, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_get_state);
Datum
smartwf_get_state(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, state_document, "state");
}

/* smartwf.get_transitions(docid, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_get_transitions);
Datum
smartwf_get_transitions(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, transitions_document, NULL);
}

/* smartwf.get_transition(docid, transition, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_get_transition);
Datum
smartwf_get_transition(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, transition_document, "transition");
}

/* smartwf.get_history(docid, structure, before, most); before 0.2.0, without the last two */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_get_history);
Datum
smartwf_get_history(PG_FUNCTION_ARGS)
{
	ElementQuery query = {
		.docid = needed_argument(fcinfo, 0, "docid"),
		.structure = text_argument(fcinfo, 1),
	};

	if (PG_NARGS() > 2)
	{
		query.page.has_end = !PG_ARGISNULL(2);
		query.page.before = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
		query.page.most = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
		if (!PG_ARGISNULL(3) && query.page.most < 1)
			raise_failure(MALFORMED_CALL, localized("the number of lines must be positive"));
	}
	return written_answer(&query, history_document);
}

/* A document to be written; for run_in_subtransaction(). */
typedef struct Writing
{
	Document	document;
	ElementQuery query;
	StringInfoData data;
}			Writing;

static void
write_document(void *argument)
{
	Writing    *writing = argument;

	writing->document(&writing->query, &writing->data);
}

static Document
document_of_kind(const char *kind)
{
	static const struct
	{
		const char *kind;
		Document	document;
	}			kinds[] = {
		{"states", states_document},
		{"state", state_document},
		{"transitions", transitions_document},
		{"transition", transition_document},
		{"history", history_document},
	};

	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].document;
	raise_failure(MALFORMED_CALL, psprintf("unknown kind of document: \"%s\"", kind));
	return NULL;				/* keep the compiler quiet */
}

/*
 * smartwf.element_document(kind, docid, name).  Between the snapshot of a view
 * and now, its row may have been deleted, or moved to another version.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_element_document);
Datum
smartwf_element_document(PG_FUNCTION_ARGS)
{
	Writing		writing = {
		.document = document_of_kind(needed_argument(fcinfo, 0, "kind")),
		.query = {
			.docid = needed_argument(fcinfo, 1, "docid"),
			.name = text_argument(fcinfo, 2),
		},
	};
	ErrorData  *error;
	Failure		failure;

	if (writing.document == state_document || writing.document == transition_document)
		(void) needed_argument(fcinfo, 2, "name");
	initStringInfo(&writing.data);
	error = run_in_subtransaction(write_document, &writing, false);
	if (error == NULL)
		return CStringGetTextDatum(successful_answer(writing.data.data, NIL));
	if (!failure_of_sqlstate(error->sqlerrcode, &failure))
		ReThrowError(error);
	PG_RETURN_NULL();
}
