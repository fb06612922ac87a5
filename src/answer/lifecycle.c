/*
 * lifecycle.c
 *		A workflow for those who look at its documents: states, transitions and
 *		what they are called, but no rights, guards or hooks.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "base/argument.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/message.h"
#include "definition/workflow.h"
#include "storage/own_statement.h"
#include "transition/target.h"
#include "visible.h"

/* The workflow that new documents of a structure follow. */
static const Workflow *
workflow_of_structure(const char *name)
{
	static OwnStatement find_workflow = {1, {TEXTOID},
		"SELECT s.workflow FROM smartwf.structures s WHERE s.name" EQ "$1"
	};
	Datum		value = CStringGetTextDatum(name);
	char	   *workflow = structure_is_visible(name) ? own_text(&find_workflow, &value, NULL) : NULL;
	const Workflow *newest = workflow == NULL ? NULL : newest_workflow(workflow);

	if (newest == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("structure \"%s\" does not exist", name)));
	return newest;
}

static void
append_states(StringInfo json, const Workflow *workflow, const LocaleLabels *labels)
{
	append_key(json, "states");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < workflow->number_of_states; i++)
	{
		const State *state = &labels->states[i];

		append_comma(json, i);
		appendStringInfoChar(json, '{');
		append_string(json, "name", workflow->states[i].name);
		append_string(json, "label", state->label);
		append_string(json, "activity", state->activity);
		append_string(json, "color", state->color);
		append_boolean(json, "initial", workflow->states[i].is_initial);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

static void
append_arcs(StringInfo json, const Workflow *workflow, const LocaleLabels *labels)
{
	append_key(json, "arcs");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		const Arc  *arc = &workflow->arcs[i];

		append_comma(json, i);
		appendStringInfoChar(json, '{');
		append_string(json, "transition", arc->transition->name);
		append_string(json, "label", transition_in(labels, workflow, arc->transition)->label);
		append_string(json, "from", workflow->states[arc->from].name);
		append_string(json, "to", workflow->states[arc->to].name);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/* smartwf.lifecycle(structure, docid): that of the document, or of new documents of the structure. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_lifecycle);
Datum
smartwf_lifecycle(PG_FUNCTION_ARGS)
{
	char	   *structure = text_argument(fcinfo, 0);
	char	   *docid = text_argument(fcinfo, 1);
	const Workflow *workflow;
	const LocaleLabels *labels;
	StringInfoData json;

	if (docid != NULL)
	{
		Target		target;

		find_target(docid, structure, &target);
		require_visible(&target);
		workflow = target.workflow;
	}
	else
		workflow = workflow_of_structure(needed_argument(fcinfo, 0, "structure"));
	labels = labels_for_reader(workflow);
	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	append_string(&json, "workflow", workflow->name);
	append_member(&json, "version", psprintf("%d", workflow->version));
	append_states(&json, workflow, labels);
	append_arcs(&json, workflow, labels);
	appendStringInfoChar(&json, '}');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(json.data, json.len));
}
