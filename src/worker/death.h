/*
 * death.h
 *		Counts steps that have crashed the process that executed them.
 */
#ifndef SMARTWF_DEATH_H
#define SMARTWF_DEATH_H

#include "postgres.h"

extern void death_init(void);
extern void note_deaths(void);

#endif
