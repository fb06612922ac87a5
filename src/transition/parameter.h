/*
 * parameter.h
 *		Checks and stores the comment and parameters of a transition.
 */
#ifndef SMARTWF_PARAMETER_H
#define SMARTWF_PARAMETER_H

#include "postgres.h"

#include "transition_check.h"

extern char *check_parameters(TransitionCheck *check);

#endif
