/*
 * dataflow.h
 *		The kind execute_data_flow: a user function computes fields of the
 *		model.
 */
#ifndef SMARTWF_DATAFLOW_H
#define SMARTWF_DATAFLOW_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind execute_data_flow_step;

#endif
