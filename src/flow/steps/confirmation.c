/*
 * confirmation.c
 *		The kind get_user_confirmation: asks people and waits for their
 *		answer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/texts.h"
#include "flow/run/failure.h"
#include "flow/run/model.h"
#include "flow/run/record.h"
#include "flow/run/run_table.h"
#include "flow/run/step_kind.h"
#include "flow/run/store.h"
#include "outbox/template/render.h"
#include "storage/element.h"
#include "storage/result.h"
#include "storage/role.h"
#include "confirmation.h"
#include "people.h"

/* The options of the step, or else the values that the field's column allows, or the field of a declared model. */
static List *
options_of_step(const Run *run, const Step *step, const char *field)
{
	JsonbValue *given = step_setting_value(step, "options");
	List	   *options = NIL;
	Element		element;

	if (given != NULL && json_is_list(given))
		for (int i = 0; i < JsonContainerSize(given->val.binary.data); i++)
			options = lappend(options, json_text(getIthJsonbValueFromContainer(given->val.binary.data, i)));
	else
	{
		bool		has_column = run->docid != NULL && element_read(run->docid, &element);
		Datum		values[] = {has_column ? CStringGetTextDatum(element.structure) : (Datum) 0,
			CStringGetTextDatum(field), Int32GetDatum(run->flow->id)};

		options = result_texts(store_execute(FIELD_OPTIONS, values, has_column ? NULL : "n  "), 0, 1);
	}
	if (options == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("step \"%s\" has no options", step->name),
				 errdetail("Field \"%s\" has no list of values, neither by its column nor in the model of the flow.", field)));
	return options;
}

static int
answers_needed(const Step *step)
{
	JsonbValue *needed = step_setting_value(step, "answersNeeded");

	return needed == NULL || needed->type != jbvNumeric ? 1 : atoi(json_text(needed));
}

/* Add the persons who have answered an earlier step to LIST. */
static List *
add_answerers(List *list, int64 run, const char *step)
{
	ListCell   *cell;
	ListCell   *given;

	foreach(cell, questions_of_run(run))
	{
		const Question *question = lfirst(cell);

		if (strcmp(question->step, step) != 0)
			continue;
		foreach(given, answers_of_question(question->id))
			list = lappend(list, ((Answer *) lfirst(given))->person);
	}
	return list;
}

/* Persons who may not answer, even if they are asked. */
static List *
excluded_persons(const Run *run, const Step *step)
{
	char	   *earlier = step_setting(step, "excludeAnswerersOf");
	List	   *excluded = step_setting_is_true(step, "excludeStarter") ? list_make1(run->person) : NIL;

	return earlier == NULL ? excluded : add_answerers(excluded, run->id, earlier);
}

/* Add PEOPLE to the question, except those that it excludes; returns those added. */
List *
set_people(Question *question, List *people)
{
	List	   *asked = NIL;
	ListCell   *cell;

	foreach(cell, people)
	{
		Person	   *person = lfirst(cell);

		if (is_in_texts(question->excluded, person->name))
			continue;
		asked = lappend(asked, person);
		question->users = lappend(question->users, person->name);
		if (person->is_person)
			question->people = lappend(question->people, person->name);
		else
			bind_role(person->name);
	}
	return asked;
}

/* Notify those who are asked; in the inbox, they find the question itself. */
void
tell_asked(Run *run, const Step *step, List *people, const Question *question)
{
	char	   *channel = step_setting(step, "channel");
	ListCell   *cell;

	if (channel != NULL && strcmp(channel, "mail") != 0)
	{
		notify_people(run, step, people, channel, "", question->message, false);
		return;
	}
	foreach(cell, people)
		push_to_person(lfirst(cell), psprintf("confirmation " INT64_FORMAT, question->id));
}

/* Ask, notify those who are asked, and wait. */
static StepResult
perform_get_user_confirmation(Run *run, const Step *step)
{
	char	   *message = step_setting(step, "message");
	char	   *due = step_setting(step, "due");
	List	   *people = people_of_step(run, step);
	Question	question = {
		.run = run_number(run), .step = (char *) step->name, .field = step_setting(step, "field"),
		.message = message == NULL ? "" : render_template(message, visible_model(run), NULL, false),
		.answers_needed = answers_needed(step),
	};

	question.options = options_of_step(run, step, question.field);
	question.excluded = excluded_persons(run, step);
	people = set_people(&question, people);
	if (people == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("step \"%s\" has nobody to address", step->name),
				 errdetail("Those whom it asks are excluded from answering.")));
	question.due_at = run->due_at = due == NULL ? NEVER : time_after(clock_now(), due);
	run_forget_answerer(run);
	question_insert(&question);
	tell_asked(run, step, people, &question);
	return WAIT;
}

/* The answer as a JSON value of the field's type. */
static Jsonb *
choice_as_json(const Run *run, const Question *question, const char *choice)
{
	JsonbValue	value = {.type = jbvString, .val.string = {.val = (char *) choice, .len = strlen(choice)}};

	if (model_field_type(run, question->field) == BOOLOID)
	{
		value.type = jbvBool;
		value.val.boolean = strcmp(choice, "true") == 0;
	}
	return JsonbValueToJsonb(&value);
}

/* Store the choice in the field, and continue with the next step. */
void
accept_choice(Run *run, Question *question, const char *choice, const char *status)
{
	const Step *step = &run->flow->steps[run->step];
	Jsonb	   *before = run->model;

	question_close(question, status, choice);
	model_set(run, question->field, choice_as_json(run, question, choice));
	end_waiting_record(run, "done", model_difference(before, run->model));
	run->step = step->next;
}

/* The open question of a waiting run. */
static Question *
question_of_waiting_run(const Run *run)
{
	ListCell   *cell;

	foreach(cell, questions_of_run(run->id))
		if (strcmp(((Question *) lfirst(cell))->status, "open") == 0)
			return lfirst(cell);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("run " INT64_FORMAT " waits for an answer, but asks nothing", run->id)));
}

/*
 * The time for an answer is over.  If the step has a choice for that, make it
 * and return true; otherwise the step fails.
 */
static bool
end_wait(Run *run, const Step *step)
{
	char	   *choice = step_setting(step, "dueChoice");
	Question   *question = question_of_waiting_run(run);

	/* an earlier answer gives no rights for this choice */
	run_forget_answerer(run);
	if (choice != NULL)
	{
		accept_choice(run, question, choice, "expired");
		return true;
	}
	question_close(question, "expired", NULL);
	fail_waiting_step(run, OVERDUE, failure_message(OVERDUE, psprintf(INT64_FORMAT, question->id)));
	return false;
}

const StepKind get_user_confirmation_step = {"get_user_confirmation", perform_get_user_confirmation, end_wait};
