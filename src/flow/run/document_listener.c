/*
 * document_listener.c
 *		Reacts to changes of documents: a transition or a new state may start
 *		flows, the end of a document ends its runs, and a changed date moves
 *		the runs that wait for it.
 */
#include "postgres.h"

#include "attach/listener.h"
#include "base/clock.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "document_listener.h"
#include "drive.h"
#include "run_table.h"
#include "start.h"

/* Start the flow as the acting role, even if smartwf's own UPDATE runs as the table's owner. */
static void
start_flow_of(const char *docid, const char *flow, bool queued)
{
	Start		start = {.flow = flow, .docid = docid, .queued = queued, .keeps_failure = true,
		.by_workflow = true};

	SavedUser	saved;

	if (flow == NULL)
		return;
	saved = switch_to_caller();
	(void) start_run(&start);
	restore_user(saved);
}

static void
start_flows_of_change(const StateChange *change)
{
	const State *state;

	if (change->to == NO_STATE)
		return;
	state = &change->workflow->states[change->to];
	if (change->transition != NULL)
		start_flow_of(change->docid, change->transition->flow, change->transition->flow_queued);
	start_flow_of(change->docid, state->flow, state->flow_queued);
}

/* The document is gone: cancel the run and its open confirmations. */
static void
end_run_now(void *argument)
{
	int64		id = *(int64 *) argument;
	Run		   *run = run_is_driven_here(id) ? NULL : run_claim_any(id);

	/* if another session has it, its next step, or the answer, will notice */
	if (run == NULL)
		return;
	run_close_confirmations(run);
	run->status = RUN_CANCELLED;
	run->message = psprintf("document \"%s\" was deleted", run->docid);
	run_store(run);
}

/*
 * For each run of the document that is not over.  An error, such as a missing
 * definition, must not prevent the change of the document.
 */
static void
each_open_run(const char *docid, Work work)
{
	ListCell   *cell;

	foreach(cell, open_runs_of_document(docid))
	{
		ErrorData  *error = run_in_subtransaction(work, lfirst(cell), false);

		if (error != NULL)
			ereport(LOG,
					(errmsg("run " INT64_FORMAT " could not follow document \"%s\": %s",
							*(int64 *) lfirst(cell), docid, error->message),
					 errhidestmt(true), errhidecontext(true)));
	}
}

static void
end_runs_of_document(const char *docid)
{
	each_open_run(docid, end_run_now);
}

/* The column that has changed. */
static const char *changed_date = NULL;

static void
wake_run_now(void *argument)
{
	Run		   *run = run_claim_any(*(int64 *) argument);
	char	   *until = run == NULL || run->status != RUN_WAITING ? NULL :
		step_setting(&run->flow->steps[run->step], "until");

	/* if another session has it, it will read the date itself */
	if (until == NULL || strcmp(until, changed_date) != 0)
		return;
	run->due_at = clock_now();
	run_store(run);
}

/*
 * A date has changed: let the runs that wait for it check again.  A worker
 * does that with the rights of the step.
 */
static void
wake_waiting_runs(const char *docid, const ElementRow *element, AttrNumber column)
{
	changed_date = NameStr(TupleDescAttr(element->descriptor, column - 1)->attname);
	each_open_run(docid, wake_run_now);
}

static const StateListener listener = {
	.changed = start_flows_of_change,
	.ended = end_runs_of_document,
	.date_changed = wake_waiting_runs,
	.watched_columns = "SELECT DISTINCT settings OPERATOR(pg_catalog.->>) 'until' FROM smartwf.steps"
	" WHERE kind OPERATOR(pg_catalog.=) 'wait' AND settings OPERATOR(pg_catalog.?) 'until'",
};

/* Called at library load. */
void
document_listener_init(void)
{
	state_listener_register(&listener);
}
