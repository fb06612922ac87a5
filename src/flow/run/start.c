/*
 * start.c
 *		Starts runs.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "storage/role.h"
#include "drive.h"
#include "model.h"
#include "run_table.h"
#include "start.h"

#define HIGHEST_PRIORITY 9

/* The model of a new run: the element's fields, and what the caller passes. */
static void
take_model(Run *run, Jsonb *given)
{
	if (run->docid != NULL)
		run->base = run->model = model_of_element(run->docid, run->flow->structure);
	else if (run->flow->structure[0] != '\0')
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("flow \"%s\" works on documents of structure \"%s\""),
							   run->flow->name, run->flow->structure));
	else
		run->model = json_empty_object();
	/*
	 * steps of such a flow act with other users' rights on the document's
	 * values, which the caller must not replace
	 */
	if (given != NULL && run->docid != NULL && run->flow->acts_for_others && !is_administrator() &&
		model_has_any(run->base, given))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("flow \"%s\" takes no other values for the fields of its document", run->flow->name),
				 errdetail("Its steps act for its owner, or for whoever answers.")));
	if (given != NULL)
		model_merge(run, given);
}

static Jsonb *
model_argument(FunctionCallInfo fcinfo, int i)
{
	if (PG_ARGISNULL(i))
		return NULL;
	if (!JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(i)))
		raise_failure(MALFORMED_CALL, localized("argument \"model\" must be an object"));
	return PG_GETARG_JSONB_P(i);
}

/* Reads the model; for run_in_subtransaction(). */
typedef struct ModelReading
{
	Run		   *run;
	const Start *start;
}			ModelReading;

static void
take_model_now(void *argument)
{
	ModelReading *reading = argument;

	take_model(reading->run, reading->start->model);
}

/*
 * Read the model.  If a transition starts the flow, an error must not fail the
 * transition: then the run fails, and the result is false.
 */
static bool
begin_model(Run *run, const Start *start)
{
	ModelReading reading = {run, start};
	ErrorData  *error;

	if (!start->keeps_failure)
	{
		take_model(run, start->model);
		return true;
	}
	error = run_in_subtransaction(take_model_now, &reading, false);
	if (error == NULL)
		return true;
	run->model = json_empty_object();
	run->status = RUN_FAILED;
	run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	run->message = pstrdup(error->message);
	return false;
}

/* The run that another session has started for the key meanwhile. */
static int64
run_that_came_first(const Run *run)
{
	int64		id = run_of_key(run);

	if (id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	return id;
}

/* Queue the run for the workers, due now. */
void
leave_to_workers(Run *run)
{
	run->status = RUN_QUEUED;
	run->by_worker = true;
	run->due_at = clock_now();
}

/*
 * May the caller start the flow?  If it has no start grants, all who can see
 * the document may, which is checked when it is read; on free JSON only
 * administrators may.
 */
static void
require_right_to_start(const Flow *flow, const char *docid)
{
	bool		may_start = is_administrator() || (flow->starters == NIL && docid != NULL);
	ListCell   *cell;

	foreach(cell, flow->starters)
		may_start |= holds_role(lfirst(cell));
	if (!may_start)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not start flow \"%s\"", actor_name(), flow->name),
				 flow->starters != NIL ? errdetail("The flow is granted to others.") :
				 errdetail("Without start grants, a flow on free JSON is for administrators."),
				 errhint("Grant it with \"start\": [{\"role\": ...}] in its definition.")));
}

/* Start the newest version of a flow as the caller; returns the id of the run. */
int64
start_run(const Start *start)
{
	Run			run = {
		.flow = newest_flow(start->flow), .status = start->queued ? RUN_QUEUED : RUN_RUNNING,
		.docid = start->docid == NULL ? NULL : pstrdup(start->docid),
		.key = start->key == NULL ? NULL : pstrdup(start->key), .actor = actor_name(),
		.actor_is_person = actor_is_person(), .person = person_of_caller(), .step = 0, .started_at = GetCurrentTimestamp(),
		.due_at = !start->queued ? NEVER : start->at != 0 ? start->at : clock_now(),
		.by_worker = start->queued, .priority = start->priority,
	};

	check_stack_depth();		/* a step may start a flow */
	if (run.flow == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("flow \"%s\" is not published", start->flow)));
	if (!start->by_workflow)
		require_right_to_start(run.flow, start->docid);
	run.starter = GetUserNameFromId(acting_role(), false);
	if (run.key != NULL)
	{
		int64		earlier = run_of_key(&run);

		if (earlier != 0)
			return earlier;
	}
	bind_role(run.starter);
	if (!start->queued && flow_is_stopped(run.flow))
		leave_to_workers(&run);
	run.search_path = pstrdup(GetConfigOption("search_path", false, false));
	if (!begin_model(&run, start))
	{
		(void) run_store_first(&run);
		return run.id;
	}
	/* a key is reserved before the first step; another session may use it */
	if ((run.key != NULL || run.by_worker) && !run_store_first(&run))
		return run_that_came_first(&run);
	if (!run.by_worker)
		drive(&run);
	return run.id;
}

/* smartwf.start_flow(flow, docid, model, key) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_start_flow);
Datum
smartwf_start_flow(PG_FUNCTION_ARGS)
{
	Start		start = {
		.flow = needed_argument(fcinfo, 0, "flow"),
		.docid = text_argument(fcinfo, 1),
		.model = model_argument(fcinfo, 2),
		.key = text_argument(fcinfo, 3),
	};

	PG_RETURN_INT64(start_run(&start));
}

/* smartwf.enqueue_flow(flow, docid, model, key, at, priority) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_enqueue_flow);
Datum
smartwf_enqueue_flow(PG_FUNCTION_ARGS)
{
	Start		start = {
		.flow = needed_argument(fcinfo, 0, "flow"),
		.docid = text_argument(fcinfo, 1),
		.model = model_argument(fcinfo, 2),
		.key = text_argument(fcinfo, 3),
		.queued = true,
		.at = PG_ARGISNULL(4) ? 0 : PG_GETARG_TIMESTAMPTZ(4),
		.priority = PG_ARGISNULL(5) ? 0 : PG_GETARG_INT32(5),
	};

	if (start.priority < 0 || start.priority > HIGHEST_PRIORITY)
		raise_failure(MALFORMED_CALL, localized("argument \"priority\" must be 0 to 9"));
	PG_RETURN_INT64(start_run(&start));
}
