/*
 * notify_workers.h
 *		Notifies the background workers that there is work.
 */
#ifndef SMARTWF_NOTIFY_WORKERS_H
#define SMARTWF_NOTIFY_WORKERS_H

#include "postgres.h"

/* Kinds of work, as bits. */
#define WORK_ON_RUNS		1		/* runs and timers */
#define WORK_ON_DELIVERY	2		/* notifications */

typedef void (*WorkerNotifier) (int kinds);

/* Interrupts the background worker that is driving a run; false if none is. */
typedef bool (*Interrupter) (int64 run);

extern void notify_workers_init(void);
extern void worker_notifier_register(WorkerNotifier waker);
extern void notify_workers_at_commit(int kinds);
extern void notify_workers_now(int kinds);
extern void interrupter_register(Interrupter interrupter);
extern bool interrupt_run(int64 run);

#endif
