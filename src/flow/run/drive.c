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
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

#include "base/actor.h"
#include "base/subtransaction.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/json_value.h"
#include "storage/own_table.h"
#include "storage/role.h"
#include "base/settings.h"
#include "base/texts.h"
#include "flow/steps/condition.h"
#include "drive.h"
#include "attach/attached_table.h"
#include "transition/pass.h"
#include "model.h"
#include "outbox/template/template.h"
#include "flow/steps/people.h"
#include "question.h"
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

/* A time in a field of the model. */
static TimestampTz
time_of_field(const Run *run, const Step *step, const char *field)
{
	const JsonbValue *value = model_field(run, field);
	TimestampTz time;
	int			level;

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("step \"%s\" waits until a time that is not there", step->name),
				 errdetail("Field \"%s\" of the model is empty.", field)));
	level = pin_settings();
	time = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(json_text(value)),
												   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	unpin_settings(level);
	return time;
}

/* When the step shall go on: after a while, or at the time in a field. */
static TimestampTz
end_of_wait(const Run *run, const Step *step)
{
	char	   *duration = step_setting(step, "duration");

	if (duration != NULL)
		return time_after(clock_now(), duration);
	return time_of_field(run, step, step_setting(step, "until"));
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

/* The model of a run that waits has changed, and with it perhaps until when. */
void
run_move_wait(Run *run)
{
	const Step *step = &run->flow->steps[run->step];
	char	   *field = strcmp(step->kind, "wait") == 0 ? step_setting(step, "until") : NULL;

	if (field != NULL)
		run->due_at = time_of_field(run, step, field);
}

/* A run that waits until a time in its document, looking at it again; for attempt(). */
typedef struct SecondLook
{
	Run		   *run;
	const Step *step;
	TimestampTz end;
}			SecondLook;

static void
look_again_now(void *argument)
{
	SecondLook *look = argument;

	model_read_again(look->run);
	look->end = time_of_field(look->run, look->step, step_setting(look->step, "until"));
}

static void
look_again(void *argument)
{
	SecondLook *look = argument;

	run_as_step(look->run, look->step, look_again_now, argument);
}

/*
 * Is it really time?  The date that the run waits for may have moved since.  False
 * if it waits on, or what it waits for is gone and the step has failed.
 */
static bool
wait_is_over(Run *run, const Step *step)
{
	SecondLook	look = {run, step, 0};
	Run			before = *run;
	ErrorData  *error;

	if (run->docid == NULL || step_setting(step, "until") == NULL)
		return true;
	error = attempt(look_again, &look, false);
	if (error != NULL && is_lock_conflict(error->sqlerrcode))
	{
		*run = before;
		put_off(run, error);
		return false;
	}
	if (error != NULL)
	{
		*run = before;
		run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		run->message = pstrdup(error->message);
		end_waiting_record(run, "failed", NULL);
		decide_after_failure(run, error->sqlerrcode);
		return false;
	}
	run->due_at = look.end;
	return look.end <= clock_now();
}

static Verdict
perform_execute_data_flow(Run *run, const Step *step)
{
	char	   *name = step_setting(step, "dataflow");
	Datum		value = CStringGetTextDatum(name);
	char	   *function = store_text(READ_DATAFLOW, &value, NULL);
	Datum		result;
	bool		isnull;
	bool		is_current;

	if (function == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("dataflow \"%s\" is not registered", name)));
	is_current = model_is_current(run);
	result = call_flow_function(run, step, function, JSONBOID, &isnull);
	if (is_current)
		model_take_over(run);
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
		.comment = comment == NULL ? NULL : render_template(comment, visible_model(run), NULL, false),
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
	model_follow_own(run);
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
	bool		is_become;		/* the whole transaction acts for it already */
}			Performance;

/*
 * The rights that an answer gives are for what was answered: should the field hold
 * anything else by now, they are nobody's.
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
perform_now(void *argument)
{
	Performance *performance = argument;

	if (performance->run->reads_again)
		model_read_again(performance->run);
	performance->run->reads_again = false;
	/* an answer is for the document as it was */
	if (performance->step->as_answerer)
	{
		require_answer(performance->run, performance->step);
		model_require_current(performance->run);
	}
	performance->verdict = perform_of_kind(performance->step->kind) (performance->run, performance->step);
}

static Actor
starter_of_run(const Run *run)
{
	return (Actor)
	{
		run_role(run), run->actor, run->actor_is_person, run->person
	};
}

/* The role that published the flow; not one that became a superuser since. */
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

/* As whom a step acts. */
static Actor
actor_of_step(const Run *run, const Step *step)
{
	if (step->as_answerer)
		return answerer_of_run(run, step);
	return run->flow->runs_as_owner ? owner_of_flow(run->flow) : starter_of_run(run);
}

/* Is what a step does done for somebody who has not chosen its functions? */
bool
step_acts_for_other(const Run *run, const Step *step)
{
	return run->is_task || run->flow->runs_as_owner || step->as_answerer;
}

/*
 * The settings that the step starts from: those of its role.  The starter's names
 * are looked up where he would have looked, and never in the session's temporary
 * schema first: what is found acts with his rights.
 */
static void
apply_settings_of_step(const Run *run, const Step *step, const Actor *actor, GucAction action)
{
	const char *path;

	apply_role_settings(actor->role, action);
	/* what fails must not end the session that drives it */
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

/* Those that a step has left would run as whoever fetches from them. */
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
 * Do WORK, of a step, as whom it acts.  In somebody else's session he may leave
 * nothing behind that would act with the rights of the session: settings end
 * with the step, temporary tables, deferred triggers and the like are refused.
 * STEP may be NULL: then as the starter.
 */
void
run_as_step(const Run *run, const Step *step, Work work, void *argument)
{
	Actor		actor = step == NULL ? starter_of_run(run) : actor_of_step(run, step);
	List	   *cursors;
	int			level;

	if (is_caller(&actor) && !(step != NULL && step_acts_for_other(run, step)))
	{
		work(argument);
		return;
	}
	level = NewGUCNestLevel();
	(void) apply_server_settings(true, GUC_ACTION_SAVE);
	apply_settings_of_step(run, step, &actor, GUC_ACTION_SAVE);
	cursors = open_cursors();
	run_as_actor(&actor, work, argument);
	close_cursors_but(cursors);
	AtEOXact_GUC(false, level);
}

/* In the starter's own session: that his steps do not depend on what he has set there. */
static void
apply_own_settings(const Run *run)
{
	Actor		starter = starter_of_run(run);

	if (is_caller(&starter) && apply_server_settings(false, GUC_ACTION_SAVE))
		apply_role_settings(starter.role, GUC_ACTION_SAVE);
}

/* Finding out as whom a step acts; for attempt(). */
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
 * For the rest of a worker's transaction: be whom the step acts as; the error, if
 * that is nobody.
 */
static ErrorData *
become_actor_of_step(const Run *run)
{
	ActorSearch search = {run, &run->flow->steps[run->step]};
	ErrorData  *error = NULL;

	/* a starter who is gone fails the transaction: that costs the others nothing */
	if (step_acts_for_other(run, search.step))
		error = attempt(find_actor, &search, false);
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

/* Whose rights the next step has; InvalidOid: none, the run ends or its actor is gone. */
Oid
role_of_step(const Run *run)
{
	const Step *step = run->step == END_OF_FLOW ? NULL : &run->flow->steps[run->step];
	const char *name = step == NULL ? NULL : step->as_answerer ? run->answerer :
		run->flow->runs_as_owner ? run->flow->owner : run->starter;

	return name == NULL ? InvalidOid : role_of_name(name);
}

static void
perform_as_actor(void *argument)
{
	Performance *performance = argument;

	run_as_step(performance->run, performance->step, perform_now, argument);
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

/* The step at which the run stands has failed before it began. */
void
fail_step(Run *run, const ErrorData *error)
{
	StepRecord *record = palloc0_object(StepRecord);

	record->step = &run->flow->steps[run->step];
	record->started_at = record->ended_at = GetCurrentTimestamp();
	note_failure(run, record, error);
	run->records = lappend(run->records, record);
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
take_step(Run *run, bool is_become)
{
	const Step *step = &run->flow->steps[run->step];
	Performance performance = {run, step, GO_ON, is_become};
	StepRecord *record = palloc0_object(StepRecord);
	Run			before = *run;
	ErrorData  *error;

	record->step = step;
	record->outcome = "done";
	record->started_at = GetCurrentTimestamp();
	error = attempt(performance.is_become ? perform_now : perform_as_actor, &performance, false);
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

/* Runs that are driven just now, one within a step of the other. */
typedef struct DrivenRun
{
	const Run  *run;
	struct DrivenRun *outer;
}			DrivenRun;

static DrivenRun *driven = NULL;

/* Is a run driven by this process just now? */
bool
run_is_driven_here(int64 id)
{
	for (DrivenRun *one = driven; one != NULL; one = one->outer)
		if (one->run->id == id)
			return true;
	return false;
}

/* Take a step, and let others know meanwhile whose it is. */
static void
drive_step(Run *run, bool is_become)
{
	DrivenRun	one = {run, driven};

	driven = &one;
	PG_TRY();
	{
		take_step(run, is_become);
	}
	PG_FINALLY();
	{
		driven = one.outer;
	}
	PG_END_TRY();
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
	int			level = NewGUCNestLevel();

	apply_own_settings(run);
	set_running(run);
	run->due_at = NEVER;		/* nobody else needs to take it up */
	while (run->status == RUN_RUNNING && run->step != END_OF_FLOW)
	{
		CHECK_FOR_INTERRUPTS();
		drive_step(run, false);
	}
	pause_or_end(run);
	AtEOXact_GUC(false, level);
}

/* The wait is over; false if it is not, or ended with a failure, which has been dealt with. */
static bool
end_wait(Run *run)
{
	const Step *step = &run->flow->steps[run->step];

	if (strcmp(step->kind, "get_user_confirmation") == 0)
		return confirmation_is_overdue(run);
	if (!wait_is_over(run, step))
		return false;
	end_waiting_record(run, "done", NULL);
	run->step = step->next;
	return true;
}

/*
 * A run that has waited long enough is queued: what comes next is a step of its own,
 * which begins with reading the row again.
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
 * For a worker that has claimed the run: end its wait, or take one step.  After a
 * pause the row is read again: what the flow has not changed is as it is now.
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
