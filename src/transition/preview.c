/*
 * preview.c
 *		What could be done with an element now, and why not; changing nothing.
 *
 * Guards and hooks may do what they like: each is asked in a subtransaction
 * that is rolled back.
 */
#include "postgres.h"

#include "access/table.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/subtransaction.h"
#include "base/compat.h"
#include "preview.h"
#include "attach/table_statement.h"
#include "pass.h"

/* Find the element, show that the caller sees it, and read its state. */
void
inquiry_begin(Inquiry *inquiry, const char *docid, const char *structure)
{
	Judgement  *judgement = &inquiry->judgement;
	Target	   *target = &inquiry->target;

	memset(inquiry, 0, sizeof(Inquiry));
	find_target(docid, structure, target);
	judgement->table = target->table;
	judgement->workflow = target->workflow;
	judgement->docid = target->element.docid;
	judgement->locked_by = target->element.locked_by;
	judgement->locked_by_person = target->element.locked_by_person;
	judgement->from = current_state(target);
	judgement->is_request = true;
	judgement->relation = table_open(target->table->relid, AccessShareLock);
}

/* The lock stays, as that of a statement would. */
void
inquiry_end(Inquiry *inquiry)
{
	table_close(inquiry->judgement.relation, NoLock);
}

/* Take a transition up, and read the row if somebody will look at it. */
static void
consider(Inquiry *inquiry, const Transition *transition, int to)
{
	Judgement  *judgement = &inquiry->judgement;
	bool		needs_row = transition->guard != NULL || transition->hooks[HOOK_M0] != NULL ||
		transition->hooks[HOOK_M1] != NULL;

	for (int i = 0; i < transition->number_of_grants; i++)
		needs_row |= transition->grants[i].is_column;
	if (needs_row && judgement->current == NULL)
	{
		judgement->current = read_row(judgement->table, judgement->docid);
		if (judgement->current == NULL)
			raise_failure(DELETED_ELEMENT, judgement->docid);
	}
	judgement->proposed = judgement->current;
	judgement->transition = transition;
	judgement->to = to;
	judgement->may_update = target_may_update(&inquiry->target,
											  needs_permission(&inquiry->target, transition, to));
}

/*
 * The ways to every state, by its index: where several arcs lead to a state, the
 * first whose right the caller holds, else the first.
 */
Way *
inquiry_ways(Inquiry *inquiry)
{
	const Workflow *workflow = inquiry->judgement.workflow;
	Way		   *ways = palloc0_array(Way, workflow->number_of_states);

	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		const Arc  *arc = &workflow->arcs[i];
		Way		   *way = &ways[arc->to];

		if (arc->from != inquiry->judgement.from || way->is_authorized)
			continue;
		consider(inquiry, arc->transition, arc->to);
		way->is_authorized = check_right(&inquiry->judgement) == NULL;
		if (way->is_authorized || way->arc == NULL)
			way->arc = arc;
	}
	return ways;
}

static void
run_check(void *argument)
{
	Inquiry    *inquiry = argument;

	inquiry->reason = inquiry->check(&inquiry->judgement);
}

/* Ask one check, and undo what it did; the error that it raised, or NULL. */
static ErrorData *
ask(Inquiry *inquiry, Check check)
{
	inquiry->check = check;
	inquiry->reason = NULL;
	return attempt(run_check, inquiry, true);
}

/* What guard and m0 have against passing an arc, NULL if nothing. */
char *
inquiry_objection(Inquiry *inquiry, const Arc *arc)
{
	static const Check asked[] = {check_guard, check_m0};

	if (arc->transition->guard == NULL && arc->transition->hooks[HOOK_M0] == NULL)
		return NULL;
	consider(inquiry, arc->transition, arc->to);
	for (int i = 0; i < lengthof(asked); i++)
	{
		ErrorData  *error = ask(inquiry, asked[i]);

		if (error != NULL)
			return error->message;
		if (inquiry->reason != NULL)
			return inquiry->reason;
	}
	return NULL;
}

/* Blockers */

typedef struct BlockersCall
{
	const char *docid;
	const char *transition;
	const char *structure;
	Inquiry		inquiry;
}			BlockersCall;

/* All that must be so before there is anything to judge. */
static void
begin_blockers(void *argument)
{
	BlockersCall *call = argument;
	Inquiry    *inquiry = &call->inquiry;
	const Transition *transition;
	const Arc  *arc;

	inquiry_begin(inquiry, call->docid, call->structure);
	transition = require_transition(&inquiry->target, call->transition);
	arc = arc_of_transition(inquiry->judgement.workflow, inquiry->judgement.from, transition);
	if (arc == NULL)
		raise_failure(INVALID_TRANSITION, inquiry->judgement.workflow->name);
	consider(inquiry, transition, arc->to);
	inquiry_end(inquiry);		/* its reference would not outlive the subtransaction */
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

static void
put_refusals(ReturnSetInfo *result, Inquiry *inquiry)
{
	for (int i = 0; i < NUMBER_OF_CHECKS; i++)
	{
		ErrorData  *error;

		if (!can_be_asked(&checks[i], inquiry->judgement.transition))
			continue;
		error = ask(inquiry, checks[i].check);
		if (error != NULL)
			put_blocker(result, error_code(error), error->message);
		else if (inquiry->reason != NULL)
			put_blocker(result, smartwf_failures[REFUSED].code, inquiry->reason);
	}
}

/* smartwf.blockers(docid, transition, structure) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_blockers);
Datum
smartwf_blockers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	BlockersCall call = {
		.docid = needed_argument(fcinfo, 0, "docid"),
		.transition = needed_argument(fcinfo, 1, "transition"),
		.structure = text_argument(fcinfo, 2),
	};
	ErrorData  *error;

	InitMaterializedSRF(fcinfo, 0);
	error = attempt(begin_blockers, &call, false);
	if (error != NULL)
		put_blocker(result, error_code(error), error->message);
	else
	{
		Judgement  *judgement = &call.inquiry.judgement;

		judgement->relation = table_open(judgement->table->relid, AccessShareLock);
		put_refusals(result, &call.inquiry);
		inquiry_end(&call.inquiry);
	}
	return (Datum) 0;
}
