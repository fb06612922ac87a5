/*
 * document_listener.c
 *		What a change of a document does to flows: a transition, or the state that
 *		it leads to, starts some; its end ends those that work on it; a date that
 *		moves moves whoever waits until then.
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

/* As whoever acts, even where our own UPDATE runs as the owner of the table. */
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

/* Its document is gone: nobody need answer what a run asks of it, nor drive it on. */
static void
end_run_now(void *argument)
{
	int64		id = *(int64 *) argument;
	Run		   *run = run_is_driven_here(id) ? NULL : run_claim_any(id);

	/* whoever has it just now will find out: its next step, or the answer, ends it */
	if (run == NULL)
		return;
	run_close_confirmations(run);
	run->status = RUN_CANCELLED;
	run->message = psprintf("document \"%s\" was deleted", run->docid);
	run_store(run);
}

/* A run whose definition is gone must not stand in the way of its document. */
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

/* The column that a run waits for, of the change that is being followed. */
static const char *changed_date = NULL;

static void
wake_run_now(void *argument)
{
	Run		   *run = run_claim_any(*(int64 *) argument);
	char	   *until = run == NULL || run->status != RUN_WAITING ? NULL :
		step_setting(&run->flow->steps[run->step], "until");

	/* whoever has it just now looks at the date himself, or has gone on */
	if (until == NULL || strcmp(until, changed_date) != 0)
		return;
	run->due_at = clock_now();
	run_store(run);
}

/*
 * A date has changed: runs that wait until it comes look at it again.  A worker
 * does so as whom the step acts.
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

/* At load. */
void
document_listener_init(void)
{
	state_listener_register(&listener);
}
