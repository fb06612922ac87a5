/*
 * store.h
 *		The statements on the tables of runs.
 */
#ifndef SMARTWF_STORE_H
#define SMARTWF_STORE_H

#include "postgres.h"

#include "storage/result.h"

typedef enum StoreStatement
{
	FIND_KEY, DUE_RUNS, NEXT_DUE_RUN, RESTART_RUNS, CLOSE_CONFIRMATIONS, INSERT_NOTIFICATION,
	READ_TEMPLATE, READ_PARTIALS, READ_DATAFLOW, FIELD_OPTIONS, RUN_READERS, FIND_CONTACT, PAUSE_FLOW,
	MARK_READ, DELETE_NOTIFICATION, FIND_NOTIFICATION,
	NUMBER_OF_STORE_STATEMENTS
} StoreStatement;

/* NULLS has 'n' at the position of a null argument. */
extern QueryResult *store_execute(StoreStatement statement, Datum *values, const char *nulls);

extern char *store_text(StoreStatement statement, Datum *values, const char *nulls);

#endif
