/*
 * subtransaction.h
 *		Runs work that may fail in a subtransaction.
 */
#ifndef SMARTWF_SUBTRANSACTION_H
#define SMARTWF_SUBTRANSACTION_H

#include "postgres.h"

/* Work that may fail. */
typedef void (*Work) (void *argument);

extern bool error_concerns_transaction(int sqlstate);
extern ErrorData *run_in_subtransaction(Work work, void *argument, bool undo);
extern ErrorData *run_in_subtransaction_and_catch_all(Work work, void *argument);

#endif
