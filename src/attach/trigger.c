/*
 * trigger.c
 *		The triggers on an attached table.
 *
 * They are recognized by their functions.  A higher module registers what the
 * row triggers do.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/reltrigger.h"
#include "utils/syscache.h"

#include "trigger.h"

static PGFunction before_row = NULL;
static PGFunction after_row = NULL;

/* Called at library load: registers the actions BEFORE and AFTER a row is written. */
void
row_triggers_register(PGFunction before, PGFunction after)
{
	before_row = before;
	after_row = after;
}

/* The functions of smartwf's triggers, by which they are recognized. */
static const char *const trigger_functions[] = {"judge_change", "record_change", "record_truncate"};
static Oid	trigger_function[lengthof(trigger_functions)];
static bool trigger_functions_are_known = false;

static void
forget_trigger_functions(Datum argument, int cacheid, uint32 hashvalue)
{
	trigger_functions_are_known = false;
}

static void
find_trigger_functions(void)
{
	static bool registered = false;
	Oid			schema = get_namespace_oid("smartwf", false);

	if (!registered)
		CacheRegisterSyscacheCallback(PROCOID, forget_trigger_functions, (Datum) 0);
	registered = true;
	for (int i = 0; i < lengthof(trigger_functions); i++)
		trigger_function[i] = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
											  CStringGetDatum(trigger_functions[i]),
											  PointerGetDatum(buildoidvector(NULL, 0)),
											  ObjectIdGetDatum(schema));
	trigger_functions_are_known = true;
}

/* Is it a function of one of smartwf's triggers? */
bool
is_trigger_function(Oid function)
{
	if (!OidIsValid(get_namespace_oid("smartwf", true)))
		return false;
	if (!trigger_functions_are_known)
		find_trigger_functions();
	for (int i = 0; i < lengthof(trigger_functions); i++)
		if (OidIsValid(function) && trigger_function[i] == function)
			return true;
	return false;
}

/* Does the table carry the triggers of that structure?  Trigger names do not matter. */
bool
belongs_to_structure(Relation relation, const char *structure)
{
	TriggerDesc *triggers = relation->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		if (trigger->tgnargs == 1 && strcmp(trigger->tgargs[0], structure) == 0 &&
			is_trigger_function(trigger->tgfoid))
			return true;
	}
	return false;
}

/* smartwf.judge_change(): BEFORE INSERT OR UPDATE, for each row. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_judge_change);
Datum
smartwf_judge_change(PG_FUNCTION_ARGS)
{
	return before_row(fcinfo);
}

/* smartwf.record_change(): AFTER INSERT OR UPDATE OR DELETE, for each row. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_record_change);
Datum
smartwf_record_change(PG_FUNCTION_ARGS)
{
	return after_row(fcinfo);
}
