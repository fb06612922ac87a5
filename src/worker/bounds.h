/*
 * bounds.h
 *		Limits on a step that a worker executes, and on what it leaves in the
 *		process.
 */
#ifndef SMARTWF_BOUNDS_H
#define SMARTWF_BOUNDS_H

#include "postgres.h"

#include "utils/guc.h"

extern void bounds_init(void);
extern void apply_lock_timeout(GucAction action);
extern TimestampTz limit_step(int64 timeout);
extern bool step_was_interrupted(void);
extern void end_limits(void);
extern ErrorData *error_of_late_step(ErrorData *error, const char *what);

extern void note_libraries(void);
extern bool may_serve(Oid role);
extern bool worker_must_be_replaced(void);

#endif
