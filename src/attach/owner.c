/*
 * owner.c
 *		Background work on an attached table acts as the owner of the table.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "base/settings.h"
#include "base/switch_user.h"
#include "storage/own_table.h"
#include "owner.h"

/* Names are looked up in the table's schema. */
void
set_search_path_of(Oid relid, GucAction action)
{
	(void) set_config_option("search_path",
							 psprintf("pg_catalog, %s, pg_temp",
									  quote_identifier(get_namespace_name(get_rel_namespace(relid)))),
							 PGC_USERSET, PGC_S_SESSION, action, true, 0, false);
}

/*
 * Become the owner of the table until the transaction ends, with the owner's settings;
 * names are looked up in the table's schema.  History names ACTOR, or the owner if that
 * is NULL.
 */
void
become_owner_of(Oid relid, const char *actor, bool is_person)
{
	Oid			owner = relation_owner(relid);
	const char *name = actor != NULL ? actor : GetUserNameFromId(owner, false);

	if (!AmBackgroundWorkerProcess())
		(void) apply_server_settings(true, GUC_ACTION_LOCAL);
	apply_role_settings(owner, GUC_ACTION_LOCAL);
	set_search_path_of(relid, GUC_ACTION_LOCAL);
	become_actor(&(Actor) {owner, name, is_person, name});
}
