/*
 * migration.c
 *		Carries out migrations, batch by batch.
 *
 * A batch is a transaction: it locks the rows of some documents that are listed, those
 * that nobody else has locked, and moves them.  It acts as the owner of the table, in the
 * name of whoever has started the migration.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "attach/owner.h"
#include "base/actor.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/switch_user.h"
#include "flow/run/failure.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "batch.h"
#include "carry_out.h"
#include "migration.h"

/* Rows of others are looked at again after that time. */
#define PAUSE_MICROSECONDS (500 * 1000)

static OwnStatement find_due = {1, {TIMESTAMPTZOID},
	"SELECT id FROM smartwf.migrations WHERE due_at OPERATOR(pg_catalog.<=) $1 ORDER BY due_at LIMIT 100"
};

static OwnStatement find_next = {1, {TIMESTAMPTZOID},
	"SELECT due_at FROM smartwf.migrations WHERE due_at OPERATOR(pg_catalog.>) $1 ORDER BY due_at LIMIT 1"
};

static OwnStatement find_structure = {1, {INT8OID},
	"SELECT structure FROM smartwf.migrations WHERE id" EQ "$1"
};

static OwnStatement find_status = {1, {INT8OID},
	"SELECT status FROM smartwf.migrations WHERE id" EQ "$1"
};

static OwnStatement claim = {1, {INT8OID},
	"SELECT structure, states, by_docid, actor, actor_is_person, position, started_at, pass,"
	" undoes IS NOT NULL, smartwf.versions_published_since(m) OPERATOR(pg_catalog.<>) '{}' FROM smartwf.migrations m"
	" WHERE id" EQ "$1 AND status" EQ "'running' FOR UPDATE SKIP LOCKED"
};

/* In the caller's transaction: wait for whoever is at it. */
static OwnStatement claim_waiting = {1, {INT8OID},
	"SELECT structure, states, by_docid, actor, actor_is_person, position, started_at, pass,"
	" undoes IS NOT NULL, smartwf.versions_published_since(m) OPERATOR(pg_catalog.<>) '{}' FROM smartwf.migrations m"
	" WHERE id" EQ "$1 AND status" EQ "'running' FOR UPDATE"
};

static OwnStatement note_progress = {5, {INT8OID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID},
	"UPDATE smartwf.migrations SET position = $2, done = done OPERATOR(pg_catalog.+) $3,"
	" failed = failed OPERATOR(pg_catalog.+) $4, due_at = $5, changed_at = pg_catalog.clock_timestamp() WHERE id" EQ "$1"
};

/* Those that were put off are looked at in the next pass. */
static OwnStatement begin_pass = {2, {INT8OID, INT4OID},
	"UPDATE smartwf.migrations SET pass = $2 WHERE id" EQ "$1 AND EXISTS (SELECT FROM smartwf.migration_documents d"
	" WHERE d.migration" EQ "$1 AND d.pass" EQ "$2)"
};

static OwnStatement list_or_end = {1, {INT8OID},
	"SELECT smartwf.list_or_end_migration($1)"
};

static OwnStatement note_failure = {2, {INT8OID, TEXTOID},
	"UPDATE smartwf.migrations SET status = 'failed', message = $2, due_at = NULL,"
	" changed_at = pg_catalog.clock_timestamp(), finished_at = pg_catalog.clock_timestamp() WHERE id" EQ "$1"
	" AND status" EQ "'running'"
};

static OwnStatement postpone = {2, {INT8OID, TIMESTAMPTZOID},
	"UPDATE smartwf.migrations SET due_at = $2 WHERE id" EQ "$1 AND status" EQ "'running'"
};

/* Reading */

/* The migrations that are due (int64 *), the one that has waited for longest first. */
List *
due_migrations(void)
{
	Datum		value = TimestampTzGetDatum(clock_now());
	QueryResult *result;
	List	   *ids = NIL;

	if (!own_relation_exists("migrations"))
		return NIL;
	result = own_execute(&find_due, &value, NULL);
	for (int i = 0; i < result->rows; i++)
	{
		int64	   *id = palloc_object(int64);

		*id = result_bigint(result, i, 1);
		ids = lappend(ids, id);
	}
	return ids;
}

/* When the next migration falls due; DT_NOEND if there is none. */
TimestampTz
next_due_migration(void)
{
	Datum		value = TimestampTzGetDatum(clock_now());
	QueryResult *result;

	if (!own_relation_exists("migrations"))
		return DT_NOEND;
	result = own_execute(&find_next, &value, NULL);
	return result->rows == 0 ? DT_NOEND : result_time(result, 0, 1, DT_NOEND);
}

static const Structure *
structure_of_migration(int64 id)
{
	Datum		value = Int64GetDatum(id);
	char	   *name = own_text(&find_structure, &value, NULL);
	const Structure *structure;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no migration " INT64_FORMAT, id)));
	structure = structure_by_name(name);
	if (structure == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("structure \"%s\" is not attached", name)));
	return structure;
}

/* The role that a migration acts as. */
Oid
role_of_migration(int64 id)
{
	return relation_owner(structure_relation(structure_of_migration(id)));
}

/* What a worker is doing. */
char *
describe_migration(int64 id)
{
	return psprintf("migration " INT64_FORMAT " of structure \"%s\"", id, structure_of_migration(id)->name);
}

/* Claim a migration until the end of the transaction; false if it is not to be had. */
static bool
claim_migration(Migration *migration)
{
	Datum		value = Int64GetDatum(migration->id);
	QueryResult *result = own_execute(migration->is_called ? &claim_waiting : &claim, &value, NULL);

	if (result->rows == 0)
		return false;
	migration->structure = structure_of_migration(migration->id);
	migration->states = result_jsonb(result, 0, 2);
	migration->by_docid = result_boolean(result, 0, 3);
	migration->actor = result_text(result, 0, 4);
	migration->actor_is_person = result_boolean(result, 0, 5);
	migration->position = result_text(result, 0, 6);
	migration->started_at = result_time(result, 0, 7, 0);
	migration->pass = result_int(result, 0, 8);
	migration->is_undo = result_boolean(result, 0, 9);
	migration->has_newcomers = result_boolean(result, 0, 10);
	return true;
}

/* Go on behind POSITION, now or a moment later. */
static void
go_on_at(int64 id, const char *position, int done, int failed, int64 pause)
{
	Datum		values[] = {
		Int64GetDatum(id), CStringGetTextDatum(position), Int32GetDatum(done), Int32GetDatum(failed),
		TimestampTzGetDatum(GetCurrentTimestamp() + pause),
	};

	(void) own_execute(&note_progress, values, NULL);
}

/* The list has been gone through: once more, look for further documents, or end. */
static MigrationProgress
come_to_the_end(const Migration *migration)
{
	Datum		values[] = {Int64GetDatum(migration->id), Int32GetDatum(migration->pass + 1)};
	char	   *progress;

	if (own_execute(&begin_pass, values, NULL)->processed > 0)
	{
		go_on_at(migration->id, "", 0, 0, PAUSE_MICROSECONDS);
		return MIGRATION_WAITS;
	}
	progress = own_text(&list_or_end, values, NULL);
	if (strcmp(progress, "ended") == 0)
		return MIGRATION_ENDED;
	go_on_at(migration->id, "", 0, 0, strcmp(progress, "waits") == 0 ? PAUSE_MICROSECONDS : 0);
	return strcmp(progress, "waits") == 0 ? MIGRATION_WAITS : MIGRATION_GOES_ON;
}

/* One batch of a migration that was claimed. */
static MigrationProgress
work_on(Migration *migration)
{
	Relation	relation;
	int			done;
	int			failed;

	read_batch(migration);
	if (migration->documents == NIL)
		return come_to_the_end(migration);
	migration->table = attached_table(structure_relation(migration->structure), migration->structure->name);
	relation = table_open(migration->table->relid, RowExclusiveLock);
	lock_documents(migration, relation);
	carry_out(migration, relation);
	table_close(relation, NoLock);
	note_batch(migration, &done, &failed);
	go_on_at(migration->id, ((MigrationDocument *) llast(migration->documents))->docid, done, failed, 0);
	return MIGRATION_GOES_ON;
}

/* The next batch of a migration, in a transaction of its own. */
MigrationProgress
migrate_batch(int64 id)
{
	Migration	migration = {.id = id};

	if (!claim_migration(&migration))
		return MIGRATION_NOT_DUE;
	become_owner_of(structure_relation(migration.structure), migration.actor, migration.actor_is_person);
	return work_on(&migration);
}

/*
 * A batch has failed as a whole: an administrator must see to it, unless it only had to
 * wait for others.
 */
void
note_migration_failure(int64 id, const ErrorData *error)
{
	Datum		values[] = {Int64GetDatum(id), CStringGetTextDatum(error->message)};

	if (is_lock_conflict(error->sqlerrcode))
	{
		values[1] = TimestampTzGetDatum(GetCurrentTimestamp() + PAUSE_MICROSECONDS);
		(void) own_execute(&postpone, values, NULL);
		return;
	}
	(void) own_execute(&note_failure, values, NULL);
	ereport(LOG,
			(errmsg("migration " INT64_FORMAT " failed: %s", id, error->message),
			 errhidestmt(true), errhidecontext(true)));
}

/* Was there nothing to do when it began? */
static bool
has_finished(int64 id)
{
	Datum		value = Int64GetDatum(id);
	char	   *status = own_text(&find_status, &value, NULL);

	return status != NULL && strcmp(status, "finished") == 0;
}

/* How often rows that others have made meanwhile are looked at again. */
#define MOST_TRIES 10

/* Batch by batch; false if it is not to be had, or waits for others in the end. */
static bool
finish(int64 id)
{
	int			tries = 0;

	while (tries < MOST_TRIES)
	{
		Migration	migration = {.id = id, .is_called = true};
		MigrationProgress progress;

		CHECK_FOR_INTERRUPTS();
		if (!claim_migration(&migration))
			return has_finished(id);
		progress = work_on(&migration);
		if (progress == MIGRATION_ENDED)
			return true;
		if (progress == MIGRATION_WAITS)
			tries++;
	}
	return false;
}

/*
 * smartwf.finish_migration(migration): in the caller's transaction, as the owner of the
 * table, like any batch.  Since the caller's transaction goes on, what the triggers of the
 * table do is a security-restricted operation: nothing of it can act later.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_finish_migration);
Datum
smartwf_finish_migration(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	Actor		actor = {.name = actor_name(), .is_person = actor_is_person(), .person = person_of_caller()};
	Oid			relid;
	SavedUser	saved;
	int			level;
	bool		is_finished;

	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator may migrate elements")));
	relid = structure_relation(structure_of_migration(id));
	actor.role = relation_owner(relid);
	saved = switch_to_actor(&actor);
	level = NewGUCNestLevel();
	set_search_path_of(relid, GUC_ACTION_SAVE);
	is_finished = finish(id);
	AtEOXact_GUC(true, level);
	restore_user(saved);
	if (!is_finished)
		ereport(NOTICE,
				(errmsg("migration " INT64_FORMAT " has not ended yet", id),
				 errdetail("It is paused, or others are still writing by the version of before."),
				 errhint("The workers go on with it, or CALL smartwf.work_migration(" INT64_FORMAT ").", id)));
	PG_RETURN_VOID();
}
