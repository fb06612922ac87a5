/*
 * start.h
 *		Starts runs.
 */
#ifndef SMARTWF_START_H
#define SMARTWF_START_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "run.h"

/* How to start a run. */
typedef struct Start
{
	const char *flow;
	const char *docid;			/* NULL for free JSON */
	Jsonb	   *model;			/* NULL if none */
	const char *key;			/* NULL if none */
	bool		queued;			/* leave it to the workers */
	TimestampTz at;				/* not before that time; 0 means now */
	int32		priority;
	bool		keeps_failure;	/* a model that cannot be read fails the run, otherwise the call */
	bool		by_workflow;	/* a workflow starts it, so its actor needs no right to start it */
}			Start;

extern int64 start_run(const Start *start);
extern void leave_to_workers(Run *run);


#endif
