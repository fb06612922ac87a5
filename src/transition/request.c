/*
 * request.c
 *		A request to pass a transition by name, while its UPDATE is under way.
 *
 * pass_transition() does not read the row first: the UPDATE obtains the target
 * from smartwf.requested_state(state), which is evaluated for the row that the
 * UPDATE finds, even after it has waited for another session.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "request.h"

static Request *innermost = NULL;

/* A document among those of a migration; NULL if it is none of them. */
static MovedDocument *
moved_document(const Request *request, const char *docid)
{
	int			low = 0;
	int			high = request->number_moved - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = strcmp(docid, request->moved[middle].docid);

		if (order == 0)
			return &request->moved[middle];
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return NULL;
}

/* The innermost request, if it is for that document and no trigger has taken it over. */
Request *
request_for(const char *docid)
{
	const MovedDocument *moved;

	if (innermost == NULL || innermost->is_taken_over)
		return NULL;
	if (innermost->moved == NULL)
		return strcmp(innermost->docid, docid) == 0 ? innermost : NULL;
	moved = moved_document(innermost, docid);
	return moved != NULL && !moved->is_taken_over ? innermost : NULL;
}

/*
 * Has a document of a migration come to another state since it was looked at, by a trigger
 * of the same statement?  Then it is passed by.
 */
bool
request_passes_by(Request *request, const char *docid, const char *state)
{
	MovedDocument *moved = request->moved == NULL ? NULL : moved_document(request, docid);

	if (moved == NULL || moved->from == NULL || (state != NULL && strcmp(state, moved->from) == 0))
		return false;
	moved->is_taken_over = moved->has_left = true;
	return true;
}

/* The trigger takes the request over for a document. */
void
request_take_over(Request *request, const char *docid)
{
	if (request->moved == NULL)
		request->is_taken_over = true;
	else
		moved_document(request, docid)->is_taken_over = true;
}

/* Is there a request that no trigger has taken over yet? */
bool
request_is_open(void)
{
	return innermost != NULL && !innermost->is_taken_over;
}

/* Called before the UPDATE. */
void
request_push(Request *request)
{
	request->context = CurrentMemoryContext;
	request->outer = innermost;
	innermost = request;
}

/* Called after the UPDATE, also if it failed. */
void
request_pop(Request *request)
{
	innermost = request->outer;
}

/* Record the document's last change for all requests about it, outer ones too. */
void
request_note_change(const char *docid, const Workflow *workflow, const Transition *transition, int state,
					int32 revision)
{
	for (Request *request = innermost; request != NULL; request = request->outer)
		if (request->moved != NULL)
		{
			MovedDocument *moved = moved_document(request, docid);

			if (moved != NULL && moved->is_taken_over)
				moved->revision = revision;
		}
		else if (strcmp(request->docid, docid) == 0)
		{
			request->final_workflow = workflow;
			request->final_transition = transition;
			request->final_state = state;
		}
}

/* Record a hook's message for the request. */
void
request_note_message(const char *docid, const char *message)
{
	MemoryContext outer;

	if (innermost == NULL || innermost->moved != NULL || strcmp(innermost->docid, docid) != 0)
		return;
	outer = MemoryContextSwitchTo(innermost->context);
	innermost->messages = lappend(innermost->messages, pstrdup(message));
	MemoryContextSwitchTo(outer);
}

/* The state that the request leads to from STATE; STATE itself if it leads nowhere. */
static const char *
target_from(const Request *request, const char *state)
{
	int			from = state_index(request->workflow, state);
	const Arc  *arc;

	if (request->transition == NULL)
		return request->workflow->states[request->target].name;
	arc = from == NO_STATE ? NULL :
		arc_of_transition(request->workflow, from, request->transition);
	return arc == NULL ? state : request->workflow->states[arc->to].name;
}

/* smartwf.requested_state(state): STATE itself if there is no request. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_requested_state);
Datum
smartwf_requested_state(PG_FUNCTION_ARGS)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Oid			function;
	Oid			parameter;
	bool		is_varlena;
	char	   *state;

	if (!request_is_open())
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	getTypeOutputInfo(type, &function, &is_varlena);
	state = OidOutputFunctionCall(function, PG_GETARG_DATUM(0));
	getTypeInputInfo(type, &function, &parameter);
	return OidInputFunctionCall(function, (char *) target_from(innermost, state),
								parameter, -1);
}
