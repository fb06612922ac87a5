/*
 * batch.h
 *		The documents that a migration moves in one transaction.
 */
#ifndef SMARTWF_MIGRATION_BATCH_H
#define SMARTWF_MIGRATION_BATCH_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/relcache.h"
#include "utils/timestamp.h"

#include "attach/attached_table.h"
#include "storage/element.h"

typedef enum DocumentOutcome
{
	PUT_OFF, DONE, FAILED
} DocumentOutcome;

/* A document that is listed. */
typedef struct MigrationDocument
{
	const char *docid;
	const Workflow *to;			/* the version that it goes to */
	const char *back_to;		/* the state that it goes back to, if it is at that revision; may be NULL */
	int32		at_revision;
	/* found, under the lock of its row */
	HeapTuple	row;
	const char *state;
	ElementStatus status;
	const Workflow *followed;	/* the version that it follows now */
	bool		goes;			/* it is one of those that the migration moves */
	int			target;			/* the state that it goes to */
	/* what came of it */
	DocumentOutcome outcome;
	int32		revision;		/* of its line of history; UNKNOWN_REVISION if it got none */
	const char *sqlstate;
	const char *message;
}			MigrationDocument;

typedef struct Migration
{
	int64		id;
	const Structure *structure;
	AttachedTable *table;
	Jsonb	   *states;
	bool		by_docid;
	const char *actor;
	bool		actor_is_person;
	const char *position;
	TimestampTz started_at;
	int			pass;
	bool		is_undo;
	bool		has_newcomers;	/* documents may follow versions that were published after it had begun */
	bool		is_called;		/* in the caller's transaction: errors are raised, and locks waited for */
	List	   *documents;		/* of MigrationDocument *, the batch in the order of docid */
}			Migration;

extern void read_batch(Migration *migration);
extern void lock_documents(Migration *migration, Relation relation);
extern MigrationDocument *document_of_docid(const Migration *migration, const char *docid);
extern void note_batch(const Migration *migration, int *done, int *failed);

#endif
