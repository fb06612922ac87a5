/*
 * followed_version.c
 *		Which version of its workflow a document follows, for SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "attached_table.h"
#include "succession.h"

/* smartwf.followed_version(structure, version_id, state) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_followed_version);
Datum
smartwf_followed_version(PG_FUNCTION_ARGS)
{
	const Structure *structure;
	const Workflow *workflow;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	structure = structure_by_name(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	workflow = structure == NULL ? NULL :
		followed_workflow(structure->successions, PG_GETARG_INT32(1),
						  PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)));
	PG_RETURN_INT32(workflow == NULL ? PG_GETARG_INT32(1) : workflow->id);
}
