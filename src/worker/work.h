/*
 * work.h
 *		Finds work that is due and does it.
 */
#ifndef SMARTWF_WORK_H
#define SMARTWF_WORK_H

#include "postgres.h"

#include "utils/timestamp.h"

extern bool work_off(int kinds, TimestampTz end);
extern TimestampTz next_due(int kinds);

#endif
