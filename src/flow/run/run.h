/*
 * run.h
 *		A run of a flow: what it works on, where it stands, what it did.
 */
#ifndef SMARTWF_RUN_H
#define SMARTWF_RUN_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "flow/definition/flow.h"

/* As they are called in SQL; see status_names in run.c. */
typedef enum RunStatus
{
	RUN_DRAFT, RUN_QUEUED, RUN_RUNNING, RUN_WAITING, RUN_FINISHED, RUN_FAILED, RUN_CANCELLED,
	NUMBER_OF_STATUSES
} RunStatus;

#define NEVER DT_NOEND

typedef struct Run
{
	int64		id;				/* 0: it has none yet */
	bool		is_stored;
	HeapTuple	row;			/* as last stored; NULL: not read yet */
	const Flow *flow;
	char	   *docid;			/* NULL: free JSON */
	char	   *key;			/* NULL: none */
	RunStatus	status;
	char	   *starter;		/* role */
	char	   *actor;			/* the name behind it */
	bool		actor_is_person;	/* from a token, else the role's */
	char	   *person;			/* by whom he is told from others */
	char	   *answerer;		/* the role that has answered last; NULL: nobody has */
	char	   *answerer_actor;
	bool		answerer_is_person;
	char	   *answerer_person;
	int64		answered;		/* the question; 0: none */
	char	   *search_path;	/* of who started it */
	Jsonb	   *model;
	Jsonb	   *base;			/* the element's row as last read; NULL: free JSON */
	Jsonb	   *stored_model;	/* as the row has them */
	Jsonb	   *stored_base;
	int			step;			/* the next one, or the one that waits or failed */
	char	   *sqlstate;		/* of the failure; NULL: none */
	char	   *message;
	char	   *context;
	TimestampTz started_at;
	TimestampTz due_at;			/* when a worker takes it up; NEVER: when somebody acts */
	int32		priority;
	bool		by_worker;		/* its steps are left to workers */
	int32		attempt;		/* how often the step has failed so far */
	int32		deaths;			/* how often it has ended its process */
	int32		put_offs;		/* how often it was put off, though nothing is wrong with it */
	bool		is_task;		/* no run at all, but a timer's task: never stored */
	bool		reads_again;	/* the next step begins with reading the row again */
	List	   *records;		/* of StepRecord *, not stored yet */
	List	   *done;			/* of char *, the steps that are stored, in their order */
}			Run;

typedef struct StepRecord
{
	const Step *step;
	const char *outcome;		/* done, waiting, failed */
	TimestampTz started_at;
	TimestampTz ended_at;
	Jsonb	   *changes;		/* NULL: none */
	char	   *sqlstate;		/* of the failure; NULL: none */
	char	   *message;
	char	   *context;
}			StepRecord;

extern const char *status_name(RunStatus status);
extern void run_forget_answerer(Run *run);
extern Oid	run_role(const Run *run);
extern RunStatus status_of_name(const char *name);

#endif
