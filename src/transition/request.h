/*
 * request.h
 *		A transition asked for by name, on its way through the UPDATE that
 *		carries it out.
 */
#ifndef SMARTWF_REQUEST_H
#define SMARTWF_REQUEST_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "definition/workflow.h"

typedef struct Request
{
	const char *docid;
	const Workflow *workflow;
	const Transition *transition;	/* NULL: go to target */
	int			target;			/* index of a state, if there is no transition */
	const char *comment;
	Jsonb	   *parameters;
	bool		may_update;		/* the caller could do it by an UPDATE */
	bool		is_taken_over;		/* the trigger has taken it over */
	/* what became of it */
	const Workflow *final_workflow; /* NULL: nothing has changed */
	int			final_state;
	List	   *messages;		/* of char *, from m2 and m3 */
	MemoryContext context;		/* of whom asked; triggers have one of their own */
	struct Request *outer;
}			Request;

extern Request *request_for(const char *docid);
extern bool request_is_open(void);
extern void request_push(Request *request);
extern void request_pop(Request *request);
extern void request_note_change(const char *docid, const Workflow *workflow, int state);
extern void request_note_message(const char *docid, const char *message);

#endif
