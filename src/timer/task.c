/*
 * task.c
 *		Executes the tasks of timers that are due.
 *
 * A task acts as the owner of the element's table, subject to the same checks;
 * names are looked up in the table's schema.  The element's row is locked
 * before its timer is read, as a transition does, so that each sees the
 * other's result.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "attach/attached_table.h"
#include "attach/owner.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "flow/run/flow_function.h"
#include "flow/run/model.h"
#include "flow/run/start.h"
#include "flow/steps/notification.h"
#include "storage/element.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "transition/pass.h"
#include "task.h"
#include "timer.h"

/* A task is attempted this often, with increasing pauses. */
#define TASK_ATTEMPTS 6
#define FIRST_PAUSE (10 * USECS_PER_SEC)
#define LONGEST_PAUSE USECS_PER_HOUR

static OwnStatement find_due = {2, {TIMESTAMPTZOID, INT4OID},
	"SELECT docid, timer, task FROM smartwf.element_timers WHERE due_at OPERATOR(pg_catalog.<=) $1 ORDER BY due_at, docid, timer, task LIMIT $2"
};

static OwnStatement find_next = {1, {TIMESTAMPTZOID},
	"SELECT due_at FROM smartwf.element_timers WHERE due_at OPERATOR(pg_catalog.>) $1 ORDER BY due_at LIMIT 1"
};

#define THIS_TASK " e.docid" EQ "$1 AND e.timer" EQ "$2 AND e.task" EQ "$3"

static OwnStatement read_task = {4, {TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID},
	"SELECT k.kind, k.settings FROM smartwf.element_timers e JOIN smartwf.timer_tasks k"
	" ON k.workflow_id" EQ "e.workflow_id AND k.timer" EQ "e.timer AND k.position" EQ "e.task"
	" WHERE" THIS_TASK " AND e.due_at OPERATOR(pg_catalog.<=) $4"
};

static OwnStatement end_task = {3, {TEXTOID, TEXTOID, INT4OID},
	"DELETE FROM smartwf.element_timers e WHERE" THIS_TASK
};

static OwnStatement end_tasks = {1, {TEXTOID},
	"DELETE FROM smartwf.element_timers e WHERE e.docid" EQ "$1"
};

static OwnStatement read_attempt = {3, {TEXTOID, TEXTOID, INT4OID},
	"SELECT e.attempt FROM smartwf.element_timers e WHERE" THIS_TASK
};

static OwnStatement fail_task = {7, {TEXTOID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID},
	"UPDATE smartwf.element_timers e SET attempt = $4, due_at = $5, sqlstate = $6, message = $7 WHERE" THIS_TASK
};

/* The kinds of tasks */

static StepResult
go_to_state(Run *run, const Step *step)
{
	PassCall	call = {.docid = run->docid, .name = step_setting(step, "state")};

	(void) set_state(&call);
	return GO_ON;
}

static const StepKind go_to_state_task = {"go_to_state", go_to_state};

static StepResult
call_function(Run *run, const Step *step)
{
	bool		isnull;

	(void) call_flow_function(run, step, step_setting(step, "function"), JSONBOID, &isnull);
	return GO_ON;
}

static const StepKind call_function_task = {"call_function", call_function};

static StepResult
start_flow(Run *run, const Step *step)
{
	Start		start = {.flow = step_setting(step, "flow"), .docid = run->docid, .queued = true, .by_workflow = true};

	(void) start_run(&start);
	return GO_ON;
}

static const StepKind start_flow_task = {"start_flow", start_flow};

static const StepKind *const kinds[] = {
	&send_notification_step, &send_templated_notification_step,
	&go_to_state_task, &call_function_task, &start_flow_task,
};

static void
perform_task(Run *run, const Step *step)
{
	for (int i = 0; i < lengthof(kinds); i++)
		if (strcmp(kinds[i]->name, step->kind) == 0)
		{
			(void) kinds[i]->perform(run, step);
			return;
		}
	elog(ERROR, "unknown kind of task \"%s\"", step->kind);
}

/* Due tasks */

/* At most that many tasks that are due (DueTask *). */
List *
due_tasks(int most)
{
	Datum		values[] = {TimestampTzGetDatum(clock_now()), Int32GetDatum(most)};
	QueryResult	   *result = own_execute(&find_due, values, NULL);
	List	   *tasks = NIL;

	for (int i = 0; i < result->rows; i++)
	{
		DueTask    *task = palloc0_object(DueTask);

		task->docid = result_text(result, i, 1);
		task->timer = result_text(result, i, 2);
		task->task = result_int(result, i, 3);
		tasks = lappend(tasks, task);
	}
	free_result(result);
	return tasks;
}

/* The time when the next task falls due; NEVER if there is none. */
TimestampTz
next_due_task(void)
{
	Datum		value = TimestampTzGetDatum(clock_now());
	QueryResult	   *next = own_execute(&find_next, &value, NULL);

	return next->rows == 0 ? NEVER : result_time(next, 0, 1, NEVER);
}

/* Firing */

/* The task in the form of a step; NULL if it is not due (any more). */
static Step *
step_of_task(const DueTask *task)
{
	Step	   *step = palloc0_object(Step);
	Datum		values[] = {
		CStringGetTextDatum(task->docid), CStringGetTextDatum(task->timer), Int32GetDatum(task->task),
		TimestampTzGetDatum(clock_now()),
	};

	QueryResult	   *result = own_execute(&read_task, values, NULL);

	if (result->rows == 0)
		return NULL;
	step->name = psprintf("timer %s", task->timer);
	step->kind = result_text(result, 0, 1);
	step->settings = result_jsonb(result, 0, 2);
	return step;
}

static void
end_this(OwnStatement *statement, const DueTask *task)
{
	Datum		values[] = {
		CStringGetTextDatum(task->docid), CStringGetTextDatum(task->timer), Int32GetDatum(task->task),
	};

	(void) own_execute(statement, values, NULL);
}

/* The table of an existing document; InvalidOid if it is gone. */
static Oid
table_of_task(const DueTask *task)
{
	Element		element;
	const Structure *structure;

	if (!element_read(task->docid, &element) || element.is_deleted)
		return InvalidOid;
	structure = structure_by_name(element.structure);
	if (structure == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("structure \"%s\" is not attached", element.structure)));
	return structure_relation(structure);
}

/* The role that a task acts as; InvalidOid if its document is gone. */
Oid
role_of_task(const DueTask *task)
{
	Oid			table = table_of_task(task);

	return OidIsValid(table) ? relation_owner(table) : InvalidOid;
}

/*
 * Do a task that is due; the caller commits.  False if it is not due any more,
 * or another session has locked the element.
 */
bool
fire_task(const DueTask *task)
{
	Flow		flow = {.name = task->timer, .structure = ""};
	Run			run = {.flow = &flow, .docid = task->docid, .is_task = true};
	Oid			table = table_of_task(task);
	Step	   *step;

	if (!OidIsValid(table))
	{
		end_this(&end_tasks, task);
		return true;
	}
	become_owner_of(table, NULL, false);
	run.base = run.model = model_of_element_to_change(task->docid);
	if (run.model == NULL)
		return false;
	/* its structure may have moved to a version whose timers are not these */
	if (timers_catch_up(task->docid))
		return true;
	step = step_of_task(task);
	if (step == NULL)
		return false;
	run.starter = run.actor = GetUserNameFromId(GetUserId(), false);
	perform_task(&run, step);
	end_this(&end_task, task);
	return true;
}

/* After a failed task, whose transaction was rolled back: retry later, or give up. */
void
note_task_failure(const DueTask *task, const ErrorData *error)
{
	Datum		values[7];
	QueryResult	   *found;
	int			attempt;

	values[0] = CStringGetTextDatum(task->docid);
	values[1] = CStringGetTextDatum(task->timer);
	values[2] = Int32GetDatum(task->task);
	found = own_execute(&read_attempt, values, NULL);
	if (found->rows == 0)
		return;
	attempt = result_int(found, 0, 1);
	/* a lock held by another session is no fault of the task */
	if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		attempt++;
	values[3] = Int32GetDatum(attempt);
	values[4] = TimestampTzGetDatum(next_attempt_at(Max(attempt, 1), FIRST_PAUSE, LONGEST_PAUSE));
	values[5] = CStringGetTextDatum(unpack_sql_state(error->sqlerrcode));
	values[6] = CStringGetTextDatum(error->message);
	(void) own_execute(&fail_task, values, attempt < TASK_ATTEMPTS ? NULL : "    n  ");
	ereport(LOG,
			(errmsg("timer \"%s\" of document \"%s\" failed at task %d: %s",
					task->timer, task->docid, task->task, error->message),
			 errhidestmt(true), errhidecontext(true)));
}
