/*
 * row_trigger.h
 *		The transition behind a change of state, for the triggers and for those
 *		who only ask.
 */
#ifndef SMARTWF_ROW_TRIGGER_H
#define SMARTWF_ROW_TRIGGER_H

#include "postgres.h"

#include "check.h"
#include "request.h"

extern void choose_transition(Judgement *judgement, const Request *request,
							  const char *target);

#endif
