/*
 * enforce.h
 *		The transition behind a change of state, for the triggers and for those
 *		who only ask.
 */
#ifndef SMARTWF_ENFORCE_H
#define SMARTWF_ENFORCE_H

#include "postgres.h"

#include "judgement.h"
#include "request.h"

extern void choose_transition(Judgement *judgement, const Request *request,
							  const char *target);

#endif
