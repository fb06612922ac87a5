/*
 * listener.h
 *		Who hears of the life of documents: rooms above, which this one does not
 *		know.
 */
#ifndef SMARTWF_LISTENER_H
#define SMARTWF_LISTENER_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "definition/workflow.h"

/* A row of an attached table. */
typedef struct ElementRow
{
	const struct AttachedTable *table;
	TupleDesc	descriptor;
	HeapTuple	row;
}			ElementRow;

/* A change that history has its line of; TRANSITION may be NULL. */
typedef struct StateChange
{
	const char *docid;
	const Workflow *workflow;
	const Transition *transition;
	int			to;				/* index of the state; NO_STATE: the end */
	bool		is_birth;
	ElementRow	element;		/* as it is now, or was at the end */
}			StateChange;

/* Callbacks may be NULL. */
typedef struct StateListener
{
	void		(*changed) (const StateChange *change);
	/* in a state to which no change led */
	void		(*found) (const char *docid);
	/* gone, whatever became of its row and its table */
	void		(*ended) (const char *docid);
	/* a column that timers count from, or that is watched, has another value */
	void		(*date_changed) (const char *docid, const ElementRow *element, AttrNumber column);
	/* a query for the names of more columns to be watched */
	const char *watched_columns;
}			StateListener;

extern void state_listener_register(const StateListener *listener);
extern void announce_change(const StateChange *change);
extern void announce_end(const char *docid);
extern void announce_date(const char *docid, const ElementRow *element, AttrNumber column);
extern const char *next_watched_columns(int *number);

#endif
