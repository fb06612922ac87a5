/*
 * parameter.h
 *		What a transition asks for: comment and typed parameters.
 */
#ifndef SMARTWF_PARAMETER_H
#define SMARTWF_PARAMETER_H

#include "postgres.h"

#include "transition_check.h"

extern char *check_parameters(TransitionCheck *check);

#endif
