/*
 * row_trigger.h
 *		The triggers on an attached table.
 */
#ifndef SMARTWF_ROW_TRIGGER_H
#define SMARTWF_ROW_TRIGGER_H

#include "postgres.h"

extern void row_trigger_init(void);

#endif
