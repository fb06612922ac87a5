/*
 * rows.c
 *		Documents, next states, transitions and history as rows, for views.
 *
 * Each function answers for one document, so that a query pays for the rows that it
 * shows.  Of a document that the caller does not see there are none.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/argument.h"
#include "base/compat.h"
#include "base/texts.h"
#include "storage/element.h"
#include "transition/preview.h"
#include "transition/table_statement.h"
#include "transition/target.h"
#include "answer.h"
#include "past.h"

/* A row that is being written; NULL becomes null. */
#define MOST_COLUMNS 9
typedef struct Row
{
	int			number;
	Datum		values[MOST_COLUMNS];
	bool		nulls[MOST_COLUMNS];
}			Row;

static void
add_datum(Row *row, Datum value, bool isnull)
{
	row->values[row->number] = value;
	row->nulls[row->number++] = isnull;
}

static void
add_text(Row *row, const char *text)
{
	add_datum(row, text == NULL ? (Datum) 0 : CStringGetTextDatum(text), text == NULL);
}

static void
add_state(Row *row, const LocaleLabels *labels, const Workflow *workflow, int state)
{
	add_text(row, workflow->states[state].name);
	add_text(row, labels->states[state].label);
	add_text(row, labels->states[state].activity);
	add_text(row, labels->states[state].color);
}

static void
put_row(FunctionCallInfo fcinfo, Row *row)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, row->values, row->nulls);
}

/*
 * smartwf.document_state(docid): workflow, version, state with its labels, since when
 * and by whom, and the lock.  The row says what the state is; history, which lags behind
 * if the triggers did not fire, says since when only if it agrees.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_document_state);
Datum
smartwf_document_state(PG_FUNCTION_ARGS)
{
	Target		target;
	char	   *name = NULL;
	int			state;
	List	   *last;
	const HistoryLine *line;
	Row			row = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (!try_target(needed_argument(fcinfo, 0, "docid"), &target) ||
		!read_state(target.table, target.element.docid, &name))
		return (Datum) 0;
	state = name == NULL ? NO_STATE : state_index(target.workflow, name);
	last = history_read(&target.element, &(HistoryPage) {.most = 1});
	line = last == NIL ? NULL : linitial(last);
	add_text(&row, target.workflow->name);
	add_datum(&row, Int32GetDatum(target.workflow->version), false);
	if (state != NO_STATE)
		add_state(&row, labels_for_reader(target.workflow), target.workflow, state);
	if (state != NO_STATE && line != NULL && line->to_state != NULL && strcmp(line->to_state, name) == 0)
	{
		add_datum(&row, TimestampTzGetDatum(line->at), false);
		add_text(&row, line->actor);
	}
	while (row.number < MOST_COLUMNS - 1)
		add_text(&row, NULL);
	add_text(&row, target.element.locked_by);
	put_row(fcinfo, &row);
	return (Datum) 0;
}

/* Begin to tell what can be done with a document; false if the caller does not see it. */
static bool
begin_rows(FunctionCallInfo fcinfo, Preview *preview)
{
	const char *docid = needed_argument(fcinfo, 0, "docid");
	Target		target;

	InitMaterializedSRF(fcinfo, 0);
	if (!try_target(docid, &target))
		return false;
	preview_begin(preview, docid, NULL);
	return true;
}

/* smartwf.document_next_states(docid): what the caller may go to, and what is in the way. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_document_next_states);
Datum
smartwf_document_next_states(PG_FUNCTION_ARGS)
{
	Preview		preview;
	const Workflow *workflow;
	const LocaleLabels *labels;
	ReachableState *reachable;

	if (!begin_rows(fcinfo, &preview))
		return (Datum) 0;
	workflow = preview.target.workflow;
	labels = labels_for_reader(workflow);
	reachable = preview_states(&preview);
	for (int i = 0; i < workflow->number_of_states; i++)
	{
		Row			row = {0};

		if (reachable[i].arc == NULL || !reachable[i].is_authorized)
			continue;
		add_state(&row, labels, workflow, i);
		add_text(&row, reachable[i].arc->transition->name);
		add_text(&row, transition_in(labels, workflow, reachable[i].arc->transition)->label);
		add_text(&row, preview_objection(&preview, reachable[i].arc));
		put_row(fcinfo, &row);
	}
	preview_end(&preview);
	return (Datum) 0;
}

/* smartwf.document_transitions(docid): all of the workflow, and whether they leave the state. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_document_transitions);
Datum
smartwf_document_transitions(PG_FUNCTION_ARGS)
{
	Preview		preview;
	const Workflow *workflow;
	const LocaleLabels *labels;

	if (!begin_rows(fcinfo, &preview))
		return (Datum) 0;
	workflow = preview.target.workflow;
	labels = labels_for_reader(workflow);
	for (int i = 0; i < workflow->number_of_transitions; i++)
	{
		const Transition *transition = &workflow->transitions[i];
		const Arc  *arc = arc_of_transition(workflow, preview.check.from, transition);
		Row			row = {0};

		add_text(&row, transition->name);
		add_text(&row, transition_in(labels, workflow, transition)->label);
		add_datum(&row, BoolGetDatum(arc != NULL), false);
		add_text(&row, arc == NULL ? NULL : workflow->states[arc->to].name);
		add_datum(&row, BoolGetDatum(!transition->forbids_comment), false);
		put_row(fcinfo, &row);
	}
	preview_end(&preview);
	return (Datum) 0;
}

/* smartwf.document_states(docid): the names of all states of the workflow. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_document_states);
Datum
smartwf_document_states(PG_FUNCTION_ARGS)
{
	Target		target;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!try_target(needed_argument(fcinfo, 0, "docid"), &target))
		return (Datum) 0;
	for (int i = 0; i < target.workflow->number_of_states; i++)
	{
		Row			row = {0};

		add_text(&row, target.workflow->states[i].name);
		put_row(fcinfo, &row);
	}
	return (Datum) 0;
}

static void
add_texts(Row *row, List *texts)
{
	add_datum(row, texts == NIL ? (Datum) 0 : array_of_texts(texts), texts == NIL);
}

/* smartwf.document_history(docid): all lines, newest first. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_document_history);
Datum
smartwf_document_history(PG_FUNCTION_ARGS)
{
	Target		target;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (!try_target(needed_argument(fcinfo, 0, "docid"), &target))
		return (Datum) 0;
	foreach(cell, past_of_document(&target, &(HistoryPage) {.most = PG_INT32_MAX}))
	{
		const HistoryLine *line = lfirst(cell);
		char	   *parameters = visible_parameters(target.table, line->parameters);
		Row			row = {0};

		add_datum(&row, Int32GetDatum(line->revision), false);
		add_datum(&row, TimestampTzGetDatum(line->at), false);
		add_text(&row, line->actor);
		add_text(&row, line->transition);
		add_text(&row, line->from_state);
		add_text(&row, line->to_state);
		add_text(&row, line->comment);
		add_datum(&row, DirectFunctionCall1(jsonb_in, CStringGetDatum(parameters)), false);
		add_texts(&row, line->messages);
		put_row(fcinfo, &row);
	}
	return (Datum) 0;
}
