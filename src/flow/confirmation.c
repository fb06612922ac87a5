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
#include "utils/builtins.h"

#include "common/actor.h"
#include "common/argument.h"
#include "common/clock.h"
#include "common/compat.h"
#include "common/error.h"
#include "common/json_value.h"
#include "common/locale.h"
#include "common/relation.h"
#include "common/role.h"
#include "common/texts.h"
#include "drive.h"
#include "lifecycle/element.h"
#include "model.h"
#include "outbox/template.h"
#include "people.h"
#include "store.h"

typedef struct Confirmation
{
	int64		run;
	char	   *step;
	char	   *field;
	char	   *message;
	List	   *options;
	List	   *users;
	int32		answers_needed;
	char	   *status;
	List	   *actors;			/* of the answers, in their order */
	List	   *choices;
	MemoryContext context;
}			Confirmation;

static char *
id_text(int64 id)
{
	return psprintf(INT64_FORMAT, id);
}

/* Lists */

static int
times_in_list(List *list, const char *text)
{
	ListCell   *cell;
	int			times = 0;

	foreach(cell, list)
		times += strcmp(lfirst(cell), text) == 0;
	return times;
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

/* The step get_user_confirmation: ask, tell those who are asked, and wait. */
void
ask_people(Run *run, const Step *step)
{
	JsonbValue	settings = json_root(step->settings);
	char	   *field = step_setting(step, "field");
	char	   *message = step_setting(step, "message");
	char	   *channel = step_setting(step, "channel");
	char	   *due = step_setting(step, "due");
	JsonbValue *needed = json_member(&settings, "answersNeeded", strlen("answersNeeded"));
	List	   *people = people_of_step(run, step);
	char	   *text = message == NULL ? "" :
		render_template(message, run->model, NULL, false);
	Datum		values[8];
	ListCell   *cell;

	run_store(run);
	values[0] = Int64GetDatum(run->id);
	values[1] = CStringGetTextDatum(step->name);
	values[2] = CStringGetTextDatum(field);
	values[3] = CStringGetTextDatum(text);
	values[4] = array_of_texts(options_of_step(run, step, field));
	values[5] = array_of_texts(people);
	foreach(cell, people)
		bind_role(lfirst(cell));
	values[6] = Int32GetDatum(needed == NULL || needed->type != jbvNumeric ? 1 : atoi(json_text(needed)));
	run->due_at = due == NULL ? NEVER : time_after(clock_now(), due);
	values[7] = TimestampTzGetDatum(run->due_at);
	(void) store_execute(INSERT_CONFIRMATION, values, due == NULL ? "       n" : NULL, NULL, NULL);
	notify_people(run, step, people, channel == NULL ? "mail" : channel, "", text, false);
}

/* Answering */

static void
take_confirmation(void *argument)
{
	Confirmation *confirmation = argument;
	MemoryContext outer = MemoryContextSwitchTo(confirmation->context);

	confirmation->run = result_bigint(0, 1);
	confirmation->step = result_text(0, 2);
	confirmation->field = result_text(0, 3);
	confirmation->options = result_texts(0, 4);
	confirmation->users = result_texts(0, 5);
	confirmation->answers_needed = result_int(0, 6);
	confirmation->status = result_text(0, 7);
	confirmation->message = result_text(0, 8);
	confirmation->actors = result_texts(0, 9);
	confirmation->choices = result_texts(0, 10);
	MemoryContextSwitchTo(outer);
}

static Confirmation *
read_confirmation(int64 id)
{
	Confirmation *confirmation = palloc0_object(Confirmation);
	Datum		value = Int64GetDatum(id);

	confirmation->context = CurrentMemoryContext;
	if (store_execute(READ_CONFIRMATION, &value, NULL, take_confirmation, confirmation) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("confirmation " INT64_FORMAT " does not exist", id)));
	return confirmation;
}

/*
 * An open confirmation that asks the caller, and its run, locked.  What he may
 * not see does not exist for him.
 */
static Confirmation *
open_confirmation(int64 id, const char *what, Run **run)
{
	Confirmation *confirmation = read_confirmation(id);
	bool		is_asked = is_administrator();
	ListCell   *cell;

	foreach(cell, confirmation->users)
		is_asked |= names_caller(lfirst(cell));
	if (!is_asked)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("confirmation " INT64_FORMAT " does not exist", id)));
	*run = run_load(confirmation->run);
	if (*run == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", confirmation->run)));
	confirmation = read_confirmation(id);
	if (strcmp(confirmation->status, "answered") == 0 && confirmation->actors != NIL)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("confirmation %s has been answered by \"%s\""),
							   id_text(id), (char *) llast(confirmation->actors)));
	if (strcmp(confirmation->status, "open") != 0 || (*run)->status != RUN_WAITING)
		raise_failure(RUN_CLOSED, what,
					  psprintf(localized("confirmation %s is closed"), id_text(id)));
	return confirmation;
}

/* The answer as the field's type has it: true and false of a boolean are no texts. */
static Jsonb *
choice_as_json(const Run *run, const Confirmation *confirmation, const char *choice)
{
	JsonbValue	value = {.type = jbvString, .val.string = {.val = (char *) choice, .len = strlen(choice)}};

	if (model_field_type(run, confirmation->field) == BOOLOID)
	{
		value.type = jbvBool;
		value.val.boolean = strcmp(choice, "true") == 0;
	}
	return JsonbValueToJsonb(&value);
}

/* The choice lands in the field, and the run stands at the next step. */
static void
accept_choice(Run *run, const Confirmation *confirmation, int64 id, const char *choice, const char *status)
{
	Datum		values[] = {Int64GetDatum(id), CStringGetTextDatum(choice), CStringGetTextDatum(status)};
	const Step *step = &run->flow->steps[run->step];
	Jsonb	   *before = run->model;

	(void) store_execute(CLOSE_CONFIRMATION, values, NULL, NULL, NULL);
	model_set(run, confirmation->field, choice_as_json(run, confirmation, choice));
	run_end_wait(run, "done", model_difference(before, run->model));
	run->step = step->next;
}

/* An answer has ended the wait: go on here, or leave it to a worker. */
static void
go_on(Run *run)
{
	if (!run->by_worker)
	{
		drive(run);
		return;
	}
	run->status = RUN_QUEUED;
	run->due_at = clock_now();
	run_store(run);
}

/* Has everybody answered who is asked by name?  ACTOR is the last to do so. */
static bool
all_have_answered(const Confirmation *confirmation, const char *actor)
{
	ListCell   *cell;

	foreach(cell, confirmation->users)
		if (strcmp(lfirst(cell), actor) != 0 &&
			times_in_list(confirmation->actors, lfirst(cell)) == 0)
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

static void
take_id(void *argument)
{
	*(int64 *) argument = result_bigint(0, 1);
}

/*
 * The time for an answer is over: the choice that stands for silence, if there
 * is one (true); else the step has failed (false), and so it has been decided.
 */
bool
confirmation_is_overdue(Run *run)
{
	const Step *step = &run->flow->steps[run->step];
	char	   *choice = step_setting(step, "dueChoice");
	Datum		value = Int64GetDatum(run->id);
	int64		id = 0;

	(void) store_execute(OPEN_CONFIRMATION, &value, NULL, take_id, &id);
	if (choice != NULL)
	{
		accept_choice(run, read_confirmation(id), id, choice, "expired");
		return true;
	}
	{
		Datum		values[] = {Int64GetDatum(id), 0, CStringGetTextDatum("expired")};

		(void) store_execute(CLOSE_CONFIRMATION, values, " n ", NULL, NULL);
	}
	fail_waiting_step(run, OVERDUE, failure_message(OVERDUE, id_text(id)));
	return false;
}

/* smartwf.answer_confirmation(confirmation, choice, comment) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_answer_confirmation);
Datum
smartwf_answer_confirmation(PG_FUNCTION_ARGS)
{
	char	   *choice = needed_argument(fcinfo, 1, "choice");
	char	   *comment = text_argument(fcinfo, 2);
	char	   *actor = actor_name();
	int64		id;
	Run		   *run;
	Confirmation *confirmation;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "confirmation"));
	id = PG_GETARG_INT64(0);
	confirmation = open_confirmation(id, localized("Answer"), &run);
	if (times_in_list(confirmation->options, choice) == 0)
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("\"%s\" is no option of confirmation %s"), choice, id_text(id)));
	if (times_in_list(confirmation->actors, actor) > 0)
		raise_failure(RUN_CLOSED, localized("Answer"),
					  psprintf(localized("confirmation %s has been answered by \"%s\""), id_text(id), actor));
	{
		Datum		values[] = {
			Int64GetDatum(id), CStringGetTextDatum(actor), CStringGetTextDatum(choice),
			comment == NULL ? (Datum) 0 : CStringGetTextDatum(comment),
		};

		(void) store_execute(INSERT_ANSWER, values, comment == NULL ? "   n" : NULL, NULL, NULL);
	}
	if (times_in_list(confirmation->choices, choice) + 1 >= confirmation->answers_needed)
	{
		accept_choice(run, confirmation, id, choice, "answered");
		go_on(run);
	}
	else if (all_have_answered(confirmation, actor))
		fail_split(run, id);
	PG_RETURN_TEXT_P(cstring_to_text(status_name(run->status)));
}

/* smartwf.delegate(confirmation, to) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_delegate);
Datum
smartwf_delegate(PG_FUNCTION_ARGS)
{
	char	   *person = needed_argument(fcinfo, 1, "to");
	Confirmation *confirmation;
	Run		   *run;
	int64		id;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "confirmation"));
	id = PG_GETARG_INT64(0);
	confirmation = open_confirmation(id, localized("Delegation"), &run);
	if (times_in_list(confirmation->users, person) == 0)
	{
		Datum		values[] = {Int64GetDatum(id), CStringGetTextDatum(person)};

		bind_role(person);
		(void) store_execute(DELEGATE_CONFIRMATION, values, NULL, NULL, NULL);
		notify_people(run, &run->flow->steps[run->step], list_make1(person), "mail", "",
					  confirmation->message, false);
	}
	PG_RETURN_VOID();
}
