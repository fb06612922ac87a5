/*
 * run_table.c
 *		Reads, locks and stores runs.
 *
 * What the steps did is written when the run pauses or ends.  A run is stored
 * before any other session or code may need to find it; until then it exists
 * only in memory.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/clock.h"
#include "base/compat.h"
#include "base/notify_workers.h"
#include "base/subtransaction.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "storage/role.h"
#include "storage/row.h"
#include "storage/writer.h"
#include "record.h"
#include "run_table.h"
#include "step_kind.h"
#include "store.h"

/* How often, every 10 ms, to look for the worker that has locked a run. */
#define TRIES_TO_INTERRUPT 10

enum
{
	RUN_ID = 1, RUN_FLOW_ID, RUN_FLOW, RUN_DOCID, RUN_KEY, RUN_STATUS, RUN_STARTER, RUN_ACTOR,
	RUN_ACTOR_IS_PERSON, RUN_PERSON, RUN_ANSWERER, RUN_ANSWERER_ACTOR, RUN_ANSWERER_IS_PERSON,
	RUN_ANSWERER_PERSON, RUN_ANSWERED, RUN_SEARCH_PATH, RUN_MODEL, RUN_BASE, RUN_STEP, RUN_SQLSTATE,
	RUN_MESSAGE, RUN_CONTEXT,
	RUN_PRIORITY, RUN_DUE_AT, RUN_BY_WORKER, RUN_ATTEMPT, RUN_DEATHS, RUN_PUT_OFFS, RUN_STARTED_AT, RUN_CHANGED_AT,
	RUN_COLUMNS = RUN_CHANGED_AT
};

static const OwnColumn run_columns[] = {
	[RUN_ID] = {"id", INT8OID},
	[RUN_FLOW_ID] = {"flow_id", INT4OID},
	[RUN_FLOW] = {"flow", TEXTOID},
	[RUN_DOCID] = {"docid", TEXTOID},
	[RUN_KEY] = {"key", TEXTOID},
	[RUN_STATUS] = {"status", TEXTOID},
	[RUN_STARTER] = {"starter", TEXTOID},
	[RUN_ACTOR] = {"actor", TEXTOID},
	[RUN_ACTOR_IS_PERSON] = {"actor_is_person", BOOLOID},
	[RUN_PERSON] = {"person", TEXTOID},
	[RUN_ANSWERER] = {"answerer", TEXTOID},
	[RUN_ANSWERER_ACTOR] = {"answerer_actor", TEXTOID},
	[RUN_ANSWERER_IS_PERSON] = {"answerer_is_person", BOOLOID},
	[RUN_ANSWERER_PERSON] = {"answerer_person", TEXTOID},
	[RUN_ANSWERED] = {"answered", INT8OID},
	[RUN_SEARCH_PATH] = {"search_path", TEXTOID},
	[RUN_MODEL] = {"model", JSONBOID},
	[RUN_BASE] = {"base", JSONBOID},
	[RUN_STEP] = {"step", TEXTOID},
	[RUN_SQLSTATE] = {"sqlstate", TEXTOID},
	[RUN_MESSAGE] = {"message", TEXTOID},
	[RUN_CONTEXT] = {"context", TEXTOID},
	[RUN_PRIORITY] = {"priority", INT4OID},
	[RUN_DUE_AT] = {"due_at", TIMESTAMPTZOID},
	[RUN_BY_WORKER] = {"by_worker", BOOLOID},
	[RUN_ATTEMPT] = {"attempt", INT4OID},
	[RUN_DEATHS] = {"deaths", INT4OID},
	[RUN_PUT_OFFS] = {"put_offs", INT4OID},
	[RUN_STARTED_AT] = {"started_at", TIMESTAMPTZOID},
	[RUN_CHANGED_AT] = {"changed_at", TIMESTAMPTZOID},
};

static OwnRelation runs_of_document = {"runs_docid"};	/* an index */
static OwnTable runs = {{"runs"}, RUN_COLUMNS, run_columns};

static bool
is_over(const Run *run)
{
	return run->status == RUN_FINISHED || run->status == RUN_CANCELLED;
}

/*
 * When a worker takes the run; infinity if a user must act first.  For a run
 * that is over, null is stored instead, which leaves it out of the partial
 * indexes.
 */
static TimestampTz
due_time(const Run *run)
{
	return run->status == RUN_FAILED || run->status == RUN_DRAFT ? NEVER : run->due_at;
}

static const char *
name_of_step(const Run *run)
{
	return run->step == END_OF_FLOW ? NULL : run->flow->steps[run->step].name;
}

/* The columns that change as a run goes on. */
static void
add_progress(ColumnValues *values, const Run *run)
{
	const AttrNumber *number = runs.number;

	put_text(values, number[RUN_STATUS], status_name(run->status));
	put_text(values, number[RUN_STEP], name_of_step(run));
	put_text(values, number[RUN_SQLSTATE], run->sqlstate);
	put_text(values, number[RUN_MESSAGE], run->message);
	put_text(values, number[RUN_CONTEXT], run->context);
	put_value(values, number[RUN_DUE_AT], TimestampTzGetDatum(due_time(run)), is_over(run));
	put_value(values, number[RUN_BY_WORKER], BoolGetDatum(run->by_worker), false);
	put_value(values, number[RUN_ATTEMPT], Int32GetDatum(run->attempt), false);
	put_value(values, number[RUN_DEATHS], Int32GetDatum(run->deaths), false);
	put_value(values, number[RUN_PUT_OFFS], Int32GetDatum(run->put_offs), false);
	put_text(values, number[RUN_ANSWERER], run->answerer);
	put_text(values, number[RUN_ANSWERER_ACTOR], run->answerer_actor);
	put_value(values, number[RUN_ANSWERER_IS_PERSON], BoolGetDatum(run->answerer_is_person), run->answerer == NULL);
	put_text(values, number[RUN_ANSWERER_PERSON], run->answerer_person);
	put_value(values, number[RUN_ANSWERED], Int64GetDatum(run->answered), run->answered == 0);
	put_value(values, number[RUN_CHANGED_AT], TimestampTzGetDatum(GetCurrentTimestamp()), false);
	if ((run->status == RUN_QUEUED || run->status == RUN_WAITING) && run->due_at != NEVER)
		notify_workers_at_commit(WORK_ON_RUNS);
}

/* Reading */

/* A restored run may be in any state: refuse those that smartwf never stores. */
static void
require_sound_run(const Run *run, const char *step)
{
	if (step != NULL && run->step == END_OF_FLOW)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("step \"%s\" of run " INT64_FORMAT " is not defined", step, run->id)));
	if (run->status == RUN_WAITING &&
		(run->step == END_OF_FLOW || step_kind(run->flow->steps[run->step].kind)->end_wait == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("run " INT64_FORMAT " waits where its flow does not wait", run->id)));
	if (run->model == NULL || !JB_ROOT_IS_OBJECT(run->model) || (run->base != NULL && !JB_ROOT_IS_OBJECT(run->base)))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the model of run " INT64_FORMAT " is no object", run->id)));
}

static Run *
run_of_row(HeapTuple row, TupleDesc descriptor)
{
	Run		   *run = palloc0_object(Run);
	const AttrNumber *number = runs.number;
	bool		isnull;
	char	   *step = text_of_row(row, descriptor, number[RUN_STEP]);
	Datum		due = heap_getattr(row, number[RUN_DUE_AT], descriptor, &isnull);

	run->row = row;
	run->due_at = isnull ? NEVER : DatumGetTimestampTz(due);
	run->id = DatumGetInt64(heap_getattr(row, number[RUN_ID], descriptor, &isnull));
	run->flow = flow_by_id(int_of_row(row, descriptor, number[RUN_FLOW_ID]));
	if (run->flow == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the flow of run " INT64_FORMAT " is not defined any more", run->id)));
	run->docid = text_of_row(row, descriptor, number[RUN_DOCID]);
	run->key = text_of_row(row, descriptor, number[RUN_KEY]);
	run->status = status_of_name(text_of_row(row, descriptor, number[RUN_STATUS]));
	run->starter = text_of_row(row, descriptor, number[RUN_STARTER]);
	run->actor = text_of_row(row, descriptor, number[RUN_ACTOR]);
	run->actor_is_person = boolean_of_row(row, descriptor, number[RUN_ACTOR_IS_PERSON]);
	run->person = text_of_row(row, descriptor, number[RUN_PERSON]);
	run->answerer = text_of_row(row, descriptor, number[RUN_ANSWERER]);
	run->answerer_actor = text_of_row(row, descriptor, number[RUN_ANSWERER_ACTOR]);
	run->answerer_is_person = boolean_of_row(row, descriptor, number[RUN_ANSWERER_IS_PERSON]);
	run->answerer_person = text_of_row(row, descriptor, number[RUN_ANSWERER_PERSON]);
	run->answered = bigint_of_row(row, descriptor, number[RUN_ANSWERED]);
	run->search_path = text_of_row(row, descriptor, number[RUN_SEARCH_PATH]);
	run->model = jsonb_of_row(row, descriptor, number[RUN_MODEL]);
	run->base = jsonb_of_row(row, descriptor, number[RUN_BASE]);
	run->step = step == NULL ? END_OF_FLOW : step_index(run->flow, step);
	run->sqlstate = text_of_row(row, descriptor, number[RUN_SQLSTATE]);
	run->message = text_of_row(row, descriptor, number[RUN_MESSAGE]);
	run->context = text_of_row(row, descriptor, number[RUN_CONTEXT]);
	run->priority = int_of_row(row, descriptor, number[RUN_PRIORITY]);
	run->by_worker = boolean_of_row(row, descriptor, number[RUN_BY_WORKER]);
	run->attempt = int_of_row(row, descriptor, number[RUN_ATTEMPT]);
	run->deaths = int_of_row(row, descriptor, number[RUN_DEATHS]);
	run->put_offs = int_of_row(row, descriptor, number[RUN_PUT_OFFS]);
	require_sound_run(run, step);
	run->stored_model = run->model;
	run->stored_base = run->base;
	run->is_stored = true;
	return run;
}

/* The current row of a run, including changes by this transaction; NULL if none. */
static HeapTuple
read_row_of_run(Relation relation, int64 id)
{
	CommandCounterIncrement();
	return row_by_key(relation, id);
}

typedef enum RunLock
{
	NOT_LOCKED, LOCKED_IF_FREE, LOCKED
} RunLock;

static Run *
load(int64 id, RunLock lock)
{
	/* reading without locking works on a standby, too */
	Relation	relation = own_table_open(&runs, lock == NOT_LOCKED ? AccessShareLock : RowExclusiveLock);
	HeapTuple	row = read_row_of_run(relation, id);
	Run		   *run = NULL;

	if (row != NULL && lock != NOT_LOCKED)
		row = locked_row(relation, row, lock == LOCKED);
	if (row != NULL)
	{
		run = run_of_row(row, RelationGetDescr(relation));
		run->done = recorded_steps(id);
	}
	table_close(relation, NoLock);
	return run;
}

/*
 * Load a run and lock it, after waiting for a session that has it.  NULL if
 * there is none.
 */
Run *
run_load(int64 id)
{
	return load(id, LOCKED);
}

/* Load a run without locking it; NULL if there is none. */
Run *
run_read(int64 id)
{
	return load(id, NOT_LOCKED);
}

/* The ids (int64 *) of the runs of a document that are not over. */
List *
open_runs_of_document(const char *docid)
{
	Relation	relation = own_table_open(&runs, AccessShareLock);
	TupleDesc	descriptor = RelationGetDescr(relation);
	Snapshot	snapshot = fresh_snapshot();
	List	   *found = NIL;
	ScanKeyData key;
	ListCell   *cell;

	ScanKeyInit(&key, 1 /* of the index */ , BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(docid));
	key.sk_collation = C_COLLATION_OID;
	foreach(cell, rows_by_index(relation, own_relation_oid(&runs_of_document), &key, 1, snapshot,
								ForwardScanDirection, INT_MAX))
	{
		char	   *status = text_of_row(lfirst(cell), descriptor, runs.number[RUN_STATUS]);
		int64	   *id;

		if (strcmp(status, status_name(RUN_FINISHED)) == 0 || strcmp(status, status_name(RUN_CANCELLED)) == 0)
			continue;
		id = palloc(sizeof(int64));
		*id = bigint_of_row(lfirst(cell), descriptor, runs.number[RUN_ID]);
		found = lappend(found, id);
	}
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return found;
}

static bool
run_exists(int64 id)
{
	Relation	relation = own_table_open(&runs, AccessShareLock);
	bool		exists = read_row_of_run(relation, id) != NULL;

	table_close(relation, NoLock);
	return exists;
}

/*
 * Load and lock a run.  A worker that is driving it is interrupted, and its
 * step rolled back; another session is waited for.
 */
Run *
run_load_interrupting(int64 id)
{
	int			tries = 0;
	Run		   *run;

	while ((run = load(id, LOCKED_IF_FREE)) == NULL && run_exists(id))
	{
		/* a worker registers the run only after it has claimed it */
		if (!interrupt_run(id) && ++tries > TRIES_TO_INTERRUPT)
			return run_load(id);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return run;
}

/* Load and lock a run for a worker; NULL if it is not due (any more), or locked. */
Run *
run_claim(int64 id)
{
	Run		   *run = load(id, LOCKED_IF_FREE);

	return run != NULL && run->due_at <= clock_now() ? run : NULL;
}

/* Load and lock a run, due or not; NULL if it is locked. */
Run *
run_claim_any(int64 id)
{
	return load(id, LOCKED_IF_FREE);
}

/* Writing */

/* The run that the same starter has started for the same key, 0 if none. */
int64
run_of_key(const Run *run)
{
	Datum		values[] = {
		CStringGetTextDatum(run->flow->name), CStringGetTextDatum(run->key),
		CStringGetTextDatum(run->starter), CStringGetTextDatum(run->actor),
	};
	QueryResult	   *found = store_execute(FIND_KEY, values, NULL);

	return found->rows == 0 ? 0 : result_bigint(found, 0, 1);
}

/* Assign an id before the run is stored, for rows that refer to it. */
static void
give_number(Run *run)
{
	Relation	relation = own_table_open(&runs, RowExclusiveLock);

	run->id = next_identity(&runs, relation);
	table_close(relation, NoLock);
}

/* Insert the run's row. */
static void
insert_run(void *argument)
{
	Run		   *run = argument;
	Relation	relation = own_table_open(&runs, RowExclusiveLock);
	ColumnValues values = {.number = 0};
	const AttrNumber *number = runs.number;

	if (run->id == 0)
		give_number(run);
	put_value(&values, number[RUN_ID], Int64GetDatum(run->id), false);
	put_value(&values, number[RUN_FLOW_ID], Int32GetDatum(run->flow->id), false);
	put_text(&values, number[RUN_FLOW], run->flow->name);
	put_text(&values, number[RUN_DOCID], run->docid);
	put_text(&values, number[RUN_KEY], run->key);
	put_text(&values, number[RUN_STARTER], run->starter);
	put_text(&values, number[RUN_ACTOR], run->actor);
	put_value(&values, number[RUN_ACTOR_IS_PERSON], BoolGetDatum(run->actor_is_person), false);
	put_text(&values, number[RUN_PERSON], run->person);
	put_text(&values, number[RUN_SEARCH_PATH], run->search_path);
	put_value(&values, number[RUN_PRIORITY], Int32GetDatum(run->priority), false);
	put_value(&values, number[RUN_STARTED_AT], TimestampTzGetDatum(run->started_at), false);
	put_jsonb(&values, number[RUN_MODEL], run->model);
	put_jsonb(&values, number[RUN_BASE], run->base);
	add_progress(&values, run);
	run->row = new_row(relation, &values);
	run->row = store_row(relation, run->row, NULL);
	run->stored_model = run->model;
	run->stored_base = run->base;
	run->is_stored = true;
	table_close(relation, NoLock);
}

/* Store a run for the first time; false if its key is used already. */
bool
run_store_first(Run *run)
{
	ErrorData  *error;

	if (run->key == NULL)
	{
		insert_run(run);
		return true;
	}
	error = run_in_subtransaction(insert_run, run, false);
	if (error != NULL && error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION)
		ReThrowError(error);
	return error == NULL;
}

/* Update the run's row. */
static void
update_run(Run *run)
{
	Relation	relation = own_table_open(&runs, RowExclusiveLock);
	const AttrNumber *number = runs.number;
	ColumnValues values = {.number = 0};
	HeapTuple	old = run->row != NULL ? run->row : read_row_of_run(relation, run->id);

	if (old == NULL)
		elog(ERROR, "run " INT64_FORMAT " is gone", run->id);
	/* unchanged models are not written again, since they may be large */
	if (run->model != run->stored_model)
		put_jsonb(&values, number[RUN_MODEL], run->model);
	if (run->base != run->stored_base)
		put_jsonb(&values, number[RUN_BASE], run->base);
	add_progress(&values, run);
	run->row = changed_row(relation, old, &values);
	CommandCounterIncrement();
	run->row = store_row(relation, run->row, &old->t_self);
	run->stored_model = run->model;
	run->stored_base = run->base;
	table_close(relation, NoLock);
}

/* Store the run, and the records added since it was last stored. */
void
run_store(Run *run)
{
	if (run->is_task)
		return;
	if (run->is_stored)
		update_run(run);
	else
		(void) run_store_first(run);
	store_records(run);
}

/* Has the run executed that step before? */
bool
run_has_come_to(const Run *run, const char *step)
{
	return times_recorded(run, step) > 0;
}

/* The run's id, which is assigned if necessary. */
int64
run_number(Run *run)
{
	if (run->id == 0)
		give_number(run);
	return run->id;
}

/* Close the open confirmations of the run. */
void
run_close_confirmations(const Run *run)
{
	Datum		value = Int64GetDatum(run->id);

	(void) store_execute(CLOSE_CONFIRMATIONS, &value, NULL);
	end_waiting_record(run, "cancelled", NULL);
}
