/*
 * flow.c
 *		Reads a flow version into memory.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_value.h"
#include "definition/cache.h"
#include "storage/own_statement.h"
#include "storage/result.h"
#include "flow.h"

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_list(const Step *a, const Step *b)
{
	return same_text(a->stage, b->stage) && same_text(a->parent, b->parent) &&
		same_text(a->branch, b->branch) && same_text(a->branch_value, b->branch_value);
}

/*
 * The step that follows: the next one in the same list, or after the last one
 * of a stage, the first of a later stage.  Nothing follows the last step of a
 * branch, except in a failure branch: there it is the step after the one that
 * failed.
 */
static int
next_of(const Flow *flow, int index)
{
	const Step *step = &flow->steps[index];

	for (int i = index + 1; i < flow->number_of_steps; i++)
		if (same_list(&flow->steps[i], step) ||
			(step->parent == NULL && flow->steps[i].parent == NULL))
			return i;
	if (same_text(step->branch, "failure"))
		return next_of(flow, step_index(flow, step->parent));
	return END_OF_FLOW;
}

/* Settings that every kind of step may have, with defaults. */
static void
read_usual_settings(Step *step)
{
	char	   *timeout = step_setting(step, "timeout");

	step->as_answerer = step_setting(step, "as") != NULL;
	step->timeout = timeout == NULL ? 0 : interval_microseconds(timeout);
}

static void
read_step(Step *step, const QueryResult *result, int row)
{
	step->stage = result_text(result, row, 5);
	step->name = result_text(result, row, 6);
	step->kind = result_text(result, row, 7);
	step->parent = result_text(result, row, 8);
	step->branch = result_text(result, row, 9);
	step->branch_value = result_text(result, row, 10);
	step->position = result_int(result, row, 11);
	step->settings = result_jsonb(result, row, 12);
	step->cases = result_jsonb(result, row, 13);
	step->failure = result_jsonb(result, row, 14);
}

/* A flow from the query's rows, one per step. */
static Flow *
read_flow(const QueryResult *result)
{
	Flow	   *flow = palloc0_object(Flow);

	flow->id = result_int(result, 0, 1);
	flow->name = result_text(result, 0, 2);
	flow->version = result_int(result, 0, 3);
	flow->structure = result_text(result, 0, 4);
	flow->max_runs = result_int(result, 0, 15);
	flow->is_complete = result_boolean(result, 0, 16);
	flow->runs_as_owner = strcmp(result_text(result, 0, 17), "owner") == 0;
	flow->owner = result_text(result, 0, 18);
	flow->is_paused = result_boolean(result, 0, 19);
	flow->starters = result_texts(result, 0, 20);
	flow->managers = result_texts(result, 0, 21);
	flow->steps = palloc0_array(Step, result->rows);
	flow->acts_for_others = flow->runs_as_owner;
	flow->number_of_steps = result->rows;
	for (int i = 0; i < result->rows; i++)
	{
		read_step(&flow->steps[i], result, i);
		/* the settings of an incomplete definition may be invalid */
		if (flow->is_complete)
			read_usual_settings(&flow->steps[i]);
		flow->acts_for_others |= flow->steps[i].as_answerer;
	}
	/* and its parent steps may be missing */
	for (int i = 0; i < flow->number_of_steps && flow->is_complete; i++)
		flow->steps[i].next = next_of(flow, i);
	return flow;
}

/* The roles that have a privilege on a flow. */
#define GRANTEES(privilege) \
	" ARRAY(SELECT g.role FROM smartwf.flow_grants g WHERE g.flow_id OPERATOR(pg_catalog.=) f.id" \
	" AND g.privilege OPERATOR(pg_catalog.=) '" privilege "' ORDER BY g.position)"

static void *
build_by_id(const void *key)
{
	Oid			type = INT4OID;
	Datum		id = Int32GetDatum(*(const int32 *) key);
	QueryResult	   *result = read_as_owner("SELECT f.id, f.name, f.version, f.structure, st.name, s.name, s.kind,"
									   " s.parent, s.branch, s.branch_value, s.position, s.settings, s.cases, s.failure,"
									   " coalesce(f.max_runs, -1),"
									   " (f.shape IS NULL OR f.shape OPERATOR(pg_catalog.=) smartwf.flow_shape(f.id)) AND smartwf.flow_is_sound(f.id),"
									   " f.run_as, f.owner, f.is_paused," GRANTEES("start") "," GRANTEES("manage")
									   " FROM smartwf.flows f"
									   " JOIN smartwf.stages st ON st.flow_id OPERATOR(pg_catalog.=) f.id"
									   " JOIN smartwf.steps s ON s.flow_id OPERATOR(pg_catalog.=) f.id"
									   " AND s.stage OPERATOR(pg_catalog.=) st.name"
									   " WHERE f.id OPERATOR(pg_catalog.=) $1"
									   " ORDER BY st.position, s.parent NULLS FIRST, s.branch, s.branch_value, s.position",
									   1, &type, &id);
	Flow	   *flow = result->rows == 0 ? NULL : read_flow(result);

	free_result(result);
	return flow;
}

static void *
build_newest(const void *key)
{
	return id_by_name("SELECT id FROM smartwf.flows WHERE name OPERATOR(pg_catalog.=) $1"
					  " AND status OPERATOR(pg_catalog.=) 'published'"
					  " ORDER BY version DESC LIMIT 1", key);
}

static DefinitionKind flows_by_id = {BY_NUMBER, build_by_id};

/* A flow version by its id, NULL if there is none. */
const Flow *
flow_by_id(int32 id)
{
	const Flow *flow = cache_look_up(&flows_by_id, &id);

	if (flow != NULL && !flow->is_complete)
		ereport(ERROR,
				(errcode(failure_sqlstate(INVALID_DEFINITION)),
				 errmsg("definition of flow \"%s\" version %d is not complete", flow->name, flow->version),
				 errdetail("It is being loaded, or was changed where no trigger saw it."),
				 errhint("Load all of it, or define the next version; smartwf.check_flow() tells what is wrong.")));
	return flow;
}

static DefinitionKind newest_flows = {BY_NAME, build_newest};

/* The newest published version of a flow, NULL if there is none. */
const Flow *
newest_flow(const char *name)
{
	const int32 *newest = cache_look_up(&newest_flows, name);

	return newest == NULL ? NULL : flow_by_id(*newest);
}

/* Is the flow paused, or limited to no runs at all? */
bool
flow_is_stopped(const Flow *flow)
{
	const Flow *newest = newest_flow(flow->name);

	if (newest == NULL)
		newest = flow;
	return newest->is_paused || newest->max_runs == 0;
}

/* The index of a step, END_OF_FLOW if the flow has no step with that name. */
int
step_index(const Flow *flow, const char *name)
{
	for (int i = 0; i < flow->number_of_steps; i++)
		if (strcmp(flow->steps[i].name, name) == 0)
			return i;
	return END_OF_FLOW;
}

/* The first step of a branch, END_OF_FLOW if it is empty. */
int
first_of_branch(const Flow *flow, const Step *step, const char *branch, const char *value)
{
	for (int i = 0; i < flow->number_of_steps; i++)
		if (same_text(flow->steps[i].parent, step->name) &&
			same_text(flow->steps[i].branch, branch) &&
			same_text(flow->steps[i].branch_value, value))
			return i;
	return END_OF_FLOW;
}

/* A setting of a step, NULL if it is missing. */
JsonbValue *
step_setting_value(const Step *step, const char *name)
{
	return json_document_member(step->settings, name);
}

/* Is a setting of a step true? */
bool
step_setting_is_true(const Step *step, const char *name)
{
	JsonbValue *value = step_setting_value(step, name);

	return value != NULL && value->type == jbvBool && value->val.boolean;
}

/* A setting of a step that is a text, NULL if it is missing. */
char *
step_setting(const Step *step, const char *name)
{
	JsonbValue *value = json_text_member(step->settings, name);

	return value == NULL ? NULL : json_text(value);
}
