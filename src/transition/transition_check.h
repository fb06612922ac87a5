/*
 * transition_check.h
 *		The arguments that are passed to each check of a transition.
 */
#ifndef SMARTWF_TRANSITION_CHECK_H
#define SMARTWF_TRANSITION_CHECK_H

#include "postgres.h"

#include "attach/attached_table.h"
#include "definition/workflow.h"
#include "storage/element.h"

typedef struct TransitionCheck
{
	AttachedTable *table;
	Relation	relation;		/* of the row, maybe a partition */
	const Workflow *workflow;
	const char *docid;
	const char *locked_by;		/* NULL if not locked */
	bool		locked_by_person;
	int			from;
	int			to;
	const Transition *transition;	/* NULL if an administrator changes the state without one */
	HeapTuple	current;		/* the stored row */
	HeapTuple	proposed;		/* the row to be stored, still in its old state */
	bool		is_request;		/* by pass_transition(); otherwise a plain UPDATE */
	bool		may_update;		/* for a request: the caller has the privilege to UPDATE the state */
	const char *comment;		/* NULL if none */
	Jsonb	   *parameters;		/* NULL if none */
	const char *actor;			/* NULL for the current actor */
	uint32		agreed;			/* bit i: checks[i] is a hook that has agreed already */
	const char *user_message;	/* message of a hook or guard; may be NULL */
}			TransitionCheck;

typedef char *(*CheckFunction) (TransitionCheck *check);

#endif
