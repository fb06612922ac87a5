/*
 * check.c
 *		Checks whether an element may pass a transition.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/actor.h"
#include "base/error.h"
#include "base/message.h"
#include "check.h"
#include "guard.h"
#include "hook.h"
#include "parameter.h"
#include "right.h"
#include "transition_check.h"

/* Another's lock refuses. */
char *
check_lock(TransitionCheck *check)
{
	const char *holder = check->locked_by;

	if (holder == NULL || is_same_actor(holder, check->locked_by_person))
		return NULL;
	return psprintf(localized("it is locked by \"%s\""), holder);
}

/* In the documented order. */
const NamedCheck checks[NUMBER_OF_CHECKS] = {
	{"lock", check_lock},
	{"right", check_right},
	{"guard", check_guard},
	{"m0", check_m0},
	{"parameters", check_parameters},
	{"m1", check_m1},
};

/* A description of what is refused. */
static char *
attempted(const TransitionCheck *check)
{
	if (check->transition != NULL)
		return psprintf(localized("Transition \"%s\""), check->transition->name);
	return psprintf(localized("State \"%s\""), check->workflow->states[check->to].name);
}

/* Raise the first reason why the transition is refused. */
void
check_transition(TransitionCheck *check)
{
	for (int i = 0; i < lengthof(checks); i++)
	{
		char	   *reason = checks[i].check(check);

		if (reason != NULL)
			raise_failure_in_detail(REFUSED, check->user_message, (const char *) NULL,
									attempted(check), check->docid, reason);
	}
}
