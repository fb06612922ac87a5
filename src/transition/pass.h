/*
 * pass.h
 *		Passing a transition by name.
 */
#ifndef SMARTWF_PASS_H
#define SMARTWF_PASS_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "request.h"
#include "target.h"

/* What is asked for: of which document, to pass or to go where, with what. */
typedef struct Order
{
	const char *docid;
	const char *structure;		/* NULL: any */
	const char *name;			/* of a transition or a state */
	const char *comment;		/* NULL: none */
	Jsonb	   *parameters;		/* NULL: none */
}			Order;

extern bool needs_permission(Target *target, const Transition *transition, int to);
extern List *pass_transition(const Order *order, StringInfo data);
extern List *set_state(const Order *order, StringInfo data);

#endif
