/*
 * drive.c
 *		Drives a run from step to step until its end, a wait or a failure; or
 *		by a single step, for a worker, which commits after each.
 *
 * Each step runs in a subtransaction, as its actor (see acting.c).  If it
 * fails, only its own changes are rolled back, and the run records the step
 * and the error.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/json_value.h"
#include "base/subtransaction.h"
#include "acting.h"
#include "drive.h"
#include "failure.h"
#include "model.h"
#include "question.h"
#include "record.h"
#include "run_table.h"
#include "step_kind.h"

typedef struct Performance
{
	Run		   *run;
	const Step *step;
	StepResult	result;
	bool		by_worker;		/* it acts as the step's actor in the whole transaction */
}			Performance;

/*
 * A step acts with the answerer's rights only for what was answered: refuse it
 * if the field contains anything else by now.
 */
static void
require_answer(const Run *run, const Step *step)
{
	Question   *question = question_read(run->answered);
	const JsonbValue *value = question == NULL ? NULL : model_field(run, question->field);

	if (question == NULL || question->run != run->id || question->choice == NULL ||
		value == NULL || strcmp(json_text(value), question->choice) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("step \"%s\" cannot act as \"%s\"", step->name, run->answerer_actor),
				 errdetail("The field does not hold any more what was answered.")));
}

static void
perform_step(void *argument)
{
	Performance *performance = argument;
	Acting		acting = {0};

	if (!performance->by_worker)
		acting = act_as_step(performance->run, performance->step);
	if (performance->run->reads_again)
		model_read_again(performance->run);
	performance->run->reads_again = false;
	/* an answer is valid only for the document as it was then */
	if (performance->step->as_answerer)
	{
		require_answer(performance->run, performance->step);
		model_require_current(performance->run);
	}
	performance->result = step_kind(performance->step->kind)->perform(performance->run, performance->step);
	if (!performance->by_worker)
		stop_acting(&acting);
}

/* The step has failed: note the error in its record and in the run. */
static void
note_failure(Run *run, StepRecord *record, const ErrorData *error)
{
	record->outcome = "failed";
	record->sqlstate = run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	record->message = run->message = pstrdup(error->message);
	record->context = run->context = error->context == NULL ? NULL : pstrdup(error->context);
	decide_after_failure(run, error->sqlerrcode);
}

/* The current step has failed before it began. */
void
fail_step(Run *run, const ErrorData *error)
{
	StepRecord *record = palloc0_object(StepRecord);

	record->step = &run->flow->steps[run->step];
	record->started_at = record->ended_at = GetCurrentTimestamp();
	note_failure(run, record, error);
	run->records = lappend(run->records, record);
}

/* Update the run by the result of its step. */
static void
apply_result(Run *run, const Step *step, StepResult result)
{
	switch (result)
	{
		case GO_ON:
			run->step = step->next;
			break;
		case WAIT:
			run->status = RUN_WAITING;
			break;
		case FINISH:
			run->step = END_OF_FLOW;
			break;
		case RESET:
			run->status = RUN_DRAFT;
			run->step = 0;
			break;
		case BRANCHED:
			break;
	}
}

static void
take_step(Run *run, bool by_worker)
{
	const Step *step = &run->flow->steps[run->step];
	Performance performance = {run, step, GO_ON, by_worker};
	StepRecord *record = palloc0_object(StepRecord);
	Run			before = *run;
	ErrorData  *error;

	record->step = step;
	record->outcome = "done";
	record->started_at = GetCurrentTimestamp();
	error = run_in_subtransaction(perform_step, &performance, false);
	record->ended_at = GetCurrentTimestamp();
	if (error != NULL)
	{
		/* the changes of the run are undone as well */
		*run = before;
		if (run->by_worker && is_lock_conflict(error->sqlerrcode))
		{
			put_off(run, error);
			return;
		}
		note_failure(run, record, error);
	}
	else
	{
		record->changes = model_difference(before.model, run->model);
		run->attempt = run->deaths = run->put_offs = 0;
		if (performance.result == WAIT)
			record->outcome = "waiting";
		apply_result(run, step, performance.result);
	}
	run->records = lappend(run->records, record);
}

/* Runs that this process is driving, each within a step of the outer one. */
typedef struct DrivenRun
{
	const Run  *run;
	struct DrivenRun *outer;
}			DrivenRun;

static DrivenRun *driven = NULL;

/* Is this process driving the run? */
bool
run_is_driven_here(int64 id)
{
	for (DrivenRun *one = driven; one != NULL; one = one->outer)
		if (one->run->id == id)
			return true;
	return false;
}

/* Execute a step; meanwhile run_is_driven_here() is true for the run. */
static void
drive_step(Run *run, bool by_worker)
{
	DrivenRun	one = {run, driven};

	driven = &one;
	PG_TRY();
	{
		take_step(run, by_worker);
	}
	PG_FINALLY();
	{
		driven = one.outer;
	}
	PG_END_TRY();
}

/* The run goes on: reset the error of its last failure. */
static void
set_running(Run *run)
{
	run->status = RUN_RUNNING;
	run->sqlstate = run->message = run->context = NULL;
}

/* Store the run after driving it. */
void
pause_or_end(Run *run)
{
	if (run->status == RUN_RUNNING && run->step == END_OF_FLOW)
		run->status = RUN_FINISHED;
	run_store(run);
}

/* Drive the run until its end, a wait or a failure. */
void
drive(Run *run)
{
	int			level = NewGUCNestLevel();

	apply_own_settings(run);
	set_running(run);
	run->due_at = NEVER;		/* no worker needs to take it */
	while (run->status == RUN_RUNNING && run->step != END_OF_FLOW)
	{
		CHECK_FOR_INTERRUPTS();
		drive_step(run, false);
	}
	pause_or_end(run);
	AtEOXact_GUC(false, level);
}

/*
 * End the wait if it is over.  False if it is not, or if the step has failed,
 * which has been handled.
 */
static bool
end_wait(Run *run)
{
	const Step *step = &run->flow->steps[run->step];

	return step_kind(step->kind)->end_wait(run, step);
}

/*
 * A run whose wait is over is queued: the next step runs in a transaction of
 * its own, which begins with reading the row again.
 */
static void
leave_wait(Run *run)
{
	if (!end_wait(run))
		return;
	set_running(run);
	if (run->step == END_OF_FLOW)
		return;
	run->status = RUN_QUEUED;
	run->due_at = clock_now();
}

/*
 * For a worker that has claimed the run: end its wait, or execute one step.
 * After a pause the row is read again, so that fields which the flow has not
 * changed are current.
 */
void
drive_one_step(Run *run)
{
	RunStatus	status = run->status;

	if (status == RUN_WAITING)
		leave_wait(run);
	else
	{
		set_running(run);
		run->reads_again = status != RUN_RUNNING;
		if (run->step != END_OF_FLOW)
		{
			ErrorData  *error = become_actor_of_step(run);

			if (error == NULL)
				drive_step(run, true);
			else
				fail_step(run, error);
		}
	}
	pause_or_end(run);
}
