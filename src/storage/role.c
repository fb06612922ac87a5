/*
 * role.c
 *		Which role a name means that something is bound to.
 *
 * Grants, runs, questions and locks name roles, as a dump can carry them.  The
 * first time that something is bound to a name, smartwf.known_roles notes which
 * role that is: what is bound to a role that was dropped does not pass to the
 * next one of its name.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "base/actor.h"
#include "base/compat.h"
#include "own_statement.h"
#include "own_table.h"
#include "role.h"
#include "row.h"

typedef struct Binding
{
	char		name[NAMEDATALEN];
	Oid			role;			/* InvalidOid: the name is not bound */
}			Binding;

static OwnStatement insert_binding = {2, {TEXTOID, INT8OID},
	"INSERT INTO smartwf.known_roles (name, role) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
};

enum
{
	KNOWN_NAME = 1, KNOWN_ROLE, KNOWN_COLUMNS = KNOWN_ROLE
};

static const OwnColumn known_columns[] = {
	[KNOWN_NAME] = {"name", TEXTOID},
	[KNOWN_ROLE] = {"role", INT8OID},
};

static OwnTable known_table = {{"known_roles"}, KNOWN_COLUMNS, known_columns};

static HTAB *bindings = NULL;
static Oid	known_roles = InvalidOid;	/* the table, once looked at */

static void
forget_bindings(Datum argument, Oid relation)
{
	if (bindings == NULL || (OidIsValid(relation) && relation != known_roles))
		return;
	hash_destroy(bindings);
	bindings = NULL;
}

static void
start_bindings(void)
{
	static bool registered = false;
	HASHCTL		control = {.keysize = NAMEDATALEN, .entrysize = sizeof(Binding)};

	if (!registered)
		CacheRegisterRelcacheCallback(forget_bindings, (Datum) 0);
	registered = true;
	known_roles = own_relation_oid(&known_table.relation);
	bindings = hash_create("smartwf role bindings", 32, &control, HASH_ELEM | HASH_STRINGS);
}

/* What the table says of a name, this transaction's own doing included. */
static Oid
read_binding(const char *name)
{
	Relation	relation = own_table_open(&known_table, AccessShareLock);
	Snapshot	snapshot = fresh_snapshot();
	ScanKeyData key;
	List	   *rows;
	Oid			role = InvalidOid;
	bool		isnull;

	ScanKeyInit(&key, 1 /* of the index */ , BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(name));
	rows = rows_by_index(relation, primary_key_of(relation), &key, 1, snapshot, ForwardScanDirection, 1);
	if (rows != NIL)
		role = (Oid) DatumGetInt64(heap_getattr(linitial(rows), known_table.number[KNOWN_ROLE],
											  RelationGetDescr(relation), &isnull));
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return role;
}

/* The role that a name is bound to, InvalidOid if to none. */
static Oid
binding_of_name(const char *name)
{
	Binding    *binding;
	Oid			role;

	AcceptInvalidationMessages();
	if (bindings == NULL)
		start_bindings();
	binding = hash_search(bindings, name, HASH_FIND, NULL);
	if (binding != NULL)
		return binding->role;
	role = read_binding(name);
	if (bindings == NULL)
		start_bindings();
	binding = hash_search(bindings, name, HASH_ENTER, NULL);
	binding->role = role;
	return role;
}

/* The role that a name means; InvalidOid if there is none, or another than was meant. */
Oid
role_of_name(const char *name)
{
	Oid			role = get_role_oid(name, true);
	Oid			bound = OidIsValid(role) ? binding_of_name(name) : InvalidOid;

	return OidIsValid(bound) && bound != role ? InvalidOid : role;
}

/* Something is being bound to a name: from now on it means the role that has it. */
void
bind_role(const char *name)
{
	Oid			role = get_role_oid(name, true);
	Oid			bound = OidIsValid(role) ? binding_of_name(name) : InvalidOid;
	Datum		values[] = {CStringGetTextDatum(name), Int64GetDatum((int64) role)};

	if (!OidIsValid(role) || bound == role)
		return;
	if (OidIsValid(bound))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("role \"%s\" is not the one that smartwf knows by that name", name),
				 errdetail("The role of that name was dropped, and what was bound to it is still there."),
				 errhint("An administrator can end that with smartwf.forget_role().")));
	(void) own_execute(&insert_binding, values, NULL);
}

/* smartwf.bind_role(name) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_bind_role);
Datum
smartwf_bind_role(PG_FUNCTION_ARGS)
{
	bind_role(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

/* smartwf.bind_grantee(): BEFORE INSERT OR UPDATE. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_bind_grantee);
Datum
smartwf_bind_grantee(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	HeapTuple	row;
	char	   *name;

	if (!CALLED_AS_TRIGGER(fcinfo) || data->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger on a table of grants")));
	row = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	name = SPI_getvalue(row, RelationGetDescr(data->tg_relation),
						SPI_fnumber(RelationGetDescr(data->tg_relation), data->tg_trigger->tgargs[0]));
	if (name != NULL)
		bind_role(name);
	return PointerGetDatum(row);
}

/* smartwf.forget_binding(): AFTER INSERT OR UPDATE OR DELETE, always. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_forget_binding);
Datum
smartwf_forget_binding(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}

/* At load. */
void
role_init(void)
{
	role_resolver_register(role_of_name);
}
