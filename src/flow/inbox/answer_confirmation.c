/*
 * answer_confirmation.c
 *		Answers and delegates confirmations.
 *
 * The run is locked before its confirmation is read, so that of two concurrent
 * answers the second sees the effect of the first.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/switch_user.h"
#include "base/texts.h"
#include "flow/run/drive.h"
#include "flow/run/failure.h"
#include "flow/run/model.h"
#include "flow/run/run_table.h"
#include "flow/run/start.h"
#include "flow/run/store.h"
#include "flow/steps/confirmation.h"
#include "flow/steps/people.h"
#include "storage/role.h"

/* A person's name is no longer than the longest mail address. */
#define LONGEST_NAME 254

static char *
id_text(int64 id)
{
	return psprintf(INT64_FORMAT, id);
}

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

/*
 * Does the question exist for the caller?  It does as well for a person
 * excluded from answering, who gets an error that says so.
 */
static bool
knows_question(const Question *question)
{
	return asks_caller(question) || is_in_texts(question->excluded, person_of_caller());
}

/*
 * Raise an error if the caller, who knows of the question, may not answer it:
 * after an answer, after delegating it, or if excluded.
 */
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
 * An open question addressed to the caller, and its run, locked.  A question
 * that the caller does not know of is reported as missing.
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
	/* read it again, since another session may have changed it */
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

/* After an answer has ended the wait: go on here, or leave that to a worker. */
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

/* Have all users that are asked by name answered?  ACTOR is the last one. */
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

/* All have answered and do not agree: the step fails; if restarted, it asks again. */
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

static int64
confirmation_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "confirmation"));
	return PG_GETARG_INT64(0);
}

/* The number of answers with that choice. */
static int
times_chosen(List *given, const char *choice)
{
	ListCell   *cell;
	int			times = 0;

	foreach(cell, given)
		times += strcmp(((Answer *) lfirst(cell))->choice, choice) == 0;
	return times;
}

/* Steps that act as the answerer act as the caller from now on. */
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

/* The role or person that a question is delegated to; a person must have an address. */
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
	/* the caller is not asked any more, not even as a member of a group */
	question->users = list_delete_text(question->users, person);
	question->excluded = lappend(question->excluded, person);
	told = is_in_texts(question->users, to) ? NIL : set_people(question, list_make1(delegate));
	question_change_people(question);
	tell_asked(run, &run->flow->steps[run->step], told, question);
	PG_RETURN_VOID();
}
