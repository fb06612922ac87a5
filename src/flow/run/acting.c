/*
 * acting.c
 *		Determines the role and settings with which a step runs.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/portal.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/settings.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "base/texts.h"
#include "storage/role.h"
#include "acting.h"

static Actor
starter_of_run(const Run *run)
{
	return (Actor)
	{
		run_role(run), run->actor, run->actor_is_person, run->person
	};
}

/* The role that published the flow; an error if it is a superuser now. */
static Actor
owner_of_flow(const Flow *flow)
{
	Oid			role = flow->owner == NULL ? InvalidOid : role_of_name(flow->owner);

	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\", which published flow \"%s\", does not exist any more", flow->owner, flow->name)));
	if (superuser_arg(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("flow \"%s\" must not run as \"%s\", a superuser", flow->name, flow->owner)));
	return (Actor)
	{
		role, flow->owner, false, flow->owner
	};
}

static Actor
answerer_of_run(const Run *run, const Step *step)
{
	Oid			role;

	if (run->answerer == NULL || run->answerer_actor == NULL || run->answerer_person == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("nobody has answered whose rights step \"%s\" could have", step->name),
				 errdetail("An answer is void when the document or the model was changed since, or another question asked.")));
	role = role_of_name(run->answerer);
	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\", which answered run " INT64_FORMAT ", does not exist any more",
						run->answerer, run->id)));
	if (superuser_arg(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("step \"%s\" must not act as \"%s\", a superuser", step->name, run->answerer)));
	return (Actor)
	{
		role, run->answerer_actor, run->answerer_is_person, run->answerer_person
	};
}

/* The actor that a step runs as. */
static Actor
actor_of_step(const Run *run, const Step *step)
{
	if (step->as_answerer)
		return answerer_of_run(run, step);
	return run->flow->runs_as_owner ? owner_of_flow(run->flow) : starter_of_run(run);
}

/* Does the step act for a user who has not chosen the functions that it calls? */
bool
step_acts_for_other(const Run *run, const Step *step)
{
	return run->is_task || run->flow->runs_as_owner || step->as_answerer;
}

/*
 * The settings that the step starts with: those of its role.  If it acts as
 * the starter, names are looked up in the starter's search_path, with the
 * session's temporary schema last: what is found runs with the starter's
 * rights.
 */
static void
apply_settings_of_step(const Run *run, const Step *step, const Actor *actor, GucAction action)
{
	const char *path;

	apply_role_settings(actor->role, action);
	/* an error must not end the session that drives the run */
	(void) set_config_option("exit_on_error", "off", PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
	path = step != NULL && step_acts_for_other(run, step) ? GetConfigOption("search_path", false, false) : run->search_path;
	(void) set_config_option("search_path", path[0] == '\0' ? "pg_temp" : psprintf("%s, pg_temp", path),
							 PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
}

/* The names of the cursors of this session. */
static List *
open_cursors(void)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *names = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT c.name FROM pg_catalog.pg_cursors c", true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list cursors");
	MemoryContextSwitchTo(context);
	for (int i = 0; i < SPI_processed; i++)
		names = lappend(names, pstrdup(SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1)));
	SPI_finish();
	return names;
}

/* Close cursors that the step opened: they would run as the user who fetches from them. */
static void
close_cursors_but(List *before)
{
	ListCell   *cell;

	foreach(cell, open_cursors())
	{
		Portal		portal = is_in_texts(before, lfirst(cell)) ? NULL : GetPortalByName(lfirst(cell));

		if (PortalIsValid(portal))
			PortalDrop(portal, false);
	}
}

static bool
is_caller(const Actor *actor)
{
	return actor->role == GetUserId() && actor->role == acting_role() && is_same_actor(actor->name, actor->is_person);
}

/*
 * Become the actor of a step, until stop_acting().  In another user's session,
 * the step must not leave anything that would later run with the session's
 * rights: its settings are reset at its end, and temporary tables, deferred
 * triggers and the like are refused.  If STEP is NULL, become the starter.
 */
Acting
act_as_step(const Run *run, const Step *step)
{
	Actor		actor = step == NULL ? starter_of_run(run) : actor_of_step(run, step);
	Acting		acting = {.is_other = !is_caller(&actor) || (step != NULL && step_acts_for_other(run, step))};

	if (!acting.is_other)
		return acting;
	acting.guc_level = NewGUCNestLevel();
	(void) apply_server_settings(true, GUC_ACTION_SAVE);
	apply_settings_of_step(run, step, &actor, GUC_ACTION_SAVE);
	acting.cursors = open_cursors();
	acting.user = switch_to_actor(&actor);
	return acting;
}

/* Undo act_as_step(). */
void
stop_acting(const Acting *acting)
{
	if (!acting->is_other)
		return;
	restore_user(acting->user);
	close_cursors_but(acting->cursors);
	AtEOXact_GUC(false, acting->guc_level);
}

/* In the starter's own session: make the steps independent of settings that were changed there. */
void
apply_own_settings(const Run *run)
{
	Actor		starter = starter_of_run(run);

	if (is_caller(&starter) && apply_server_settings(false, GUC_ACTION_SAVE))
		apply_role_settings(starter.role, GUC_ACTION_SAVE);
}

/* Determines the actor of a step; for run_in_subtransaction(). */
typedef struct ActorSearch
{
	const Run  *run;
	const Step *step;
	Actor		actor;
}			ActorSearch;

static void
find_actor(void *argument)
{
	ActorSearch *search = argument;

	search->actor = actor_of_step(search->run, search->step);
}

/*
 * Become the actor of the step until the worker's transaction ends.  Returns
 * an error if there is no such actor.
 */
ErrorData *
become_actor_of_step(const Run *run)
{
	ActorSearch search = {run, &run->flow->steps[run->step]};
	ErrorData  *error = NULL;

	/*
	 * a missing starter fails the whole transaction, which saves a
	 * subtransaction in the usual case
	 */
	if (step_acts_for_other(run, search.step))
		error = run_in_subtransaction(find_actor, &search, false);
	else
		find_actor(&search);
	if (error != NULL)
		return error;
	if (!AmBackgroundWorkerProcess())
		(void) apply_server_settings(true, GUC_ACTION_LOCAL);
	apply_settings_of_step(run, search.step, &search.actor, GUC_ACTION_LOCAL);
	become_actor(&search.actor);
	return NULL;
}

/* The role of the next step; InvalidOid if there is none. */
Oid
role_of_step(const Run *run)
{
	const Step *step = run->step == END_OF_FLOW ? NULL : &run->flow->steps[run->step];
	const char *name = step == NULL ? NULL : step->as_answerer ? run->answerer :
		run->flow->runs_as_owner ? run->flow->owner : run->starter;

	return name == NULL ? InvalidOid : role_of_name(name);
}
