/*
 * guard.h
 *		Guards: boolean expressions over the columns of an element.
 */
#ifndef SMARTWF_GUARD_H
#define SMARTWF_GUARD_H

#include "postgres.h"

#include "transition_check.h"

extern char *check_guard(TransitionCheck *check);
extern bool guard_calls_others(TransitionCheck *check);

#endif
