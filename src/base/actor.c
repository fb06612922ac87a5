/*
 * actor.c
 *		Who acts.
 *
 * The rights that are checked are those of the current role.  Two things hide
 * that role: our own switch to the owner of our tables, and a foreign-key
 * cascade, which PostgreSQL runs as the owner of the table.  Both say so by
 * SECURITY_NOFORCE_RLS.  For whom they are done stands on a stack: it grows when
 * smartwf switches the user, and when a statement comes to its AFTER triggers,
 * cascades among them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "actor.h"
#include "compat.h"
#include "json_value.h"
#include "storage/own_table.h"
#include "storage/role.h"
#include "texts.h"

static char *admin_role = NULL;
static char *actor_claim = NULL;

/* Somebody for whom others' rights are used, or whose statement runs. */
typedef struct ActorFrame
{
	Oid			role;
	struct ActorFrame *outer;
}			ActorFrame;

static ActorFrame *innermost = NULL;

/* Who acts while run_as_actor() lasts; no name: whom the token or the role says. */
static Actor assumed = {InvalidOid, NULL, false, NULL};

static ExecutorFinish_hook_type previous_executor_finish = NULL;

/* The stack */

static void
push_actor(ActorFrame *frame, Oid role)
{
	frame->role = role;
	frame->outer = innermost;
	innermost = frame;
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
	ActorFrame	frame;
	ActorFrame *outer = innermost;
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	PG_TRY();
	{
		if (!acts_for_somebody(context))
			push_actor(&frame, user);
		if (previous_executor_finish)
			previous_executor_finish(query);
		else
			standard_ExecutorFinish(query);
	}
	PG_FINALLY();
	{
		innermost = outer;
	}
	PG_END_TRY();
}

/* Settings that decide who is who: only a superuser may change them. */
void
actor_init(void)
{
	DefineCustomStringVariable("smartwf.admin_role",
							   "Role whose members administer all workflows.",
							   "Empty: superusers only.",
							   &admin_role, "", PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("smartwf.actor_claim",
							   "Claim of request.jwt.claims that names the actor.",
							   "Set it for the gateway's login role only: whoever can run SET can forge claims.",
							   &actor_claim, "", PGC_SUSET, 0, NULL, NULL, NULL);
	previous_executor_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_as_actor;
}

/*
 * The role whose rights are checked.  Nobody stands on the stack where the
 * library was loaded in the middle of the statement that cascades: then it is
 * taken to be the session's, and whoever records the change looks again.
 */
Oid
acting_role(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if (!acts_for_somebody(context))
		return user;
	return innermost != NULL ? innermost->role : GetOuterUserId();
}

/* Is that no more than a guess? */
bool
acting_role_is_guess(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	return acts_for_somebody(context) && innermost == NULL;
}

/* Names */

/* The claim's text, NULL if the request has no such claim. */
static char *
claimed_name(void)
{
	const char *claims = GetConfigOption("request.jwt.claims", true, false);
	JsonbValue *value;

	if (claims == NULL || claims[0] == '\0')
		return NULL;
	value = json_text_member(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(claims))),
							 actor_claim);
	return value == NULL || json_text(value)[0] == '\0' ? NULL : json_text(value);
}

/* The name of the person who acts, NULL if a role does so by itself. */
static char *
person_name(void)
{
	if (assumed.name != NULL)
		return assumed.is_person ? pstrdup(assumed.name) : NULL;
	return actor_claim == NULL || actor_claim[0] == '\0' ? NULL : claimed_name();
}

/* The name that history keeps. */
char *
actor_name(void)
{
	char	   *person = person_name();

	if (person != NULL)
		return person;
	return assumed.name != NULL ? pstrdup(assumed.name) : GetUserNameFromId(acting_role(), false);
}

/* Is it a person's, from a token? */
bool
actor_is_person(void)
{
	return person_name() != NULL;
}

/* Does the acting role have what the named role has?  Unknown roles: no. */
bool
holds_role(const char *role_name)
{
	Oid			role = role_of_name(role_name);

	return OidIsValid(role) && has_privs_of_role(acting_role(), role);
}

/*
 * Does a name, in a column or a list, mean the caller?  The name of a role means
 * that role, whatever a token says.
 */
bool
names_caller(const char *name)
{
	char	   *person;

	if (is_role_name(name))
		return holds_role(name);
	person = person_name();
	return person != NULL && strcmp(name, person) == 0;
}

/*
 * Does a name of which it is known what it is mean the caller?  That of a person
 * is never taken for a role's, nor a role's for a person's.
 */
bool
means_caller(const char *name, bool is_person)
{
	char	   *person;

	if (!is_person)
		return holds_role(name);
	person = person_name();
	return person != NULL && strcmp(name, person) == 0;
}

/*
 * By whom the caller is told from others, where one must not count as two: SET
 * ROLE makes nobody else of him.  A login that stands for many, a gateway's, has a
 * claim that names them; without it they are one.  A superuser can be anybody in
 * any case.
 */
char *
person_of_caller(void)
{
	char	   *person = person_name();

	if (assumed.name != NULL)
		return pstrdup(assumed.person);
	if (person != NULL)
		return person;
	if (superuser_arg(GetSessionUserId()))
		return GetUserNameFromId(acting_role(), false);
	return GetUserNameFromId(GetSessionUserId(), false);
}

/*
 * Could the login itself act as a role?  Code that somebody else has made SECURITY
 * DEFINER does so without that.
 */
bool
login_holds_role(const char *role_name)
{
	Oid			role = role_of_name(role_name);

	return assumed.name != NULL || (OidIsValid(role) && is_member_of_role(GetSessionUserId(), role));
}

/* Is that who acts now?  A person of a role's name is not that role. */
bool
is_same_actor(const char *name, bool is_person)
{
	return strcmp(name, actor_name()) == 0 && is_person == actor_is_person() &&
		(is_person || OidIsValid(role_of_name(name)));
}

/* Superusers and members of smartwf.admin_role. */
bool
is_administrator(void)
{
	if (superuser_arg(acting_role()))
		return true;
	return admin_role != NULL && admin_role[0] != '\0' && holds_role(admin_role);
}

/* Switches of user */

/* Do WORK as USER in CONTEXT, for ACTOR, and be who we were again, error or not. */
static void
run_in_context(Oid user, int context, Oid actor, Work work, void *argument)
{
	ActorFrame	frame;
	ActorFrame *outer = innermost;
	Oid			saved_user;
	int			saved_context;

	GetUserIdAndSecContext(&saved_user, &saved_context);
	PG_TRY();
	{
		push_actor(&frame, actor);
		SetUserIdAndSecContext(user, context);
		work(argument);
	}
	PG_FINALLY();
	{
		SetUserIdAndSecContext(saved_user, saved_context);
		innermost = outer;
	}
	PG_END_TRY();
}

/*
 * Do WORK as the owner of our tables, for the caller.  Nothing that a user can
 * shape is evaluated in it: no expression, policy, view or trigger of his, and
 * no name that his search_path would find.
 */
void
run_as_owner(Work work, void *argument)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	run_in_context(smartwf_owner(), context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS,
				   acting_role(), work, argument);
}

/* Do WORK (a hook, a guard) as the acting role itself, with no more rights. */
void
run_as_caller(Work work, void *argument)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if (!acts_for_somebody(context))
		work(argument);
	else
		run_in_context(acting_role(), (context | SECURITY_LOCAL_USERID_CHANGE) &
					   ~SECURITY_NOFORCE_RLS, acting_role(), work, argument);
}

/*
 * Do WORK, the planning of a statement that is permitted as for the owner of its
 * table, exempt from FORCE ROW LEVEL SECURITY: as in a foreign-key cascade, it
 * does not hold up what is done for somebody else.
 */
void
run_unforced(Work work, void *argument)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	run_in_context(user, context | SECURITY_NOFORCE_RLS, acting_role(), work, argument);
}

/*
 * Do WORK, an AFTER trigger on a table of OWNER.  Since PostgreSQL 18 those of a
 * cascade run as the owner, as the cascade itself does, but nothing says so.
 */
void
run_as_after_trigger(Oid owner, Work work, void *argument)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if (after_triggers_run_as_queued() && user == owner && innermost != NULL && innermost->role != owner)
		run_in_context(user, context | SECURITY_NOFORCE_RLS, innermost->role, work, argument);
	else
		work(argument);
}

/*
 * Do WORK as somebody else altogether: with his rights, checked by them, under the
 * name that history keeps.  For the steps of flows, which act for whoever started
 * them, published them or answered.  What he would leave to the end of the transaction or
 * session, a deferred trigger or a temporary table, would act with the rights
 * of whose session it is: PostgreSQL refuses it in a restricted operation.
 */
void
run_as_actor(const Actor *actor, Work work, void *argument)
{
	Actor		saved = assumed;
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	PG_TRY();
	{
		assumed = *actor;
		run_in_context(actor->role, (context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION) &
					   ~SECURITY_NOFORCE_RLS, actor->role, work, argument);
	}
	PG_FINALLY();
	{
		assumed = saved;
	}
	PG_END_TRY();
}

/* Who a worker is itself, while become_actor() lasts. */
static Oid	worker_user = InvalidOid;
static int	worker_context = 0;
static ActorFrame worker_frame;

static void
be_worker_again(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_ABORT)
		return;
	if (OidIsValid(worker_user) && event == XACT_EVENT_PRE_COMMIT)
		SetUserIdAndSecContext(worker_user, worker_context);
	if (OidIsValid(worker_user))
	{
		assumed.name = NULL;
		innermost = worker_frame.outer;
	}
	worker_user = InvalidOid;
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

	if (!registered)
		RegisterXactCallback(be_worker_again, NULL);
	registered = true;
	GetUserIdAndSecContext(&worker_user, &worker_context);
	assumed = *actor;
	assumed.name = MemoryContextStrdup(TopTransactionContext, actor->name);
	assumed.person = MemoryContextStrdup(TopTransactionContext, actor->person);
	push_actor(&worker_frame, actor->role);
	SetUserIdAndSecContext(actor->role, worker_context | SECURITY_LOCAL_USERID_CHANGE);
}

/* smartwf.actor() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_actor);
Datum
smartwf_actor(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(actor_name()));
}

/* smartwf.acting_role() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_acting_role);
Datum
smartwf_acting_role(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(GetUserNameFromId(acting_role(), false)));
}

/* smartwf.actor_is_person() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_actor_is_person);
Datum
smartwf_actor_is_person(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(actor_is_person());
}

/* smartwf.names_caller(names, people) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_names_caller);
Datum
smartwf_names_caller(PG_FUNCTION_ARGS)
{
	List	   *people;
	ListCell   *cell;

	if (is_administrator())
		PG_RETURN_BOOL(true);
	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(false);
	people = PG_ARGISNULL(1) ? NIL : list_of_texts(PG_GETARG_DATUM(1));
	foreach(cell, list_of_texts(PG_GETARG_DATUM(0)))
		if (means_caller(lfirst(cell), is_in_texts(people, lfirst(cell))))
			PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(false);
}

/* smartwf.person() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_person);
Datum
smartwf_person(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(person_of_caller()));
}

/* smartwf.is_administrator() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_is_administrator);
Datum
smartwf_is_administrator(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_administrator());
}
