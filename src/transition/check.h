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
	Check		check;
}			NamedCheck;

#define NUMBER_OF_CHECKS 6
extern const NamedCheck checks[NUMBER_OF_CHECKS];

extern void judge(Judgement *judgement);

#endif
