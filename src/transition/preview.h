/*
 * preview.h
 *		What could be done with an element now, and why not; changing nothing.
 */
#ifndef SMARTWF_PREVIEW_H
#define SMARTWF_PREVIEW_H

#include "postgres.h"

#include "check.h"
#include "target.h"

typedef struct Inquiry
{
	Target		target;
	Judgement	judgement;
	Check		check;			/* the one that is asked just now */
	char	   *reason;			/* and what it says */
}			Inquiry;

/* How a state can be reached from the current one. */
typedef struct Way
{
	const Arc  *arc;			/* NULL: not at all */
	bool		is_authorized;	/* the caller holds the right */
}			Way;

extern void inquiry_begin(Inquiry *inquiry, const char *docid, const char *structure);
extern void inquiry_end(Inquiry *inquiry);
extern Way *inquiry_ways(Inquiry *inquiry);
extern char *inquiry_objection(Inquiry *inquiry, const Arc *arc);

#endif
