/*
 * own_statement.h
 *		Statements on smartwf's tables, run as the extension's owner.
 */
#ifndef SMARTWF_OWN_STATEMENT_H
#define SMARTWF_OWN_STATEMENT_H

#include "postgres.h"

#include "executor/spi.h"

#include "result.h"

#define EQ " OPERATOR(pg_catalog.=) "
#define MOST_ARGUMENTS 28

/* One whose plan is kept. */
typedef struct OwnStatement
{
	int			arguments;
	Oid			types[MOST_ARGUMENTS];
	const char *text;
	bool		by_bitmap;		/* a bitmap scan is what it needs, of a BRIN index say */
	SPIPlanPtr	plan;			/* filled as needed */
}			OwnStatement;

/* A null argument: its place in NULLS is 'n'. */
extern QueryResult *own_execute(OwnStatement *statement, Datum *values, const char *nulls);
extern char *own_text(OwnStatement *statement, Datum *values, const char *nulls);
extern QueryResult *read_as_owner(const char *query, int arguments, Oid *types, Datum *values);
extern void call_as_owner(const char *query, int arguments, Oid *types, Datum *values);
extern int32 *id_by_name(const char *query, const char *name);

#endif
