/*
 * hook.c
 *		Finds and calls the hooks that a definition names.
 *
 * A hook is looked up at each call.  If it is missing or has another
 * signature, the transition is refused.  It runs with the rights of the
 * caller.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/function_name.h"
#include "base/message.h"
#include "base/switch_user.h"
#include "callee.h"
#include "hook.h"
#include "transition_check.h"

/* Why a function cannot be a hook; NULL if it can. */
static char *
signature_fault(Oid function, const char *name)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	char	   *fault = NULL;

	if (!HeapTupleIsValid(tuple))
		return psprintf(localized("hook %s(smartwf.event) does not exist"), name);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	if (form->prorettype != TEXTOID || form->proretset ||
		form->prokind != PROKIND_FUNCTION)
		fault = psprintf(localized("hook %s(smartwf.event) must be a function that returns text"), name);
	ReleaseSysCache(tuple);
	return fault;
}

/* The composite type smartwf.event, the argument of hooks. */
static Oid
event_type(void)
{
	return get_rel_type_id(get_relname_relid("event", get_namespace_oid("smartwf", false)));
}

/* The function of a hook; otherwise InvalidOid, and FAULT says why. */
static Oid
find_hook(const char *name, char **fault)
{
	Oid			argument = event_type();
	Oid			function;

	if (!is_function_name(name))
	{
		*fault = psprintf(localized("hook \"%s\" is not of the form schema.function"), name);
		return InvalidOid;
	}
	function = function_by_name(name, 1, &argument);
	*fault = signature_fault(function, name);
	return *fault == NULL ? function : InvalidOid;
}

/* smartwf.hook_fault(name): for the check of definitions. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_hook_fault);
Datum
smartwf_hook_fault(PG_FUNCTION_ARGS)
{
	char	   *fault;

	(void) find_hook(text_to_cstring(PG_GETARG_TEXT_PP(0)), &fault);
	if (fault == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(fault));
}

static Datum
row_as_jsonb(const TransitionCheck *check, HeapTuple row)
{
	return JsonbPGetDatum(element_as_jsonb(row_with_generated(check->relation, row), RelationGetDescr(check->relation)));
}

/* An attribute of smartwf.event. */
typedef struct EventValue
{
	const char *name;
	Oid			type;
	Datum		value;
	bool		isnull;
}			EventValue;

static EventValue
event_text(const char *name, const char *text)
{
	return (EventValue) {name, TEXTOID, text == NULL ? (Datum) 0 : CStringGetTextDatum(text), text == NULL};
}

/* A value of smartwf.event as now defined; attributes not given here are null. */
static Datum
form_event(const EventValue *given, int number)
{
	TupleDesc	descriptor = lookup_rowtype_tupdesc(event_type(), -1);
	Datum	   *values = palloc0_array(Datum, descriptor->natts);
	bool	   *nulls = palloc_array(bool, descriptor->natts);
	HeapTuple	tuple;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		nulls[i] = true;
		for (int j = 0; j < number; j++)
			if (!attribute->attisdropped && attribute->atttypid == given[j].type &&
				strcmp(NameStr(attribute->attname), given[j].name) == 0)
			{
				values[i] = given[j].value;
				nulls[i] = given[j].isnull;
			}
	}
	tuple = heap_form_tuple(descriptor, values, nulls);
	ReleaseTupleDesc(descriptor);
	return HeapTupleGetDatum(tuple);
}

/* The smartwf.event that a hook is called with. */
static Datum
make_event(const TransitionCheck *check, HeapTuple row)
{
	const Workflow *workflow = check->workflow;
	const EventValue values[] = {
		event_text("docid", check->docid),
		event_text("structure", check->table->structure->name),
		event_text("workflow", workflow->name),
		{"version", INT4OID, Int32GetDatum(workflow->version), false},
		event_text("transition", check->transition->name),
		event_text("from_state", check->from == NO_STATE ? NULL : workflow->states[check->from].name),
		event_text("to_state", workflow->states[check->to].name),
		event_text("actor", check->actor != NULL ? check->actor : actor_name()),
		event_text("comment", check->comment),
		{"parameters", JSONBOID, PointerGetDatum(check->parameters), check->parameters == NULL},
		{"element", JSONBOID, row_as_jsonb(check, row), false},
	};

	return form_event(values, lengthof(values));
}

typedef struct HookCall
{
	Oid			function;
	const TransitionCheck *check;
	HeapTuple	row;
	char	   *message;
}			HookCall;

static void
call_now(void *argument)
{
	HookCall   *call = argument;
	LOCAL_FCINFO(fcinfo, 1);
	FmgrInfo	flinfo;
	Datum		result;

	fmgr_info(call->function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = make_event(call->check, call->row);
	fcinfo->args[0].isnull = false;
	result = FunctionCallInvoke(fcinfo);
	call->message = fcinfo->isnull ? NULL : TextDatumGetCString(result);
}

/*
 * Calls the transition's hook of that kind with the row.  Returns its message,
 * or NULL if there is none.  If the hook cannot be called, the message says why.
 */
char *
call_hook(TransitionCheck *check, HookKind kind, HeapTuple row)
{
	const char *name;
	HookCall	call = {.check = check, .row = row};
	char	   *fault;

	if (check->transition == NULL)
		return NULL;
	name = check->transition->hooks[kind];
	if (name == NULL)
		return NULL;
	call.function = find_hook(name, &fault);
	if (fault != NULL)
		return fault;
	if (function_aclcheck(call.function, acting_role()) != ACLCHECK_OK)
		return psprintf(localized("permission denied for hook %s"), name);
	call_for_caller(&(Callee) {
		.table = check->table, .is_foreign = true, .schema = get_func_namespace(call.function),
		.kind = localized("hook %s"), .name = name
	}, call_now, &call);
	if (call.message == NULL || call.message[0] == '\0')
		return NULL;
	check->user_message = call.message;
	return call.message;
}

/* m0: may refuse before parameters are stored.  The message is the hook's. */
char *
check_m0(TransitionCheck *check)
{
	return call_hook(check, HOOK_M0, check->proposed);
}

/* m1: may refuse after parameters are stored in the proposed row. */
char *
check_m1(TransitionCheck *check)
{
	return call_hook(check, HOOK_M1, check->proposed);
}
