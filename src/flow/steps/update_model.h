/*
 * update_model.h
 *		The kinds update_model_field and update_model: set fields of the
 *		model, and save it to the document.
 */
#ifndef SMARTWF_UPDATE_MODEL_H
#define SMARTWF_UPDATE_MODEL_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind update_model_field_step;
extern const StepKind update_model_step;

#endif
