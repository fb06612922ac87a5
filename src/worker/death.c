/*
 * death.c
 *		Steps that have ended the process that took them, or the server.
 *
 * Nothing of such a step is left but the note that it was in hand.  It is
 * counted with its run, which is put off; the others go on meanwhile.
 */
#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "flow/run/queue.h"
#include "timer/task.h"
#include "timer/timer.h"
#include "death.h"
#include "in_hand.h"
#include "registry.h"
#include "transaction.h"

static int	step_deaths = 3;

/* At load: settings. */
void
death_init(void)
{
	DefineCustomIntVariable("smartwf.step_deaths",
							"Sets the number of times a step can terminate the process that executes it before it fails.",
							NULL, &step_deaths, 3, 1, 1000, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/* A death that is to be counted, and whether it has been. */
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
 * Count what has died since this was asked last.  What somebody has locked, the
 * process that dies perhaps, is counted the next time; what another has failed
 * to count stays.
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
