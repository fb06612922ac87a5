/*
 * drive.c
 *		Drives a run from step to step, until its end, a wait or a failure; or a
 *		single step, for a worker that commits after each.
 *
 * Each step runs in a subtransaction, as whoever started the run: what a failed
 * step did is undone, it alone, and the run says where and why it stands.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "common/actor.h"
#include "common/attempt.h"
#include "common/clock.h"
#include "common/compat.h"
#include "common/json_value.h"
#include "common/relation.h"
#include "condition.h"
#include "drive.h"
#include "lifecycle/structure.h"
#include "lifecycle/transition.h"
#include "model.h"
#include "outbox/template.h"
#include "people.h"
#include "store.h"

/* What a step makes of its run. */
typedef enum Verdict
{
	GO_ON,						/* to the step after it */
	BRANCHED,					/* the step has set the next one itself */
	WAIT,
	FINISH,
	RESET
} Verdict;

typedef Verdict (*Perform) (Run *run, const Step *step);

/* The kinds of steps */

static Verdict
perform_send_notification(Run *run, const Step *step)
{
	send_notification(run, step);
	return GO_ON;
}

static Verdict
perform_send_templated_notification(Run *run, const Step *step)
{
	send_templated_notification(run, step);
	return GO_ON;
}

static Verdict
perform_get_user_confirmation(Run *run, const Step *step)
{
	ask_people(run, step);
	return WAIT;
}

/* When the step shall go on: after a while, or at the time in a field. */
static TimestampTz
end_of_wait(const Run *run, const Step *step)
{
	char	   *duration = step_setting(step, "duration");
	char	   *field = step_setting(step, "until");
	const JsonbValue *value;
	TimestampTz end;
	int			level;

	if (duration != NULL)
		return time_after(clock_now(), duration);
	value = model_field(run, field);
	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("step \"%s\" waits until a time that is not there", step->name),
				 errdetail("Field \"%s\" of the model is empty.", field)));
	level = pin_settings();
	end = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(json_text(value)),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	unpin_settings(level);
	return end;
}

static Verdict
perform_wait(Run *run, const Step *step)
{
	TimestampTz end = end_of_wait(run, step);

	if (end <= clock_now())
		return GO_ON;
	run->due_at = end;
	return WAIT;
}

static Verdict
perform_execute_data_flow(Run *run, const Step *step)
{
	char	   *name = step_setting(step, "dataflow");
	Datum		value = CStringGetTextDatum(name);
	char	   *function = store_text(READ_DATAFLOW, &value, NULL);
	Datum		result;
	bool		isnull;

	if (function == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("dataflow \"%s\" is not registered", name)));
	result = call_flow_function(run, function, JSONBOID, &isnull);
	if (isnull)
		return GO_ON;
	if (!JB_ROOT_IS_OBJECT(DatumGetJsonbP(result)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("dataflow \"%s\" must return a JSON object or null", name)));
	model_merge(run, DatumGetJsonbPCopy(result));
	return GO_ON;
}

static Verdict
perform_update_model(Run *run, const Step *step)
{
	if (run->docid == NULL)
		return GO_ON;			/* free JSON is saved with its run */
	run_store(run);
	model_save(run);
	return GO_ON;
}

static Verdict
perform_update_model_field(Run *run, const Step *step)
{
	JsonbValue	settings = json_root(step->settings);
	JsonbValue	null = {.type = jbvNull};
	char	   *source = step_setting(step, "source");
	const JsonbValue *value = source != NULL ? model_field(run, source) :
		json_member(&settings, "value", strlen("value"));

	model_set(run, step_setting(step, "field"),
			  JsonbValueToJsonb((JsonbValue *) (value == NULL ? &null : value)));
	return GO_ON;
}

static Verdict
perform_finish(Run *run, const Step *step)
{
	return FINISH;
}

static Verdict
perform_reset_to_draft(Run *run, const Step *step)
{
	return RESET;
}

static Verdict
perform_if_condition(Run *run, const Step *step)
{
	if (condition_holds(run, step))
		return GO_ON;
	run->step = first_of_branch(run->flow, step, "else", NULL);
	return BRANCHED;
}

/* Is a text among the items of a list? */
static bool
has_text(Jsonb *list, const char *text)
{
	JsonbValue	item = {.type = jbvString, .val.string = {.val = (char *) text, .len = strlen(text)}};

	return findJsonbValueFromContainer(&list->root, JB_FARRAY, &item) != NULL;
}

/* The branch of the field's value, else the default; the main script ends here. */
static Verdict
perform_switch_case(Run *run, const Step *step)
{
	const JsonbValue *value = model_field(run, step_setting(step, "field"));
	char	   *text = value == NULL ? NULL : json_text(value);
	bool		has_case = text != NULL && step->cases != NULL && has_text(step->cases, text);

	run->step = has_case ? first_of_branch(run->flow, step, "case", text) :
		first_of_branch(run->flow, step, "default", NULL);
	return BRANCHED;
}

static Verdict
perform_pass_transition(Run *run, const Step *step)
{
	char	   *comment = step_setting(step, "comment");
	Order		order = {
		.docid = run->docid, .name = step_setting(step, "transition"),
		.comment = comment == NULL ? NULL : render_template(comment, run->model, NULL, false),
		.parameters = model_selection(run, step, "parameters", json_empty_object()),
	};

	if (run->docid == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a flow on free JSON has no transition to pass")));
	if (JB_ROOT_COUNT(order.parameters) == 0)
		order.parameters = NULL;	/* none */
	run_store(run);
	(void) pass_transition(&order, NULL);
	model_read_again(run);
	return GO_ON;
}

static const struct
{
	const char *kind;
	Perform		perform;
}			kinds[] = {
	{"send_notification", perform_send_notification},
	{"send_templated_notification", perform_send_templated_notification},
	{"get_user_confirmation", perform_get_user_confirmation},
	{"execute_data_flow", perform_execute_data_flow},
	{"update_model", perform_update_model},
	{"update_model_field", perform_update_model_field},
	{"finish", perform_finish},
	{"reset_to_draft", perform_reset_to_draft},
	{"if_condition", perform_if_condition},
	{"switch_case", perform_switch_case},
	{"pass_transition", perform_pass_transition},
	{"wait", perform_wait},
};

static Perform
perform_of_kind(const char *kind)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].perform;
	elog(ERROR, "unknown kind of step \"%s\"", kind);
}

/* One step */

typedef struct Performance
{
	Run		   *run;
	const Step *step;
	Verdict		verdict;
}			Performance;

static void
perform_now(void *argument)
{
	Performance *performance = argument;

	if (performance->run->reads_again)
		model_read_again(performance->run);
	performance->run->reads_again = false;
	performance->verdict = perform_of_kind(performance->step->kind) (performance->run, performance->step);
}

/*
 * Do WORK as whoever started the run.  In somebody else's session his names are
 * looked up where he would have looked, and never in that session's temporary
 * schema first: what it finds would act with his rights.  Nor may he leave
 * anything behind that would act with the rights of the session: settings end
 * with the step, temporary tables, deferred triggers and the like are refused.
 */
void
run_as_starter(const Run *run, Work work, void *argument)
{
	int			level;

	if (run_role(run) == GetUserId() && run_role(run) == acting_role() &&
		is_same_actor(run->actor, run->actor_is_person))
	{
		work(argument);
		return;
	}
	level = NewGUCNestLevel();
	(void) set_config_option("search_path",
							 run->search_path[0] == '\0' ? "pg_temp" : psprintf("%s, pg_temp", run->search_path),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	run_as_actor(run_role(run), run->actor, run->actor_is_person, work, argument);
	AtEOXact_GUC(false, level);
}

static void
perform_as_starter(void *argument)
{
	run_as_starter(((Performance *) argument)->run, perform_now, argument);
}

/* The step has failed: note why, with its record and with the run. */
void
note_failure(Run *run, StepRecord *record, const ErrorData *error)
{
	record->outcome = "failed";
	record->sqlstate = run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	record->message = run->message = pstrdup(error->message);
	record->context = run->context = error->context == NULL ? NULL : pstrdup(error->context);
	decide_after_failure(run, error->sqlerrcode);
}

/* What the step said shall become of the run. */
static void
obey(Run *run, const Step *step, Verdict verdict)
{
	switch (verdict)
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
take_step(Run *run)
{
	const Step *step = &run->flow->steps[run->step];
	Performance performance = {run, step, GO_ON};
	StepRecord *record = palloc0_object(StepRecord);
	Run			before = *run;
	ErrorData  *error;

	record->step = step;
	record->outcome = "done";
	record->started_at = GetCurrentTimestamp();
	error = attempt(perform_as_starter, &performance, false);
	record->ended_at = GetCurrentTimestamp();
	if (error != NULL)
	{
		/* what it stored of the run is undone as well */
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
		if (performance.verdict == WAIT)
			record->outcome = "waiting";
		obey(run, step, performance.verdict);
	}
	run->records = lappend(run->records, record);
}

/* The run goes on: what held it up is of the past. */
static void
set_running(Run *run)
{
	run->status = RUN_RUNNING;
	run->sqlstate = run->message = run->context = NULL;
}

/* Store what came of it. */
void
pause_or_end(Run *run)
{
	if (run->status == RUN_RUNNING && run->step == END_OF_FLOW)
		run->status = RUN_FINISHED;
	run_store(run);
}

/* Go on until the end, a wait or a failure. */
void
drive(Run *run)
{
	set_running(run);
	run->due_at = NEVER;		/* nobody else needs to take it up */
	while (run->status == RUN_RUNNING && run->step != END_OF_FLOW)
	{
		CHECK_FOR_INTERRUPTS();
		take_step(run);
	}
	pause_or_end(run);
}

/* The wait is over; false if it ended with a failure, which has been dealt with. */
static bool
end_wait(Run *run)
{
	const Step *step = &run->flow->steps[run->step];

	if (strcmp(step->kind, "get_user_confirmation") == 0)
		return confirmation_is_overdue(run);
	run_end_wait(run, "done", NULL);
	run->step = step->next;
	return true;
}

/*
 * For a worker that has claimed the run: take one step.  After a pause the row
 * is read again: what the flow has not changed is as it is now.
 */
void
drive_one_step(Run *run)
{
	RunStatus	status = run->status;

	if (status != RUN_WAITING || end_wait(run))
	{
		set_running(run);
		run->reads_again = status != RUN_RUNNING;
		if (run->step != END_OF_FLOW)
			take_step(run);
	}
	pause_or_end(run);
}
