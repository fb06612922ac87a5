/*
 * own_table.h
 *		smartwf's tables: by OID, by column, as their owner.
 *
 * Each is named by the file that reads and writes it.
 */
#ifndef SMARTWF_OWN_TABLE_H
#define SMARTWF_OWN_TABLE_H

#include "postgres.h"

#include "storage/lockdefs.h"
#include "utils/rel.h"

#include "base/switch_user.h"

/* A table or an index of smartwf. */
typedef struct OwnRelation
{
	const char *name;
	Oid			oid;			/* InvalidOid: not looked up */
	struct OwnRelation *next;	/* that was looked up before */
}			OwnRelation;

/*
 * A table of ours that is read and written without a statement: the columns that
 * we know, which its file numbers from 1, and where the table has them.
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

extern Oid	own_relation_oid(OwnRelation *relation);
extern bool own_relation_exists(const char *name);
extern Relation own_table_open(OwnTable *table, LOCKMODE lock);
extern int64 next_identity(OwnTable *table, Relation relation);
extern Oid	relation_owner(Oid relid);
extern Oid	smartwf_owner(void);
extern SavedUser switch_to_owner(void);

#endif
