/*
 * move.h
 *		Brings documents to a state of another version of their workflow.
 */
#ifndef SMARTWF_MOVE_H
#define SMARTWF_MOVE_H

#include "postgres.h"

#include "attach/attached_table.h"
#include "definition/workflow.h"
#include "request.h"

typedef struct Move
{
	AttachedTable *table;
	const Workflow *workflow;	/* the version that the documents go to */
	int			state;			/* its state that they go to */
	const char *comment;		/* in their history */
	List	   *revisions;		/* int: those at which the document may be; NIL for any */
	bool		as_caller;		/* one document, with the caller's own right to update it */
	MovedDocument *documents;	/* will be sorted */
	int			number_of_documents;
}			Move;

extern void move_documents(const Move *move);

#endif
