/*
 * start.c
 *		Starting runs, and taking them up again.
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

#include "common/actor.h"
#include "common/argument.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/compat.h"
#include "common/error.h"
#include "common/json_value.h"
#include "common/locale.h"
#include "common/relation.h"
#include "common/role.h"
#include "drive.h"
#include "model.h"
#include "start.h"

/* The model of a new run: the element's fields, and what the caller adds. */
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

/* Reading the model; for attempt(). */
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
 * Read the model.  Where a transition starts the flow, that must not fail with
 * it: false, and the run has failed.
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
	error = attempt(take_model_now, &reading, false);
	if (error == NULL)
		return true;
	run->model = json_empty_object();
	run->status = RUN_FAILED;
	run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	run->message = pstrdup(error->message);
	return false;
}

/* Start the newest version of a flow as the caller; the run. */
int64
start_run(const Start *start)
{
	Run			run = {
		.flow = newest_flow(start->flow), .status = start->queued ? RUN_QUEUED : RUN_RUNNING,
		.docid = start->docid == NULL ? NULL : pstrdup(start->docid),
		.key = start->key == NULL ? NULL : pstrdup(start->key), .actor = actor_name(),
		.actor_is_person = actor_is_person(), .step = 0,
		.due_at = !start->queued ? NEVER : start->at != 0 ? start->at : clock_now(),
		.by_worker = start->queued, .priority = start->priority,
	};

	check_stack_depth();		/* a step may start a flow */
	if (run.flow == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("flow \"%s\" is not published", start->flow)));
	if (run.key != NULL)
	{
		int64		earlier = run_of_key(start->flow, run.key);

		if (earlier != 0)
			return earlier;
	}
	run.starter = GetUserNameFromId(acting_role(), false);
	bind_role(run.starter);
	run.search_path = pstrdup(GetConfigOption("search_path", false, false));
	if (!begin_model(&run, start))
	{
		(void) run_store_first(&run);
		return run.id;
	}
	/* a key is taken before anything is done; another session may hold it */
	if ((run.key != NULL || start->queued) && !run_store_first(&run))
		return run_of_key(start->flow, run.key);
	if (!start->queued)
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

	PG_RETURN_INT64(start_run(&start));
}

static void
refuse_unknown_run(int64 id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("run " INT64_FORMAT " does not exist", id)));
}

/*
 * A run that the caller may steer: its starter, or an administrator.  It is locked
 * by LOAD, which may disturb others, so his right is looked at first.
 */
static Run *
run_to_steer(FunctionCallInfo fcinfo, Run *(*load) (int64 id))
{
	Run		   *run;
	int64		id;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "run"));
	id = PG_GETARG_INT64(0);
	run = run_read(id);
	if (run == NULL)
		refuse_unknown_run(id);
	if (!is_administrator() &&
		!(is_same_actor(run->actor, run->actor_is_person) && holds_role(run->starter)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("run " INT64_FORMAT " was started by \"%s\"", id, run->actor)));
	run = load(id);
	if (run == NULL)
		refuse_unknown_run(id);
	return run;
}

/* Raise WF410 unless the run is in one of the statuses; a bit each. */
static void
require_status(const Run *run, const char *what, int statuses)
{
	/* a worker is between two steps of it; but a step cannot steer its own run */
	if (run->status == RUN_RUNNING && (statuses & 1 << RUN_WAITING) != 0 &&
		!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(run->row->t_data)))
		return;
	if ((statuses & (1 << run->status)) == 0)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("run %s is %s"), psprintf(INT64_FORMAT, run->id),
							   status_name(run->status)));
}

static void
read_again_now(void *argument)
{
	model_read_again(argument);
}

/* smartwf.restart_run(run, from_step) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_restart_run);
Datum
smartwf_restart_run(PG_FUNCTION_ARGS)
{
	Run		   *run = run_to_steer(fcinfo, run_load);
	char	   *from = text_argument(fcinfo, 1);

	require_status(run, localized("Restart"), 1 << RUN_FAILED | 1 << RUN_CANCELLED | 1 << RUN_DRAFT | 1 << RUN_QUEUED);
	if (from != NULL)
	{
		if (!run_has_come_to(run, from))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("run " INT64_FORMAT " has not come to a step \"%s\"", run->id, from)));
		run->step = step_index(run->flow, from);
	}
	run->attempt = run->deaths = run->put_offs = 0;
	if (run->by_worker && run->status != RUN_QUEUED)
	{
		run->status = RUN_QUEUED;
		run->due_at = clock_now();
		run_store(run);
	}
	else
	{
		run_as_starter(run, read_again_now, run);
		drive(run);
	}
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

#define UNFINISHED (1 << RUN_DRAFT | 1 << RUN_QUEUED | 1 << RUN_WAITING | 1 << RUN_FAILED)

/* smartwf.cancel_run(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_cancel_run);
Datum
smartwf_cancel_run(PG_FUNCTION_ARGS)
{
	Run		   *run = run_to_steer(fcinfo, run_seize);

	require_status(run, localized("Cancelling"), UNFINISHED);
	run_close_confirmations(run);
	run->status = RUN_CANCELLED;
	run_store(run);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

/* smartwf.reset_run(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_reset_run);
Datum
smartwf_reset_run(PG_FUNCTION_ARGS)
{
	Run		   *run = run_to_steer(fcinfo, run_seize);

	require_status(run, localized("Reset"), UNFINISHED | 1 << RUN_CANCELLED);
	run_close_confirmations(run);
	run->status = RUN_DRAFT;
	run->step = 0;
	run_store(run);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}
