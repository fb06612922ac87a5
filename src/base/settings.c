/*
 * settings.c
 *		Applies the settings of the server and of a role, whatever the
 *		session's are.
 *
 * A step of a flow must give the same results in whatever session it runs: it
 * starts from the server's configuration files, and from ALTER DATABASE and
 * ALTER ROLE for its role.  Values that the session has set, or that were set
 * for its own role, must not reach it.  This covers settings that affect
 * results.  Timeouts, planner settings and logging stay as the session has
 * them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc_tables.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "settings.h"
#include "texts.h"

/* The contents of the server's configuration files */

static ConfigVariable *in_files = NULL;
static MemoryContext files_context = NULL;
static TimestampTz files_read_at = 0;

/* Read the files again if the server has reloaded them. */
static void
read_files(void)
{
	MemoryContext outer;
	ConfigVariable *last = NULL;

	if (files_context != NULL && files_read_at == PgReloadTime)
		return;
	if (files_context == NULL)
		files_context = AllocSetContextCreate(TopMemoryContext, "smartwf settings", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(files_context);
	in_files = NULL;
	outer = MemoryContextSwitchTo(files_context);
	(void) ParseConfigFile(ConfigFileName, false, NULL, 0, 0, DEBUG1, &in_files, &last);
	(void) ParseConfigFile(PG_AUTOCONF_FILENAME, false, NULL, 0, 0, DEBUG1, &in_files, &last);
	MemoryContextSwitchTo(outer);
	files_read_at = PgReloadTime;
}

/* The value of a setting in the files, NULL if not set there.  The last one counts. */
static const char *
value_in_files(const char *name)
{
	const char *value = NULL;

	read_files();
	for (ConfigVariable *item = in_files; item != NULL; item = item->next)
		if (item->errmsg == NULL && pg_strcasecmp(item->name, name) == 0)
			value = item->value;
	return value;
}

/* The built-in default of a setting. */
static const char *
built_in_value(struct config_generic *setting)
{
	switch (setting->vartype)
	{
		case PGC_BOOL:
			return setting_part(setting, bool)->boot_val ? "on" : "off";
		case PGC_INT:
			return psprintf("%d", setting_part(setting, int)->boot_val);
		case PGC_REAL:
			return psprintf("%g", setting_part(setting, real)->boot_val);
		case PGC_ENUM:
			return setting_label(setting, setting_part(setting, enum)->boot_val);
		case PGC_STRING:
			return setting_part(setting, string)->boot_val;
	}
	return NULL;
}

/* Settings */

/* Does the setting affect results, and can it differ between sessions? */
static bool
shapes_results(const struct config_generic *setting, bool is_foreign)
{
	if ((setting->context != PGC_USERSET && setting->context != PGC_SUSET) ||
		(setting->flags & (GUC_NO_RESET_ALL | GUC_UNIT_MS)) != 0)
		return false;
	switch (setting->group)
	{
		case CLIENT_CONN_LOCALE:
			/* client_encoding concerns the session's client only */
			return strcmp(setting->name, "client_encoding") != 0;
		case CLIENT_CONN_STATEMENT:
			/*
			 * client_min_messages likewise; default_transaction_* does not
			 * change the transaction under way
			 */
			return strcmp(setting->name, "client_min_messages") != 0 &&
				strncmp(setting->name, "default_transaction_", strlen("default_transaction_")) != 0 &&
				(is_foreign || strcmp(setting->name, "search_path") != 0);
		case COMPAT_OPTIONS_PREVIOUS:
			return true;
		case CUSTOM_OPTIONS:
			return is_foreign;
		default:
			return false;
	}
}

static void
set(const char *name, const char *value, GucAction action)
{
	/* a setting that cannot be set is left as it is */
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, action, true, DEBUG1, false);
}

/*
 * Replace the session's values by the server's, until the caller's nesting
 * level of settings ends; true if the session had any others.  The user's own
 * custom settings and search_path stay, unless the session belongs to another
 * user (IS_FOREIGN).
 */
bool
apply_server_settings(bool is_foreign, GucAction action)
{
	bool		had_others = false;
	int			number;
	struct config_generic **settings = all_settings(&number);

	for (int i = 0; i < number; i++)
	{
		struct config_generic *setting = settings[i];
		const char *value = NULL;

		if (setting->source <= PGC_S_ARGV || !shapes_results(setting, is_foreign))
			continue;
		if (setting->reset_source > PGC_S_ARGV)
		{
			value = value_in_files(setting->name);
			if (value == NULL)
				value = built_in_value(setting);
			if (value == NULL)
				value = "";
		}
		set(setting->name, value, action);
		had_others = true;
	}
	return had_others;
}

static void
apply_array(Datum array, GucAction action)
{
	ListCell   *cell;

	foreach(cell, list_of_texts(array))
	{
		char	   *name;
		char	   *value;

		ParseLongOption(lfirst(cell), &name, &value);
		if (value != NULL && strcmp(name, "role") != 0 && strcmp(name, "session_authorization") != 0 &&
			(GetConfigOptionFlags(name, true) & GUC_UNIT_MS) == 0)
			set(name, value, action);
	}
}

/* Apply a row of pg_db_role_setting.  DATABASE and ROLE may be InvalidOid, for all. */
static void
apply_stored(Relation relation, Oid database, Oid role, GucAction action)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(role));
	scan = systable_beginscan(relation, DbRoleSettingDatidRolidIndexId, true, NULL, 2, keys);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		bool		isnull;
		Datum		array = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig, RelationGetDescr(relation), &isnull);

		if (!isnull)
			apply_array(array, action);
	}
	systable_endscan(scan);
}

/* Apply the settings of a role in this database, as at login. */
void
apply_role_settings(Oid role, GucAction action)
{
	Relation	relation = table_open(DbRoleSettingRelationId, AccessShareLock);

	/* usually the table is empty */
	if (RelationGetNumberOfBlocks(relation) > 0)
	{
		apply_stored(relation, InvalidOid, InvalidOid, action);
		apply_stored(relation, MyDatabaseId, InvalidOid, action);
		apply_stored(relation, InvalidOid, role, action);
		apply_stored(relation, MyDatabaseId, role, action);
	}
	table_close(relation, AccessShareLock);
}
