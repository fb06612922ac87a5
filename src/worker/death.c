/*
 * death.c
 *		Counts steps that have crashed the process that executed them, or the
 *		server.
 *
 * The only trace of such a step is the note in shared memory that it was being
 * executed.  The crash is counted with its run, which is postponed; other runs
 * go on meanwhile.
 */
#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "flow/run/queue.h"
#include "migration/migration.h"
#include "timer/task.h"
#include "timer/timer.h"
#include "death.h"
#include "in_hand.h"
#include "registry.h"
#include "transaction.h"

static int	step_deaths = 3;

/* Called at library load: settings. */
void
death_init(void)
{
	DefineCustomIntVariable("smartwf.step_deaths",
							"Sets the number of times a step can terminate the process that executes it before it fails.",
							NULL, &step_deaths, 3, 1, 1000, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/* A crash that must be counted, and whether it has been. */
typedef struct Death
{
	WorkInHand	work;
	bool		is_counted;
}			Death;

static List *deaths = NIL;		/* not counted yet */

static void
count_now(void *argument)
{
	Death	   *death = argument;
	const WorkInHand *work = &death->work;
	DueTask		task = {pstrdup(work->docid), pstrdup(work->timer), work->task};
	ErrorData	error = {
		.sqlerrcode = ERRCODE_CRASH_SHUTDOWN,
		.message = "the process that did it ended over it",
	};

	death->is_counted = true;
	if (work->kind == A_RUN)
		death->is_counted = note_death_of_step(work->run, step_deaths);
	else if (work->kind == A_MIGRATION)
		note_migration_failure(work->run, &error);
	else
		note_task_failure(&task, &error);
}

static void
collect_deaths(void)
{
	MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);
	WorkInHand	work;

	while (registry_next_death(&work))
	{
		Death	   *death = palloc0_object(Death);

		death->work = work;
		deaths = lappend(deaths, death);
	}
	MemoryContextSwitchTo(outer);
}

/*
 * Count the crashes since the last call.  If the run is locked, perhaps by the
 * process that is still ending, or counting fails, it is left for the next
 * call.
 */
void
note_deaths(void)
{
	ListCell   *cell;

	collect_deaths();
	foreach(cell, deaths)
	{
		Death	   *death = lfirst(cell);

		if (run_in_transaction("note the end of a process", count_now, death) == NULL && death->is_counted)
		{
			deaths = foreach_delete_current(deaths, cell);
			pfree(death);
		}
	}
}
