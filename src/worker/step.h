/*
 * step.h
 *		A step that a process executes: within its limits, noted as being executed,
 *		and leaving nothing behind.
 */
#ifndef SMARTWF_STEP_H
#define SMARTWF_STEP_H

#include "postgres.h"

#include "in_hand.h"

extern void begin_step(const char *doing, const WorkInHand *work, int64 timeout);
extern bool end_step(void);
extern void clean_session(void);

#endif
