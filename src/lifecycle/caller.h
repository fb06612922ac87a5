/*
 * caller.h
 *		Calling what others wrote, guards and hooks, for the caller.
 */
#ifndef SMARTWF_CALLER_H
#define SMARTWF_CALLER_H

#include "postgres.h"

#include "common/actor.h"
#include "structure.h"

extern void call_for_caller(const AttachedTable *table, const char *schema, bool hides_errors,
							const char *what, Work work, void *argument);

#endif
