/*
 * right.h
 *		Checks the right to pass a transition.
 */
#ifndef SMARTWF_RIGHT_H
#define SMARTWF_RIGHT_H

#include "postgres.h"

#include "transition_check.h"

extern bool holds_right(const Transition *transition, AttachedTable *table,
						HeapTuple row, TupleDesc descriptor);
extern char *check_right(TransitionCheck *check);

#endif
