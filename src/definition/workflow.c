/*
 * workflow.c
 *		Reads a workflow version into memory.
 *
 * One query brings the whole definition as one jsonb value, so that one
 * snapshot shows all of it.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/error.h"
#include "base/json_value.h"
#include "base/locale.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "cache.h"
#include "parameter_type.h"
#include "workflow.h"

/* The member of an object, NULL if it is missing or null. */
static JsonbValue *
member(const JsonbValue *object, const char *name)
{
	JsonbValue *value = json_member(object, name);

	return value == NULL || value->type == jbvNull ? NULL : value;
}

static char *
text_member(const JsonbValue *object, const char *name)
{
	JsonbValue *value = member(object, name);

	return value == NULL ? NULL : json_text(value);
}

/* What people read: the label, or the name where there is none. */
static const char *
label_member(const JsonbValue *object, const char *name)
{
	char	   *label = text_member(object, "label");

	return label[0] == '\0' ? name : label;
}

static bool
boolean_member(const JsonbValue *object, const char *name, bool otherwise)
{
	JsonbValue *value = member(object, name);

	return value == NULL ? otherwise : value->val.boolean;
}

/* The elements of the list NAME of an object, and how many there are. */
static const JsonbValue *
member_list(const JsonbValue *object, const char *name, int *length)
{
	JsonbValue *list = member(object, name);
	JsonbValue *elements;
	JsonbIterator *iterator;
	int			i = 0;

	*length = list == NULL ? 0 : JsonContainerSize(list->val.binary.data);
	if (*length == 0)
		return NULL;
	elements = palloc_array(JsonbValue, *length + 1);
	iterator = JsonbIteratorInit(list->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &elements[0], true);	/* the list itself */
	while (JsonbIteratorNext(&iterator, &elements[i], true) == WJB_ELEM)
		i++;
	return elements;
}

/* The settings of each notification of a state or transition. */
static Jsonb **
read_notifications(const JsonbValue *object, int *number)
{
	const JsonbValue *list = member_list(object, "notifications", number);
	Jsonb	  **notifications = palloc0_array(Jsonb *, *number);

	for (int i = 0; i < *number; i++)
		notifications[i] = JsonbValueToJsonb((JsonbValue *) &list[i]);
	return notifications;
}

static void
read_states(Workflow *workflow, const JsonbValue *definition)
{
	const JsonbValue *list = member_list(definition, "states", &workflow->number_of_states);

	workflow->states = palloc0_array(State, workflow->number_of_states);
	workflow->initial = NO_STATE;
	for (int i = 0; i < workflow->number_of_states; i++)
	{
		const JsonbValue *object = &list[i];
		State	   *state = &workflow->states[i];

		state->name = text_member(object, "name");
		state->label = label_member(object, state->name);
		state->activity = text_member(object, "activity");
		state->color = text_member(object, "color");
		state->is_initial = boolean_member(object, "is_initial", false);
		state->timer = text_member(object, "timer");
		state->flow = text_member(object, "flow");
		state->flow_queued = boolean_member(object, "flow_queued", false);
		state->notifications = read_notifications(object, &state->number_of_notifications);
		if (state->is_initial)
			workflow->initial = i;
	}
}

static void
read_parameters(Transition *transition, const JsonbValue *object)
{
	const JsonbValue *list = member_list(object, "parameters", &transition->number_of_parameters);

	transition->parameters = palloc0_array(Parameter, transition->number_of_parameters);
	for (int i = 0; i < transition->number_of_parameters; i++)
	{
		const JsonbValue *source = &list[i];
		Parameter  *parameter = &transition->parameters[i];
		JsonbValue *options = member(source, "options");

		parameter->name = text_member(source, "name");
		parameter->label = label_member(source, parameter->name);
		parameter->type = text_member(source, "type");
		parameter->visibility = text_member(source, "visibility");
		parameter->needed = boolean_member(source, "needed", false);
		parameter->multiple = boolean_member(source, "multiple", false);
		parameter->options = options == NULL ? NULL : JsonbValueToJsonb(options);
	}
}

static void
read_grants(Transition *transition, const JsonbValue *object)
{
	const JsonbValue *list = member_list(object, "grants", &transition->number_of_grants);

	transition->grants = palloc0_array(Grant, transition->number_of_grants);
	for (int i = 0; i < transition->number_of_grants; i++)
	{
		const JsonbValue *source = &list[i];

		transition->grants[i].grantee = text_member(source, "grantee");
		transition->grants[i].is_column =
			strcmp(text_member(source, "kind"), "column") == 0;
	}
}

static void
read_timers(Transition *transition, const JsonbValue *object)
{
	const JsonbValue *list = member_list(object, "timers", &transition->number_of_timers);

	transition->timers = palloc0_array(TimerUse, transition->number_of_timers);
	for (int i = 0; i < transition->number_of_timers; i++)
	{
		const JsonbValue *source = &list[i];

		transition->timers[i].timer = text_member(source, "timer");
		transition->timers[i].action = text_member(source, "action");
	}
}

static void
read_transitions(Workflow *workflow, const JsonbValue *definition)
{
	static const char *const hook_names[] = {"m0", "m1", "m2", "m3"};
	const JsonbValue *list = member_list(definition, "transitions", &workflow->number_of_transitions);

	workflow->transitions = palloc0_array(Transition, workflow->number_of_transitions);
	for (int i = 0; i < workflow->number_of_transitions; i++)
	{
		const JsonbValue *object = &list[i];
		Transition *transition = &workflow->transitions[i];

		transition->name = text_member(object, "name");
		transition->label = label_member(object, transition->name);
		transition->forbids_comment = !boolean_member(object, "ask_comment", true);
		transition->undo = boolean_member(object, "undo", false);
		transition->guard = text_member(object, "guard");
		transition->guard_message = text_member(object, "guard_message");
		transition->flow = text_member(object, "flow");
		transition->flow_queued = boolean_member(object, "flow_queued", false);
		transition->notifications = read_notifications(object, &transition->number_of_notifications);
		for (int hook = 0; hook < NUMBER_OF_HOOKS; hook++)
			transition->hooks[hook] = text_member(object, hook_names[hook]);
		read_parameters(transition, object);
		read_grants(transition, object);
		read_timers(transition, object);
	}
}

static void
read_arcs(Workflow *workflow, const JsonbValue *definition)
{
	const JsonbValue *list = member_list(definition, "arcs", &workflow->number_of_arcs);

	workflow->arcs = palloc0_array(Arc, workflow->number_of_arcs);
	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		const JsonbValue *object = &list[i];
		Arc		   *arc = &workflow->arcs[i];

		arc->from = state_index(workflow, text_member(object, "from_state"));
		arc->to = state_index(workflow, text_member(object, "to_state"));
		arc->transition = transition_by_name(workflow, text_member(object, "transition"));
	}
}

/* The labels of a locale, made from the workflow's own labels if it is new. */
static LocaleLabels *
labels_in_locale(Workflow *workflow, const char *locale)
{
	int			states = sizeof(State) * workflow->number_of_states;
	int			transitions = sizeof(Transition) * workflow->number_of_transitions;
	LocaleLabels *labels;

	for (int i = 1; i < workflow->number_of_locales; i++)
		if (strcmp(workflow->labels[i].locale, locale) == 0)
			return &workflow->labels[i];

	workflow->labels = repalloc(workflow->labels,
								  sizeof(LocaleLabels) * (workflow->number_of_locales + 1));
	labels = &workflow->labels[workflow->number_of_locales++];
	labels->locale = locale;
	labels->states = memcpy(palloc(states), workflow->states, states);
	labels->transitions = memcpy(palloc(transitions), workflow->transitions, transitions);
	for (int i = 0; i < workflow->number_of_transitions; i++)
	{
		Transition *transition = &labels->transitions[i];
		int			parameters = sizeof(Parameter) * transition->number_of_parameters;

		transition->parameters = memcpy(palloc(parameters), transition->parameters, parameters);
	}
	return labels;
}

/* Put one label where it belongs; a parameter's stands for all of that name. */
static void
put_label(const Workflow *workflow, LocaleLabels *labels, const char *kind, const char *name,
		  const char *label)
{
	int			state = state_index(workflow, name);

	if (strcmp(kind, "state") == 0 && state != NO_STATE)
		labels->states[state].label = label;
	else if (strcmp(kind, "activity") == 0 && state != NO_STATE)
		labels->states[state].activity = label;
	for (int i = 0; i < workflow->number_of_transitions; i++)
	{
		Transition *transition = &labels->transitions[i];

		if (strcmp(kind, "transition") == 0 && strcmp(transition->name, name) == 0)
			transition->label = label;
		for (int j = 0; j < transition->number_of_parameters; j++)
			if (strcmp(kind, "parameter") == 0 &&
				strcmp(transition->parameters[j].name, name) == 0)
				transition->parameters[j].label = label;
	}
}

static void
read_translations(Workflow *workflow, const JsonbValue *definition)
{
	int			number;
	const JsonbValue *list = member_list(definition, "translations", &number);

	workflow->labels = palloc0_object(LocaleLabels);
	workflow->number_of_locales = 1;
	workflow->labels[0].locale = normalized_locale(text_member(definition, "locale"));
	workflow->labels[0].states = workflow->states;
	workflow->labels[0].transitions = workflow->transitions;
	for (int i = 0; i < number; i++)
	{
		const JsonbValue *object = &list[i];
		char	   *locale = normalized_locale(text_member(object, "locale"));

		put_label(workflow, labels_in_locale(workflow, locale), text_member(object, "kind"),
				  text_member(object, "name"), text_member(object, "label"));
	}
}

/* Can each notification be sent?  It must not call a function, either. */
static bool
are_notifications(Jsonb **notifications, int number)
{
	for (int i = 0; i < number; i++)
		if (json_text_member(notifications[i], "template") == NULL ||
			json_text_member(notifications[i], "channel") == NULL ||
			json_document_member(notifications[i], "userRouting") != NULL)
			return false;
	return true;
}

/* What the rest of the code relies on, whoever wrote the rows. */
static bool
is_consistent(const Workflow *workflow)
{
	int			initial_states = 0;

	for (int i = 0; i < workflow->number_of_states; i++)
		if (!are_notifications(workflow->states[i].notifications, workflow->states[i].number_of_notifications))
			return false;
	for (int i = 0; i < workflow->number_of_transitions; i++)
		if (!are_notifications(workflow->transitions[i].notifications, workflow->transitions[i].number_of_notifications))
			return false;

	for (int i = 0; i < workflow->number_of_states; i++)
		initial_states += workflow->states[i].is_initial;
	for (int i = 0; i < workflow->number_of_arcs; i++)
		if (workflow->arcs[i].from == NO_STATE || workflow->arcs[i].to == NO_STATE ||
			workflow->arcs[i].transition == NULL)
			return false;
	for (int i = 0; i < workflow->number_of_transitions; i++)
		for (int j = 0; j < workflow->transitions[i].number_of_parameters; j++)
			if (parameter_type(workflow->transitions[i].parameters[j].type) == NULL)
				return false;
	return initial_states == 1;
}

/* The query's row as a workflow. */
static Workflow *
read_workflow(const QueryResult *result)
{
	Workflow   *workflow = palloc0_object(Workflow);
	JsonbValue	root = json_root(result_jsonb(result, 0, 4));
	const JsonbValue *definition = &root;

	workflow->id = result_int(result, 0, 1);
	workflow->name = result_text(result, 0, 2);
	workflow->version = result_int(result, 0, 3);
	workflow->keeps_refusals = boolean_member(definition, "keep_refusals", false);
	read_states(workflow, definition);
	read_transitions(workflow, definition);
	read_arcs(workflow, definition);
	workflow->is_complete = result_boolean(result, 0, 5) && is_consistent(workflow);
	read_translations(workflow, definition);
	return workflow;
}

/* What belongs to the workflow w, or to its transition t, as a jsonb list. */
#define LIST(table, where, order) \
	"(SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(x) ORDER BY " order ")" \
	" FROM smartwf." table " x WHERE x.workflow_id OPERATOR(pg_catalog.=) w.id" where ")"
#define OF_TRANSITION " AND x.transition OPERATOR(pg_catalog.=) t.name"

#define DEFINITION_OF \
	"SELECT w.id, w.name, w.version, pg_catalog.jsonb_build_object(" \
	" 'locale', w.locale, 'keep_refusals', pg_catalog.to_jsonb(w) OPERATOR(pg_catalog.->) 'keep_refusals'," \
	" 'states', " LIST("states", "", "x.position, x.name") "," \
	" 'translations', " LIST("translations", "", "x.locale, x.kind, x.name") "," \
	" 'transitions', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t)" \
	"   OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(" \
	"   'parameters', " LIST("transition_parameters", OF_TRANSITION, "x.position, x.name") "," \
	"   'timers', " LIST("transition_timers", OF_TRANSITION, "x.position, x.timer") "," \
	"   'grants', " LIST("transition_grants", OF_TRANSITION, "x.position, x.grantee") ")" \
	"   ORDER BY t.position, t.name)" \
	"   FROM smartwf.transitions t WHERE t.workflow_id OPERATOR(pg_catalog.=) w.id)," \
	" 'arcs', (SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(a)" \
	"   ORDER BY t.position, t.name, a.position, a.from_state)" \
	"   FROM smartwf.arcs a JOIN smartwf.transitions t" \
	"   ON t.workflow_id OPERATOR(pg_catalog.=) a.workflow_id AND t.name OPERATOR(pg_catalog.=) a.transition" \
	"   WHERE a.workflow_id OPERATOR(pg_catalog.=) w.id))," \
	" w.shape IS NULL OR w.shape OPERATOR(pg_catalog.=) smartwf.workflow_shape(w.id)" \
	" FROM smartwf.workflows w WHERE "

/* The version of its row, which changes whenever anything of it does; see protect.c. */
static bool
read_row_version(int32 id, RowVersion *version)
{
	static OwnRelation workflows = {"workflows"};
	Relation	relation = table_open(own_relation_oid(&workflows), AccessShareLock);
	bool		is_there = row_version_by_number(relation, id, version);

	table_close(relation, NoLock);
	return is_there;
}

static void *
build_by_id(const void *key)
{
	Oid			type = INT4OID;
	int32		id = *(const int32 *) key;
	Datum		value = Int32GetDatum(id);
	RowVersion	version;
	QueryResult *result;
	Workflow   *workflow;

	/* before the rest: what changes in between will be seen to have changed */
	if (!read_row_version(id, &version))
		return NULL;
	result = read_as_owner(DEFINITION_OF "w.id OPERATOR(pg_catalog.=) $1", 1, &type, &value);
	workflow = result->rows == 0 ? NULL : read_workflow(result);
	if (workflow != NULL)
		workflow->row = version;
	free_result(result);
	return workflow;
}

static bool
is_current_by_id(const void *key, const void *definition)
{
	RowVersion	then = ((const Workflow *) definition)->row;
	RowVersion	now;

	/* what was read while it was being loaded says nothing */
	return ((const Workflow *) definition)->is_complete && read_row_version(*(const int32 *) key, &now) && now.made_by == then.made_by &&
		ItemPointerEquals(&now.place, &then.place);
}

static void *
build_newest(const void *key)
{
	return id_by_name("SELECT id FROM smartwf.workflows WHERE name OPERATOR(pg_catalog.=) $1"
					  " AND status OPERATOR(pg_catalog.=) 'published'"
					  " ORDER BY version DESC LIMIT 1", key);
}

static DefinitionKind workflows_by_id = {BY_NUMBER, build_by_id, is_current_by_id};

/* This session has changed something of it. */
void
workflow_forget(int32 id)
{
	cache_forget_number(&workflows_by_id, id);
}

/* A workflow version for what it calls things, NULL if there is none. */
const Workflow *
workflow_for_labels(int32 id)
{
	return cache_look_up(&workflows_by_id, &id);
}

/* A workflow version to go by, NULL if there is none. */
const Workflow *
workflow_by_id(int32 id)
{
	const Workflow *workflow = workflow_for_labels(id);

	if (workflow != NULL && !workflow->is_complete)
		ereport(ERROR,
				(errcode(failure_sqlstate(INVALID_DEFINITION)),
				 errmsg("definition of workflow \"%s\" version %d is not complete",
						workflow->name, workflow->version),
				 errdetail("It is being loaded, or was changed where no trigger saw it."),
				 errhint("Load all of it, or define the next version; smartwf.check_workflow() tells what is wrong.")));
	return workflow;
}

static DefinitionKind newest_workflows = {BY_NAME, build_newest};

/* The newest published version of a workflow, by which elements are born. */
const Workflow *
newest_workflow(const char *name)
{
	const int32 *newest = cache_look_up(&newest_workflows, name);

	return newest == NULL ? NULL : workflow_by_id(*newest);
}

/* The index of a state, NO_STATE if the workflow has none of that name. */
int
state_index(const Workflow *workflow, const char *name)
{
	for (int i = 0; i < workflow->number_of_states; i++)
		if (strcmp(workflow->states[i].name, name) == 0)
			return i;
	return NO_STATE;
}

/* A transition by its name, NULL if the workflow has none. */
const Transition *
transition_by_name(const Workflow *workflow, const char *name)
{
	for (int i = 0; i < workflow->number_of_transitions; i++)
		if (strcmp(workflow->transitions[i].name, name) == 0)
			return &workflow->transitions[i];
	return NULL;
}

/* The arc on which a transition leaves a state, NULL if it does not. */
const Arc *
arc_of_transition(const Workflow *workflow, int from, const Transition *transition)
{
	for (int i = 0; i < workflow->number_of_arcs; i++)
		if (workflow->arcs[i].from == from && workflow->arcs[i].transition == transition)
			return &workflow->arcs[i];
	return NULL;
}

/*
 * The labels that the reader wants most, looked up as in RFC 4647: region by
 * region to the bare language; the workflow's own labels if there is none.
 */
const LocaleLabels *
labels_for_reader(const Workflow *workflow)
{
	ListCell   *cell;

	if (workflow->number_of_locales == 1)
		return &workflow->labels[0];
	foreach(cell, reader_locales())
		for (char *locale = lfirst(cell); locale != NULL; locale = broader_locale(locale))
			for (int i = 0; i < workflow->number_of_locales; i++)
				if (strcmp(locale, "*") == 0 ||
					strcmp(workflow->labels[i].locale, locale) == 0)
					return &workflow->labels[i];
	return &workflow->labels[0];
}

/* The same transition with its labels in that locale. */
const Transition *
transition_in(const LocaleLabels *labels, const Workflow *workflow, const Transition *transition)
{
	return &labels->transitions[transition - workflow->transitions];
}
