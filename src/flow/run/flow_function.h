/*
 * flow_function.h
 *		Calls user functions that a flow names.
 */
#ifndef SMARTWF_FLOW_FUNCTION_H
#define SMARTWF_FLOW_FUNCTION_H

#include "postgres.h"

#include "run.h"

extern Datum call_flow_function(Run *run, const Step *step, const char *name, Oid result_type, bool *isnull);

#endif
