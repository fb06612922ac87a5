/*
 * question.h
 *		Reads and writes the questions that a run asks and their answers.
 */
#ifndef SMARTWF_QUESTION_H
#define SMARTWF_QUESTION_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "run.h"

/* A row of smartwf.confirmations. */
typedef struct Question
{
	int64		id;
	int64		run;
	char	   *step;
	char	   *field;
	char	   *message;
	List	   *options;
	List	   *users;			/* names of the users that are asked */
	List	   *people;			/* those of users that are persons, not roles */
	List	   *excluded;		/* persons who may not answer, even if asked */
	int32		answers_needed;
	TimestampTz due_at;			/* NEVER */
	char	   *status;
	char	   *choice;			/* NULL if none was made */
	HeapTuple	row;
}			Question;

/* A row of smartwf.answers. */
typedef struct Answer
{
	char	   *actor;
	char	   *person;
	char	   *choice;
	TimestampTz answered_at;
}			Answer;

extern void question_insert(Question *question);
extern Question *question_read(int64 id);
extern List *questions_of_run(int64 run);
extern void question_change_people(Question *question);
extern void question_close(Question *question, const char *status, const char *choice);
extern void answer_insert(const Question *question, const Answer *answer, const char *comment);
extern List *answers_of_question(int64 question);

#endif
