/*
 * death.c
 *		Steps that have ended the process that took them, or the server.
 *
 * Nothing of such a step is left but the note that it was in hand.  It is
 * counted with its run, which is put off; the others go on meanwhile.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "board.h"
#include "common/compat.h"
#include "death.h"
#include "flow/queue.h"
#include "in_hand.h"
#include "timer/timer.h"
#include "unit.h"

static int	step_deaths = 3;

/* At load: settings. */
void
death_init(void)
{
	DefineCustomIntVariable("smartwf.step_deaths",
							"How often a step may end the process that takes it before it has failed.",
							NULL, &step_deaths, 3, 1, 1000, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

static void
note_death_now(void *argument)
{
	const WorkInHand *work = argument;
	DueTask		task = {pstrdup(work->docid), pstrdup(work->timer), work->task};
	ErrorData	error = {
		.sqlerrcode = ERRCODE_CRASH_SHUTDOWN,
		.message = "the process that did it ended over it",
	};

	if (work->kind == A_RUN)
		note_death_of_step(work->run, step_deaths);
	else
		note_task_failure(&task, &error);
}

/* Count what has died since this was asked last. */
void
note_deaths(void)
{
	WorkInHand	work;

	while (board_next_death(&work))
		(void) unit("note the end of a process", note_death_now, &work);
}
