/*
 * actor.c
 *		Who acts.
 *
 * The rights judged are those of the current role.  Two things hide that role
 * while a trigger runs: a foreign-key cascade runs as the owner of the table,
 * and so does our own UPDATE for a caller whom a grant allows what the table's
 * privileges do not.  In both cases it is the role outside that acts.
 */
#include "postgres.h"

#include "access/xact.h"
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
#include "texts.h"

static char *admin_role = NULL;
static char *actor_claim = NULL;

/* The caller behind our own switch of user, while run_as() lasts. */
static Oid	switched_caller = InvalidOid;
static Oid	switched_user = InvalidOid;

/* Whose name acts while run_as_actor() lasts; NULL: the claim's or the role's. */
static const char *assumed_name = NULL;

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
}

/*
 * The role whose rights are judged.  SECURITY_NOFORCE_RLS is what tells a
 * cascade (and our own switch) from a SECURITY DEFINER function, whose owner
 * does act.
 */
Oid
acting_role(void)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if ((context & SECURITY_NOFORCE_RLS) == 0)
		return user;
	if (!OidIsValid(switched_caller))
		return GetOuterUserId();
	return user == switched_user ? switched_caller : user;
}

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
	return value == NULL ? NULL : json_text(value);
}

/* The name that history keeps and that a column of the element may hold. */
char *
actor_name(void)
{
	if (assumed_name != NULL)
		return pstrdup(assumed_name);
	if (actor_claim != NULL && actor_claim[0] != '\0')
	{
		char	   *name = claimed_name();

		if (name != NULL)
			return name;
	}
	return GetUserNameFromId(acting_role(), false);
}

/* Does the acting role have what the named role has?  Unknown roles: no. */
bool
holds_role(const char *role_name)
{
	Oid			role = get_role_oid(role_name, true);

	return OidIsValid(role) && has_privs_of_role(acting_role(), role);
}

/* Does a name, in a column or a list, mean the caller?  His own, or a role's. */
bool
names_caller(const char *name)
{
	return strcmp(name, actor_name()) == 0 || holds_role(name);
}

/* Superusers and members of smartwf.admin_role. */
bool
is_administrator(void)
{
	if (superuser_arg(acting_role()))
		return true;
	return admin_role != NULL && admin_role[0] != '\0' && holds_role(admin_role);
}

/* Do WORK as USER in CONTEXT, and be who we were again, error or not. */
static void
run_in_context(Oid user, int context, Work work, void *argument)
{
	Oid			caller = acting_role();
	Oid			saved_caller = switched_caller;
	Oid			saved_switched = switched_user;
	Oid			saved_user;
	int			saved_context;

	GetUserIdAndSecContext(&saved_user, &saved_context);
	PG_TRY();
	{
		switched_caller = caller;
		switched_user = user;
		SetUserIdAndSecContext(user, context);
		work(argument);
	}
	PG_FINALLY();
	{
		SetUserIdAndSecContext(saved_user, saved_context);
		switched_caller = saved_caller;
		switched_user = saved_switched;
	}
	PG_END_TRY();
}

/*
 * Do WORK with the rights of USER, judged all the same as what the present
 * caller does.  As in a foreign-key cascade, FORCE ROW LEVEL SECURITY does not
 * hold up an owner who acts for somebody else.
 */
void
run_as(Oid user, Work work, void *argument)
{
	Oid			saved_user;
	int			context;

	GetUserIdAndSecContext(&saved_user, &context);
	run_in_context(user, context | SECURITY_LOCAL_USERID_CHANGE |
				   SECURITY_NOFORCE_RLS, work, argument);
}

/* Do WORK (a hook, a guard) as the acting role itself, with no more rights. */
void
run_as_caller(Work work, void *argument)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if ((context & SECURITY_NOFORCE_RLS) == 0)
		work(argument);
	else
		run_in_context(acting_role(), (context | SECURITY_LOCAL_USERID_CHANGE) &
					   ~SECURITY_NOFORCE_RLS, work, argument);
}

/*
 * Do WORK as somebody else altogether: with the rights of ROLE, judged by them,
 * under the NAME that history keeps.  For the steps of flows, which act for
 * whoever started them.  What he would leave to the end of the transaction or
 * session, a deferred trigger or a temporary table, would act with the rights
 * of whose session it is: PostgreSQL refuses it in a restricted operation.
 */
void
run_as_actor(Oid role, const char *name, Work work, void *argument)
{
	const char *saved_name = assumed_name;
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	PG_TRY();
	{
		assumed_name = name;
		run_in_context(role, (context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION) &
					   ~SECURITY_NOFORCE_RLS, work, argument);
	}
	PG_FINALLY();
	{
		assumed_name = saved_name;
	}
	PG_END_TRY();
}

/* Who a worker is itself, while become_actor() lasts. */
static Oid	worker_user = InvalidOid;
static int	worker_context = 0;

static void
be_worker_again(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_ABORT)
		return;
	if (OidIsValid(worker_user) && event == XACT_EVENT_PRE_COMMIT)
		SetUserIdAndSecContext(worker_user, worker_context);
	if (OidIsValid(worker_user))
		assumed_name = NULL;
	worker_user = InvalidOid;
}

/*
 * Be somebody else until the transaction is over, deferred triggers and
 * all: a worker has nothing of its own to do in it.  PostgreSQL calls us back
 * when no user's code can run any more; after an error it is itself again
 * without us.
 */
void
become_actor(Oid role, const char *name)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(be_worker_again, NULL);
	registered = true;
	GetUserIdAndSecContext(&worker_user, &worker_context);
	assumed_name = MemoryContextStrdup(TopTransactionContext, name);
	SetUserIdAndSecContext(role, worker_context | SECURITY_LOCAL_USERID_CHANGE);
}

/* smartwf.actor() */
PG_FUNCTION_INFO_V1(smartwf_actor);
Datum
smartwf_actor(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(actor_name()));
}

/* smartwf.names_caller(names) */
PG_FUNCTION_INFO_V1(smartwf_names_caller);
Datum
smartwf_names_caller(PG_FUNCTION_ARGS)
{
	ListCell   *cell;

	if (is_administrator())
		PG_RETURN_BOOL(true);
	if (PG_ARGISNULL(0))
		PG_RETURN_BOOL(false);
	foreach(cell, list_of_texts(PG_GETARG_DATUM(0)))
		if (names_caller(lfirst(cell)))
			PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(false);
}

/* smartwf.is_administrator() */
PG_FUNCTION_INFO_V1(smartwf_is_administrator);
Datum
smartwf_is_administrator(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_administrator());
}
