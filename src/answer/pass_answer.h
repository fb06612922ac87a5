/*
 * pass_answer.h
 *		Passes transitions, and returns the documented answer.
 */
#ifndef SMARTWF_PASS_ANSWER_H
#define SMARTWF_PASS_ANSWER_H

#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "transition/pass.h"

/* Makes a change; returns the messages of m2 and m3 (char *), and writes the documented data. */
typedef List *(*PassAnswer) (const PassCall *call, StringInfo data);

extern List *answer_to_pass(const PassCall *call, StringInfo data);
extern List *answer_to_set_state(const PassCall *call, StringInfo data);
extern Datum pass_transition_with_messages(PG_FUNCTION_ARGS);
extern Datum set_state_with_messages(PG_FUNCTION_ARGS);

#endif
