/*
 * transition.c
 *		Passing transitions by name, and asking why one cannot be passed.
 *
 * The row is changed by an UPDATE like any other; the triggers judge it.  What
 * this file adds is the request that they take over, and the documented
 * failure where the UPDATE found nothing to do.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "common/actor.h"
#include "common/attempt.h"
#include "common/compat.h"
#include "common/error.h"
#include "document.h"
#include "enforce.h"
#include "statement.h"

/* An element, found. */
typedef struct Target
{
	Element		element;
	AttachedTable *table;
	const Workflow *workflow;
	bool		is_seen;		/* the caller has been shown to see the row */
}			Target;

/* Raise CRUD0201 unless the caller sees the row. */
static void
require_visible(Target *target)
{
	bool		visible = may_select(target->table);

	if (visible && !target->element.is_deleted && !target->is_seen)
		visible = run_as_caller_on_row(target->table, SEE_ROW, target->element.docid) > 0;
	if (!visible)
		raise_failure(INVISIBLE_ELEMENT, target->element.docid);
	target->is_seen = true;
}

/*
 * Find an element, in the documented order of failures.  Whether the caller
 * sees it is asked before any other failure is told, and otherwise left to
 * whoever goes on, since the UPDATE to come may show it at no cost.
 */
static void
find_target(const char *docid, const char *structure_name, Target *target)
{
	const Structure *structure;

	memset(target, 0, sizeof(Target));
	if (!element_read(docid, &target->element))
		raise_failure(UNKNOWN_ELEMENT, docid);
	structure = structure_by_name(target->element.structure);
	if (structure == NULL)
	{
		if (structure_name != NULL && strcmp(structure_name, target->element.structure) != 0)
			raise_failure(OTHER_STRUCTURE, docid, structure_name);
		raise_failure(NO_WORKFLOW, docid);
	}
	target->table = attached_table(structure_relation(structure), structure->name);
	if (structure_name != NULL && strcmp(structure_name, structure->name) != 0)
	{
		require_visible(target);
		raise_failure(OTHER_STRUCTURE, docid, structure_name);
	}
	target->workflow = workflow_by_id(target->element.workflow_id);
	if (target->workflow == NULL)
	{
		require_visible(target);
		raise_failure(NO_WORKFLOW, docid);
	}
	if (target->element.is_deleted)
	{
		require_visible(target);
		raise_failure(DELETED_ELEMENT, docid);
	}
}

static const Transition *
find_transition(Target *target, const char *name)
{
	const Transition *transition = transition_by_name(target->workflow, name);

	if (transition == NULL)
	{
		require_visible(target);
		raise_failure(UNKNOWN_TRANSITION, name, target->workflow->name);
	}
	return transition;
}

/*
 * Must the UPDATE run as the owner of the table?  Yes where a grant allows what
 * the caller's privileges may not; and where he has no such privilege, so that
 * the trigger gives the reason in its documented place.
 */
static bool
needs_owner(const Target *target, const Request *request)
{
	const Workflow *workflow = target->workflow;
	bool		any = false;

	if (!may_update_state(target->table, false))
		return true;
	if (request->transition != NULL)
		return request->transition->number_of_grants > 0;
	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		if (workflow->arcs[i].to != request->target)
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
		psprintf("Transition \"%s\"", request->transition->name) :
		psprintf("State \"%s\"", target->workflow->states[request->target].name);

	if (element_read(request->docid, &target->element) && target->element.is_deleted)
		raise_failure(DELETED_ELEMENT, request->docid);
	require_visible(target);
	raise_failure(REFUSED, what, target->element.docid,
				  request->is_judged ? "another trigger suppressed the change" :
				  psprintf("\"%s\" may not update the row", actor_name()));
}

/* Carry a request out. */
static void
perform(Target *target, Request *request)
{
	volatile uint64 rows = 0;
	bool		as_owner = needs_owner(target, request);

	request->docid = target->element.docid;
	request->workflow = target->workflow;
	request->may_update = may_update_state(target->table, as_owner);
	if (as_owner || !may_select(target->table))
		require_visible(target);

	request_push(request);
	PG_TRY();
	{
		rows = as_owner ?
			run_as_owner_on_row(target->table, CHANGE_STATE, request->docid) :
			run_as_caller_on_row(target->table, CHANGE_STATE, request->docid);
	}
	PG_FINALLY();
	{
		request_pop(request);
	}
	PG_END_TRY();
	if (rows == 0 || request->final_workflow == NULL)
		explain_no_change(target, request);
}

/* Arguments */

static char *
text_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

static char *
needed_argument(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		raise_failure(MALFORMED_CALL, psprintf("argument \"%s\" must not be null", name));
	return text_argument(fcinfo, i);
}

static Jsonb *
parameters_argument(FunctionCallInfo fcinfo, int i)
{
	Jsonb	   *parameters = PG_ARGISNULL(i) ? NULL : PG_GETARG_JSONB_P(i);

	if (parameters == NULL || JB_ROOT_COUNT(parameters) == 0)
		parameters = NULL;
	else if (!JB_ROOT_IS_OBJECT(parameters))
		raise_failure(MALFORMED_CALL,
					  psprintf("argument \"parameters\" must be an object, not %s",
							   JsonbToCString(NULL, &parameters->root, VARSIZE(parameters))));
	return parameters;
}

/* smartwf.pass_transition(docid, transition, comment, parameters, structure) */
PG_FUNCTION_INFO_V1(smartwf_pass_transition);
Datum
smartwf_pass_transition(PG_FUNCTION_ARGS)
{
	char	   *docid = needed_argument(fcinfo, 0, "docid");
	char	   *name = needed_argument(fcinfo, 1, "transition");
	Request		request = {
		.comment = text_argument(fcinfo, 2),
		.parameters = parameters_argument(fcinfo, 3),
	};
	Target		target;
	StringInfoData json;

	find_target(docid, text_argument(fcinfo, 4), &target);
	request.transition = find_transition(&target, name);
	perform(&target, &request);

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"uri\": ");
	append_uri(&json, docid, "transitions", name);
	appendStringInfoString(&json, ", \"state\": {");
	append_state_fields(&json, &request.final_workflow->states[request.final_state], true);
	appendStringInfoString(&json, "}}");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(json.data, json.len));
}

/* The first arc from a state to itself, NULL as a rule. */
static const Arc *
arc_to_itself(const Workflow *workflow, int state)
{
	for (int i = 0; i < workflow->number_of_arcs; i++)
		if (workflow->arcs[i].from == state && workflow->arcs[i].to == state)
			return &workflow->arcs[i];
	return NULL;
}

/* smartwf.set_state(docid, state, comment, parameters, structure) */
PG_FUNCTION_INFO_V1(smartwf_set_state);
Datum
smartwf_set_state(PG_FUNCTION_ARGS)
{
	char	   *docid = needed_argument(fcinfo, 0, "docid");
	char	   *name = needed_argument(fcinfo, 1, "state");
	Request		request = {
		.comment = text_argument(fcinfo, 2),
		.parameters = parameters_argument(fcinfo, 3),
	};
	Target		target;
	StringInfoData json;
	const Arc  *arc;

	find_target(docid, text_argument(fcinfo, 4), &target);
	request.target = state_index(target.workflow, name);
	if (request.target == NO_STATE)
	{
		require_visible(&target);
		raise_failure(UNKNOWN_STATE, name, target.workflow->name);
	}
	perform(&target, &request);

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"uri\": ");
	append_uri(&json, docid, "states", name);
	appendStringInfoString(&json, ", \"state\": {");
	append_state_fields(&json, &request.final_workflow->states[request.final_state], true);
	appendStringInfoString(&json, ", \"transition\": ");
	arc = arc_to_itself(request.final_workflow, request.final_state);
	if (arc == NULL)
		appendStringInfoString(&json, "null");
	else
	{
		appendStringInfoString(&json, "{\"uri\": ");
		append_uri(&json, docid, "transitions", arc->transition->name);
		appendStringInfoString(&json, ", \"label\": ");
		escape_json(&json, arc->transition->label);
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoString(&json, "}}");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(json.data, json.len));
}

/* In bulk */

typedef struct Passing
{
	const char *docid;
	const char *transition;
	const char *comment;
	Jsonb	   *parameters;
}			Passing;

static void
pass_one(void *argument)
{
	Passing    *passing = argument;
	Request		request = {.comment = passing->comment, .parameters = passing->parameters};
	Target		target;

	find_target(passing->docid, NULL, &target);
	request.transition = find_transition(&target, passing->transition);
	perform(&target, &request);
}

/* The documented code of an error, or its SQLSTATE. */
static const char *
error_code(const ErrorData *error)
{
	const char *code = failure_code_of_sqlstate(error->sqlerrcode);

	return code != NULL ? code : unpack_sql_state(error->sqlerrcode);
}

/* smartwf.pass_transitions(docids, transition, comment, parameters) */
PG_FUNCTION_INFO_V1(smartwf_pass_transitions);
Datum
smartwf_pass_transitions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Passing		passing = {
		.transition = needed_argument(fcinfo, 1, "transition"),
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
			raise_failure(MALFORMED_CALL, "argument \"docids\" must not contain nulls");
		passing.docid = TextDatumGetCString(docids[i]);
		error = attempt(pass_one, &passing, false);
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

/* Why not? */

typedef struct Inquiry
{
	const char *docid;
	const char *transition;
	const char *structure;
	Target		target;
	Judgement	judgement;
	Check		check;
	char	   *reason;
}			Inquiry;

/* All that must be so before there is anything to judge. */
static void
prepare_inquiry(void *argument)
{
	Inquiry    *inquiry = argument;
	Judgement  *judgement = &inquiry->judgement;
	Target	   *target = &inquiry->target;
	Request		request = {0};
	Relation	relation;
	char	   *state;
	const Arc  *arc;

	find_target(inquiry->docid, inquiry->structure, target);
	require_visible(target);
	request.transition = find_transition(target, inquiry->transition);
	judgement->table = target->table;
	judgement->workflow = target->workflow;
	judgement->docid = target->element.docid;
	judgement->locked_by = target->element.locked_by;
	judgement->current = judgement->proposed = read_row(target->table, inquiry->docid);
	judgement->is_request = true;
	judgement->may_update = may_update_state(target->table, needs_owner(target, &request));
	judgement->transition = request.transition;
	relation = table_open(target->table->relid, AccessShareLock);
	state = judgement->current == NULL ? NULL :
		state_of_row(target->table, judgement->current, RelationGetDescr(relation));
	table_close(relation, NoLock);
	judgement->from = state == NULL ? NO_STATE : state_index(target->workflow, state);
	arc = arc_of_transition(target->workflow, judgement->from, request.transition);
	if (arc == NULL)
		raise_failure(INVALID_TRANSITION, target->workflow->name);
	judgement->to = arc->to;
}

static void
run_check(void *argument)
{
	Inquiry    *inquiry = argument;

	inquiry->reason = inquiry->check(&inquiry->judgement);
}

/* Parameters are given when it is passed; m1 can be asked if it needs none. */
static bool
can_be_asked(const NamedCheck *check, const Transition *transition)
{
	if (strcmp(check->name, "parameters") == 0)
		return false;
	if (strcmp(check->name, "m1") == 0)
		for (int i = 0; i < transition->number_of_parameters; i++)
			if (transition->parameters[i].needed)
				return false;
	return true;
}

static void
put_blocker(ReturnSetInfo *result, const char *code, const char *message)
{
	Datum		values[2] = {CStringGetTextDatum(code), CStringGetTextDatum(message)};
	bool		nulls[2] = {false, false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Ask every check, each in a subtransaction that is rolled back. */
static void
put_refusals(ReturnSetInfo *result, Inquiry *inquiry)
{
	for (int i = 0; i < NUMBER_OF_CHECKS; i++)
	{
		ErrorData  *error;

		if (!can_be_asked(&checks[i], inquiry->judgement.transition))
			continue;
		inquiry->check = checks[i].check;
		inquiry->reason = NULL;
		error = attempt(run_check, inquiry, true);
		if (error != NULL)
			put_blocker(result, error_code(error), error->message);
		else if (inquiry->reason != NULL)
			put_blocker(result, smartwf_failures[REFUSED].code, inquiry->reason);
	}
}

/* smartwf.blockers(docid, transition, structure) */
PG_FUNCTION_INFO_V1(smartwf_blockers);
Datum
smartwf_blockers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Inquiry		inquiry = {
		.docid = needed_argument(fcinfo, 0, "docid"),
		.transition = needed_argument(fcinfo, 1, "transition"),
		.structure = text_argument(fcinfo, 2),
	};
	ErrorData  *error;

	InitMaterializedSRF(fcinfo, 0);
	error = attempt(prepare_inquiry, &inquiry, false);
	if (error != NULL)
		put_blocker(result, error_code(error), error->message);
	else
	{
		inquiry.judgement.relation = table_open(inquiry.target.table->relid, AccessShareLock);
		put_refusals(result, &inquiry);
		table_close(inquiry.judgement.relation, NoLock);
	}
	return (Datum) 0;
}

/* Locks */

/*
 * Whoever may change an element may lock it: who may update its state, or
 * holds a granted transition.  Taking the row's lock waits for a transition
 * that is under way.
 */
static void
take_row_lock(Target *target)
{
	bool		may_update = may_update_state(target->table, false);
	bool		holds_grant = is_administrator();
	HeapTuple	row;
	Relation	relation;

	require_visible(target);
	row = read_row(target->table, target->element.docid);
	relation = table_open(target->table->relid, AccessShareLock);
	for (int i = 0; i < target->workflow->number_of_transitions && row != NULL; i++)
	{
		const Transition *transition = &target->workflow->transitions[i];

		holds_grant |= transition->number_of_grants > 0 &&
			holds_right(transition, target->table, row, RelationGetDescr(relation));
	}
	table_close(relation, NoLock);
	if (!may_update && !holds_grant)
		raise_failure(REFUSED, "Lock", target->element.docid,
					  psprintf("\"%s\" may not change it", actor_name()));
	if (holds_grant)
		run_as_owner_on_row(target->table, LOCK_ROW, target->element.docid);
	else if (run_as_caller_on_row(target->table, LOCK_ROW, target->element.docid) == 0)
		raise_failure(REFUSED, "Lock", target->element.docid,
					  psprintf("\"%s\" may not change it", actor_name()));
	(void) element_read(target->element.docid, &target->element);
	if (target->element.is_deleted)
		raise_failure(DELETED_ELEMENT, target->element.docid);
}

/* smartwf.lock_element(docid, temporary) */
PG_FUNCTION_INFO_V1(smartwf_lock_element);
Datum
smartwf_lock_element(PG_FUNCTION_ARGS)
{
	Target		target;
	char	   *actor = actor_name();

	find_target(needed_argument(fcinfo, 0, "docid"), NULL, &target);
	take_row_lock(&target);
	if (target.element.locked_by != NULL && strcmp(target.element.locked_by, actor) != 0)
		raise_failure(REFUSED, "Lock", target.element.docid,
					  psprintf("it is locked by \"%s\"", target.element.locked_by));
	element_lock(&target.element, actor, !PG_ARGISNULL(1) && PG_GETARG_BOOL(1));
	PG_RETURN_VOID();
}

/* smartwf.unlock_element(docid, force) */
PG_FUNCTION_INFO_V1(smartwf_unlock_element);
Datum
smartwf_unlock_element(PG_FUNCTION_ARGS)
{
	Target		target;
	bool		force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	find_target(needed_argument(fcinfo, 0, "docid"), NULL, &target);
	take_row_lock(&target);
	if (target.element.locked_by == NULL)
		PG_RETURN_BOOL(false);
	if (strcmp(target.element.locked_by, actor_name()) != 0 &&
		!(force && is_administrator()))
		raise_failure_with_hint(REFUSED, "An administrator can force it.",
								"Unlocking", target.element.docid,
								psprintf("it is locked by \"%s\"", target.element.locked_by));
	element_unlock(&target.element);
	PG_RETURN_BOOL(true);
}
