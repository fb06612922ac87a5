/*
 * relation.h
 *		smartwf's own tables by OID, and reading them with a fresh snapshot.
 */
#ifndef SMARTWF_RELATION_H
#define SMARTWF_RELATION_H

#include "postgres.h"

#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef enum OwnRelation
{
	WORKFLOWS, ELEMENTS, LOCKED_ELEMENTS, HISTORY, RUNS, RUN_STEPS, NUMBER_OF_OWN_RELATIONS
} OwnRelation;

extern Oid	smartwf_relation(OwnRelation relation);
extern Oid	relation_owner(Oid relid);
extern Oid	smartwf_owner(void);
extern Oid	smartwf_event_type(void);
extern void read_as_owner(const char *query, int arguments, Oid *types, Datum *values,
						  void (*use) (void *argument), void *argument);
extern char *result_text(int row, int column);
extern int32 result_int(int row, int column);
extern Jsonb *result_jsonb(int row, int column);
extern int64 result_bigint(int row, int column);
extern TimestampTz result_time(int row, int column, TimestampTz otherwise);
extern List *result_texts(int row, int column);
extern int32 *id_by_name(const char *query, const char *name);

#endif
