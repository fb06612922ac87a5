/*
 * pending.h
 *		Changes that were checked by a BEFORE trigger and wait for their row
 *		to be stored.
 */
#ifndef SMARTWF_PENDING_H
#define SMARTWF_PENDING_H

#include "postgres.h"

#include "access/htup.h"
#include "storage/itemptr.h"

#include "attach/attached_table.h"
#include "definition/workflow.h"

typedef struct Change
{
	char	   *docid;
	const Workflow *workflow;
	const Transition *transition;	/* NULL if none */
	int			from;			/* index of a state; from and to are both NO_STATE for an insert */
	int			to;
	char	   *from_state;		/* its name, even if the workflow has no such state */
	int32		revision;		/* revision of its entry in the history */
	char	   *actor;			/* name and role of the actor */
	Oid			role;
	bool		role_is_guess;
	char	   *comment;
	Jsonb	   *parameters;
	bool		releases_lock;
	ItemPointerData checked_version; /* of the row that was checked */
	HeapTuple	checked_row;		/* as it will be stored; NULL if there was nothing to check */
	Oid			checked_relation;	/* of that row */
	SubTransactionId recorded_in;	/* where the history entry was made; Invalid if not yet */
	bool		has_moved;		/* the row was inserted into another partition */
	bool		has_left;		/* and deleted from the first */
	SubTransactionId made_in;
	struct Change *older;		/* of the same document */
}			Change;

extern void pending_init(void);
extern bool pending_is_empty(void);
extern Change *pending_add(const char *docid);
extern Change *pending_newest(const char *docid);
extern Change *pending_find(const char *docid, int from, int to);
extern void pending_remove(Change *change);

#endif
