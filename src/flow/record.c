/*
 * record.c
 *		What the steps of a run did, written without a statement.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/snapmgr.h"

#include "common/compat.h"
#include "common/relation.h"
#include "common/row.h"
#include "run.h"

/* Columns of smartwf.run_steps. */
enum
{
	STEP_RUN = 1, STEP_NUMBER, STEP_NAME, STEP_STAGE, STEP_ATTEMPT, STEP_OUTCOME, STEP_STARTED_AT,
	STEP_DURATION, STEP_CHANGES, STEP_SQLSTATE, STEP_MESSAGE, STEP_CONTEXT,
	STEP_COLUMNS = STEP_CONTEXT
};

/* The names of the steps that the run has recorded, in their order. */
List *
recorded_steps(int64 run)
{
	Relation	relation = table_open(smartwf_relation(RUN_STEPS), AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData key;
	List	   *names = NIL;
	ListCell   *cell;

	/* all that this transaction did, its current command included */
	snapshot->curcid = GetCurrentCommandId(false) + 1;
	ScanKeyInit(&key, STEP_RUN, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(run));
	foreach(cell, rows_by_index(relation, primary_key_of(relation), &key, snapshot,
								ForwardScanDirection, INT_MAX))
	{
		bool		isnull;
		Datum		name = heap_getattr(lfirst(cell), STEP_NAME, RelationGetDescr(relation), &isnull);

		names = lappend(names, TextDatumGetCString(name));
	}
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return names;
}

/* How often it has come to that step. */
int
times_recorded(const Run *run, const char *name)
{
	ListCell   *cell;
	int			times = 0;

	foreach(cell, run->done)
		times += strcmp(lfirst(cell), name) == 0;
	return times;
}

/* For whoever reads the server's log. */
void
log_failure(const Run *run, const char *step, const char *message)
{
	ereport(LOG,
			(errmsg("run " INT64_FORMAT " of flow \"%s\" failed at step \"%s\": %s",
					run->id, run->flow->name, step, message),
			 errhidestmt(true), errhidecontext(true)));
}

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column - 1] = text == NULL;
	if (text != NULL)
		values[column - 1] = CStringGetTextDatum(text);
}

static void
insert_record(Run *run, const StepRecord *record, Relation relation)
{
	Datum		values[STEP_COLUMNS] = {0};
	bool		nulls[STEP_COLUMNS] = {false};
	Interval	duration = {.time = record->ended_at - record->started_at};

	values[STEP_RUN - 1] = Int64GetDatum(run->id);
	values[STEP_NUMBER - 1] = Int32GetDatum(list_length(run->done) + 1);
	values[STEP_ATTEMPT - 1] = Int32GetDatum(times_recorded(run, record->step->name) + 1);
	values[STEP_STARTED_AT - 1] = TimestampTzGetDatum(record->started_at);
	values[STEP_DURATION - 1] = IntervalPGetDatum(&duration);
	nulls[STEP_CHANGES - 1] = record->changes == NULL;
	values[STEP_CHANGES - 1] = PointerGetDatum(record->changes);
	set_text(values, nulls, STEP_NAME, record->step->name);
	set_text(values, nulls, STEP_STAGE, record->step->stage);
	set_text(values, nulls, STEP_OUTCOME, record->outcome);
	set_text(values, nulls, STEP_SQLSTATE, record->sqlstate);
	set_text(values, nulls, STEP_MESSAGE, record->message);
	set_text(values, nulls, STEP_CONTEXT, record->context);
	store_row(relation, heap_form_tuple(RelationGetDescr(relation), values, nulls), NULL);
	run->done = lappend(list_copy(run->done), (char *) record->step->name);
	if (strcmp(record->outcome, "failed") == 0)
		log_failure(run, record->step->name, record->message);
}

/* Store what the steps did since the run was stored last. */
void
store_records(Run *run)
{
	Relation	relation;
	ListCell   *cell;

	if (run->records == NIL)
		return;
	relation = table_open(smartwf_relation(RUN_STEPS), RowExclusiveLock);
	foreach(cell, run->records)
		insert_record(run, lfirst(cell), relation);
	table_close(relation, NoLock);
	run->records = NIL;
}

