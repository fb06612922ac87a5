/*
 * flow_function.c
 *		Calls user functions that a flow names.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/function_name.h"
#include "base/switch_user.h"
#include "acting.h"
#include "flow_function.h"
#include "run_table.h"

/* The function (model jsonb, run bigint) with that name and result type. */
static Oid
find_flow_function(const char *name, Oid result_type)
{
	Oid			arguments[] = {JSONBOID, INT8OID};
	Oid			function = function_by_name(name, 2, arguments);

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
 * A step that acts for a user who has not chosen its functions must not run
 * anybody's code with that user's rights.  This concerns the tasks of timers,
 * which act for the owner of the table, and steps that act for the flow's
 * owner or the answerer.  They may only call functions of that user or of a
 * superuser.
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
 * Call a function that the flow names.  The run is stored first, since the
 * function may read it.
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
