/*
 * people.c
 *		Whom a step addresses, and telling them.
 *
 * A notification is a row in the outbox, a recipient each, in the transaction
 * of the step: what is undone was never told.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "common/actor.h"
#include "common/clock.h"
#include "common/compat.h"
#include "common/json_value.h"
#include "common/relation.h"
#include "common/texts.h"
#include "common/wake.h"
#include "model.h"
#include "outbox/template.h"
#include "people.h"
#include "store.h"

/* Functions of the user */

/* The function (model jsonb, run bigint) of that name and result. */
static Oid
find_flow_function(const char *name, Oid result_type)
{
	Oid			arguments[] = {JSONBOID, INT8OID};
	List	   *parts;
	Oid			schema;
	Oid			function = InvalidOid;

	if (SplitIdentifierString(pstrdup(name), '.', &parts) && list_length(parts) == 2)
	{
		schema = get_namespace_oid(linitial(parts), true);
		function = !OidIsValid(schema) ? InvalidOid :
			GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(lsecond(parts)),
							PointerGetDatum(buildoidvector(arguments, 2)), ObjectIdGetDatum(schema));
	}
	if (!OidIsValid(function) || get_func_rettype(function) != result_type ||
		get_func_retset(function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function %s(model jsonb, run bigint) returns %s does not exist",
						name, format_type_be(result_type))));
	if (function_aclcheck(function, acting_role()) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, name);
	return function;
}

/*
 * A timer's task acts as the owner of the table, whoever has defined it: it calls
 * functions of his own, and of superusers.
 */
static void
require_trusted_function(Oid function, const char *name)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
		ReleaseSysCache(tuple);
	}
	if (owner != GetUserId() && !superuser_arg(owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("function %s belongs to \"%s\"", name, GetUserNameFromId(owner, true)),
				 errdetail("A timer acts as \"%s\", the owner of the table, and calls functions of that role or of a superuser.",
						   GetUserNameFromId(GetUserId(), false))));
}

/*
 * Call a function that the flow names.  Others may come across the run now, so
 * it is stored first.
 */
Datum
call_flow_function(Run *run, const char *name, Oid result_type, bool *isnull)
{
	LOCAL_FCINFO(fcinfo, 2);
	FmgrInfo	flinfo;
	Datum		result;
	Oid			function;

	run_store(run);
	function = find_flow_function(name, result_type);
	if (run->is_task)
		require_trusted_function(function, name);
	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 2, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = JsonbPGetDatum(run->model);
	fcinfo->args[0].isnull = false;
	fcinfo->args[1].value = Int64GetDatum(run->id);
	fcinfo->args[1].isnull = run->is_task;
	result = FunctionCallInvoke(fcinfo);
	*isnull = fcinfo->isnull;
	return result;
}

/* People */

static List *
add_person(List *people, char *name)
{
	ListCell   *cell;

	foreach(cell, people)
		if (strcmp(lfirst(cell), name) == 0)
			return people;
	return name[0] == '\0' ? people : lappend(people, name);
}

/* A text, or the texts of a list. */
static List *
add_people(List *people, const JsonbValue *value)
{
	if (value == NULL || value->type == jbvNull)
		return people;
	if (!json_is_list(value))
		return add_person(people, json_text(value));
	for (int i = 0; i < JsonContainerSize(value->val.binary.data); i++)
		people = add_person(people, json_text(getIthJsonbValueFromContainer(value->val.binary.data, i)));
	return people;
}

static List *
add_routed(List *people, Run *run, const char *function)
{
	bool		isnull;
	Datum		routed = call_flow_function(run, function, TEXTARRAYOID, &isnull);
	ListCell   *cell;

	if (isnull)
		return people;
	foreach(cell, list_of_texts(routed))
		people = add_person(people, lfirst(cell));
	return people;
}

/* Whom the step addresses: fixed, from a field, by a function.  Nobody is an error. */
List *
people_of_step(Run *run, const Step *step)
{
	JsonbValue	settings = json_root(step->settings);
	char	   *field = step_setting(step, "userField");
	char	   *routing = step_setting(step, "userRouting");
	List	   *people = add_people(NIL, json_member(&settings, "users", strlen("users")));

	if (field != NULL)
		people = add_people(people, model_field(run, field));
	if (routing != NULL)
		people = add_routed(people, run, routing);
	if (people == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("step \"%s\" has nobody to address", step->name),
				 field == NULL ? 0 : errdetail("Field \"%s\" of the model is empty.", field)));
	return people;
}

/* Telling them */

/* Live push listens for a person by this name, which must fit. */
static char *
push_channel(const char *person)
{
	char	   *channel = psprintf("smartwf:%s", person);

	if (strlen(channel) < NAMEDATALEN)
		return channel;
	return psprintf("smartwf:%s", TextDatumGetCString(DirectFunctionCall1(md5_text,
																		  CStringGetTextDatum(person))));
}

/* A row in the outbox for each. */
void
notify_people(Run *run, const Step *step, List *people, const char *channel,
			  const char *subject, const char *body, bool is_html)
{
	ListCell   *cell;

	run_store(run);
	foreach(cell, people)
	{
		Datum		values[] = {
			Int64GetDatum(run->id), CStringGetTextDatum(step->name), CStringGetTextDatum(channel),
			CStringGetTextDatum(lfirst(cell)), CStringGetTextDatum(subject), CStringGetTextDatum(body),
			CStringGetTextDatum(is_html ? "html" : "text"), TimestampTzGetDatum(clock_now()),
		};

		Async_Notify(push_channel(lfirst(cell)),
					 store_text(INSERT_NOTIFICATION, values, run->is_task ? "n       " : NULL));
	}
	if (strcmp(channel, "mail") != 0)
		wake_at_commit(WAKE_DELIVERY);
}

/* The step send_notification. */
void
send_notification(Run *run, const Step *step)
{
	char	   *subject = step_setting(step, "subject");
	List	   *people = people_of_step(run, step);

	notify_people(run, step, people, step_setting(step, "channel"),
				  subject == NULL ? "" : render_template(subject, run->model, NULL, false),
				  render_template(step_setting(step, "message"), run->model, NULL, false), false);
}

/* Templates */

typedef struct StoredTemplate
{
	char	   *subject;
	char	   *text_body;
	char	   *html_body;
	Jsonb	   *partials;
	MemoryContext context;
}			StoredTemplate;

static void
take_template(void *argument)
{
	StoredTemplate *template = argument;
	MemoryContext outer = MemoryContextSwitchTo(template->context);

	template->subject = result_text(0, 1);
	template->text_body = result_text(0, 2);
	template->html_body = result_text(0, 3);
	MemoryContextSwitchTo(outer);
}

static void
take_partials(void *argument)
{
	StoredTemplate *template = argument;
	MemoryContext outer = MemoryContextSwitchTo(template->context);

	template->partials = result_jsonb(0, 1);
	MemoryContextSwitchTo(outer);
}

/* The step send_templated_notification. */
void
send_templated_notification(Run *run, const Step *step)
{
	StoredTemplate template = {.context = CurrentMemoryContext};
	char	   *name = step_setting(step, "template");
	char	   *type = step_setting(step, "renderType");
	bool		is_html = type != NULL && strcmp(type, "html") == 0;
	Datum		value = CStringGetTextDatum(name);
	List	   *people = people_of_step(run, step);
	Jsonb	   *model;

	if (store_execute(READ_TEMPLATE, &value, NULL, take_template, &template) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("template \"%s\" is not defined", name)));
	value = CStringGetTextDatum(is_html ? "html" : "text");
	(void) store_execute(READ_PARTIALS, &value, NULL, take_partials, &template);
	/* the model as the template sees it: its properties by their own names, too */
	model = model_selection(run, step, "properties", run->model);
	notify_people(run, step, people, step_setting(step, "channel"),
				  render_template(template.subject, model, NULL, false),
				  render_template(is_html ? template.html_body : template.text_body, model,
								  template.partials, is_html),
				  is_html);
}
