/*
 * callee.c
 *		Calls guards and hooks with the caller's rights.
 *
 * The caller's search_path does not apply: otherwise an unqualified function
 * or operator in them could be one of the caller's, which would then be passed
 * a row that the caller may read only in part.  For the same reason, values in
 * their errors are not shown to every caller.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "definition/cache.h"
#include "callee.h"
#include "table_statement.h"

/* pg_catalog, the schema of the callee, that of the table, and pg_temp last. */
static void
set_search_path(const Callee *callee)
{
	const char *own = get_namespace_name(get_rel_namespace(callee->table->relid));
	const char *schema = OidIsValid(callee->schema) ? get_namespace_name(callee->schema) : own;
	char	   *path = psprintf("pg_catalog, %s, %s, pg_temp", quote_identifier(schema), quote_identifier(own));

	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

/*
 * Raise the current error again without values, for a caller who may not read
 * the whole row.  A message by RAISE is meant for the caller, unless the
 * callee hides all errors.
 */
static void
rethrow_without_values(const Callee *callee)
{
	int			sqlstate = geterrcode();

	if (error_concerns_transaction(sqlstate) ||
		(!callee->hides_errors && ERRCODE_TO_CATEGORY(sqlstate) != ERRCODE_DATA_EXCEPTION))
		PG_RE_THROW();
	FlushErrorState();
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg_internal("%s", psprintf(localized("%s fails"), psprintf(callee->kind, callee->name))),
			 errdetail("The error is told to those who may read the whole row.")));
}

/* Do WORK, which calls a guard or hook, as the caller. */
void
call_for_caller(const Callee *callee, Work work, void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	int			level = callee->is_foreign ? NewGUCNestLevel() : 0;
	SavedUser	saved = switch_to_caller();

	if (callee->is_foreign)
		set_search_path(callee);
	PG_TRY();
	{
		work(argument);
	}
	PG_CATCH();
	{
		restore_user(saved);
		MemoryContextSwitchTo(context);
		if (!may_read_row(callee->table))
			rethrow_without_values(callee);
		PG_RE_THROW();
	}
	PG_END_TRY();
	restore_user(saved);
	if (!callee->is_foreign)
		return;
	AtEOXact_GUC(true, level);
	/* they may do anything, even drop the extension: then stop here */
	require_definitions();
}
