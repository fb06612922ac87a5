/*
 * condition.h
 *		Comparing a field of the model with a value.
 */
#ifndef SMARTWF_CONDITION_H
#define SMARTWF_CONDITION_H

#include "postgres.h"

#include "flow/run/run.h"

extern bool condition_holds(const Run *run, const Step *step);

#endif
