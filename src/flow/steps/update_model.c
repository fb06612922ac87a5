/*
 * update_model.c
 *		The kinds update_model_field and update_model: set fields of the
 *		model, and save it to the document.
 */
#include "postgres.h"

#include "base/json_value.h"
#include "flow/run/model.h"
#include "flow/run/run_table.h"
#include "flow/run/step_kind.h"
#include "update_model.h"

static StepResult
perform_update_model_field(Run *run, const Step *step)
{
	JsonbValue	null = {.type = jbvNull};
	char	   *source = step_setting(step, "source");
	const JsonbValue *value = source != NULL ? model_field(run, source) :
		step_setting_value(step, "value");

	model_set(run, step_setting(step, "field"),
			  JsonbValueToJsonb((JsonbValue *) (value == NULL ? &null : value)));
	return GO_ON;
}

static StepResult
perform_update_model(Run *run, const Step *step)
{
	if (run->docid == NULL)
		return GO_ON;			/* free JSON is saved with its run */
	run_store(run);
	model_save(run);
	return GO_ON;
}

const StepKind update_model_field_step = {"update_model_field", perform_update_model_field};
const StepKind update_model_step = {"update_model", perform_update_model};
