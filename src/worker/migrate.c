/*
 * migrate.c
 *		Migrations as background work, and in a procedure.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/wait_event.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "flow/run/failure.h"
#include "migration/migration.h"
#include "migration/runs.h"
#include "bounds.h"
#include "migrate.h"
#include "procedure.h"
#include "registry.h"
#include "step.h"
#include "transaction.h"

/* How long the procedure waits for others. */
#define PAUSE_MILLISECONDS 500

typedef struct Turn
{
	int64		id;				/* 0: none is due */
	MigrationProgress progress;
	const ErrorData *error;
}			Turn;

typedef struct DueMigrations
{
	List	   *ids;			/* of int64 * */
	MemoryContext context;
}			DueMigrations;

static void
find_now(void *argument)
{
	DueMigrations *due = argument;
	MemoryContext outer = MemoryContextSwitchTo(due->context);

	due->ids = due_migrations();
	MemoryContextSwitchTo(outer);
}

static void
migrate_now(void *argument)
{
	Turn	   *turn = argument;
	WorkInHand	work = {.kind = A_MIGRATION, .run = turn->id};

	if (!may_serve(role_of_migration(turn->id)))
		return;
	begin_step(describe_migration(turn->id), &work, 0);
	turn->progress = migrate_batch(turn->id);
}

static void
note_now(void *argument)
{
	Turn	   *turn = argument;

	note_migration_failure(turn->id, turn->error);
}

/* One batch. */
static void
take_turn(Turn *turn)
{
	ErrorData  *error;

	turn->progress = MIGRATION_NOT_DUE;
	error = run_in_transaction(NULL, migrate_now, turn);
	(void) end_step();
	turn->error = error_of_late_step(error, "the migration");
	if (turn->error != NULL && run_in_transaction("note the failure of a migration", note_now, turn) == NULL)
		turn->progress = is_lock_conflict(turn->error->sqlerrcode) ? MIGRATION_WAITS : MIGRATION_ENDED;
	if (turn->progress == MIGRATION_WAITS)
		turn->error = NULL;
	/* the triggers of the table have acted as its owner */
	clean_session();
}

/*
 * For a worker: a batch of each migration that is due, as far as others are not at it,
 * which is told then; true if there was one.
 */
bool
migrate_when_due(bool *has_put_off)
{
	DueMigrations due = {NIL, CurrentMemoryContext};
	bool		has_worked = false;
	ListCell   *cell;

	(void) run_in_transaction("look for migrations that are due", find_now, &due);
	foreach(cell, due.ids)
	{
		Turn		turn = {.id = *(int64 *) lfirst(cell)};

		if (worker_must_be_replaced())
			break;
		take_turn(&turn);
		*has_put_off |= turn.progress == MIGRATION_NOT_DUE;
		has_worked |= turn.progress == MIGRATION_GOES_ON || turn.progress == MIGRATION_ENDED;
	}
	return has_worked;
}

static void
move_runs_now(void *argument)
{
	*(int64 *) argument = move_due_runs();
}

static void
note_runs_now(void *argument)
{
	note_run_migration_failure(argument);
}

/* For a worker: move runs whose steps have ended; true if there were any. */
bool
move_runs_when_due(void)
{
	int64		moved = 0;
	ErrorData  *error = run_in_transaction("move runs to another version", move_runs_now, &moved);

	if (error != NULL)
		(void) run_in_transaction("note the failure of a migration", note_runs_now, error);
	return moved > 0;
}

static void
migrate_all(void *argument)
{
	Turn	   *turn = argument;

	do
	{
		take_turn(turn);
		if (turn->progress == MIGRATION_WAITS)
		{
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, PAUSE_MILLISECONDS,
							 PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
	} while (turn->progress == MIGRATION_GOES_ON || turn->progress == MIGRATION_WAITS);
	if (turn->error != NULL)
		ereport(ERROR, (errcode(turn->error->sqlerrcode), errmsg("migration " INT64_FORMAT " failed: %s", turn->id,
																	 turn->error->message)));
}

/* smartwf.work_migration(migration) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_work_migration);
Datum
smartwf_work_migration(PG_FUNCTION_ARGS)
{
	Turn		turn = {.id = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0)};

	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator can carry out a migration")));
	if (turn.id == 0)
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "migration"));
	in_procedure(fcinfo, "smartwf.work_migration()", migrate_all, &turn);
	PG_RETURN_VOID();
}
