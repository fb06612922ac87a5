/*
 * operator.c
 *		Who operates runs and deliveries.
 *
 * The right is a privilege like others, so that PostgreSQL grants, inherits,
 * revokes and dumps it: EXECUTE on smartwf.operation(), which does nothing else.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/switch_user.h"
#include "operator.h"

/* smartwf.operation(); a schema of an earlier version has none. */
static Oid
privilege_to_operate(void)
{
	Oid			schema = get_namespace_oid("smartwf", true);

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("operation"),
						   PointerGetDatum(buildoidvector(NULL, 0)), ObjectIdGetDatum(schema));
}

/* Is the caller an administrator, or has been granted what smartwf.grant_operation() grants? */
bool
is_operator(void)
{
	Oid			privilege;

	if (is_administrator())
		return true;
	privilege = privilege_to_operate();
	return OidIsValid(privilege) && function_aclcheck(privilege, acting_role()) == ACLCHECK_OK;
}

/* smartwf.is_operator() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_is_operator);
Datum
smartwf_is_operator(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_operator());
}
