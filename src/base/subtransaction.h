/*
 * subtransaction.h
 *		Do something that may fail in a subtransaction of its own.
 */
#ifndef SMARTWF_SUBTRANSACTION_H
#define SMARTWF_SUBTRANSACTION_H

#include "postgres.h"

#include "actor.h"

extern bool error_concerns_transaction(int sqlstate);
extern ErrorData *attempt(Work work, void *argument, bool undo);
extern ErrorData *attempt_whatever(Work work, void *argument);

#endif
