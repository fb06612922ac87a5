/*
 * own_table.c
 *		smartwf's own tables by OID, and reading them with a fresh snapshot.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/actor.h"
#include "base/compat.h"
#include "own_table.h"
#include "base/texts.h"

static const char *const names[NUMBER_OF_OWN_RELATIONS] = {
	[KNOWN_ROLES] = "known_roles",
	[WORKFLOWS] = "workflows",
	[ELEMENTS] = "elements",
	[LOCKED_ELEMENTS] = "elements_locked",	/* an index */
	[HISTORY] = "history",
	[RUNS] = "runs",
	[RUNS_OF_DOCUMENT] = "runs_docid",	/* an index */
	[RUN_STEPS] = "run_steps",
	[CONFIRMATIONS] = "confirmations",
	[CONFIRMATIONS_OF_RUN] = "confirmations_run",	/* an index */
	[ANSWERS] = "answers",
};

static Oid	known[NUMBER_OF_OWN_RELATIONS];
static int	generation = 1;		/* of what is known of our tables */

/* DROP EXTENSION, and CREATE EXTENSION again, in a living session. */
static void
forget_relation(Datum argument, Oid relation)
{
	for (int i = 0; i < NUMBER_OF_OWN_RELATIONS; i++)
		if (!OidIsValid(relation) || known[i] == relation)
		{
			known[i] = InvalidOid;
			generation++;
		}
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

/* Open a table of ours, and know where it has its columns. */
Relation
own_table_open(OwnTable *table, LOCKMODE lock)
{
	Relation	relation = table_open(smartwf_relation(table->relation), lock);

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

/* The next number for the first column of a table of ours, an identity. */
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

	run_as_owner(read_now, &reading);
}

/* In USE: a column of a row as text, NULL if null. */
char *
result_text(int row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

static Datum
result_value(int row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

/* In USE: a column of a row as int, which must not be null. */
int32
result_int(int row, int column)
{
	bool		isnull;

	return DatumGetInt32(result_value(row, column, &isnull));
}

/* In USE: a column of a row as bigint, which must not be null. */
int64
result_bigint(int row, int column)
{
	bool		isnull;

	return DatumGetInt64(result_value(row, column, &isnull));
}

/* In USE: a column of a row as time, OTHERWISE if null. */
TimestampTz
result_time(int row, int column, TimestampTz otherwise)
{
	bool		isnull;
	Datum		value = result_value(row, column, &isnull);

	return isnull ? otherwise : DatumGetTimestampTz(value);
}

/* In USE: a column of a row as a copy of its JSON, NULL if null. */
Jsonb *
result_jsonb(int row, int column)
{
	bool		isnull;
	Datum		value = result_value(row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/* In USE: a column of a row, an array of texts, as a list (char *). */
List *
result_texts(int row, int column)
{
	bool		isnull;
	Datum		value = result_value(row, column, &isnull);

	return isnull ? NIL : list_of_texts(value);
}

typedef struct FoundId
{
	int32	   *id;				/* NULL: none */
	MemoryContext context;
}			FoundId;

static void
take_id(void *argument)
{
	FoundId    *found = argument;

	if (SPI_processed == 0)
		return;
	found->id = MemoryContextAlloc(found->context, sizeof(int32));
	*found->id = result_int(0, 1);
}

/* The id that a query finds for a name, in the current memory context; NULL: none. */
int32 *
id_by_name(const char *query, const char *name)
{
	FoundId		found = {NULL, CurrentMemoryContext};
	Oid			type = TEXTOID;
	Datum		value = CStringGetTextDatum(name);

	read_as_owner(query, 1, &type, &value, take_id, &found);
	return found.id;
}
