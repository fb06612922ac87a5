/*
 * timer.h
 *		Timers of elements: started, moved and ended with the changes of a
 *		document.
 */
#ifndef SMARTWF_TIMER_H
#define SMARTWF_TIMER_H

#include "postgres.h"

extern void timer_init(void);

#endif
