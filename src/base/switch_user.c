/*
 * switch_user.c
 *		Determines the acting role, and switches to another user for a while.
 *
 * Rights are checked for the current role, except where SECURITY_NOFORCE_RLS
 * is set: while smartwf runs as the owner of its tables, and in foreign-key
 * cascades, which PostgreSQL runs as the owner of the table.  For these, a
 * stack keeps the role on whose behalf they run.  smartwf's own switches push
 * onto it, and so does a statement when it starts to run its AFTER triggers
 * (ExecutorFinish).
 *
 * A switch is a pair, switch_...() and restore_user().  An error in between
 * aborts a (sub)transaction: PostgreSQL restores the previous user, and the
 * stack is cut back too.  Code that catches an error without a subtransaction
 * calls restore_user() itself.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "switch_user.h"

/* The role and actor on whose behalf the current code runs. */
typedef struct ActorFrame
{
	Oid			role;
	Actor		assumed;		/* name is NULL if none: the token or the role decides */
	int			nest_level;		/* of the transaction that pushed it */
}			ActorFrame;

static ActorFrame *frames = NULL;
static int	depth = 0;
static int	capacity = 0;

static ExecutorFinish_hook_type previous_executor_finish = NULL;

/* The stack */

static const Actor nobody = {InvalidOid, NULL, false, NULL};

/*
 * The actor that smartwf has assumed.  Its name is NULL if there is none; then
 * the token or the role decides.
 */
const Actor *
assumed_actor(void)
{
	return depth == 0 ? &nobody : &frames[depth - 1].assumed;
}

/* ACTOR is the actor to assume; NULL keeps the current one. */
static void
push_frame(Oid role, const Actor *actor)
{
	Actor		assumed = actor != NULL ? *actor : *assumed_actor();

	if (depth == capacity)
	{
		int			wanted = capacity == 0 ? 16 : 2 * capacity;

		frames = frames == NULL ? MemoryContextAlloc(TopMemoryContext, wanted * sizeof(ActorFrame)) :
			repalloc(frames, wanted * sizeof(ActorFrame));
		capacity = wanted;
	}
	frames[depth++] = (ActorFrame) {role, assumed, GetCurrentTransactionNestLevel()};
}

static bool
acts_for_somebody(int context)
{
	return (context & SECURITY_NOFORCE_RLS) != 0;
}

/*
 * ExecutorFinish hook.  Cascades from here run on behalf of the role that
 * executes the statement, even if that is the owner of a SECURITY DEFINER
 * function.
 */
static void
finish_as_actor(QueryDesc *query)
{
	int			saved = depth;
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if (!acts_for_somebody(context))
		push_frame(user, NULL);
	PG_TRY();
	{
		if (previous_executor_finish)
			previous_executor_finish(query);
		else
			standard_ExecutorFinish(query);
	}
	PG_FINALLY();
	{
		depth = saved;
	}
	PG_END_TRY();
}

/* At an abort, discard what the subtransaction pushed; at commit, hand it to the parent. */
static void
leave_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *argument)
{
	int			level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
		while (depth > 0 && frames[depth - 1].nest_level >= level)
			depth--;
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (int i = depth; i > 0 && frames[i - 1].nest_level >= level; i--)
			frames[i - 1].nest_level = level - 1;
}

/* By now each switch has been undone, unless the transaction failed. */
static void
leave_transaction(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE)
		return;
	Assert(depth == 0 || event == XACT_EVENT_ABORT);
	depth = 0;
}

/* Called at library load. */
void
switch_user_init(void)
{
	previous_executor_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_as_actor;
	RegisterSubXactCallback(leave_subtransaction, NULL);
	RegisterXactCallback(leave_transaction, NULL);
}

/*
 * The role whose rights are checked.  If the library was loaded during a
 * cascade, the stack is empty; then the session's role is assumed, and the
 * AFTER trigger checks again (require_checked_role).
 */
Oid
acting_role(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if (!acts_for_somebody(context))
		return user;
	return depth > 0 ? frames[depth - 1].role : GetOuterUserId();
}

/* Is acting_role() only an assumption? */
bool
acting_role_is_guess(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	return acts_for_somebody(context) && depth == 0;
}

/* Switches */

/*
 * The current user and stack depth.  Also for callers that catch an error
 * without a subtransaction.
 */
SavedUser
present_user(void)
{
	SavedUser	saved = {.depth = depth, .is_switched = true};

	GetUserIdAndSecContext(&saved.user, &saved.context);
	return saved;
}

/* Become USER on behalf of ROLE, setting and clearing these context flags. */
static SavedUser
switch_user(Oid user, int with, int without, Oid role, const Actor *actor)
{
	SavedUser	saved = present_user();

	push_frame(role, actor);
	SetUserIdAndSecContext(user, (saved.context | with) & ~without);
	return saved;
}

/*
 * No switch is needed.  restore_user() must not touch the user then: the code
 * called in between may have changed it for good, by SET ROLE.
 */
static SavedUser
no_switch(void)
{
	return (SavedUser) {.is_switched = false};
}

/* Undo the switch that returned SAVED. */
void
restore_user(SavedUser saved)
{
	if (!saved.is_switched)
		return;
	SetUserIdAndSecContext(saved.user, saved.context);
	depth = saved.depth;
}

/*
 * Become USER, the owner of smartwf's tables, on behalf of the caller.  Until
 * restore_user(), nothing that a user can define may be evaluated: no
 * expression, policy, view or trigger, and no name that depends on the
 * caller's search_path.
 */
SavedUser
switch_for_caller(Oid user)
{
	return switch_user(user, SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS, 0, acting_role(), NULL);
}

/* Become the acting role again, with no other rights: for a hook or guard. */
SavedUser
switch_to_caller(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	return !acts_for_somebody(context) ? no_switch() :
		switch_user(acting_role(), SECURITY_LOCAL_USERID_CHANGE, SECURITY_NOFORCE_RLS, acting_role(), NULL);
}

/*
 * Set SECURITY_NOFORCE_RLS without changing the user, so that planning ignores
 * FORCE ROW LEVEL SECURITY, as in a foreign-key cascade.
 */
SavedUser
switch_off_forced_policies(void)
{
	return switch_user(GetUserId(), SECURITY_NOFORCE_RLS, 0, acting_role(), NULL);
}

/*
 * For an AFTER trigger on a table of OWNER.  Since PostgreSQL 18 the triggers
 * of a cascade run as that owner, like the cascade itself, but without its
 * flag.
 */
SavedUser
switch_for_after_trigger(Oid owner)
{
	if (!after_triggers_run_as_queued() || GetUserId() != owner || depth == 0 || frames[depth - 1].role == owner)
		return no_switch();
	return switch_user(owner, SECURITY_NOFORCE_RLS, 0, frames[depth - 1].role, NULL);
}

/*
 * Become another actor, with that role's rights and its name in the history.
 * Used for steps of flows, which act for the user who started the flow,
 * published it or answered.  SECURITY_RESTRICTED_OPERATION forbids deferred
 * triggers, temporary tables and the like, which would later run with the
 * rights of the session user.
 */
SavedUser
switch_to_actor(const Actor *actor)
{
	return switch_user(actor->role, SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION,
					   SECURITY_NOFORCE_RLS, actor->role, actor);
}

/* The worker's own user, while become_actor() lasts. */
static bool is_somebody = false;
static SavedUser worker;

static void
be_worker_again(XactEvent event, void *argument)
{
	if (!is_somebody || (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_ABORT))
		return;
	is_somebody = false;
	if (event == XACT_EVENT_PRE_COMMIT)
		restore_user(worker);
}

/*
 * Become another actor until the transaction ends, including its deferred
 * triggers: a worker does nothing for itself in it.  The user is restored by a
 * transaction callback when no more user code can run; after an error
 * PostgreSQL restores it.
 */
void
become_actor(const Actor *actor)
{
	static bool registered = false;
	Actor		kept = *actor;

	if (!registered)
		RegisterXactCallback(be_worker_again, NULL);
	registered = true;
	kept.name = MemoryContextStrdup(TopTransactionContext, actor->name);
	kept.person = MemoryContextStrdup(TopTransactionContext, actor->person);
	worker = switch_user(actor->role, SECURITY_LOCAL_USERID_CHANGE, 0, actor->role, &kept);
	is_somebody = true;
}
