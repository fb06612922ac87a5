/*
 * check.c
 *		Checks whether an element may pass a transition.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

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
	{"lock", check_lock, NO_HOOK},
	{"right", check_right, NO_HOOK},
	{"guard", check_guard, NO_HOOK},
	{"m0", check_m0, HOOK_M0},
	{"parameters", check_parameters, NO_HOOK},
	{"m1", check_m1, HOOK_M1},
};

/* A description of what is refused. */
static char *
attempted(const TransitionCheck *check)
{
	if (check->transition != NULL)
		return psprintf(localized("Transition \"%s\""), check->transition->name);
	return psprintf(localized("State \"%s\""), check->workflow->states[check->to].name);
}

/* Is there a hook that the check asks? */
static bool
asks_hook(const NamedCheck *named, const Transition *transition)
{
	return named->hook != NO_HOOK && transition != NULL && transition->hooks[named->hook] != NULL;
}

/* Has the transaction replaced the row since the change of it began? */
static bool
row_was_written(const TransitionCheck *check)
{
	TupleTableSlot *slot = table_slot_create(check->relation, NULL);
	bool		is_there = table_tuple_fetch_row_version(check->relation, &check->current->t_self, SnapshotSelf, slot);

	ExecDropSingleTupleTableSlot(slot);
	return !is_there;
}

/*
 * Raise the first reason why the transition is refused.  False if a hook wrote the
 * document's own row: what else was checked was checked for a row that is no longer
 * there.  The hooks that have agreed are noted, so as not to be asked again.
 */
bool
check_transition(TransitionCheck *check)
{
	for (int i = 0; i < lengthof(checks); i++)
	{
		char	   *reason;

		if ((check->agreed & (1 << i)) != 0)
			continue;
		reason = checks[i].check(check);
		if (reason != NULL)
			raise_failure_in_detail(REFUSED, check->user_message, (const char *) NULL,
									attempted(check), check->docid, reason);
		if (!asks_hook(&checks[i], check->transition))
			continue;
		check->agreed |= 1 << i;
		if (row_was_written(check))
			return false;
	}
	return true;
}
