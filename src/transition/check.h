/*
 * check.h
 *		The checks of a transition, in their documented order.
 */
#ifndef SMARTWF_CHECK_H
#define SMARTWF_CHECK_H

#include "postgres.h"

#include "transition_check.h"

typedef struct NamedCheck
{
	const char *name;
	CheckFunction check;
}			NamedCheck;

#define NUMBER_OF_CHECKS 6
extern const NamedCheck checks[NUMBER_OF_CHECKS];

extern void check_transition(TransitionCheck *check);

#endif
