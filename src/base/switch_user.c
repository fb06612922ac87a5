/*
 * switch_user.c
 *		Who acts, and acting as another user for a while.
 *
 * Rights are checked for the current role, except where SECURITY_NOFORCE_RLS is
 * set: while smartwf runs as the owner of its tables, and in foreign-key cascades,
 * which PostgreSQL runs as the owner of the table.  For these, a stack keeps the
 * role on whose behalf they run.  smartwf's own switches push onto it, and so does
 * a statement that comes to its AFTER triggers (ExecutorFinish).
 *
 * A switch is a pair, switch_...() and restore_user().  An error in between ends
 * a (sub)transaction: PostgreSQL goes back to the user of before it, and so does
 * the stack.  Whoever catches an error before that calls restore_user() first.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "switch_user.h"

/* On whose behalf something runs. */
typedef struct ActorFrame
{
	Oid			role;
	Actor		assumed;		/* without a name: none, the token or the role decides */
	int			nest_level;		/* of the transaction that it was made in */
}			ActorFrame;

static ActorFrame *frames = NULL;
static int	depth = 0;
static int	capacity = 0;

static ExecutorFinish_hook_type previous_executor_finish = NULL;

/* The stack */

static const Actor nobody = {InvalidOid, NULL, false, NULL};

/* The actor that smartwf has assumed; without a name if none is: then the token or the role decides. */
const Actor *
assumed_actor(void)
{
	return depth == 0 ? &nobody : &frames[depth - 1].assumed;
}

/* ACTOR is the actor to assume; NULL keeps the present one. */
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
 * A statement comes to its AFTER triggers: what cascades from here is done for
 * whoever runs it, the owner of a SECURITY DEFINER function too.
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

/* What was pushed in a subtransaction goes with it if it fails, else it is its parent's. */
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

/* Each switch has been undone, or its transaction has failed. */
static void
leave_transaction(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE)
		return;
	Assert(depth == 0 || event == XACT_EVENT_ABORT);
	depth = 0;
}

/* At load. */
void
switch_user_init(void)
{
	previous_executor_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_as_actor;
	RegisterSubXactCallback(leave_subtransaction, NULL);
	RegisterXactCallback(leave_transaction, NULL);
}

/*
 * The role whose rights are checked.  If the library was loaded during a cascade,
 * the stack is empty.  Then it is taken to be the session's role, and the AFTER
 * trigger looks again (require_checked_role).
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

/* Is that no more than a guess? */
bool
acting_role_is_guess(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	return acts_for_somebody(context) && depth == 0;
}

/* Switches */

/* Who we are, to be restored: also for those who catch an error without a subtransaction. */
SavedUser
present_user(void)
{
	SavedUser	saved = {.depth = depth, .is_switched = true};

	GetUserIdAndSecContext(&saved.user, &saved.context);
	return saved;
}

/* Be USER for ROLE, the context with and without these flags. */
static SavedUser
switch_user(Oid user, int with, int without, Oid role, const Actor *actor)
{
	SavedUser	saved = present_user();

	push_frame(role, actor);
	SetUserIdAndSecContext(user, (saved.context | with) & ~without);
	return saved;
}

/*
 * No switch is needed.  Then restore_user() must not touch the user: what was
 * called in between may have changed it for good, by SET ROLE.
 */
static SavedUser
no_switch(void)
{
	return (SavedUser) {.is_switched = false};
}

/* Be who we were before the switch that returned SAVED. */
void
restore_user(SavedUser saved)
{
	if (!saved.is_switched)
		return;
	SetUserIdAndSecContext(saved.user, saved.context);
	depth = saved.depth;
}

/*
 * Be USER, the owner of our tables, for the caller.  Nothing that a user can
 * shape is evaluated until restore_user(): no expression, policy, view or trigger
 * of his, and no name that his search_path would find.
 */
SavedUser
switch_for_caller(Oid user)
{
	return switch_user(user, SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS, 0, acting_role(), NULL);
}

/* Be the acting role itself, with no more rights: for a hook or a guard. */
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
 * In an AFTER trigger on a table of OWNER.  Since PostgreSQL 18 those of a
 * cascade run as the owner, as the cascade itself does, but nothing says so.
 */
SavedUser
switch_for_after_trigger(Oid owner)
{
	if (!after_triggers_run_as_queued() || GetUserId() != owner || depth == 0 || frames[depth - 1].role == owner)
		return no_switch();
	return switch_user(owner, SECURITY_NOFORCE_RLS, 0, frames[depth - 1].role, NULL);
}

/*
 * Be another actor: that role's rights, and its name in history.  For the steps of
 * flows, which act for whoever started them, published them or answered.
 * SECURITY_RESTRICTED_OPERATION forbids deferred triggers, temporary tables and the
 * like, which would later run with the rights of the session's own user.
 */
SavedUser
switch_to_actor(const Actor *actor)
{
	return switch_user(actor->role, SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION,
					   SECURITY_NOFORCE_RLS, actor->role, actor);
}

/* Who a worker is itself, while become_actor() lasts. */
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
 * Be somebody else until the transaction is over, deferred triggers and
 * all: a worker has nothing of its own to do in it.  PostgreSQL calls us back
 * when no user's code can run any more; after an error it is itself again
 * without us.
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
