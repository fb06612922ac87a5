/*
 * migration.h
 *		Carries out migrations, batch by batch.
 */
#ifndef SMARTWF_MIGRATION_H
#define SMARTWF_MIGRATION_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

typedef enum MigrationProgress
{
	MIGRATION_NOT_DUE,			/* it does not run, or another session is at it */
	MIGRATION_GOES_ON,
	MIGRATION_WAITS,			/* for rows or transactions of others */
	MIGRATION_ENDED
} MigrationProgress;

extern List *due_migrations(void);
extern TimestampTz next_due_migration(void);
extern Oid	role_of_migration(int64 id);
extern char *describe_migration(int64 id);
extern MigrationProgress migrate_batch(int64 id);
extern void note_migration_failure(int64 id, const ErrorData *error);

#endif
