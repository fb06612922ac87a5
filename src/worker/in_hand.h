/*
 * in_hand.h
 *		Notes which step each process is executing, in memory that survives a
 *		crash.
 */
#ifndef SMARTWF_IN_HAND_H
#define SMARTWF_IN_HAND_H

#include "postgres.h"

/* Maximum length of a document id, since it is a key of an index. */
#define LONGEST_KEY 2704

typedef enum WorkKind
{
	NO_WORK, A_RUN, A_TASK, A_MIGRATION
} WorkKind;

/* A run or a migration, or the task of a timer. */
typedef struct WorkInHand
{
	WorkKind	kind;
	Oid			database;
	int64		run;
	int32		task;
	char		docid[LONGEST_KEY + 1];
	char		timer[NAMEDATALEN];
}			WorkInHand;

extern void in_hand_init(int slots);
extern void in_hand_forget_processes(void);
extern void in_hand_enter(void);
extern void in_hand_leave(void);
extern void take_in_hand(const WorkInHand *work);
extern void put_down(void);
extern bool something_is_in_hand(void);
extern void in_hand_excuse(int pid);
extern bool next_that_died(WorkInHand *work);

#endif
