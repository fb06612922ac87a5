/*
 * pending.h
 *		Changes that were checked BEFORE and wait for their row to be stored.
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
	const Transition *transition;	/* NULL: none */
	int			from;			/* index of a state; both NO_STATE: a birth */
	int			to;
	char	   *from_state;		/* its name, even if the workflow has none such */
	int32		revision;		/* that its line of history will have */
	char	   *actor;			/* who passes it, by name and role */
	Oid			role;
	bool		role_is_guess;
	char	   *comment;
	Jsonb	   *parameters;
	bool		releases_lock;
	ItemPointerData checked_version; /* of the row that was checked */
	HeapTuple	checked_row;		/* as it shall be stored; NULL: nobody looked at it */
	Oid			checked_relation;	/* of that row */
	SubTransactionId recorded_in;	/* history has it; Invalid: not yet */
	bool		has_moved;		/* the row turned up in another partition */
	bool		has_left;		/* and is gone from the first */
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
