/*
 * steer.c
 *		Functions that control runs and flows, for the starter of a run and
 *		for managers of the flow.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/notify_workers.h"
#include "base/subtransaction.h"
#include "storage/operator.h"
#include "acting.h"
#include "drive.h"
#include "model.h"
#include "reader.h"
#include "run_table.h"
#include "start.h"
#include "step_kind.h"
#include "store.h"

static void
refuse_unknown_run(int64 id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("run " INT64_FORMAT " does not exist", id)));
}

/* Operators manage all flows, others need a grant. */
static bool
may_manage(const Flow *flow)
{
	const Flow *newest = newest_flow(flow->name);
	ListCell   *cell;

	if (is_operator())
		return true;
	foreach(cell, newest == NULL ? flow->managers : newest->managers)
		if (holds_role(lfirst(cell)))
			return true;
	return false;
}

/* Who may control a run. */
typedef enum RunPrivilege
{
	MANAGER,
	STARTER_OR_MANAGER
} RunPrivilege;

static bool
may_steer(const Run *run, RunPrivilege who)
{
	return may_manage(run->flow) ||
		(who == STARTER_OR_MANAGER && is_same_actor(run->actor, run->actor_is_person) && holds_role(run->starter));
}

/*
 * A run that the caller may control.  The right is checked before LOAD, which
 * may interrupt a worker.
 */
static Run *
run_to_steer(FunctionCallInfo fcinfo, RunPrivilege who, Run *(*load) (int64 id))
{
	Run		   *run;
	int64		id;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "run"));
	id = PG_GETARG_INT64(0);
	run = run_read(id);
	if (run == NULL)
		refuse_unknown_run(id);
	/* a run that the caller cannot see is reported as missing */
	if (!may_steer(run, who) && !sees_run(Int64GetDatum(id)))
		refuse_unknown_run(id);
	if (!may_steer(run, who))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 who == MANAGER ? errmsg("\"%s\" may not manage flow \"%s\"", actor_name(), run->flow->name) :
				 errmsg("run " INT64_FORMAT " was started by \"%s\"", id, run->actor)));
	run = load(id);
	if (run == NULL)
		refuse_unknown_run(id);
	return run;
}

/* Raise WF410 unless the run has one of the statuses, a bit mask. */
static void
require_status(const Run *run, const char *what, int statuses)
{
	/* "running" here means that a worker is between two steps, unless a step controls its own run */
	if (run->status == RUN_RUNNING && (statuses & 1 << RUN_WAITING) != 0 &&
		!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(run->row->t_data)))
		return;
	if ((statuses & (1 << run->status)) == 0)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("run %s is %s"), psprintf(INT64_FORMAT, run->id),
							   status_name(run->status)));
}

/* Go on with the run, here or in a worker. */
static void
go_on_with(Run *run, bool by_workers)
{
	Acting		acting;

	if (by_workers || flow_is_stopped(run->flow))
	{
		leave_to_workers(run);
		run_store(run);
		return;
	}
	acting = act_as_step(run, NULL);
	model_read_again(run);
	stop_acting(&acting);
	drive(run);
}

/* smartwf.restart_run(run, from_step) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_restart_run);
Datum
smartwf_restart_run(PG_FUNCTION_ARGS)
{
	Run		   *run = run_to_steer(fcinfo, STARTER_OR_MANAGER, run_load);
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
	go_on_with(run, run->by_worker && run->status != RUN_QUEUED);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

#define UNFINISHED (1 << RUN_DRAFT | 1 << RUN_QUEUED | 1 << RUN_WAITING | 1 << RUN_FAILED)

/* smartwf.cancel_run(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_cancel_run);
Datum
smartwf_cancel_run(PG_FUNCTION_ARGS)
{
	Run		   *run = run_to_steer(fcinfo, STARTER_OR_MANAGER, run_load_interrupting);

	require_status(run, localized("Cancelling"), UNFINISHED);
	run_close_confirmations(run);
	run_forget_answerer(run);
	run->status = RUN_CANCELLED;
	run_store(run);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

/* smartwf.reset_run(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_reset_run);
Datum
smartwf_reset_run(PG_FUNCTION_ARGS)
{
	Run		   *run = run_to_steer(fcinfo, STARTER_OR_MANAGER, run_load_interrupting);

	require_status(run, localized("Reset"), UNFINISHED | 1 << RUN_CANCELLED);
	run_close_confirmations(run);
	run_forget_answerer(run);
	run->status = RUN_DRAFT;
	run->step = 0;
	run_store(run);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

#define NOT_ENDED (1 << RUN_WAITING | 1 << RUN_FAILED)

/* Record a user's intervention in the run. */
static void
record_intervention(Run *run, const char *outcome, Jsonb *changes)
{
	StepRecord *record = palloc0_object(StepRecord);

	record->step = &run->flow->steps[run->step];
	record->outcome = outcome;
	record->started_at = record->ended_at = GetCurrentTimestamp();
	record->changes = changes;
	record->message = psprintf("by \"%s\"", actor_name());
	run->records = lappend(run->records, record);
}

/* Require status waiting or failed. */
static void
require_not_ended(const Run *run, const char *what)
{
	if ((NOT_ENDED & (1 << run->status)) == 0)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("run %s is %s"), psprintf(INT64_FORMAT, run->id),
							   status_name(run->status)));
}

/*
 * A run to be corrected by a manager, locked.  A queued or running one is
 * refused before it is locked, since that would wait for the worker that
 * drives it.
 */
static Run *
not_ended_run(FunctionCallInfo fcinfo, const char *what)
{
	Run		   *run = run_to_steer(fcinfo, MANAGER, run_read);

	require_not_ended(run, what);
	run = run_load(run->id);
	if (run == NULL)
		refuse_unknown_run(PG_GETARG_INT64(0));
	require_not_ended(run, what);
	return run;
}

/* smartwf.skip_step(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_skip_step);
Datum
smartwf_skip_step(PG_FUNCTION_ARGS)
{
	Run		   *run = not_ended_run(fcinfo, localized("Skipping"));

	if (run->step == END_OF_FLOW)
		raise_failure(RUN_CLOSED, localized("Skipping"),
					  psprintf(localized("run %s stands at no step"), psprintf(INT64_FORMAT, run->id)));
	if (run->status == RUN_WAITING)
		run_close_confirmations(run);
	if (strcmp(run->flow->steps[run->step].kind, "get_user_confirmation") == 0)
		run_forget_answerer(run);
	record_intervention(run, "skipped", NULL);
	run->step = run->flow->steps[run->step].next;
	run->attempt = run->deaths = run->put_offs = 0;
	go_on_with(run, run->by_worker);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

/* The changed members of a model, with null for removed ones. */
static Jsonb *
changes_of_model(Jsonb *old, Jsonb *new)
{
	Jsonb	   *gone = model_difference(new, old);
	Jsonb	   *changes = model_difference(old, new);

	if (gone != NULL)
		gone = model_nulls(gone, new);
	return gone == NULL ? changes : changes == NULL ? gone :
		DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(gone), JsonbPGetDatum(changes)));
}

/* The model of a waiting run has changed, and its wait may depend on that. */
static void
move_wait(Run *run, const Step *step)
{
	const StepKind *kind = step_kind(step->kind);

	if (kind->move_wait != NULL)
		kind->move_wait(run, step);
}

/* smartwf.set_run_model(run, model) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_set_run_model);
Datum
smartwf_set_run_model(PG_FUNCTION_ARGS)
{
	Run		   *run = not_ended_run(fcinfo, localized("Changing the model"));
	Jsonb	   *before = run->model;

	if (PG_ARGISNULL(1) || !JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(1)))
		raise_failure(MALFORMED_CALL, localized("argument \"model\" must be an object"));
	run->model = PG_GETARG_JSONB_P_COPY(1);
	run_forget_answerer(run);
	if (run->step != END_OF_FLOW)
		record_intervention(run, "changed", changes_of_model(before, run->model));
	if (run->status == RUN_WAITING)
		move_wait(run, &run->flow->steps[run->step]);
	run_store(run);
	if (!shows_model(Int64GetDatum(run->id)))
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(before);
}

/* Pause or resume all runs of a flow. */
static void
set_flow_paused(FunctionCallInfo fcinfo, bool is_paused)
{
	char	   *name = needed_argument(fcinfo, 0, "flow");
	const Flow *flow = newest_flow(name);
	Datum		values[] = {CStringGetTextDatum(name), BoolGetDatum(is_paused)};

	if (flow == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("flow \"%s\" is not published", name)));
	if (!may_manage(flow))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not manage flow \"%s\"", actor_name(), name)));
	(void) store_execute(PAUSE_FLOW, values, NULL);
	notify_workers_at_commit(WORK_ON_RUNS);
}

/* smartwf.pause_flow(flow) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_pause_flow);
Datum
smartwf_pause_flow(PG_FUNCTION_ARGS)
{
	set_flow_paused(fcinfo, true);
	PG_RETURN_VOID();
}

/* smartwf.resume_flow(flow) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_resume_flow);
Datum
smartwf_resume_flow(PG_FUNCTION_ARGS)
{
	set_flow_paused(fcinfo, false);
	PG_RETURN_VOID();
}
