/*
 * transition_check.h
 *		May this element pass this transition?  What each check is asked.
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
	Relation	relation;		/* whose row this is: maybe a partition */
	const Workflow *workflow;
	const char *docid;
	const char *locked_by;		/* NULL: not locked */
	bool		locked_by_person;
	int			from;
	int			to;
	const Transition *transition;	/* NULL: an administrator without one */
	HeapTuple	current;		/* the row as it stands */
	HeapTuple	proposed;		/* as it shall be, still in its old state */
	bool		is_request;		/* by pass_transition(), else a plain UPDATE */
	bool		may_update;		/* if so: the caller could do it by an UPDATE */
	const char *comment;		/* NULL: none */
	Jsonb	   *parameters;		/* NULL: none */
	const char *actor;			/* NULL: whoever acts now */
	const char *user_message;	/* what a hook or a guard said; may be NULL */
}			TransitionCheck;

typedef char *(*CheckFunction) (TransitionCheck *check);

#endif
