/*
 * death.h
 *		Steps that have ended the process that took them.
 */
#ifndef SMARTWF_DEATH_H
#define SMARTWF_DEATH_H

#include "postgres.h"

extern void death_init(void);
extern void note_deaths(void);

#endif
