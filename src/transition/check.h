/*
 * check.h
 *		Checks whether an element may pass a transition.
 */
#ifndef SMARTWF_CHECK_H
#define SMARTWF_CHECK_H

#include "postgres.h"

#include "transition_check.h"

typedef struct NamedCheck
{
	const char *name;
	CheckFunction check;
	bool		is_hook;		/* it may write, even to the document's own row */
}			NamedCheck;

#define NUMBER_OF_CHECKS 6
extern const NamedCheck checks[NUMBER_OF_CHECKS];

extern char *check_lock(TransitionCheck *check);
extern bool check_transition(TransitionCheck *check);

#endif
