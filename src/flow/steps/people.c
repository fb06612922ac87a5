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
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "base/actor.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/json_value.h"
#include "storage/own_table.h"
#include "storage/role.h"
#include "base/texts.h"
#include "base/notify_workers.h"
#include "flow/run/model.h"
#include "outbox/template/template.h"
#include "flow/run/drive.h"
#include "people.h"
#include "flow/run/store.h"

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
 * What acts for somebody who has not chosen its functions, a timer's task for the
 * owner of the table or a step for its flow's owner or for whoever answered, calls
 * functions of his own, and of superusers: nobody else's get his rights.
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
				 errdetail("What acts as \"%s\" here calls functions of that role or of a superuser.",
						   GetUserNameFromId(GetUserId(), false))));
}

/*
 * Call a function that the flow names.  Others may come across the run now, so
 * it is stored first.
 */
Datum
call_flow_function(Run *run, const Step *step, const char *name, Oid result_type, bool *isnull)
{
	LOCAL_FCINFO(fcinfo, 2);
	FmgrInfo	flinfo;
	Datum		result;
	Oid			function;

	run_store(run);
	function = find_flow_function(name, result_type);
	if (step_acts_for_other(run, step))
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
add_person(List *people, char *name, bool is_person)
{
	ListCell   *cell;
	Person	   *person;

	foreach(cell, people)
	{
		person = lfirst(cell);
		if (strcmp(person->name, name) == 0 && person->is_person == is_person)
			return people;
	}
	if (name[0] == '\0')
		return people;
	person = palloc_object(Person);
	*person = (Person)
	{
		name, is_person
	};
	return lappend(people, person);
}

/* Whom a name means that does not say so itself: a role, if there is one of that name. */
Person *
person_of_name(char *name)
{
	return linitial(add_person(NIL, name, !is_role_name(name)));
}

static List *
add_name(List *people, char *name)
{
	return add_person(people, name, !is_role_name(name));
}

/* One of a list: a name, {"role": name} or {"person": name}. */
static List *
add_value(List *people, const JsonbValue *value)
{
	JsonbValue *role = json_member(value, "role", strlen("role"));
	JsonbValue *person = json_member(value, "person", strlen("person"));

	if (role != NULL)
		return add_person(people, json_text(role), false);
	if (person != NULL)
		return add_person(people, json_text(person), true);
	return add_name(people, json_text(value));
}

/* One, or those of a list. */
static List *
add_people(List *people, const JsonbValue *value)
{
	if (value == NULL || value->type == jbvNull)
		return people;
	if (!json_is_list(value))
		return add_value(people, value);
	for (int i = 0; i < JsonContainerSize(value->val.binary.data); i++)
		people = add_value(people, getIthJsonbValueFromContainer(value->val.binary.data, i));
	return people;
}

static List *
add_routed(List *people, Run *run, const Step *step, const char *function)
{
	bool		isnull;
	Datum		routed = call_flow_function(run, step, function, TEXTARRAYOID, &isnull);
	ListCell   *cell;

	if (isnull)
		return people;
	foreach(cell, list_of_texts(routed))
		people = add_name(people, lfirst(cell));
	return people;
}

/* Whom the step addresses (Person *): fixed, from a field, by a function.  Nobody is an error. */
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
		people = add_routed(people, run, step, routing);
	if (people == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("step \"%s\" has nobody to address", step->name),
				 field == NULL ? 0 : errdetail("Field \"%s\" of the model is empty.", field)));
	return people;
}

/* Telling them */

static bool notifies = true;

/* At load: the setting. */
void
people_init(void)
{
	DefineCustomBoolVariable("smartwf.notify",
							 "Whether a notification calls NOTIFY, too.",
							 "Before PostgreSQL 19 transactions that do so commit one after the other.",
							 &notifies, true, PGC_SUSET, 0, NULL, NULL, NULL);
}

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

/* Tell those who listen, by NOTIFY, that there is something for a person. */
void
push_to_person(const Person *person, const char *what)
{
	if (notifies)
		Async_Notify(push_channel(person->name), what);
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
		const Person *person = lfirst(cell);
		Datum		values[] = {
			Int64GetDatum(run->id), CStringGetTextDatum(step->name), CStringGetTextDatum(channel),
			CStringGetTextDatum(person->name), CStringGetTextDatum(subject), CStringGetTextDatum(body),
			CStringGetTextDatum(is_html ? "html" : "text"), TimestampTzGetDatum(clock_now()),
			BoolGetDatum(person->is_person),
		};

		push_to_person(person, store_text(INSERT_NOTIFICATION, values, run->is_task ? "n        " : NULL));
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
				  subject == NULL ? "" : render_template(subject, visible_model(run), NULL, false),
				  render_template(step_setting(step, "message"), visible_model(run), NULL, false), false);
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
	model = model_selection(run, step, "properties", visible_model(run));
	notify_people(run, step, people, step_setting(step, "channel"),
				  render_template(template.subject, model, NULL, false),
				  render_template(is_html ? template.html_body : template.text_body, model,
								  template.partials, is_html),
				  is_html);
}
