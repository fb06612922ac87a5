/*
 * pass.h
 *		Passing a transition by name.
 */
#ifndef SMARTWF_PASS_H
#define SMARTWF_PASS_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "definition/workflow.h"

/* What is asked for: of which document, to pass or to go where, with what. */
typedef struct PassCall
{
	const char *docid;
	const char *structure;		/* NULL: any */
	const char *name;			/* of a transition or a state */
	const char *comment;		/* NULL: none */
	Jsonb	   *parameters;		/* NULL: none */
}			PassCall;

/* What came of it. */
typedef struct Passed
{
	const Workflow *workflow;
	int			state;			/* index of the one reached */
	List	   *messages;		/* of char *, what m2 and m3 said */
}			Passed;

extern Passed pass_transition(const PassCall *call);
extern Passed set_state(const PassCall *call);

#endif
