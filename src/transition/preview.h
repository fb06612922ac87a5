/*
 * preview.h
 *		Determines what could be done with an element now, and why not,
 *		without changing it.
 */
#ifndef SMARTWF_PREVIEW_H
#define SMARTWF_PREVIEW_H

#include "postgres.h"

#include "target.h"
#include "transition_check.h"

typedef struct Preview
{
	Target		target;
	TransitionCheck check;
	CheckFunction asked;		/* check to be run */
	char	   *reason;			/* and its result */
}			Preview;

/* How a state can be reached from the current one. */
typedef struct ReachableState
{
	const Arc  *arc;			/* NULL if it cannot be reached */
	bool		is_authorized;	/* the caller holds the right */
}			ReachableState;

extern void preview_begin(Preview *preview, const char *docid, const char *structure);
extern void preview_end(Preview *preview);
extern ReachableState *preview_states(Preview *preview);
extern char *preview_objection(Preview *preview, const Arc *arc);

#endif
