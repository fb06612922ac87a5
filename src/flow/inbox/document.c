/*
 * document.c
 *		A run as one JSON document.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/error.h"
#include "base/message.h"
#include "flow/run/reader.h"
#include "storage/own_statement.h"
#include "storage/result.h"

/* smartwf.run_document(run): for users who can see the run; read as smartwf's owner. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_run_document);
Datum
smartwf_run_document(PG_FUNCTION_ARGS)
{
	char	   *document = NULL;
	Oid			types[] = {INT8OID, BOOLOID};
	Datum		values[2];
	Datum		run;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "run"));
	run = PG_GETARG_DATUM(0);
	if (sees_run(run))
	{
		values[0] = run;
		values[1] = BoolGetDatum(shows_model(run));
		document = result_text(read_as_owner("SELECT smartwf.whole_run_document($1, $2)", 2, types, values), 0, 1);
	}
	if (document == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", DatumGetInt64(run))));
	PG_RETURN_TEXT_P(cstring_to_text(document));
}
