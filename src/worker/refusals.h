/*
 * refusals.h
 *		Refused attempts wait in shared memory until a worker stores them.
 */
#ifndef SMARTWF_REFUSALS_H
#define SMARTWF_REFUSALS_H

#include "postgres.h"

#include "utils/timestamp.h"

extern void refusals_init(void);
extern bool store_refusals(void);
extern TimestampTz next_refusal(void);

#endif
