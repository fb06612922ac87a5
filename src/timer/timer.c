/*
 * timer.c
 *		Timers of elements: started and ended in the transaction of the state
 *		change, and moved when the date that they count from changes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "attach/listener.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/notify_workers.h"
#include "base/subtransaction.h"
#include "base/texts.h"
#include "storage/own_statement.h"
#include "transition/table_statement.h"
#include "transition/target.h"
#include "timer.h"

/* REFERENCE and both deltas, following the calendar in UTC. */
#define DUE(reference) \
	"pg_catalog.timezone('UTC', pg_catalog.timezone('UTC', " reference ")" \
	" OPERATOR(pg_catalog.+) t.delta::pg_catalog.interval OPERATOR(pg_catalog.+) k.delta::pg_catalog.interval)"

static OwnStatement attach = {7, {TEXTOID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID},
	"INSERT INTO smartwf.element_timers AS e (docid, timer, task, workflow_id, action, reference_column, due_at)"
	" SELECT $1, k.timer, k.position, $2, $4, t.reference_column, "
	DUE("CASE WHEN t.reference_column IS NULL THEN $5 ELSE (SELECT d.at FROM"
		" ROWS FROM (pg_catalog.unnest($6), pg_catalog.unnest($7)) AS d (name, at) WHERE d.name" EQ "t.reference_column) END")
	" FROM smartwf.workflow_timers t JOIN smartwf.timer_tasks k ON k.workflow_id" EQ "t.workflow_id AND k.timer" EQ "t.name"
	" WHERE t.workflow_id" EQ "$2 AND t.name" EQ "$3"
	" ON CONFLICT (docid, timer, task) DO UPDATE SET workflow_id = EXCLUDED.workflow_id, action = EXCLUDED.action,"
	" reference_column = EXCLUDED.reference_column, due_at = EXCLUDED.due_at, attempt = 0, sqlstate = NULL, message = NULL,"
	" attached_at = EXCLUDED.attached_at"
};

static OwnStatement move = {3, {TEXTOID, TEXTOID, TIMESTAMPTZOID},
	"UPDATE smartwf.element_timers e SET due_at = " DUE("$3") ", attempt = 0, sqlstate = NULL, message = NULL"
	" FROM smartwf.workflow_timers t JOIN smartwf.timer_tasks k ON k.workflow_id" EQ "t.workflow_id AND k.timer" EQ "t.name"
	" WHERE e.docid" EQ "$1 AND e.reference_column" EQ "$2"
	" AND t.workflow_id" EQ "e.workflow_id AND t.name" EQ "e.timer AND k.position" EQ "e.task"
};

static OwnStatement end_volatile = {1, {TEXTOID},
	"DELETE FROM smartwf.element_timers WHERE docid" EQ "$1 AND action" EQ "'volatile'"
};

static OwnStatement end_persistent = {2, {TEXTOID, TEXTOID},
	"DELETE FROM smartwf.element_timers WHERE docid" EQ "$1 AND timer" EQ "$2 AND action" EQ "'persistent'"
};

static OwnStatement end_all = {1, {TEXTOID},
	"DELETE FROM smartwf.element_timers WHERE docid" EQ "$1"
};

/* A date or time of a row, as a time in UTC; false if null. */
static bool
time_of_column(const ElementRow *element, AttrNumber column, TimestampTz *time)
{
	bool		isnull;
	Datum		value = heap_getattr(element->row, column, element->descriptor, &isnull);

	if (isnull)
		return false;
	if (getBaseType(TupleDescAttr(element->descriptor, column - 1)->atttypid) == DATEOID)
		value = DirectFunctionCall1(date_timestamp, value);
	*time = DatumGetTimestampTz(value);
	return !TIMESTAMP_NOT_FINITE(*time);
}

static char *
name_of_column(const ElementRow *element, AttrNumber column)
{
	return NameStr(TupleDescAttr(element->descriptor, column - 1)->attname);
}

/* The dates of a row that timers count from: names and times, in two arrays. */
static void
dates_of_row(const ElementRow *element, Datum *names, Datum *times)
{
	List	   *columns = NIL;
	Datum	   *values = palloc(sizeof(Datum) * (bms_num_members(element->table->date_columns) + 1));
	int			column = -1;

	while ((column = bms_next_member(element->table->date_columns, column)) >= 0)
	{
		TimestampTz time;

		if (!time_of_column(element, column, &time))
			continue;
		values[list_length(columns)] = TimestampTzGetDatum(time);
		columns = lappend(columns, name_of_column(element, column));
	}
	*names = array_of_texts(columns);
	*times = PointerGetDatum(construct_array(values, list_length(columns), TIMESTAMPTZOID,
											 sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
attach_timer(const StateChange *change, const char *timer, const char *action)
{
	Datum		values[7];

	values[0] = CStringGetTextDatum(change->docid);
	values[1] = Int32GetDatum(change->workflow->id);
	values[2] = CStringGetTextDatum(timer);
	values[3] = CStringGetTextDatum(action);
	values[4] = TimestampTzGetDatum(clock_now());
	dates_of_row(&change->element, &values[5], &values[6]);
	(void) own_execute(&attach, values, NULL);
	notify_workers_at_commit(WORK_ON_RUNS);
}

/* Applies the transition's actions on timers. */
static void
apply_timer_actions(const StateChange *change)
{
	for (int i = 0; i < change->transition->number_of_timers; i++)
	{
		const TimerUse *use = &change->transition->timers[i];
		Datum		values[] = {CStringGetTextDatum(change->docid), CStringGetTextDatum(use->timer)};

		if (strcmp(use->action, "unattach") == 0)
			(void) own_execute(&end_persistent, values, NULL);
		else
			attach_timer(change, use->timer, use->action);
	}
}

/* A change of state ends and starts timers. */
static void
change_timers(const StateChange *change)
{
	Datum		docid;
	const char *timer;

	if (!change->element.table->timers_exist)
		return;
	docid = CStringGetTextDatum(change->docid);
	(void) own_execute(change->is_birth || change->to == NO_STATE ? &end_all : &end_volatile,
					   &docid, NULL);
	if (change->transition != NULL)
		apply_timer_actions(change);
	timer = change->to == NO_STATE ? NULL : change->workflow->states[change->to].timer;
	if (timer != NULL)
		attach_timer(change, timer, "volatile");
}

/* A date has changed: move the timers that count from it. */
static void
move_timers(const char *docid, const ElementRow *element, AttrNumber column)
{
	TimestampTz time = 0;
	bool		is_there = element->table->timers_exist && time_of_column(element, column, &time);
	Datum		values[] = {
		CStringGetTextDatum(docid), CStringGetTextDatum(name_of_column(element, column)),
		TimestampTzGetDatum(time),
	};

	if (element->table->timers_exist && own_execute(&move, values, is_there ? NULL : "  n")->processed > 0)
		notify_workers_at_commit(WORK_ON_RUNS);
}

/* A document that was inserted without the triggers is treated like a new one in its state. */
static void
start_timer_of_state(const char *docid)
{
	StateChange change = {.docid = docid, .is_birth = true};
	Relation	relation;
	Target		target;

	find_target(docid, NULL, &target);
	relation = table_open(target.table->relid, AccessShareLock);
	change.workflow = target.workflow;
	change.to = current_state(&target);
	change.element = (ElementRow) {target.table, RelationGetDescr(relation), read_row(target.table, docid)};
	if (change.element.row != NULL && change.to != NO_STATE)
		change_timers(&change);
	table_close(relation, NoLock);
}

static const StateListener timer_listener = {
	.changed = change_timers,
	.found = start_timer_of_state,
	.date_changed = move_timers,
};

/* Called at library load. */
void
timer_init(void)
{
	state_listener_register(&timer_listener);
}
