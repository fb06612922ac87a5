/*
 * inquiry.h
 *		What could be done with an element now, and why not; changing nothing.
 */
#ifndef SMARTWF_INQUIRY_H
#define SMARTWF_INQUIRY_H

#include "postgres.h"

#include "judgement.h"
#include "target.h"

typedef struct Inquiry
{
	Target		target;
	Judgement	judgement;
	Check		check;			/* the one that is asked just now */
	char	   *reason;			/* and what it says */
}			Inquiry;

extern void inquiry_begin(Inquiry *inquiry, const char *docid, const char *structure);
extern void inquiry_end(Inquiry *inquiry);
extern bool inquiry_holds_right(Inquiry *inquiry, const Transition *transition);
extern const Arc *inquiry_arc_to(Inquiry *inquiry, int to);
extern char *inquiry_objection(Inquiry *inquiry, const Arc *arc);

#endif
