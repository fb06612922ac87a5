/*
 * steps.h
 *		Registers all kinds of steps.
 */
#ifndef SMARTWF_STEPS_H
#define SMARTWF_STEPS_H

#include "postgres.h"

extern void steps_init(void);

#endif
