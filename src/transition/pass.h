/*
 * pass.h
 *		Passes a transition by name.
 */
#ifndef SMARTWF_PASS_H
#define SMARTWF_PASS_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "definition/workflow.h"

/* The arguments of a call. */
typedef struct PassCall
{
	const char *docid;
	const char *structure;		/* NULL if any */
	const char *name;			/* of a transition or a state */
	const char *comment;		/* NULL if none */
	Jsonb	   *parameters;		/* NULL if none */
	List	   *revisions;		/* int: those at which the document may be; NIL for any */
}			PassCall;

/* The result of a call. */
typedef struct Passed
{
	const Workflow *workflow;
	const Transition *transition;	/* NULL if an administrator went without one */
	int			state;			/* index of the state reached */
	List	   *messages;		/* of char *, the messages of m2 and m3 */
}			Passed;

extern Passed pass_transition(const PassCall *call);
extern Passed set_state(const PassCall *call);

#endif
