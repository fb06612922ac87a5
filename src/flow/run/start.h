/*
 * start.h
 *		Starting runs.
 */
#ifndef SMARTWF_START_H
#define SMARTWF_START_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "run.h"

/* How a run is started. */
typedef struct Start
{
	const char *flow;
	const char *docid;			/* NULL: free JSON */
	Jsonb	   *model;			/* NULL: none */
	const char *key;			/* NULL: none */
	bool		queued;			/* leave it to the workers */
	TimestampTz at;				/* not before; 0: now */
	int32		priority;
	bool		keeps_failure;	/* a model that cannot be read fails the run, else the call */
	bool		by_workflow;	/* a lifecycle starts it, whatever its actor may start himself */
}			Start;

extern int64 start_run(const Start *start);
extern void leave_to_workers(Run *run);


#endif
