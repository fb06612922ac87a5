/*
 * notify_workers.h
 *		Telling whoever works in the background that there is work.
 */
#ifndef SMARTWF_NOTIFY_WORKERS_H
#define SMARTWF_NOTIFY_WORKERS_H

#include "postgres.h"

/* Who is told; bits. */
#define WAKE_RUNS		1		/* runs and timers */
#define WAKE_DELIVERY	2		/* notifications */

typedef void (*Waker) (int whom);

/* Interrupts whoever drives a run in the background; false: nobody does. */
typedef bool (*Interrupter) (int64 run);

extern void wake_init(void);
extern void wake_register(Waker waker);
extern void wake_at_commit(int whom);
extern void interrupter_register(Interrupter interrupter);
extern bool interrupt_run(int64 run);

#endif
