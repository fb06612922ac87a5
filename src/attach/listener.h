/*
 * listener.h
 *		Announces changes of documents to higher modules, which register
 *		listeners.
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

/* A change as recorded in the history; transition may be NULL. */
typedef struct StateChange
{
	const char *docid;
	const Workflow *workflow;
	const Transition *transition;
	int			to;				/* index of the state; NO_STATE if the document ended */
	bool		is_birth;
	ElementRow	element;		/* the current row, or the last one if the document ended */
}			StateChange;

/* Callbacks may be NULL. */
typedef struct StateListener
{
	void		(*changed) (const StateChange *change);
	/* a document in a state that it did not reach by a change */
	void		(*found) (const char *docid);
	/* the document is gone, whatever happened to its row and table */
	void		(*ended) (const char *docid);
	/* a column that timers count from, or that is watched, has changed */
	void		(*date_changed) (const char *docid, const ElementRow *element, AttrNumber column);
	/* a query that returns the names of further columns to watch */
	const char *watched_columns;
}			StateListener;

extern void state_listener_register(const StateListener *listener);
extern void announce_change(const StateChange *change);
extern void announce_end(const char *docid);
extern void announce_date(const char *docid, const ElementRow *element, AttrNumber column);
extern const char *next_watched_columns(int *number);

#endif
