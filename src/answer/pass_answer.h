/*
 * pass_answer.h
 *		Passes transitions, and returns the documented answer.
 */
#ifndef SMARTWF_PASS_ANSWER_H
#define SMARTWF_PASS_ANSWER_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "transition/pass.h"

extern List *answer_to_pass(const PassCall *call, StringInfo data);
extern List *answer_to_set_state(const PassCall *call, StringInfo data);

#endif
