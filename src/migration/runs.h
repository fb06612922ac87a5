/*
 * runs.h
 *		Migrations of the runs of flows.
 */
#ifndef SMARTWF_MIGRATION_RUNS_H
#define SMARTWF_MIGRATION_RUNS_H

#include "postgres.h"

#include "utils/timestamp.h"

extern int64 move_due_runs(void);
extern TimestampTz next_due_run_migration(void);
extern void note_run_migration_failure(const ErrorData *error);

#endif
