/*
 * queue.h
 *		Runs that workers drive.
 */
#ifndef SMARTWF_QUEUE_H
#define SMARTWF_QUEUE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "run.h"

typedef struct DueRun
{
	int64		id;
	char	   *flow;
}			DueRun;

extern List *due_runs(int most_of_a_queue);
extern TimestampTz next_due_run(void);
extern int	run_limit(const char *flow);
/* The result of driving a run by a step. */
typedef enum Advance
{
	NOT_DUE,					/* not any more, or another session has it */
	GOES_ON,					/* the next step can follow at once */
	PAUSES						/* or has ended */
} Advance;

extern char *describe_step(const Run *run);
extern int64 timeout_of_step(const Run *run);
extern Advance advance_run(Run *run);
extern void give_up_step(int64 id, const ErrorData *error);
extern bool note_death_of_step(int64 id, int most);

#endif
