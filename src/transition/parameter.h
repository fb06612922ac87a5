/*
 * parameter.h
 *		What a transition asks for: comment and typed parameters.
 */
#ifndef SMARTWF_PARAMETER_H
#define SMARTWF_PARAMETER_H

#include "postgres.h"

extern bool is_parameter_type(const char *name);

#endif
