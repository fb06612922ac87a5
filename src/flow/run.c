/*
 * run.c
 *		A run of a flow: from and to its tables.
 *
 * What the steps did is written in one go when the run pauses or ends.  A run
 * is stored before anybody else could come across it; until then it costs
 * nothing but memory.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "common/compat.h"
#include "common/clock.h"
#include "common/own_statement.h"
#include "common/relation.h"
#include "common/wake.h"
#include "run.h"
#include "store.h"

static const char *const status_names[NUMBER_OF_STATUSES] = {
	[RUN_DRAFT] = "draft",
	[RUN_QUEUED] = "queued",
	[RUN_RUNNING] = "running",
	[RUN_WAITING] = "waiting",
	[RUN_FINISHED] = "finished",
	[RUN_FAILED] = "failed",
	[RUN_CANCELLED] = "cancelled",
};

/* As it is called in SQL. */
const char *
status_name(RunStatus status)
{
	return status_names[status];
}

static RunStatus
status_of_name(const char *name)
{
	for (int i = 0; i < NUMBER_OF_STATUSES; i++)
		if (strcmp(status_names[i], name) == 0)
			return i;
	elog(ERROR, "unknown status \"%s\"", name);
}

/* Arguments of a statement, one after the other. */
typedef struct Arguments
{
	Datum		values[MOST_ARGUMENTS];
	char		nulls[MOST_ARGUMENTS];
	int			number;
}			Arguments;

static void
add_value(Arguments *arguments, Datum value, bool isnull)
{
	arguments->values[arguments->number] = value;
	arguments->nulls[arguments->number++] = isnull ? 'n' : ' ';
}

static void
add_text(Arguments *arguments, const char *text)
{
	add_value(arguments, text == NULL ? (Datum) 0 : CStringGetTextDatum(text), text == NULL);
}

static void
add_jsonb(Arguments *arguments, Jsonb *json)
{
	add_value(arguments, PointerGetDatum(json), json == NULL);
}

/* When a worker takes it up: never, unless the run has something to go on with. */
static void
add_due(Arguments *arguments, const Run *run)
{
	bool		is_open = run->status == RUN_QUEUED || run->status == RUN_RUNNING || run->status == RUN_WAITING;
	bool		is_due = is_open && run->due_at != NEVER;

	add_value(arguments, TimestampTzGetDatum(run->due_at), !is_due);
	if (is_due && run->status != RUN_RUNNING)
		wake_at_commit(WAKE_RUNS);
}

static const char *
name_of_step(const Run *run)
{
	return run->step == END_OF_FLOW ? NULL : run->flow->steps[run->step].name;
}

typedef struct Loading
{
	Run		   *run;
	MemoryContext context;
}			Loading;

static void
take_run(void *argument)
{
	Loading    *loading = argument;
	Run		   *run = loading->run;
	MemoryContext outer = MemoryContextSwitchTo(loading->context);
	char	   *step;

	run->flow = flow_by_id(result_int(0, 1));
	run->docid = result_text(0, 2);
	run->key = result_text(0, 3);
	run->status = status_of_name(result_text(0, 4));
	run->starter = result_text(0, 5);
	run->actor = result_text(0, 6);
	run->model = result_jsonb(0, 7);
	run->base = result_jsonb(0, 8);
	step = result_text(0, 9);
	run->step = step == NULL ? END_OF_FLOW : step_index(run->flow, step);
	run->sqlstate = result_text(0, 10);
	run->message = result_text(0, 11);
	run->context = result_text(0, 12);
	run->search_path = result_text(0, 13);
	run->by_worker = result_int(0, 14) != 0;
	run->attempt = result_int(0, 15);
	run->due_at = result_time(0, 16, NEVER);
	MemoryContextSwitchTo(outer);
}

static Run *
load(int64 id, StoreStatement statement)
{
	Loading		loading = {palloc0_object(Run), CurrentMemoryContext};
	Datum		values[] = {Int64GetDatum(id), TimestampTzGetDatum(clock_now())};

	if (store_execute(statement, values, NULL, take_run, &loading) == 0)
		return NULL;
	loading.run->id = id;
	loading.run->done = recorded_steps(id);
	return loading.run;
}

/*
 * Load a run and lock it: whoever else drives it comes first, and this one is
 * judged by what that left.  NULL if there is none.
 */
Run *
run_load(int64 id)
{
	return load(id, LOCK_RUN);
}

/* The same for a worker: NULL if it is not due (any more), or somebody has it. */
Run *
run_claim(int64 id)
{
	return load(id, CLAIM_RUN);
}

static void
take_id(void *argument)
{
	*(int64 *) argument = result_bigint(0, 1);
}

/* The run that was started for a key, 0 if none was. */
int64
run_of_key(const char *flow, const char *key)
{
	Datum		values[] = {CStringGetTextDatum(flow), CStringGetTextDatum(key)};
	int64		id = 0;

	(void) store_execute(FIND_KEY, values, NULL, take_id, &id);
	return id;
}

/* Store a run for the first time; false if its key is taken. */
bool
run_store_first(Run *run)
{
	Arguments	arguments = {.number = 0};

	add_value(&arguments, Int32GetDatum(run->flow->id), false);
	add_text(&arguments, run->flow->name);
	add_text(&arguments, run->docid);
	add_text(&arguments, run->key);
	add_text(&arguments, status_names[run->status]);
	add_text(&arguments, run->starter);
	add_text(&arguments, run->actor);
	add_text(&arguments, run->search_path);
	add_jsonb(&arguments, run->model);
	add_jsonb(&arguments, run->base);
	add_text(&arguments, name_of_step(run));
	add_text(&arguments, run->sqlstate);
	add_text(&arguments, run->message);
	add_text(&arguments, run->context);
	add_value(&arguments, Int32GetDatum(run->priority), false);
	add_due(&arguments, run);
	add_value(&arguments, BoolGetDatum(run->by_worker), false);
	add_value(&arguments, Int32GetDatum(run->attempt), false);
	return store_execute(INSERT_RUN, arguments.values, arguments.nulls, take_id, &run->id) > 0;
}

static void
update_run(const Run *run)
{
	Arguments	arguments = {.number = 0};

	add_value(&arguments, Int64GetDatum(run->id), false);
	add_text(&arguments, status_names[run->status]);
	add_jsonb(&arguments, run->model);
	add_jsonb(&arguments, run->base);
	add_text(&arguments, name_of_step(run));
	add_text(&arguments, run->sqlstate);
	add_text(&arguments, run->message);
	add_text(&arguments, run->context);
	add_due(&arguments, run);
	add_value(&arguments, BoolGetDatum(run->by_worker), false);
	add_value(&arguments, Int32GetDatum(run->attempt), false);
	(void) store_execute(UPDATE_RUN, arguments.values, arguments.nulls, NULL, NULL);
}

/* Store the run as it is now, and what its steps did since it was stored last. */
void
run_store(Run *run)
{
	if (run->is_task)
		return;
	if (run->id == 0)
		(void) run_store_first(run);
	else
		update_run(run);
	store_records(run);
}

/* Has the run come to that step before? */
bool
run_has_come_to(const Run *run, const char *step)
{
	return times_recorded(run, step) > 0;
}

/* The step that waited does so no more: done or cancelled, with what changed. */
void
run_end_wait(const Run *run, const char *outcome, Jsonb *changes)
{
	Datum		values[] = {
		Int64GetDatum(run->id), CStringGetTextDatum(outcome), PointerGetDatum(changes),
	};

	(void) store_execute(END_WAIT, values, changes == NULL ? "  n" : NULL, NULL, NULL);
}

/* It does so no more, since the run's error befell it. */
void
run_fail_wait(Run *run)
{
	Datum		values[] = {
		Int64GetDatum(run->id), CStringGetTextDatum(run->sqlstate), CStringGetTextDatum(run->message),
	};

	(void) store_execute(FAIL_WAIT, values, NULL, NULL, NULL);
	log_failure(run, run->flow->steps[run->step].name, run->message);
}

/* What the run asks is of no interest any more. */
void
run_close_confirmations(const Run *run)
{
	Datum		value = Int64GetDatum(run->id);

	(void) store_execute(CLOSE_CONFIRMATIONS, &value, NULL, NULL, NULL);
	run_end_wait(run, "cancelled", NULL);
}

/* The role whose rights the steps have. */
Oid
run_role(const Run *run)
{
	return get_role_oid(run->starter, false);
}
