/*
 * task.h
 *		Executes the tasks of timers that are due.
 */
#ifndef SMARTWF_TASK_H
#define SMARTWF_TASK_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

typedef struct DueTask
{
	char	   *docid;
	char	   *timer;
	int32		task;
}			DueTask;

extern List *due_tasks(int most);
extern TimestampTz next_due_task(void);
extern Oid	role_of_task(const DueTask *task);
extern bool fire_task(const DueTask *task);
extern void note_task_failure(const DueTask *task, const ErrorData *error);

#endif
