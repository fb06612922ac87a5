/*
 * schema_version.c
 *		The version of the extension's schema, and whether this library serves it.
 *
 * A new library is installed before ALTER EXTENSION smartwf UPDATE has been executed
 * in all databases: it serves the last version, too.  Any other is refused, since
 * rows are read and written without a statement that would fail by itself.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "schema_version.h"

/* The library's own version, which the Makefile takes from smartwf.control, and the last. */
static const char *const served[] = {SMARTWF_VERSION, "0.1.0"};

/* The version of the extension in this database, NULL if it is not installed. */
char *
schema_version(void)
{
	Relation	extensions = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;
	char	   *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("smartwf"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
	{
		bool		isnull;

		version = TextDatumGetCString(heap_getattr(row, Anum_pg_extension_extversion,
												   RelationGetDescr(extensions), &isnull));
	}
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	return version;
}

/* Does this library serve that version of the schema? */
bool
schema_version_is_served(const char *version)
{
	for (int i = 0; i < lengthof(served); i++)
		if (strcmp(version, served[i]) == 0)
			return true;
	return false;
}

/* Raise an error if the schema is of a version that this library does not serve. */
void
require_served_schema(void)
{
	char	   *version = schema_version();

	if (version != NULL && !schema_version_is_served(version))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"smartwf\" is of version \"%s\", which its library does not serve", version),
				 errdetail("The library is of version %s and also serves %s.", served[0], served[1]),
				 errhint("Execute ALTER EXTENSION smartwf UPDATE, or install the library of that version.")));
}
