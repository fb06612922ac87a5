/*
 * listener.h
 *		What other rooms do when a document changes its state.
 */
#ifndef SMARTWF_LISTENER_H
#define SMARTWF_LISTENER_H

#include "postgres.h"

#include "attached_table.h"

/* A row of an attached table. */
typedef struct ElementRow
{
	const AttachedTable *table;
	TupleDesc	descriptor;
	HeapTuple	row;
}			ElementRow;

/* A change that history has its line of; TRANSITION may be NULL. */
typedef struct PassedChange
{
	const char *docid;
	const Workflow *workflow;
	const Transition *transition;
	int			to;				/* index of the state; NO_STATE: the end */
	bool		is_birth;
	ElementRow	element;		/* as it is now, or was at the end */
}			PassedChange;

typedef void (*Effect) (const PassedChange *change);

/* A column that timers count from has another value. */
typedef void (*DateEffect) (const char *docid, const ElementRow *element, AttrNumber column);

/* A document is gone, whatever became of its row and its table. */
typedef void (*EndEffect) (const char *docid);

extern void effect_register(Effect effect);
extern void end_effect_register(EndEffect effect);
extern void effects_of_end(const char *docid);
extern void date_effect_register(DateEffect effect, const char *columns);
extern void for_each_date_query(void (*use) (const char *query, void *argument), void *argument);
extern void effects_of_change(const PassedChange *change);
extern void effects_of_date(const char *docid, const ElementRow *element, AttrNumber column);

#endif
