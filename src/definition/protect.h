/*
 * protect.h
 *		The triggers on the definition tables.
 */
#ifndef SMARTWF_PROTECT_H
#define SMARTWF_PROTECT_H

#include "postgres.h"

extern void protect_init(void);

#endif
