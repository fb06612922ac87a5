/*
 * visible.c
 *		Which structures the caller sees documents of.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "utils/acl.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/switch_user.h"
#include "base/texts.h"
#include "storage/own_statement.h"
#include "visible.h"

static OwnStatement find_structures = {0, {0},
	"SELECT s.name, s.relation_schema, s.relation_name, s.docid_column FROM smartwf.structures s ORDER BY s.name"
};

/* May the role select the documents' names of the structure that the row of a result is about? */
static bool
may_select_names(Oid role, const QueryResult *structures, int row)
{
	Oid			schema = get_namespace_oid(result_text(structures, row, 2), true);
	Oid			relid = OidIsValid(schema) ? get_relname_relid(result_text(structures, row, 3), schema) : InvalidOid;
	AttrNumber	column = OidIsValid(relid) ? get_attnum(relid, result_text(structures, row, 4)) : InvalidAttrNumber;

	return column != InvalidAttrNumber && schema_aclcheck(schema, role) == ACLCHECK_OK &&
		(pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK ||
		 pg_attribute_aclcheck(relid, column, role, ACL_SELECT) == ACLCHECK_OK);
}

static List *
find_visible_structures(Oid role)
{
	QueryResult *structures = own_execute(&find_structures, NULL, NULL);
	List	   *visible = NIL;

	for (int i = 0; i < structures->rows; i++)
		if (may_select_names(role, structures, i))
			visible = lappend(visible, result_text(structures, i, 1));
	return visible;
}

/*
 * smartwf.visible_structures(): where the caller sees no document, nobody need look for
 * one.  A view and the policy below it ask in the same command: the second time for
 * nothing.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_visible_structures);
Datum
smartwf_visible_structures(PG_FUNCTION_ARGS)
{
	static TimestampTz statement = 0;
	static CommandId command;
	static Oid	role;
	static ArrayType *answer = NULL;

	if (answer == NULL || statement != GetCurrentStatementStartTimestamp() ||
		command != GetCurrentCommandId(false) || role != acting_role())
	{
		Datum		visible = array_of_texts(find_visible_structures(acting_role()));
		ArrayType  *before = answer;
		MemoryContext outer;

		answer = NULL;
		if (before != NULL)
			pfree(before);
		outer = MemoryContextSwitchTo(TopMemoryContext);
		answer = DatumGetArrayTypePCopy(visible);
		MemoryContextSwitchTo(outer);
		statement = GetCurrentStatementStartTimestamp();
		command = GetCurrentCommandId(false);
		role = acting_role();
	}
	PG_RETURN_DATUM(datumCopy(PointerGetDatum(answer), false, -1));
}

/* Does the caller see documents of a structure, if there are any? */
bool
structure_is_visible(const char *name)
{
	return is_in_texts(find_visible_structures(acting_role()), name);
}
