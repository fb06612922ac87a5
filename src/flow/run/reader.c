/*
 * reader.c
 *		Checks which runs, and which parts of them, a user can see.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "storage/operator.h"
#include "storage/own_statement.h"
#include "storage/result.h"
#include "transition/target.h"
#include "reader.h"
#include "run.h"
#include "run_table.h"
#include "store.h"

/*
 * May the caller see a run?  If the flow does not restrict access, everyone
 * may; otherwise the starter, the users it asks, and roles with a grant on the
 * flow.  Sets DOCID to the run's document, and IS_OF_ANOTHER if that was
 * deleted and its id used again.
 */
static bool
reads_run(Datum run, char **docid, bool *is_of_another)
{
	QueryResult	   *readers = store_execute(RUN_READERS, &run, NULL);

	*docid = readers->rows == 0 ? NULL : result_text(readers, 0, 2);
	*is_of_another = readers->rows > 0 && result_boolean(readers, 0, 5);
	if (is_operator() || (readers->rows > 0 && !result_boolean(readers, 0, 1)))
		return true;
	for (int i = 0; i < readers->rows; i++)
	{
		char	   *name = result_text(readers, i, 3);

		if (name != NULL && means_caller(name, result_boolean(readers, i, 4)))
			return true;
	}
	return false;
}

/* May the caller see the run's model as well, which contains the document's row? */
bool
shows_model(Datum run)
{
	char	   *docid;
	bool		is_of_another;

	return reads_run(run, &docid, &is_of_another) &&
		(docid == NULL || is_administrator() || (!is_of_another && document_is_readable(docid)));
}

/* May the caller see a run?  Of a list of runs, operators are not asked one by one. */
bool
sees_run(Datum run)
{
	char	   *docid;
	bool		is_of_another;

	return is_operator() || reads_run(run, &docid, &is_of_another);
}

/* smartwf.sees_run(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_sees_run);
Datum
smartwf_sees_run(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sees_run(PG_GETARG_DATUM(0)));
}

/* smartwf.shows_model(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_shows_model);
Datum
smartwf_shows_model(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(shows_model(PG_GETARG_DATUM(0)));
}

/* smartwf.run_model(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_run_model);
Datum
smartwf_run_model(PG_FUNCTION_ARGS)
{
	Run		   *run = shows_model(PG_GETARG_DATUM(0)) ? run_read(PG_GETARG_INT64(0)) : NULL;

	if (run == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(run->model);
}

/* smartwf.flow_has_runs(flow): whether the caller can see them or not. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_flow_has_runs);
Datum
smartwf_flow_has_runs(PG_FUNCTION_ARGS)
{
	Oid			type = INT4OID;
	Datum		flow = PG_GETARG_DATUM(0);

	PG_RETURN_BOOL(read_as_owner("SELECT 1 FROM smartwf.runs WHERE flow_id OPERATOR(pg_catalog.=) $1 LIMIT 1",
								 1, &type, &flow)->rows > 0);
}

/*
 * May the caller restore a row that belongs to a run?  For an unfinished run
 * this takes the starter's role, since the run would continue from it with the
 * starter's rights.
 */
static bool
may_restore_part(const char *query, Datum id)
{
	Oid			type = INT8OID;
	QueryResult	   *starter = read_as_owner(query, 1, &type, &id);

	return starter->rows == 0 || holds_role(result_text(starter, 0, 1));
}

#define STARTER_OF_OPEN_RUN(condition) \
	"SELECT r.starter FROM smartwf.runs r" \
	" WHERE r.status OPERATOR(pg_catalog.<>) 'finished' AND " condition

/* smartwf.may_restore_step(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_may_restore_step);
Datum
smartwf_may_restore_step(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(may_restore_part(STARTER_OF_OPEN_RUN("r.id OPERATOR(pg_catalog.=) $1"),
									PG_GETARG_DATUM(0)));
}

/* smartwf.may_restore_answer(confirmation) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_may_restore_answer);
Datum
smartwf_may_restore_answer(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(may_restore_part(STARTER_OF_OPEN_RUN("r.id OPERATOR(pg_catalog.=)"
														" (SELECT c.run FROM smartwf.confirmations c WHERE c.id OPERATOR(pg_catalog.=) $1)"),
									PG_GETARG_DATUM(0)));
}

/* smartwf.may_restore_grant(flow) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_may_restore_grant);
Datum
smartwf_may_restore_grant(PG_FUNCTION_ARGS)
{
	Oid			type = INT4OID;
	Datum		flow = PG_GETARG_DATUM(0);
	QueryResult	   *starters = read_as_owner("SELECT DISTINCT r.starter FROM smartwf.runs r"
										 " WHERE r.status OPERATOR(pg_catalog.<>) 'finished' AND r.flow OPERATOR(pg_catalog.=)"
										 " (SELECT f.name FROM smartwf.flows f WHERE f.id OPERATOR(pg_catalog.=) $1)",
										 1, &type, &flow);
	bool		holds_all = true;

	for (int i = 0; i < starters->rows; i++)
		holds_all &= holds_role(result_text(starters, i, 1));
	PG_RETURN_BOOL(holds_all);
}
