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
	int			hook;			/* that it asks, NO_HOOK if none; hooks may write even the document's own row */
}			NamedCheck;

#define NO_HOOK (-1)
#define NUMBER_OF_CHECKS 6
extern const NamedCheck checks[NUMBER_OF_CHECKS];

extern char *check_lock(TransitionCheck *check);
extern bool check_transition(TransitionCheck *check);

#endif
