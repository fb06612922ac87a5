/*
 * timer.h
 *		Timers of elements: from a transition to what is due.
 */
#ifndef SMARTWF_TIMER_H
#define SMARTWF_TIMER_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

typedef struct DueTask
{
	char	   *docid;
	char	   *timer;
	int32		task;
}			DueTask;

extern void timer_init(void);

/* task.c */
extern List *due_tasks(int most);
extern TimestampTz next_due_task(void);
extern Oid	role_of_task(const DueTask *task);
extern bool fire_task(const DueTask *task);
extern void note_task_failure(const DueTask *task, const ErrorData *error);

#endif
