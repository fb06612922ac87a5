/*
 * purge.h
 *		Deletes old runs, notifications and history.
 */
#ifndef SMARTWF_PURGE_H
#define SMARTWF_PURGE_H

#include "postgres.h"

#include "utils/timestamp.h"

extern void purge_init(void);
extern bool purge_when_due(void);
extern TimestampTz next_purge(void);

#endif
