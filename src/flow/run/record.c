/*
 * record.c
 *		Records of the steps of a run, written without executing a statement.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/subtransaction.h"
#include "storage/own_table.h"
#include "storage/row.h"
#include "storage/writer.h"
#include "record.h"

enum
{
	STEP_RUN = 1, STEP_NUMBER, STEP_NAME, STEP_STAGE, STEP_ATTEMPT, STEP_OUTCOME, STEP_STARTED_AT,
	STEP_DURATION, STEP_CHANGES, STEP_SQLSTATE, STEP_MESSAGE, STEP_CONTEXT,
	STEP_COLUMNS = STEP_CONTEXT
};

static const OwnColumn step_columns[] = {
	[STEP_RUN] = {"run", INT8OID},
	[STEP_NUMBER] = {"number", INT4OID},
	[STEP_NAME] = {"step", TEXTOID},
	[STEP_STAGE] = {"stage", TEXTOID},
	[STEP_ATTEMPT] = {"attempt", INT4OID},
	[STEP_OUTCOME] = {"outcome", TEXTOID},
	[STEP_STARTED_AT] = {"started_at", TIMESTAMPTZOID},
	[STEP_DURATION] = {"duration", INTERVALOID},
	[STEP_CHANGES] = {"changes", JSONBOID},
	[STEP_SQLSTATE] = {"sqlstate", TEXTOID},
	[STEP_MESSAGE] = {"message", TEXTOID},
	[STEP_CONTEXT] = {"context", TEXTOID},
};

static OwnTable run_steps = {{"run_steps"}, STEP_COLUMNS, step_columns};

/* The names of the steps that the run has recorded, in order. */
List *
recorded_steps(int64 run)
{
	Relation	relation = own_table_open(&run_steps, AccessShareLock);
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, rows_by_key(relation, run))
		names = lappend(names, text_of_row(lfirst(cell), RelationGetDescr(relation), run_steps.number[STEP_NAME]));
	table_close(relation, NoLock);
	return names;
}

/* The record of the step that is waiting; NULL if none. */
static HeapTuple
waiting_record(const Run *run, Relation relation)
{
	ListCell   *cell;

	foreach(cell, rows_by_key(relation, run->id))
		if (strcmp(text_of_row(lfirst(cell), RelationGetDescr(relation), run_steps.number[STEP_OUTCOME]),
				   "waiting") == 0)
			return lfirst(cell);
	return NULL;
}

/*
 * End the record of the waiting step: done, cancelled, or failed with the
 * run's error; with what changed.
 */
void
end_waiting_record(const Run *run, const char *outcome, Jsonb *changes)
{
	Relation	relation = own_table_open(&run_steps, RowExclusiveLock);
	const AttrNumber *number = run_steps.number;
	HeapTuple	old = waiting_record(run, relation);
	bool		has_failed = strcmp(outcome, "failed") == 0;
	ColumnValues values = {.number = 0};
	Interval	duration = {.time = 0};
	bool		isnull;

	if (old != NULL)
	{
		HeapTuple	new;

		duration.time = GetCurrentTimestamp() -
			DatumGetTimestampTz(heap_getattr(old, number[STEP_STARTED_AT], RelationGetDescr(relation), &isnull));
		put_text(&values, number[STEP_OUTCOME], outcome);
		put_value(&values, number[STEP_DURATION], IntervalPGetDatum(&duration), false);
		put_jsonb(&values, number[STEP_CHANGES], changes);
		put_text(&values, number[STEP_SQLSTATE], has_failed ? run->sqlstate : NULL);
		put_text(&values, number[STEP_MESSAGE], has_failed ? run->message : NULL);
		new = changed_row(relation, old, &values);
		CommandCounterIncrement();
		store_row(relation, new, &old->t_self);
	}
	table_close(relation, NoLock);
}

/* The last failure of a step, stored or not; NULL if it has not failed. */
StepRecord *
last_failure(const Run *run, const char *step)
{
	Relation	relation;
	StepRecord *failure = NULL;
	ListCell   *cell;

	foreach(cell, run->records)
	{
		StepRecord *record = lfirst(cell);

		if (strcmp(record->step->name, step) == 0 && strcmp(record->outcome, "failed") == 0)
			failure = record;
	}
	if (failure != NULL || !run->is_stored)
		return failure;
	relation = own_table_open(&run_steps, AccessShareLock);
	foreach(cell, rows_by_key(relation, run->id))
	{
		HeapTuple	row = lfirst(cell);
		TupleDesc	descriptor = RelationGetDescr(relation);

		if (strcmp(text_of_row(row, descriptor, run_steps.number[STEP_NAME]), step) != 0 ||
			strcmp(text_of_row(row, descriptor, run_steps.number[STEP_OUTCOME]), "failed") != 0)
			continue;
		failure = palloc0_object(StepRecord);
		failure->sqlstate = text_of_row(row, descriptor, run_steps.number[STEP_SQLSTATE]);
		failure->message = text_of_row(row, descriptor, run_steps.number[STEP_MESSAGE]);
	}
	table_close(relation, NoLock);
	return failure;
}

/* How often the run has executed that step. */
int
times_recorded(const Run *run, const char *name)
{
	ListCell   *cell;
	int			times = 0;

	foreach(cell, run->done)
		times += strcmp(lfirst(cell), name) == 0;
	return times;
}

/* Log the failure of a step. */
void
log_failure(const Run *run, const char *step, const char *message)
{
	ereport(LOG,
			(errmsg("run " INT64_FORMAT " of flow \"%s\" failed at step \"%s\": %s",
					run->id, run->flow->name, step, message),
			 errhidestmt(true), errhidecontext(true)));
}

static void
insert_record(Run *run, const StepRecord *record, Relation relation)
{
	const AttrNumber *number = run_steps.number;
	ColumnValues values = {.number = 0};
	Interval	duration = {.time = record->ended_at - record->started_at};

	put_value(&values, number[STEP_RUN], Int64GetDatum(run->id), false);
	put_value(&values, number[STEP_NUMBER], Int32GetDatum(list_length(run->done) + 1), false);
	put_text(&values, number[STEP_NAME], record->step->name);
	put_text(&values, number[STEP_STAGE], record->step->stage);
	put_value(&values, number[STEP_ATTEMPT],
			  Int32GetDatum(times_recorded(run, record->step->name) + 1), false);
	put_text(&values, number[STEP_OUTCOME], record->outcome);
	put_value(&values, number[STEP_STARTED_AT], TimestampTzGetDatum(record->started_at), false);
	put_value(&values, number[STEP_DURATION], IntervalPGetDatum(&duration), false);
	put_jsonb(&values, number[STEP_CHANGES], record->changes);
	put_text(&values, number[STEP_SQLSTATE], record->sqlstate);
	put_text(&values, number[STEP_MESSAGE], record->message);
	put_text(&values, number[STEP_CONTEXT], record->context);
	store_row(relation, new_row(relation, &values), NULL);
	run->done = lappend(list_copy(run->done), (char *) record->step->name);
	if (strcmp(record->outcome, "failed") == 0)
		log_failure(run, record->step->name, record->message);
}

/* Store the records that have been added since the run was last stored. */
void
store_records(Run *run)
{
	Relation	relation;
	ListCell   *cell;

	if (run->records == NIL)
		return;
	relation = own_table_open(&run_steps, RowExclusiveLock);
	foreach(cell, run->records)
		insert_record(run, lfirst(cell), relation);
	table_close(relation, NoLock);
	run->records = NIL;
}
