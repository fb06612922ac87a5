/*
 * own_statement.h
 *		Statements on our own tables: saved plans, run as our owner.
 */
#ifndef SMARTWF_OWN_STATEMENT_H
#define SMARTWF_OWN_STATEMENT_H

#include "postgres.h"

#include "executor/spi.h"

#define EQ " OPERATOR(pg_catalog.=) "
#define MOST_ARGUMENTS 28

typedef struct OwnStatement
{
	int			arguments;
	Oid			types[MOST_ARGUMENTS];
	const char *text;
	bool		by_bitmap;		/* a bitmap scan is what it needs, of a BRIN index say */
	SPIPlanPtr	plan;			/* filled as needed */
}			OwnStatement;

/* A null argument: its place in NULLS is 'n'. */
extern uint64 own_execute(OwnStatement *statement, Datum *values, const char *nulls,
						  void (*use) (void *argument), void *argument);
extern char *own_text(OwnStatement *statement, Datum *values, const char *nulls);

#endif
