/*
 * row_trigger.h
 *		The transition behind a change of state, for the triggers and for those
 *		who only ask.
 */
#ifndef SMARTWF_ROW_TRIGGER_H
#define SMARTWF_ROW_TRIGGER_H

#include "postgres.h"

#include "request.h"
#include "transition_check.h"

extern void row_trigger_init(void);
extern void choose_transition(TransitionCheck *check, const Request *request,
							  const char *target);

#endif
