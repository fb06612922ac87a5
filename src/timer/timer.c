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
	"INSERT INTO smartwf.element_timers AS e (docid, timer, task, workflow_id, action, attached_at, reference_column, due_at)"
	" SELECT $1, k.timer, k.position, $2, $4, $5, t.reference_column, "
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

/* Timers of another version: $2 is the one that the document follows now. */

static OwnStatement end_unknown = {2, {TEXTOID, INT4OID},
	"WITH gone AS (DELETE FROM smartwf.element_timers e WHERE docid" EQ "$1 AND NOT EXISTS"
	" (SELECT FROM smartwf.workflow_timers t WHERE t.workflow_id" EQ "$2 AND t.name" EQ "e.timer) RETURNING timer)"
	" SELECT DISTINCT timer FROM gone ORDER BY timer"
};

static OwnStatement end_of_state = {2, {TEXTOID, TEXTOID},
	"WITH gone AS (DELETE FROM smartwf.element_timers e WHERE docid" EQ "$1 AND timer" EQ "$2 AND action" EQ "'volatile'"
	" RETURNING timer) SELECT DISTINCT timer FROM gone"
};

#define DUE_NOW DUE("CASE WHEN t.reference_column IS NULL THEN e.attached_at ELSE (SELECT d.at FROM" \
	" ROWS FROM (pg_catalog.unnest($3), pg_catalog.unnest($4)) AS d (name, at) WHERE d.name" EQ "t.reference_column) END")

/* Tasks that the earlier version did not have: one that it had and that is not there has been done. */
static OwnStatement add_tasks = {4, {TEXTOID, INT4OID, TEXTARRAYOID, TIMESTAMPTZARRAYOID},
	"INSERT INTO smartwf.element_timers (docid, timer, task, workflow_id, action, reference_column, due_at, attached_at)"
	" SELECT $1, k.timer, k.position, $2, e.action, t.reference_column, " DUE_NOW ", e.attached_at"
	" FROM (SELECT DISTINCT timer, workflow_id, action, attached_at FROM smartwf.element_timers"
	"  WHERE docid" EQ "$1 AND workflow_id OPERATOR(pg_catalog.<>) $2) e"
	" JOIN smartwf.workflow_timers t ON t.workflow_id" EQ "$2 AND t.name" EQ "e.timer"
	" JOIN smartwf.timer_tasks k ON k.workflow_id" EQ "t.workflow_id AND k.timer" EQ "t.name"
	" WHERE NOT EXISTS (SELECT FROM smartwf.timer_tasks o WHERE o.workflow_id" EQ "e.workflow_id"
	"  AND o.timer" EQ "e.timer AND o.position" EQ "k.position)"
	" ON CONFLICT (docid, timer, task) DO NOTHING"
};

static OwnStatement end_tasks = {2, {TEXTOID, INT4OID},
	"DELETE FROM smartwf.element_timers e WHERE docid" EQ "$1 AND NOT EXISTS (SELECT FROM smartwf.timer_tasks k"
	" WHERE k.workflow_id" EQ "$2 AND k.timer" EQ "e.timer AND k.position" EQ "e.task)"
};

static OwnStatement follow = {4, {TEXTOID, INT4OID, TEXTARRAYOID, TIMESTAMPTZARRAYOID},
	"UPDATE smartwf.element_timers e SET workflow_id = $2, reference_column = t.reference_column, due_at = " DUE_NOW ","
	" attempt = 0, sqlstate = NULL, message = NULL"
	" FROM smartwf.workflow_timers t JOIN smartwf.timer_tasks k ON k.workflow_id" EQ "t.workflow_id AND k.timer" EQ "t.name"
	" WHERE e.docid" EQ "$1 AND e.workflow_id OPERATOR(pg_catalog.<>) $2"
	" AND t.workflow_id" EQ "$2 AND t.name" EQ "e.timer AND k.position" EQ "e.task"
};

static OwnStatement find_version = {1, {TEXTOID},
	"SELECT pg_catalog.max(workflow_id), pg_catalog.min(workflow_id) FROM smartwf.element_timers WHERE docid" EQ "$1"
};

static OwnStatement find_attached = {2, {TEXTOID, TEXTOID},
	"SELECT FROM smartwf.element_timers WHERE docid" EQ "$1 AND timer" EQ "$2 LIMIT 1"
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

/* The names that a statement has returned. */
static List *
names_of(const QueryResult *result)
{
	List	   *names = NIL;

	for (int i = 0; i < result->rows; i++)
		names = lappend(names, result_text(result, i, 1));
	return names;
}

/* The timer of a state ends, and that which the other version gives the state begins. */
static List *
change_timer_of_state(const StateChange *change, const char *old, const char *new)
{
	Datum		values[] = {CStringGetTextDatum(change->docid), (Datum) 0};
	List	   *ended = NIL;

	if (old != NULL && new != NULL && strcmp(old, new) == 0)
		return NIL;
	if (old != NULL)
	{
		values[1] = CStringGetTextDatum(old);
		ended = names_of(own_execute(&end_of_state, values, NULL));
	}
	if (new != NULL)
	{
		values[1] = CStringGetTextDatum(new);
		if (own_execute(&find_attached, values, NULL)->processed == 0)
			attach_timer(change, new, "volatile");
	}
	return ended;
}

/*
 * A document goes from one version to another in the state that it has: its timers are
 * those of the same names there, counted from when they were attached.  FROM is NULL if
 * its state has changed, and the timers of states with it.  Returns the names of those
 * that have ended, since the version does not have them (char *).
 */
List *
timers_follow(const char *docid, const ElementRow *element, const Workflow *from, const Workflow *to, int state)
{
	StateChange change = {.docid = docid, .workflow = to, .to = state, .element = *element};
	Datum		values[4] = {CStringGetTextDatum(docid), Int32GetDatum(to->id)};
	const char *name = to->states[state].name;
	int			before = from == NULL ? NO_STATE : state_index(from, name);
	List	   *ended;

	if (!element->table->timers_exist)
		return NIL;
	dates_of_row(element, &values[2], &values[3]);
	ended = names_of(own_execute(&end_unknown, values, NULL));
	(void) own_execute(&add_tasks, values, NULL);
	(void) own_execute(&end_tasks, values, NULL);
	(void) own_execute(&follow, values, NULL);
	if (before != NO_STATE)
		ended = list_concat(ended, change_timer_of_state(&change, from->states[before].timer, to->states[state].timer));
	notify_workers_at_commit(WORK_ON_RUNS);
	return ended;
}

/* The row of a document whose timers are looked at; false if there is none. */
static bool
open_element(const char *docid, Target *target, Relation *relation, StateChange *change)
{
	find_target(docid, NULL, target);
	*relation = table_open(target->table->relid, AccessShareLock);
	change->workflow = target->workflow;
	change->to = current_state(target);
	change->element = (ElementRow) {target->table, RelationGetDescr(*relation), read_row(target->table, docid)};
	return change->element.row != NULL && change->to != NO_STATE;
}

/*
 * A document whose structure has moved, and which no worker has come to yet: have its
 * timers follow now.  False if they do already.
 */
bool
timers_catch_up(const char *docid)
{
	StateChange change = {.docid = docid};
	Datum		value = CStringGetTextDatum(docid);
	QueryResult *found = own_execute(&find_version, &value, NULL);
	Relation	relation;
	Target		target;
	bool		is_behind;

	if (found->rows == 0)
		return false;
	is_behind = open_element(docid, &target, &relation, &change) &&
		(result_int(found, 0, 1) != change.workflow->id || result_int(found, 0, 2) != change.workflow->id);
	if (is_behind)
		(void) timers_follow(docid, &change.element, workflow_by_id(result_int(found, 0, 1)), change.workflow, change.to);
	table_close(relation, NoLock);
	return is_behind;
}

/* A document that was inserted without the triggers is treated like a new one in its state. */
static void
start_timer_of_state(const char *docid)
{
	StateChange change = {.docid = docid, .is_birth = true};
	Relation	relation;
	Target		target;

	if (open_element(docid, &target, &relation, &change))
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
