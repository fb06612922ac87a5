/*
 * target.c
 *		Finds the element that a caller names by document id.
 *
 * Errors that reveal more than existence are raised only after the caller has
 * been shown to see the row.  If there is no other error, this test is left to
 * the next statement, which may do it at no extra cost.
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "attach/succession.h"
#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/refusal.h"
#include "base/texts.h"
#include "table_statement.h"
#include "target.h"

/* The documents of whom it is being asked whether the caller sees them (const char *). */
static List *asked = NIL;

/* A policy of the table that asks for the same document again would never end. */
static bool
sees_row(const Target *target)
{
	const char *docid = target->element.docid;
	List	   *before = asked;
	uint64		rows = 0;

	if (is_in_texts(asked, docid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("infinite recursion detected in a policy of table \"%s\"", get_rel_name(target->table->relid)),
				 errhint("A policy cannot ask smartwf for the documents of its own table.")));
	PG_TRY();
	{
		asked = lappend(list_copy(asked), (void *) docid);
		rows = run_on_row(target->table, SEE_ROW, docid);
	}
	PG_FINALLY();
	{
		asked = before;
	}
	PG_END_TRY();
	return rows > 0;
}

/*
 * Does the caller see the row?  A deleted row cannot be tested, so it counts
 * as visible only to callers who see all rows.
 */
static bool
is_visible(Target *target)
{
	if (target->is_seen)
		return true;
	target->is_seen = may_select(target->table) &&
		(target->element.is_deleted ? sees_all_rows(target->table) : sees_row(target));
	return target->is_seen;
}

/* Raise CRUD0201, or CRUD0219 if the row was deleted since the element was read. */
static void
raise_invisible(Target *target)
{
	const char *docid = target->element.docid;

	if (may_select(target->table) && sees_all_rows(target->table) && !target->element.is_deleted &&
		element_read(docid, &target->element) && target->element.is_deleted)
		raise_failure(DELETED_ELEMENT, docid);
	raise_failure(INVISIBLE_ELEMENT, docid);
}

/* Raise CRUD0201 unless the caller sees the row. */
void
require_visible(Target *target)
{
	if (!is_visible(target))
		raise_invisible(target);
}

/* The version that an element follows: a living one's history says it, if its structure has ever moved. */
static const Workflow *
workflow_of_element(const Element *element, const Structure *structure)
{
	ElementStatus status;

	if (structure->successions == NIL || !element_status_read(element->docid, &status))
		return workflow_by_id(element->workflow_id);
	return followed_workflow(structure->successions, status.workflow_id, status.state);
}

/* Find an element.  Returns the first failure in the documented order, or NO_FAILURE. */
static Failure
look_for(const char *docid, const char *structure_name, Target *target)
{
	const Structure *structure;
	bool		is_other;

	memset(target, 0, sizeof(Target));
	if (!element_read(docid, &target->element))
		return UNKNOWN_ELEMENT;
	is_other = structure_name != NULL &&
		strcmp(structure_name, target->element.structure) != 0;
	structure = structure_by_name(target->element.structure);
	/* without a table it cannot be tested whether the caller has seen the row */
	if (structure == NULL)
		return !is_administrator() ? INVISIBLE_ELEMENT : is_other ? OTHER_STRUCTURE : NO_WORKFLOW;
	target->table = attached_table(structure_relation(structure), structure->name);
	if (is_other)
		return OTHER_STRUCTURE;
	target->workflow = workflow_of_element(&target->element, structure);
	if (target->workflow == NULL)
		return NO_WORKFLOW;
	return target->element.is_deleted ? DELETED_ELEMENT : NO_FAILURE;
}

/* Find an element, or raise the failure. */
void
find_target(const char *docid, const char *structure_name, Target *target)
{
	Failure		failure = look_for(docid, structure_name, target);

	if (failure == NO_FAILURE)
		return;
	if (target->table != NULL)
		require_visible(target);
	raise_failure(failure, docid, structure_name);
}

/* Find an element that the caller sees; false if there is any failure. */
bool
try_target(const char *docid, Target *target)
{
	return look_for(docid, NULL, target) == NO_FAILURE && is_visible(target);
}

/*
 * The index of the row's current state, NO_STATE if the workflow does not have
 * it.  Raises CRUD0201 unless the caller sees the row.
 */
int
current_state(Target *target)
{
	char	   *state = NULL;

	if (!may_select(target->table) ||
		!read_state(target->table, target->element.docid, &state))
		raise_invisible(target);
	target->is_seen = true;
	return state == NULL ? NO_STATE : state_index(target->workflow, state);
}

/* May the caller update the state?  Keeps the answer of may_update_state(). */
bool
target_may_update(Target *target, bool without_policies)
{
	int		   *answer = &target->may_update[without_policies];

	if (*answer == 0)
		*answer = may_update_state(target->table, without_policies) ? 1 : -1;
	return *answer > 0;
}

/* Somebody asks for what the workflow does not have: that, too, is an attempt that may be kept. */
static void
keep_unknown(const Target *target, Failure failure, const char *transition, const char *state)
{
	if (!target->workflow->keeps_refusals)
		return;
	keep_refusal(&(Refusal)
				 {
					 .docid = target->element.docid, .structure = target->element.structure,
					 .workflow = target->workflow->name, .version = target->workflow->version,
					 .transition = transition, .to_state = state,
					 .actor = actor_name(), .actor_is_person = actor_is_person(),
					 .code = smartwf_failures[failure].code,
					 .message = failure_message(failure, transition != NULL ? transition : state,
												target->workflow->name),
				 });
}

/* A transition of the element's workflow, or CRUD0229. */
const Transition *
require_transition(Target *target, const char *name)
{
	const Transition *transition = transition_by_name(target->workflow, name);

	if (transition == NULL)
	{
		require_visible(target);
		keep_unknown(target, UNKNOWN_TRANSITION, name, NULL);
		raise_failure(UNKNOWN_TRANSITION, name, target->workflow->name);
	}
	return transition;
}

/* The index of a state of the element's workflow, or CRUD0228. */
int
require_state(Target *target, const char *name)
{
	int			state = state_index(target->workflow, name);

	if (state == NO_STATE)
	{
		require_visible(target);
		keep_unknown(target, UNKNOWN_STATE, NULL, name);
		raise_failure(UNKNOWN_STATE, name, target->workflow->name);
	}
	return state;
}

/* For views */

/* smartwf.is_visible(docid) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_is_visible);
Datum
smartwf_is_visible(PG_FUNCTION_ARGS)
{
	Target		target;

	PG_RETURN_BOOL(!PG_ARGISNULL(0) && try_target(text_argument(fcinfo, 0), &target));
}

/* May the caller read the whole row of a document? */
bool
document_is_readable(const char *docid)
{
	Target		target;

	return try_target(docid, &target) && (is_administrator() || may_read_row(target.table));
}

/* smartwf.is_readable(docid): the whole row, values in errors too. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_is_readable);
Datum
smartwf_is_readable(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!PG_ARGISNULL(0) && document_is_readable(text_argument(fcinfo, 0)));
}

/*
 * Must the UPDATE run with permission as for the owner of the table?  It must
 * if only a grant allows it.  It also must if the caller has no UPDATE
 * privilege, so that the trigger raises the error in the documented order.
 * Without a transition, it depends on all transitions that lead to the state.
 */
bool
target_needs_permission(Target *target, const Transition *transition, int to)
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
