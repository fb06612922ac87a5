/*
 * timer.h
 *		Timers of elements: from a transition to what is due.
 */
#ifndef SMARTWF_TIMER_H
#define SMARTWF_TIMER_H

#include "postgres.h"

extern void timer_init(void);

#endif
