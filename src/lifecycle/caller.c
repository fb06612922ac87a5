/*
 * caller.c
 *		Calling what others wrote, guards and hooks, for the caller.
 *
 * They run with the caller's rights, but not by his search_path: an unqualified
 * function or operator of theirs would be his, and would be shown a row of which
 * he may read a part.  Nor are values in their errors for everybody.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "caller.h"
#include "common/attempt.h"
#include "common/compat.h"
#include "common/locale.h"
#include "common/relation.h"

/* pg_catalog, SCHEMA if not NULL, that of the table, and the temporary one last. */
static void
set_search_path(const AttachedTable *table, const char *schema)
{
	const char *own = get_namespace_name(get_rel_namespace(table->relid));
	char	   *path = psprintf("pg_catalog, %s%s%s, pg_temp",
								schema == NULL ? "" : quote_identifier(schema),
								schema == NULL ? "" : ", ", quote_identifier(own));

	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

/* May the caller read the whole row? */
static bool
may_read_row(const AttachedTable *table)
{
	return pg_class_aclcheck(table->relid, acting_role(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck_all(table->relid, acting_role(), ACL_SELECT, ACLMASK_ALL) == ACLCHECK_OK;
}

/*
 * Raise the current error for somebody who may not read what it tells.  What a
 * function says by RAISE is meant for him, unless all errors are hidden.
 */
static void
rethrow_without_values(bool hides_all, const char *what)
{
	int			sqlstate = geterrcode();

	if (error_concerns_transaction(sqlstate) ||
		(!hides_all && ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_DATA_EXCEPTION))
		PG_RE_THROW();
	FlushErrorState();
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg_internal("%s", psprintf(localized("%s fails"), what)),
			 errdetail("The error is told to those who may read the whole row.")));
}

/*
 * Do WORK, which calls WHAT somebody wrote, as the caller.  SCHEMA (may be NULL)
 * is where its names are looked up, beside the table's own.
 */
void
call_for_caller(const AttachedTable *table, const char *schema, bool hides_errors,
				const char *what, Work work, void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	int			level = NewGUCNestLevel();

	set_search_path(table, schema);
	PG_TRY();
	{
		run_as_caller(work, argument);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		if (!may_read_row(table))
			rethrow_without_values(hides_errors, what);
		PG_RE_THROW();
	}
	PG_END_TRY();
	AtEOXact_GUC(true, level);
	/* they may do anything, drop the extension too: then nothing can go on */
	(void) smartwf_relation(WORKFLOWS);
}
