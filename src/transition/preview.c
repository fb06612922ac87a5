/*
 * preview.c
 *		Determines what could be done with an element now, and why not,
 *		without changing it.
 *
 * Guards and hooks may have side effects, so each is called in a
 * subtransaction that is rolled back.
 */
#include "postgres.h"

#include "access/table.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/subtransaction.h"
#include "check.h"
#include "guard.h"
#include "hook.h"
#include "preview.h"
#include "right.h"
#include "table_statement.h"
#include "target.h"
#include "transition_check.h"

/* Find the element, check that the caller sees it, and read its state. */
void
preview_begin(Preview *preview, const char *docid, const char *structure)
{
	TransitionCheck *check = &preview->check;
	Target	   *target = &preview->target;

	memset(preview, 0, sizeof(Preview));
	find_target(docid, structure, target);
	check->table = target->table;
	check->workflow = target->workflow;
	check->docid = target->element.docid;
	check->locked_by = target->element.locked_by;
	check->locked_by_person = target->element.locked_by_person;
	check->from = current_state(target);
	check->is_request = true;
	check->relation = table_open(target->table->relid, AccessShareLock);
}

/* The table's lock is kept, as after a statement. */
void
preview_end(Preview *preview)
{
	table_close(preview->check.relation, NoLock);
}

/* Prepare for checking a transition; reads the row if a check needs it. */
static void
consider(Preview *preview, const Transition *transition, int to)
{
	TransitionCheck *check = &preview->check;
	bool		needs_row = transition->guard != NULL || transition->hooks[HOOK_M0] != NULL ||
		transition->hooks[HOOK_M1] != NULL;

	for (int i = 0; i < transition->number_of_grants; i++)
		needs_row |= transition->grants[i].is_column;
	if (needs_row && check->current == NULL)
	{
		check->current = read_row(check->table, check->docid);
		if (check->current == NULL)
			raise_failure(DELETED_ELEMENT, check->docid);
	}
	check->proposed = check->current;
	check->transition = transition;
	check->to = to;
	check->may_update = target_may_update(&preview->target,
											  target_needs_permission(&preview->target, transition, to));
}

/*
 * For each state, by its index, how it can be reached: by the first arc that
 * the caller has the right to pass, or the first of all if there is none.
 */
ReachableState *
preview_states(Preview *preview)
{
	const Workflow *workflow = preview->check.workflow;
	ReachableState *states = palloc0_array(ReachableState, workflow->number_of_states);

	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		const Arc  *arc = &workflow->arcs[i];
		ReachableState *state = &states[arc->to];

		if (arc->from != preview->check.from || state->is_authorized)
			continue;
		consider(preview, arc->transition, arc->to);
		state->is_authorized = check_right(&preview->check) == NULL;
		if (state->is_authorized || state->arc == NULL)
			state->arc = arc;
	}
	return states;
}

static void
run_check(void *argument)
{
	Preview    *preview = argument;

	preview->reason = preview->asked(&preview->check);
}

/* Run one check and undo its effects; returns the error that it raised, or NULL. */
static ErrorData *
ask(Preview *preview, CheckFunction check)
{
	preview->asked = check;
	preview->reason = NULL;
	return run_in_subtransaction(run_check, preview, true);
}

/* What another's lock, guard and m0 object to passing an arc, NULL if nothing. */
char *
preview_objection(Preview *preview, const Arc *arc)
{
	static const CheckFunction asked[] = {check_lock, check_guard, check_m0};

	if (arc->transition->guard == NULL && arc->transition->hooks[HOOK_M0] == NULL &&
		preview->check.locked_by == NULL)
		return NULL;
	consider(preview, arc->transition, arc->to);
	for (int i = 0; i < lengthof(asked); i++)
	{
		ErrorData  *error = ask(preview, asked[i]);

		if (error != NULL)
			return error->message;
		if (preview->reason != NULL)
			return preview->reason;
	}
	return NULL;
}

/* Blockers */

typedef struct BlockersCall
{
	const char *docid;
	const char *transition;
	const char *structure;
	Preview		preview;
}			BlockersCall;

/* Everything that can fail before the checks. */
static void
begin_blockers(void *argument)
{
	BlockersCall *call = argument;
	Preview    *preview = &call->preview;
	const Transition *transition;
	const Arc  *arc;

	preview_begin(preview, call->docid, call->structure);
	transition = require_transition(&preview->target, call->transition);
	arc = arc_of_transition(preview->check.workflow, preview->check.from, transition);
	if (arc == NULL)
		raise_failure(INVALID_TRANSITION, preview->check.workflow->name);
	consider(preview, transition, arc->to);
	preview_end(preview);		/* the relation reference does not outlive the subtransaction */
}

/* Parameters are given when it is passed; m1 can be called if none is needed. */
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
put_refusals(ReturnSetInfo *result, Preview *preview)
{
	for (int i = 0; i < NUMBER_OF_CHECKS; i++)
	{
		ErrorData  *error;

		if (!can_be_asked(&checks[i], preview->check.transition))
			continue;
		error = ask(preview, checks[i].check);
		if (error != NULL)
			put_blocker(result, error_code(error), error->message);
		else if (preview->reason != NULL)
			put_blocker(result, smartwf_failures[REFUSED].code, preview->reason);
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
	error = run_in_subtransaction(begin_blockers, &call, false);
	if (error != NULL)
		put_blocker(result, error_code(error), error->message);
	else
	{
		TransitionCheck *check = &call.preview.check;

		check->relation = table_open(check->table->relid, AccessShareLock);
		put_refusals(result, &call.preview);
		preview_end(&call.preview);
	}
	return (Datum) 0;
}
