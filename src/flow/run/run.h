/*
 * run.h
 *		A run of a flow: its document or model, its state and its records.
 */
#ifndef SMARTWF_RUN_H
#define SMARTWF_RUN_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "flow/definition/flow.h"

/* See status_names in run.c for their names in SQL. */
typedef enum RunStatus
{
	RUN_DRAFT, RUN_QUEUED, RUN_RUNNING, RUN_WAITING, RUN_FINISHED, RUN_FAILED, RUN_CANCELLED,
	NUMBER_OF_STATUSES
} RunStatus;

#define NEVER DT_NOEND

typedef struct Run
{
	int64		id;				/* 0 if not assigned yet */
	bool		is_stored;
	HeapTuple	row;			/* as last stored; NULL if not read yet */
	const Flow *flow;
	char	   *docid;			/* NULL for free JSON */
	char	   *key;			/* NULL if none */
	RunStatus	status;
	char	   *starter;		/* role */
	char	   *actor;			/* its actor's name */
	bool		actor_is_person;	/* from a token; otherwise actor is the role's name */
	char	   *person;			/* identifies the person; see person_of_caller() */
	char	   *answerer;		/* the role that answered last; NULL if none */
	char	   *answerer_actor;
	bool		answerer_is_person;
	char	   *answerer_person;
	int64		answered;		/* id of the question; 0 if none */
	char	   *search_path;	/* of the starter */
	Jsonb	   *model;
	Jsonb	   *base;			/* the element's row as last read; NULL for free JSON */
	Jsonb	   *stored_model;	/* as stored in the row */
	Jsonb	   *stored_base;
	int			step;			/* the next one, or the one that is waiting or has failed */
	char	   *sqlstate;		/* of the failure; NULL if none */
	char	   *message;
	char	   *context;
	TimestampTz started_at;
	TimestampTz due_at;			/* when a worker takes the run; NEVER if a user must act */
	int32		priority;
	bool		by_worker;		/* its steps are left to workers */
	int32		attempt;		/* how often the step has failed */
	int32		deaths;			/* how often it has crashed its process */
	int32		put_offs;		/* how often it was postponed without a fault of its own */
	bool		is_task;		/* not a run, but a timer's task: never stored */
	bool		reads_again;	/* the next step begins with reading the row again */
	List	   *records;		/* of StepRecord *, not stored yet */
	List	   *done;			/* of char *, the names of stored steps, in order */
}			Run;

typedef struct StepRecord
{
	const Step *step;
	const char *outcome;		/* done, waiting, failed */
	TimestampTz started_at;
	TimestampTz ended_at;
	Jsonb	   *changes;		/* NULL if none */
	char	   *sqlstate;		/* of the failure; NULL if none */
	char	   *message;
	char	   *context;
}			StepRecord;

extern const char *status_name(RunStatus status);
extern void run_forget_answerer(Run *run);
extern Oid	run_role(const Run *run);
extern RunStatus status_of_name(const char *name);

#endif
