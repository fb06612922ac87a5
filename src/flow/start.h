/*
 * start.h
 *		Starting runs.
 */
#ifndef SMARTWF_START_H
#define SMARTWF_START_H

#include "postgres.h"

#include "utils/jsonb.h"

extern int64 start_run(const char *flow, const char *docid, Jsonb *model, const char *key,
					   bool queued);

/* effect.c */
extern void flow_effect_init(void);

#endif
