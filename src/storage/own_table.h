/*
 * own_table.h
 *		smartwf's own tables by OID, and reading them with a fresh snapshot.
 */
#ifndef SMARTWF_OWN_TABLE_H
#define SMARTWF_OWN_TABLE_H

#include "postgres.h"

#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

typedef enum OwnRelation
{
	KNOWN_ROLES, WORKFLOWS, ELEMENTS, LOCKED_ELEMENTS, HISTORY, RUNS, RUNS_OF_DOCUMENT, RUN_STEPS,
	CONFIRMATIONS, CONFIRMATIONS_OF_RUN, ANSWERS, NUMBER_OF_OWN_RELATIONS
} OwnRelation;

/*
 * A table of ours that is read and written without a statement: the columns that
 * we know, which its C module numbers from 1, and where the table has them.
 */
typedef struct OwnColumn
{
	const char *name;
	Oid			type;
}			OwnColumn;

#define MOST_OWN_COLUMNS 32

typedef struct OwnTable
{
	OwnRelation relation;
	int			columns;
	const OwnColumn *column;	/* column[0] is not used */
	/* asked of the table, once for each of its relcache entries */
	int			generation;
	AttrNumber	number[MOST_OWN_COLUMNS];
	Oid			identity;		/* the sequence of its first column; InvalidOid: not looked up */
}			OwnTable;

extern Oid	smartwf_relation(OwnRelation relation);
extern Relation own_table_open(OwnTable *table, LOCKMODE lock);
extern int64 next_identity(OwnTable *table, Relation relation);
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
