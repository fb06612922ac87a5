/*
 * step.c
 *		A step that a process executes: within its limits, and noted as being
 *		executed.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "bounds.h"
#include "registry.h"
#include "step.h"

/* A step, or a task (RUN 0), begins; sets its limits and notes it as being executed. */
void
begin_step(const char *doing, const WorkInHand *work, int64 timeout)
{
	registry_begin_step(doing, work->run, limit_step(timeout));
	take_in_hand(work);
}

/* The step is over; true if its run was cancelled. */
bool
end_step(void)
{
	put_down();
	end_limits();
	return registry_end_step();
}
