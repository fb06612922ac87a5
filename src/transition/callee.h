/*
 * callee.h
 *		Calls guards and hooks with the caller's rights.
 */
#ifndef SMARTWF_CALLEE_H
#define SMARTWF_CALLEE_H

#include "postgres.h"

#include "attach/attached_table.h"
#include "base/subtransaction.h"

/* A guard or hook to call. */
typedef struct Callee
{
	const AttachedTable *table; /* the table whose row it is passed */
	bool		is_foreign;		/* it calls functions other than PostgreSQL's own */
	Oid			schema;			/* added to the search path; InvalidOid if none */
	bool		hides_errors;	/* hides all errors, not only those about data */
	const char *kind;			/* format that makes its description from its name */
	const char *name;
}			Callee;

extern void call_for_caller(const Callee *callee, Work work, void *argument);

#endif
