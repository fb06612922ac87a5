/*
 * own_table.c
 *		smartwf's tables: by OID, by column, as their owner.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/sequence.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/switch_user.h"
#include "own_table.h"
#include "schema_version.h"

/* Those that were looked up, the last one first. */
static OwnRelation *known = NULL;
static int	generation = 1;		/* of what is known of them */

/* DROP EXTENSION, and CREATE EXTENSION again, in a living session. */
static void
forget_relation(Datum argument, Oid oid)
{
	for (OwnRelation *relation = known; relation != NULL; relation = relation->next)
		if (!OidIsValid(oid) || relation->oid == oid)
		{
			relation->oid = InvalidOid;
			generation++;
		}
}

static void
remember(OwnRelation *relation)
{
	static bool registered = false;

	if (!registered)
		CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
	registered = true;
	for (OwnRelation *other = known; other != NULL; other = other->next)
		if (other == relation)
			return;
	relation->next = known;
	known = relation;
}

/* The OID of a table or an index of smartwf. */
Oid
own_relation_oid(OwnRelation *relation)
{
	Oid			oid;

	if (OidIsValid(relation->oid))
		return relation->oid;
	oid = get_relname_relid(relation->name, get_namespace_oid("smartwf", false));
	if (!OidIsValid(oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"smartwf.%s\" does not exist", relation->name),
				 errhint("Run CREATE EXTENSION smartwf in this database.")));
	require_served_schema();
	remember(relation);
	relation->oid = oid;
	return oid;
}

/* Is there such a table?  The schema of the version before, which the library serves too, has fewer. */
bool
own_relation_exists(const char *name)
{
	return OidIsValid(get_relname_relid(name, get_namespace_oid("smartwf", false)));
}

/* Where a table has a column of ours, of the type that we know. */
static AttrNumber
number_of_column(Relation relation, const OwnColumn *column)
{
	TupleDesc	descriptor = RelationGetDescr(relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), column->name) == 0 &&
			attribute->atttypid == column->type)
			return attribute->attnum;
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"smartwf.%s\" has no column \"%s\" of type %s",
					RelationGetRelationName(relation), column->name, format_type_be(column->type)),
			 errhint("The tables of smartwf are not those of its library; do not alter them, and update the extension after the library.")));
}

/* Open a table of smartwf, and know where it has its columns. */
Relation
own_table_open(OwnTable *table, LOCKMODE lock)
{
	Relation	relation = table_open(own_relation_oid(&table->relation), lock);

	if (relation->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"smartwf.%s\" is not an ordinary table", RelationGetRelationName(relation)),
				 errhint("The tables of smartwf are not those of its library; do not alter them.")));
	if (table->generation != generation)
	{
		for (int i = 1; i <= table->columns; i++)
			table->number[i] = number_of_column(relation, &table->column[i]);
		table->identity = InvalidOid;
		table->generation = generation;
	}
	return relation;
}

/* The next number for the first column of a table of smartwf, an identity. */
int64
next_identity(OwnTable *table, Relation relation)
{
	if (!OidIsValid(table->identity))
		table->identity = identity_sequence(relation, table->number[1]);
	return nextval_internal(table->identity, false);
}

/* The owner of a table. */
Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* The owner of smartwf's tables, as whom we read definitions and follow DDL. */
Oid
smartwf_owner(void)
{
	/* one of them, which is always there */
	static OwnRelation known_roles = {"known_roles"};

	return relation_owner(own_relation_oid(&known_roles));
}

/* Be the owner of smartwf's tables, for the caller; see switch_for_caller(). */
SavedUser
switch_to_owner(void)
{
	return switch_for_caller(smartwf_owner());
}
