/*
 * relation.c
 *		smartwf's own tables by OID, and reading them with a fresh snapshot.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "actor.h"
#include "relation.h"

static const char *const names[NUMBER_OF_OWN_RELATIONS] = {
	[WORKFLOWS] = "workflows",
	[ELEMENTS] = "elements",
	[LOCKED_ELEMENTS] = "elements_locked",	/* an index */
	[HISTORY] = "history",
	[RUN_STEPS] = "run_steps",
};

static Oid	known[NUMBER_OF_OWN_RELATIONS];

/* DROP EXTENSION, and CREATE EXTENSION again, in a living session. */
static void
forget_relation(Datum argument, Oid relation)
{
	for (int i = 0; i < NUMBER_OF_OWN_RELATIONS; i++)
		if (!OidIsValid(relation) || known[i] == relation)
			known[i] = InvalidOid;
}

/* The OID of one of our tables. */
Oid
smartwf_relation(OwnRelation relation)
{
	static bool registered = false;

	if (!OidIsValid(known[relation]))
	{
		Oid			schema = get_namespace_oid("smartwf", false);
		Oid			found = get_relname_relid(names[relation], schema);

		if (!OidIsValid(found))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("table \"smartwf.%s\" does not exist", names[relation]),
					 errhint("Run CREATE EXTENSION smartwf in this database.")));
		if (!registered)
			CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
		registered = true;
		known[relation] = found;
	}
	return known[relation];
}

/* The owner of a table. */
Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* The owner of our tables, as whom we read definitions and follow DDL. */
Oid
smartwf_owner(void)
{
	return relation_owner(smartwf_relation(WORKFLOWS));
}

/* The composite type smartwf.event, which hooks take. */
Oid
smartwf_event_type(void)
{
	Oid			schema = get_namespace_oid("smartwf", false);

	return get_rel_type_id(get_relname_relid("event", schema));
}

typedef struct Reading
{
	const char *query;
	int			arguments;
	Oid		   *types;
	Datum	   *values;
	void		(*use) (void *argument);
	void	   *argument;
}			Reading;

static void
read_now(void *argument)
{
	Reading    *reading = argument;
	SPIPlanPtr	plan;
	Snapshot	snapshot;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = SPI_prepare(reading->query, reading->arguments, reading->types);
	if (plan == NULL)
		elog(ERROR, "cannot prepare \"%s\": %s", reading->query,
			 SPI_result_code_string(SPI_result));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	if (SPI_execute_snapshot(plan, reading->values, NULL, snapshot,
							 InvalidSnapshot, true, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" is no query", reading->query);
	UnregisterSnapshot(snapshot);
	reading->use(reading->argument);
	SPI_finish();
}

/*
 * Read our own tables, which the caller may have no right to, with a snapshot
 * of now, and let USE look at SPI_tuptable.  QUERY must name everything with
 * its schema, operators too: the search_path is the caller's.
 */
void
read_as_owner(const char *query, int arguments, Oid *types, Datum *values,
			  void (*use) (void *argument), void *argument)
{
	Reading		reading = {query, arguments, types, values, use, argument};

	run_as(smartwf_owner(), read_now, &reading);
}

/* In USE: a column of a row as text, NULL if null. */
char *
result_text(int row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}
