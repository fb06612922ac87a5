/*
 * confirmation.h
 *		The kind get_user_confirmation: asks people and waits for their
 *		answer.
 */
#ifndef SMARTWF_CONFIRMATION_H
#define SMARTWF_CONFIRMATION_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "flow/run/question.h"
#include "flow/run/step_kind.h"

extern const StepKind get_user_confirmation_step;

extern List *set_people(Question *question, List *people);
extern void tell_asked(Run *run, const Step *step, List *people, const Question *question);
extern void accept_choice(Run *run, Question *question, const char *choice, const char *status);

#endif
