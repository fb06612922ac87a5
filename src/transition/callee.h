/*
 * callee.h
 *		Calling what others wrote, guards and hooks, for the caller.
 */
#ifndef SMARTWF_CALLEE_H
#define SMARTWF_CALLEE_H

#include "postgres.h"

#include "attach/attached_table.h"
#include "base/subtransaction.h"

/* What somebody wrote. */
typedef struct Callee
{
	const AttachedTable *table; /* whose row it is shown */
	bool		is_foreign;		/* not PostgreSQL's own alone */
	Oid			schema;			/* where its names are looked up, too; InvalidOid: none */
	bool		hides_errors;	/* all of them, not those about data alone */
	const char *kind;			/* what to call it: a format for its name */
	const char *name;
}			Callee;

extern void call_for_caller(const Callee *callee, Work work, void *argument);

#endif
