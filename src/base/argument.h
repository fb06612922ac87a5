/*
 * argument.h
 *		Arguments of smartwf's SQL functions.
 */
#ifndef SMARTWF_ARGUMENT_H
#define SMARTWF_ARGUMENT_H

#include "postgres.h"

#include "fmgr.h"

extern char *text_argument(FunctionCallInfo fcinfo, int i);
extern char *needed_argument(FunctionCallInfo fcinfo, int i, const char *name);
extern bool boolean_argument(FunctionCallInfo fcinfo, int i);

#endif
