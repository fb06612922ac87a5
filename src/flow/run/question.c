/*
 * question.c
 *		Reads and writes the questions that a run asks and their answers,
 *		without executing a statement.
 */
#include "postgres.h"

#include <limits.h>

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "base/texts.h"
#include "storage/own_table.h"
#include "storage/row.h"
#include "storage/writer.h"
#include "question.h"

enum
{
	ASKED_ID = 1, ASKED_RUN, ASKED_STEP, ASKED_FIELD, ASKED_MESSAGE, ASKED_OPTIONS, ASKED_USERS, ASKED_PEOPLE,
	ASKED_EXCLUDED, ASKED_NEEDED, ASKED_DUE_AT, ASKED_STATUS, ASKED_CHOICE, ASKED_AT, ASKED_CLOSED_AT,
	ASKED_COLUMNS = ASKED_CLOSED_AT
};

static const OwnColumn asked_columns[] = {
	[ASKED_ID] = {"id", INT8OID},
	[ASKED_RUN] = {"run", INT8OID},
	[ASKED_STEP] = {"step", TEXTOID},
	[ASKED_FIELD] = {"field", TEXTOID},
	[ASKED_MESSAGE] = {"message", TEXTOID},
	[ASKED_OPTIONS] = {"options", TEXTARRAYOID},
	[ASKED_USERS] = {"users", TEXTARRAYOID},
	[ASKED_PEOPLE] = {"people", TEXTARRAYOID},
	[ASKED_EXCLUDED] = {"excluded", TEXTARRAYOID},
	[ASKED_NEEDED] = {"answers_needed", INT4OID},
	[ASKED_DUE_AT] = {"due_at", TIMESTAMPTZOID},
	[ASKED_STATUS] = {"status", TEXTOID},
	[ASKED_CHOICE] = {"choice", TEXTOID},
	[ASKED_AT] = {"asked_at", TIMESTAMPTZOID},
	[ASKED_CLOSED_AT] = {"closed_at", TIMESTAMPTZOID},
};

static OwnRelation confirmations_of_run = {"confirmations_run"};	/* an index */
static OwnTable confirmations = {{"confirmations"}, ASKED_COLUMNS, asked_columns};

enum
{
	ANSWER_CONFIRMATION = 1, ANSWER_ACTOR, ANSWER_CHOICE, ANSWER_COMMENT, ANSWER_AT, ANSWER_PERSON,
	ANSWER_COLUMNS = ANSWER_PERSON
};

static const OwnColumn answer_columns[] = {
	[ANSWER_CONFIRMATION] = {"confirmation", INT8OID},
	[ANSWER_ACTOR] = {"actor", TEXTOID},
	[ANSWER_CHOICE] = {"choice", TEXTOID},
	[ANSWER_COMMENT] = {"comment", TEXTOID},
	[ANSWER_AT] = {"answered_at", TIMESTAMPTZOID},
	[ANSWER_PERSON] = {"person", TEXTOID},
};

static OwnTable answers = {{"answers"}, ANSWER_COLUMNS, answer_columns};

/* Questions */

static void
put_people(ColumnValues *values, const Question *question)
{
	const AttrNumber *number = confirmations.number;

	put_texts(values, number[ASKED_USERS], question->users);
	put_texts(values, number[ASKED_PEOPLE], question->people);
	put_texts(values, number[ASKED_EXCLUDED], question->excluded);
}

/* Insert the question; assigns its id. */
void
question_insert(Question *question)
{
	Relation	relation = own_table_open(&confirmations, RowExclusiveLock);
	const AttrNumber *number = confirmations.number;
	ColumnValues values = {.number = 0};

	question->id = next_identity(&confirmations, relation);
	put_value(&values, number[ASKED_ID], Int64GetDatum(question->id), false);
	put_value(&values, number[ASKED_RUN], Int64GetDatum(question->run), false);
	put_text(&values, number[ASKED_STEP], question->step);
	put_text(&values, number[ASKED_FIELD], question->field);
	put_text(&values, number[ASKED_MESSAGE], question->message);
	put_texts(&values, number[ASKED_OPTIONS], question->options);
	put_people(&values, question);
	put_value(&values, number[ASKED_NEEDED], Int32GetDatum(question->answers_needed), false);
	put_value(&values, number[ASKED_DUE_AT], TimestampTzGetDatum(question->due_at), question->due_at == NEVER);
	put_text(&values, number[ASKED_STATUS], "open");
	put_value(&values, number[ASKED_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	store_row(relation, new_row(relation, &values), NULL);
	table_close(relation, NoLock);
}

static Question *
question_of_row(HeapTuple row, TupleDesc descriptor)
{
	Question   *question = palloc0_object(Question);
	const AttrNumber *number = confirmations.number;

	question->row = row;
	question->id = bigint_of_row(row, descriptor, number[ASKED_ID]);
	question->run = bigint_of_row(row, descriptor, number[ASKED_RUN]);
	question->step = text_of_row(row, descriptor, number[ASKED_STEP]);
	question->field = text_of_row(row, descriptor, number[ASKED_FIELD]);
	question->message = text_of_row(row, descriptor, number[ASKED_MESSAGE]);
	question->options = texts_of_row(row, descriptor, number[ASKED_OPTIONS]);
	question->users = texts_of_row(row, descriptor, number[ASKED_USERS]);
	question->people = texts_of_row(row, descriptor, number[ASKED_PEOPLE]);
	question->excluded = texts_of_row(row, descriptor, number[ASKED_EXCLUDED]);
	question->answers_needed = int_of_row(row, descriptor, number[ASKED_NEEDED]);
	question->status = text_of_row(row, descriptor, number[ASKED_STATUS]);
	question->choice = text_of_row(row, descriptor, number[ASKED_CHOICE]);
	return question;
}

/* The current version of a question; NULL if there is none. */
Question *
question_read(int64 id)
{
	Relation	relation = own_table_open(&confirmations, AccessShareLock);
	HeapTuple	row = row_by_key(relation, id);
	Question   *question = row == NULL ? NULL : question_of_row(row, RelationGetDescr(relation));

	table_close(relation, NoLock);
	return question;
}

/* The questions that a run has asked so far (Question *). */
List *
questions_of_run(int64 run)
{
	Relation	relation = own_table_open(&confirmations, AccessShareLock);
	Snapshot	snapshot = fresh_snapshot();
	List	   *questions = NIL;
	ScanKeyData key;
	ListCell   *cell;

	ScanKeyInit(&key, 1 /* of the index */ , BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(run));
	foreach(cell, rows_by_index(relation, own_relation_oid(&confirmations_of_run), &key, 1, snapshot,
								ForwardScanDirection, INT_MAX))
		questions = lappend(questions, question_of_row(lfirst(cell), RelationGetDescr(relation)));
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return questions;
}

static void
update_question(Question *question, ColumnValues *values)
{
	Relation	relation = own_table_open(&confirmations, RowExclusiveLock);
	HeapTuple	new = changed_row(relation, question->row, values);

	CommandCounterIncrement();
	store_row(relation, new, &question->row->t_self);
	question->row = new;
	table_close(relation, NoLock);
}

/* Store the changed lists of people. */
void
question_change_people(Question *question)
{
	ColumnValues values = {.number = 0};

	put_people(&values, question);
	update_question(question, &values);
}

/* Close the question; CHOICE may be NULL. */
void
question_close(Question *question, const char *status, const char *choice)
{
	const AttrNumber *number = confirmations.number;
	ColumnValues values = {.number = 0};

	put_text(&values, number[ASKED_STATUS], status);
	put_text(&values, number[ASKED_CHOICE], choice);
	put_value(&values, number[ASKED_CLOSED_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	update_question(question, &values);
}

/* Answers */

void
answer_insert(const Question *question, const Answer *answer, const char *comment)
{
	Relation	relation = own_table_open(&answers, RowExclusiveLock);
	const AttrNumber *number = answers.number;
	ColumnValues values = {.number = 0};

	put_value(&values, number[ANSWER_CONFIRMATION], Int64GetDatum(question->id), false);
	put_text(&values, number[ANSWER_ACTOR], answer->actor);
	put_text(&values, number[ANSWER_CHOICE], answer->choice);
	put_text(&values, number[ANSWER_COMMENT], comment);
	put_value(&values, number[ANSWER_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	put_text(&values, number[ANSWER_PERSON], answer->person);
	store_row(relation, new_row(relation, &values), NULL);
	table_close(relation, NoLock);
}

static int
compare_times(const ListCell *a, const ListCell *b)
{
	TimestampTz first = ((Answer *) lfirst(a))->answered_at;
	TimestampTz second = ((Answer *) lfirst(b))->answered_at;

	return (first > second) - (first < second);
}

/* The answers to a question (Answer *), in order. */
List *
answers_of_question(int64 question)
{
	Relation	relation = own_table_open(&answers, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(relation);
	const AttrNumber *number = answers.number;
	List	   *given = NIL;
	ListCell   *cell;

	foreach(cell, rows_by_key(relation, question))
	{
		Answer	   *answer = palloc_object(Answer);
		bool		isnull;

		answer->actor = text_of_row(lfirst(cell), descriptor, number[ANSWER_ACTOR]);
		answer->choice = text_of_row(lfirst(cell), descriptor, number[ANSWER_CHOICE]);
		answer->person = text_of_row(lfirst(cell), descriptor, number[ANSWER_PERSON]);
		answer->answered_at = DatumGetTimestampTz(heap_getattr(lfirst(cell), number[ANSWER_AT], descriptor, &isnull));
		given = lappend(given, answer);
	}
	table_close(relation, NoLock);
	list_sort(given, compare_times);
	return given;
}
