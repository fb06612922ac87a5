/*
 * try_rules.c
 *		What the guard and the hooks of a transition that does not exist would say.
 *
 * They are asked for the row as it is today, as the caller, and all that they do is
 * rolled back.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/argument.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "transition/guard.h"
#include "transition/hook.h"
#include "transition/table_statement.h"
#include "transition/target.h"

typedef struct Trial
{
	TransitionCheck check;
	bool		calls_functions;	/* also those of the guard's author */
	char	   *reason;			/* NULL if there is no objection */
}			Trial;

static void
try_now(void *argument)
{
	Trial	   *trial = argument;

	if (!trial->calls_functions && guard_calls_others(&trial->check))
		trial->reason = pstrdup("its guard calls functions, which are called on request only");
	else
		trial->reason = check_guard(&trial->check);
	if (trial->reason == NULL)
		trial->reason = check_m0(&trial->check);
	if (trial->reason == NULL)
		trial->reason = check_m1(&trial->check);
}

/* The objection to passing the transition with that row. */
static char *
try_transition(const Target *target, Transition *transition, bool calls_functions, const char *from, const char *to,
			   const char *comment, Jsonb *parameters, const char *actor)
{
	State		states[] = {{.name = from, .label = from}, {.name = to, .label = to}};
	Workflow	workflow = *target->workflow;
	Trial		trial = {.calls_functions = calls_functions, .reason = NULL};
	TransitionCheck *check = &trial.check;
	ErrorData  *error;

	workflow.states = states;
	workflow.number_of_states = lengthof(states);
	check->table = target->table;
	check->relation = table_open(target->table->relid, AccessShareLock);
	check->workflow = &workflow;
	check->docid = target->element.docid;
	check->from = 0;
	check->to = 1;
	check->transition = transition;
	check->current = check->proposed = read_row(target->table, target->element.docid);
	check->is_request = true;
	check->comment = comment;
	check->parameters = parameters;
	check->actor = actor;
	error = check->current == NULL ? NULL : run_in_subtransaction(try_now, &trial, true);
	table_close(check->relation, NoLock);
	return error != NULL ? error->message : trial.reason;
}

/* smartwf.try_rules(docid, transition, from_state, to_state, guard, hooks, comment, parameters, actor, calls_functions) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_try_rules);
Datum
smartwf_try_rules(PG_FUNCTION_ARGS)
{
	const char *docid = needed_argument(fcinfo, 0, "docid");
	Transition	transition = {.name = text_argument(fcinfo, 1), .guard = text_argument(fcinfo, 4)};
	SavedUser	saved = switch_to_caller();
	Target		target;
	char	   *reason = NULL;

	for (int i = 0; i <= HOOK_M1; i++)
		transition.hooks[i] = text_argument(fcinfo, 5 + i);
	if (try_target(docid, &target))
		reason = try_transition(&target, &transition, boolean_argument(fcinfo, 10), text_argument(fcinfo, 2), text_argument(fcinfo, 3),
								text_argument(fcinfo, 7), PG_ARGISNULL(8) ? NULL : PG_GETARG_JSONB_P(8),
								text_argument(fcinfo, 9));
	else
		reason = pstrdup("the caller does not see the row");
	restore_user(saved);
	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
