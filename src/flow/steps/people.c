/*
 * people.c
 *		Determines the recipients of a step, and notifies them.
 *
 * A notification is a row in the outbox for each recipient, inserted in the
 * transaction of the step: nothing is sent if that is rolled back.
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
#include "base/notify_workers.h"
#include "base/texts.h"
#include "flow/run/drive.h"
#include "flow/run/flow_function.h"
#include "flow/run/model.h"
#include "flow/run/run_table.h"
#include "flow/run/store.h"
#include "outbox/template/template.h"
#include "storage/role.h"
#include "people.h"

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

/* The role or person that a plain name means: the role, if there is one. */
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

/* One value: a name, {"role": name} or {"person": name}. */
static List *
add_value(List *people, const JsonbValue *value)
{
	JsonbValue *role = json_member(value, "role");
	JsonbValue *person = json_member(value, "person");

	if (role != NULL)
		return add_person(people, json_text(role), false);
	if (person != NULL)
		return add_person(people, json_text(person), true);
	return add_name(people, json_text(value));
}

/* One value, or a list of them. */
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

/* The recipients of the step (Person *): fixed, from a field, by a function.  None is an error. */
List *
people_of_step(Run *run, const Step *step)
{
	char	   *field = step_setting(step, "userField");
	char	   *routing = step_setting(step, "userRouting");
	List	   *people = add_people(NIL, step_setting_value(step, "users"));

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

/* Notifying them */

static bool notifies = true;

/* Called at library load: the setting. */
void
people_init(void)
{
	DefineCustomBoolVariable("smartwf.notify",
							 "Sends NOTIFY for each notification and question.",
							 "Before PostgreSQL 19, transactions that send NOTIFY commit one after the other.",
							 &notifies, true, PGC_SUSET, 0, NULL, NULL, NULL);
}

/* The NOTIFY channel of a person; the name must fit in an identifier. */
static char *
push_channel(const char *person)
{
	char	   *channel = psprintf("smartwf:%s", person);

	if (strlen(channel) < NAMEDATALEN)
		return channel;
	return psprintf("smartwf:%s", TextDatumGetCString(DirectFunctionCall1(md5_text,
																		  CStringGetTextDatum(person))));
}

/* Send a NOTIFY to the person's channel. */
void
push_to_person(const Person *person, const char *what)
{
	if (notifies)
		Async_Notify(push_channel(person->name), what);
}

/* Insert a row in the outbox for each recipient. */
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
		notify_workers_at_commit(WORK_ON_DELIVERY);
}
