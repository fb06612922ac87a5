/*
 * flow_function.c
 *		Functions of the user that a flow names.
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

/* The function (model jsonb, run bigint) of that name and result. */
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
