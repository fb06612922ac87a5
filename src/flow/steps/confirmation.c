/*
 * confirmation.c
 *		What a run asks people, and their answers.
 *
 * The run is locked before its confirmation is looked at: of two answers at
 * once, the second finds what the first has left.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/locale.h"
#include "storage/own_table.h"
#include "storage/role.h"
#include "base/texts.h"
#include "flow/run/drive.h"
#include "storage/element.h"
#include "flow/run/model.h"
#include "outbox/template/template.h"
#include "people.h"
#include "flow/run/question.h"
#include "flow/run/start.h"
#include "flow/run/store.h"

/* Nobody has a name longer than the longest address. */
#define LONGEST_NAME 254

static char *
id_text(int64 id)
{
	return psprintf(INT64_FORMAT, id);
}

/* Asking */

typedef struct TakenList
{
	List	   *list;
	MemoryContext context;
}			TakenList;

static void
take_list(void *argument)
{
	TakenList  *taken = argument;
	MemoryContext outer = MemoryContextSwitchTo(taken->context);

	taken->list = result_texts(0, 1);
	MemoryContextSwitchTo(outer);
}

/* The options: those given, else what the field's column can hold. */
static List *
options_of_step(const Run *run, const Step *step, const char *field)
{
	JsonbValue	settings = json_root(step->settings);
	JsonbValue *given = json_member(&settings, "options", strlen("options"));
	TakenList	taken = {NIL, CurrentMemoryContext};
	Element		element;

	if (given != NULL && json_is_list(given))
		for (int i = 0; i < JsonContainerSize(given->val.binary.data); i++)
			taken.list = lappend(taken.list, json_text(getIthJsonbValueFromContainer(given->val.binary.data, i)));
	else if (run->docid != NULL && element_read(run->docid, &element))
	{
		Datum		values[] = {CStringGetTextDatum(element.structure), CStringGetTextDatum(field)};

		(void) store_execute(FIELD_OPTIONS, values, NULL, take_list, &taken);
	}
	if (taken.list == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("step \"%s\" has no options", step->name),
				 errdetail("Field \"%s\" is no enum, boolean or column with a list of values.", field)));
	return taken.list;
}

static bool
boolean_setting(const Step *step, const char *name)
{
	JsonbValue	settings = json_root(step->settings);
	JsonbValue *value = json_member(&settings, name, strlen(name));

	return value != NULL && value->type == jbvBool && value->val.boolean;
}

static int
answers_needed(const Step *step)
{
	JsonbValue	settings = json_root(step->settings);
	JsonbValue *needed = json_member(&settings, "answersNeeded", strlen("answersNeeded"));

	return needed == NULL || needed->type != jbvNumeric ? 1 : atoi(json_text(needed));
}

/* The persons who have answered what an earlier step asked, with those of LIST. */
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

/* Who may not answer, however he comes to be asked: four eyes see more than two. */
static List *
excluded_persons(const Run *run, const Step *step)
{
	char	   *earlier = step_setting(step, "excludeAnswerersOf");
	List	   *excluded = boolean_setting(step, "excludeStarter") ? list_make1(run->person) : NIL;

	return earlier == NULL ? excluded : add_answerers(excluded, run->id, earlier);
}

/* Put the names of PEOPLE to the question, but those whom it excludes. */
static List *
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

/* Tell those who are asked: in the inbox the question itself is what they find. */
static void
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

/* The step get_user_confirmation: ask, tell those who are asked, and wait. */
void
ask_people(Run *run, const Step *step)
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
}

/* Answering */

static void
refuse_unknown_question(int64 id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("confirmation " INT64_FORMAT " does not exist", id)));
}

static bool
asks_caller(const Question *question)
{
	ListCell   *cell;

	if (is_administrator())
		return true;
	foreach(cell, question->users)
	{
		bool		is_person = is_in_texts(question->people, lfirst(cell));

		if (means_caller(lfirst(cell), is_person) && (is_person || login_holds_role(lfirst(cell))))
			return true;
	}
	return false;
}

/* Does it concern him?  Who handed it over, or may not answer, is told so. */
static bool
knows_question(const Question *question)
{
	return asks_caller(question) || is_in_texts(question->excluded, person_of_caller());
}

/* He may see it, but not answer: he has done so, has handed it over, or is excluded. */
static void
require_answerer(const Question *question, List *given, const char *what)
{
	char	   *person = person_of_caller();
	ListCell   *cell;

	foreach(cell, given)
	{
		const Answer *answer = lfirst(cell);

		if (strcmp(answer->person, person) == 0)
			raise_failure(RUN_CLOSED, what,
						  psprintf(localized("confirmation %s has been answered by \"%s\""),
								   id_text(question->id), answer->actor));
	}
	if (is_in_texts(question->excluded, person))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" may not answer confirmation " INT64_FORMAT, person, question->id),
				 errdetail("It was handed over, or is for others to answer than those who had a part before.")));
}

/*
 * An open question that asks the caller, and its run, locked.  What he may not
 * see does not exist for him.
 */
static Question *
open_question(int64 id, const char *what, Run **run, List **given)
{
	Question   *question = question_read(id);

	if (question == NULL || !knows_question(question))
		refuse_unknown_question(id);
	*run = run_load(question->run);
	if (*run == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", question->run)));
	/* as whoever came first has left it */
	question = question_read(id);
	if (question == NULL || !knows_question(question))
		refuse_unknown_question(id);
	*given = answers_of_question(id);
	if (strcmp(question->status, "answered") == 0 && *given != NIL)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("confirmation %s has been answered by \"%s\""),
							   id_text(id), ((Answer *) llast(*given))->actor));
	if (strcmp(question->status, "open") != 0 || (*run)->status != RUN_WAITING)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("confirmation %s is closed"), id_text(id)));
	require_answerer(question, *given, what);
	return question;
}

/* The answer as the field's type has it: true and false of a boolean are no texts. */
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

/* The choice lands in the field, and the run stands at the next step. */
static void
accept_choice(Run *run, Question *question, const char *choice, const char *status)
{
	const Step *step = &run->flow->steps[run->step];
	Jsonb	   *before = run->model;

	question_close(question, status, choice);
	model_set(run, question->field, choice_as_json(run, question, choice));
	end_waiting_record(run, "done", model_difference(before, run->model));
	run->step = step->next;
}

/* An answer has ended the wait: go on here, or leave it to a worker. */
static void
go_on(Run *run)
{
	if (!run->by_worker && !flow_is_stopped(run->flow))
	{
		drive(run);
		return;
	}
	leave_to_workers(run);
	run_store(run);
}

/* Has everybody answered who is asked by name?  ACTOR is the last to do so. */
static bool
all_have_answered(const Question *question, List *given, const char *actor)
{
	List	   *names = list_make1((char *) actor);
	ListCell   *cell;

	foreach(cell, given)
		names = lappend(names, ((Answer *) lfirst(cell))->actor);
	foreach(cell, question->users)
		if (!is_in_texts(names, lfirst(cell)))
			return false;
	return true;
}

/* They have, and do not agree: the step fails; restarted, it asks anew. */
static void
fail_split(Run *run, int64 id)
{
	fail_waiting_step(run, RUN_CLOSED,
					  psprintf(localized("all have answered confirmation %s, but no choice got the answers that it needs"),
							   id_text(id)));
	if (run->status == RUN_RUNNING)
		go_on(run);
	else
		run_store(run);
}

/* The question that a run waits for. */
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
 * The time for an answer is over: the choice that stands for silence, if there
 * is one (true); else the step has failed (false), and so it has been decided.
 */
bool
confirmation_is_overdue(Run *run)
{
	char	   *choice = step_setting(&run->flow->steps[run->step], "dueChoice");
	Question   *question = question_of_waiting_run(run);

	/* nothing can be done as whoever has answered something else */
	run_forget_answerer(run);
	if (choice != NULL)
	{
		accept_choice(run, question, choice, "expired");
		return true;
	}
	question_close(question, "expired", NULL);
	fail_waiting_step(run, OVERDUE, failure_message(OVERDUE, id_text(question->id)));
	return false;
}

static int64
confirmation_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "confirmation"));
	return PG_GETARG_INT64(0);
}

/* How many have given that answer. */
static int
times_chosen(List *given, const char *choice)
{
	ListCell   *cell;
	int			times = 0;

	foreach(cell, given)
		times += strcmp(((Answer *) lfirst(cell))->choice, choice) == 0;
	return times;
}

/* From now on, whoever has answered is the caller. */
static void
note_answerer(Run *run, int64 question)
{
	run->answerer = GetUserNameFromId(acting_role(), false);
	run->answerer_actor = actor_name();
	run->answerer_is_person = actor_is_person();
	run->answerer_person = person_of_caller();
	run->answered = question;
	bind_role(run->answerer);
}

/* smartwf.answer_confirmation(confirmation, choice, comment) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_answer_confirmation);
Datum
smartwf_answer_confirmation(PG_FUNCTION_ARGS)
{
	int64		id = confirmation_argument(fcinfo);
	Answer		answer = {.choice = needed_argument(fcinfo, 1, "choice"), .actor = actor_name(), .person = person_of_caller()};
	List	   *given;
	Run		   *run;
	Question   *question = open_question(id, localized("Answer"), &run, &given);

	if (run->docid != NULL && document_is_gone(run->docid))
	{
		run_close_confirmations(run);
		run->status = RUN_CANCELLED;
		run_store(run);
		PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
	}
	if (!is_in_texts(question->options, answer.choice))
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("\"%s\" is no option of confirmation %s"), answer.choice, id_text(id)));
	answer_insert(question, &answer, text_argument(fcinfo, 2));
	if (times_chosen(given, answer.choice) + 1 >= question->answers_needed)
	{
		note_answerer(run, id);
		accept_choice(run, question, answer.choice, "answered");
		go_on(run);
	}
	else if (all_have_answered(question, given, answer.actor))
		fail_split(run, id);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

/* Somebody to whom a question can be handed over: a role, or a person with an address. */
static Person *
delegate_of_name(char *name)
{
	Person	   *delegate;
	Datum		value = CStringGetTextDatum(name);

	if (name[0] == '\0' || strlen(name) > LONGEST_NAME)
		raise_failure(MALFORMED_CALL, localized("argument \"to\" must be the name of a role or a person"));
	delegate = person_of_name(name);
	if (delegate->is_person && store_text(FIND_CONTACT, &value, NULL) == NULL)
		raise_failure_with_hint(MALFORMED_CALL, localized("Add the person to smartwf.contacts."),
								psprintf(localized("\"%s\" is neither a role nor in smartwf.contacts"), name));
	return delegate;
}

/* smartwf.delegate(confirmation, to) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_delegate);
Datum
smartwf_delegate(PG_FUNCTION_ARGS)
{
	int64		id = confirmation_argument(fcinfo);
	char	   *to = needed_argument(fcinfo, 1, "to");
	char	   *person = person_of_caller();
	Person	   *delegate;
	List	   *given;
	List	   *told;
	Run		   *run;
	Question   *question = open_question(id, localized("Delegation"), &run, &given);

	if (strcmp(to, person) == 0 || is_in_texts(question->excluded, to))
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("confirmation %s cannot be delegated to \"%s\""), id_text(id), to));
	delegate = delegate_of_name(to);
	/* who hands over is not asked any more, be it as one of a group */
	question->users = list_delete_text(question->users, person);
	question->excluded = lappend(question->excluded, person);
	told = is_in_texts(question->users, to) ? NIL : set_people(question, list_make1(delegate));
	question_change_people(question);
	tell_asked(run, &run->flow->steps[run->step], told, question);
	PG_RETURN_VOID();
}
