/*
 * worker.h
 *		The background workers.
 */
#ifndef SMARTWF_WORKER_H
#define SMARTWF_WORKER_H

#include "postgres.h"

extern void worker_init(void);

#endif
