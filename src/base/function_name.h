/*
 * function_name.h
 *		Looks up user functions by the names that definitions keep.
 */
#ifndef SMARTWF_FUNCTION_NAME_H
#define SMARTWF_FUNCTION_NAME_H

#include "postgres.h"

extern bool is_function_name(const char *name);
extern Oid	function_by_name(const char *name, int number, const Oid *arguments);

#endif
