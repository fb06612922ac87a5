/*
 * registry.h
 *		A registry in shared memory of the processes that do background work.
 */
#ifndef SMARTWF_REGISTRY_H
#define SMARTWF_REGISTRY_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "in_hand.h"

/* Maximum length of the description of what a process does. */
#define LONGEST_DOING 200

/* Maximum number of paused databases. */
#define MOST_PAUSES 64

extern void registry_init(int slots);
extern void registry_enter(int kinds);
extern void registry_set_idle(bool is_idle);
extern void registry_report(const char *doing);
extern void registry_begin_step(const char *doing, int64 run, TimestampTz deadline);
extern bool registry_step_is_cancelled(void);
extern void registry_end_interrupts(void);
extern bool registry_end_step(void);
extern void registry_count(bool has_failed);
extern bool registry_is_there(void);
extern void registry_leave(void);

extern bool registry_next_death(WorkInHand *work);

/* For the launcher and its workers. */
extern void registry_enter_launcher(void);
extern void registry_note_replacement(void);
extern int	registry_replacements(void);
extern void registry_end_late_steps(TimestampTz before);
extern bool database_is_paused(const char *name);

#endif
