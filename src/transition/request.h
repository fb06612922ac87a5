/*
 * request.h
 *		A request to pass a transition by name, while its UPDATE is under way.
 */
#ifndef SMARTWF_REQUEST_H
#define SMARTWF_REQUEST_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "definition/workflow.h"

/* One of the documents that a migration brings to a state of another version in one statement. */
typedef struct MovedDocument
{
	const char *docid;
	const char *from;			/* its state; NULL if that does not matter */
	bool		is_taken_over;	/* the trigger has taken it over */
	bool		has_left;		/* it is in another state by now, and stays there */
	int32		revision;		/* of the line of history; UNKNOWN_REVISION if there is none */
}			MovedDocument;

typedef struct Request
{
	const char *docid;
	const Workflow *workflow;
	const Transition *transition;	/* NULL if a target state is requested */
	int			target;			/* index of the state that was asked for; NO_STATE if a transition was */
	const char *comment;
	Jsonb	   *parameters;
	List	   *revisions;		/* int: those at which the document may be; NIL for any */
	bool		may_update;		/* the caller has the privilege to UPDATE the state */
	bool		is_taken_over;		/* the trigger has taken it over */
	uint32		agreed;			/* hooks that have agreed, as in a TransitionCheck */
	bool		is_outdated;	/* a hook wrote the row: the UPDATE has to be repeated */
	MovedDocument *moved;		/* of a migration, in the order of docid; NULL for other requests */
	int			number_moved;
	/* the result */
	const Workflow *final_workflow; /* NULL if nothing has changed */
	const Transition *final_transition; /* NULL if an administrator went without one */
	int			final_state;
	List	   *messages;		/* of char *, from m2 and m3 */
	MemoryContext context;		/* the caller's; triggers run in another */
	struct Request *outer;
}			Request;

extern Request *request_for(const char *docid);
extern void request_take_over(Request *request, const char *docid);
extern bool request_passes_by(Request *request, const char *docid, const char *state);
extern bool request_is_open(void);
extern void request_push(Request *request);
extern void request_pop(Request *request);
extern void request_note_change(const char *docid, const Workflow *workflow, const Transition *transition, int state,
								int32 revision);
extern void request_note_message(const char *docid, const char *message);

#endif
