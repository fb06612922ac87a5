/*
 * actor.c
 *		Name, role and rights of the current actor.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

#include "actor.h"
#include "json_value.h"
#include "switch_user.h"
#include "texts.h"

static char *admin_role = NULL;
static char *actor_claim = NULL;

static RoleResolver resolve_role = NULL;

/* Only a superuser may change these settings: they determine identity. */
void
actor_init(void)
{
	DefineCustomStringVariable("smartwf.admin_role",
							   "Sets the role whose members are administrators.",
							   "With an empty string, only superusers are administrators.",
							   &admin_role, "", PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("smartwf.actor_claim",
							   "Sets the claim of request.jwt.claims that names the actor.",
							   "Set it for the login role of the gateway only, because a role that can execute SET can forge claims.",
							   &actor_claim, "", PGC_SUSET, 0, NULL, NULL, NULL);
}

/* Called at library load.  The module that binds names to roles resolves them. */
void
role_resolver_register(RoleResolver resolver)
{
	resolve_role = resolver;
}

/* Is this the name of any role, bound to a definition or not? */
bool
is_role_name(const char *name)
{
	return OidIsValid(get_role_oid(name, true));
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
	return value == NULL || json_text(value)[0] == '\0' ? NULL : json_text(value);
}

/* The name of the acting person, NULL if a role acts without a token. */
static char *
person_name(void)
{
	if (assumed_actor()->name != NULL)
		return assumed_actor()->is_person ? pstrdup(assumed_actor()->name) : NULL;
	return actor_claim == NULL || actor_claim[0] == '\0' ? NULL : claimed_name();
}

/* The actor's name as recorded in the history. */
char *
actor_name(void)
{
	char	   *person = person_name();

	if (person != NULL)
		return person;
	return assumed_actor()->name != NULL ? pstrdup(assumed_actor()->name) : GetUserNameFromId(acting_role(), false);
}

/* Is the actor a person from a token, rather than a role? */
bool
actor_is_person(void)
{
	return person_name() != NULL;
}

/* Is the acting role a member of the named role?  False if there is no such role. */
bool
holds_role(const char *role_name)
{
	Oid			role = resolve_role(role_name);

	return OidIsValid(role) && has_privs_of_role(acting_role(), role);
}

/*
 * Does a name from a column or a list mean the caller?  If it is the name of a
 * role, only that role counts, even if a token has the same name.
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
 * Does NAME denote the caller?  IS_PERSON tells whether it is a person's name or a
 * role's; the two are never confused.
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
 * A name that identifies the human or login behind the caller, for rules under
 * which one person must not act twice.  SET ROLE does not change it.  All
 * users of a gateway's login count as one person unless a claim names them.  A
 * superuser can assume any identity anyway.
 */
char *
person_of_caller(void)
{
	char	   *person = person_name();

	if (assumed_actor()->name != NULL)
		return pstrdup(assumed_actor()->person);
	if (person != NULL)
		return person;
	if (superuser_arg(GetSessionUserId()))
		return GetUserNameFromId(acting_role(), false);
	return GetUserNameFromId(GetSessionUserId(), false);
}

/*
 * Is the login itself a member of the role?  Code running in a SECURITY
 * DEFINER function has the role of the function's owner without the login
 * being a member.
 */
bool
login_holds_role(const char *role_name)
{
	Oid			role = resolve_role(role_name);

	return assumed_actor()->name != NULL || (OidIsValid(role) && is_member_of_role(GetSessionUserId(), role));
}

/* Is this the current actor?  A person with the same name as a role is not that role. */
bool
is_same_actor(const char *name, bool is_person)
{
	return strcmp(name, actor_name()) == 0 && is_person == actor_is_person() &&
		(is_person || OidIsValid(resolve_role(name)));
}

/* Superusers and members of smartwf.admin_role. */
bool
is_administrator(void)
{
	if (superuser_arg(acting_role()))
		return true;
	return admin_role != NULL && admin_role[0] != '\0' && holds_role(admin_role);
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
