/*
 * dataflow.c
 *		The kind execute_data_flow: a user function computes fields of the
 *		model.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "flow/run/flow_function.h"
#include "flow/run/model.h"
#include "flow/run/step_kind.h"
#include "flow/run/store.h"
#include "dataflow.h"

static StepResult
perform_execute_data_flow(Run *run, const Step *step)
{
	char	   *name = step_setting(step, "dataflow");
	Datum		value = CStringGetTextDatum(name);
	char	   *function = store_text(READ_DATAFLOW, &value, NULL);
	Datum		result;
	bool		isnull;
	bool		is_current;

	if (function == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("dataflow \"%s\" is not registered", name)));
	is_current = model_is_current(run);
	result = call_flow_function(run, step, function, JSONBOID, &isnull);
	if (is_current)
		model_take_over(run);
	if (isnull)
		return GO_ON;
	if (!JB_ROOT_IS_OBJECT(DatumGetJsonbP(result)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("dataflow \"%s\" must return a JSON object or null", name)));
	model_merge(run, DatumGetJsonbPCopy(result));
	return GO_ON;
}

const StepKind execute_data_flow_step = {"execute_data_flow", perform_execute_data_flow};
