/*
 * function_name.c
 *		Looks up user functions by the names that definitions keep.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "function_name.h"

/* Splits a name of the form schema.function; false if it has another form. */
static bool
split_name(const char *name, List **parts)
{
	return SplitIdentifierString(pstrdup(name), '.', parts) && list_length(*parts) == 2;
}

/* Does the name have the form schema.function? */
bool
is_function_name(const char *name)
{
	List	   *parts;

	return split_name(name, &parts);
}

/* The function schema.function with these arguments, InvalidOid if there is none. */
Oid
function_by_name(const char *name, int number, const Oid *arguments)
{
	List	   *parts;
	Oid			schema;

	if (!split_name(name, &parts))
		return InvalidOid;
	schema = get_namespace_oid(linitial(parts), true);
	if (!OidIsValid(schema))
		return InvalidOid;
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(lsecond(parts)),
						   PointerGetDatum(buildoidvector(arguments, number)), ObjectIdGetDatum(schema));
}
