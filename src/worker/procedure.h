/*
 * procedure.h
 *		Procedures that make transactions of their own.
 */
#ifndef SMARTWF_PROCEDURE_H
#define SMARTWF_PROCEDURE_H

#include "postgres.h"

#include "fmgr.h"

#include "base/subtransaction.h"

extern void in_procedure(FunctionCallInfo fcinfo, const char *name, Work work, void *argument);

#endif
