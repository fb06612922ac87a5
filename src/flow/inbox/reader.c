/*
 * reader.c
 *		Who sees a run, and what he is shown of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/locale.h"
#include "storage/own_table.h"
#include "answer/answer.h"
#include "reader.h"
#include "flow/run/run.h"
#include "flow/run/store.h"

typedef struct Readers
{
	bool		restricted;
	bool		include_caller;
	char	   *docid;			/* NULL: free JSON */
	bool		is_of_another;	/* that was deleted since; another may have its name */
	MemoryContext context;
}			Readers;

static void
look_for_caller(void *argument)
{
	Readers    *readers = argument;

	readers->restricted = strcmp(result_text(0, 1), "t") == 0;
	if (result_text(0, 2) != NULL)
		readers->docid = MemoryContextStrdup(readers->context, result_text(0, 2));
	readers->is_of_another = strcmp(result_text(0, 5), "t") == 0;
	for (int i = 0; i < SPI_processed && !readers->include_caller; i++)
		readers->include_caller = result_text(i, 3) != NULL &&
			means_caller(result_text(i, 3), strcmp(result_text(i, 4), "t") == 0);
}

/*
 * May the caller see a run?  Any of a flow whose access is not restricted; else
 * its starter, those whom it asks, and those whom the flow is granted to.  DOCID
 * tells what it works on.
 */
static bool
reads_run(Datum run, char **docid, bool *is_of_another)
{
	Readers		readers = {.context = CurrentMemoryContext};
	bool		is_there = store_execute(RUN_READERS, &run, NULL, look_for_caller, &readers) > 0;

	*docid = readers.docid;
	*is_of_another = readers.is_of_another;
	return is_administrator() || (is_there && (!readers.restricted || readers.include_caller));
}

/* May he see its model as well, which is its document's row? */
bool
shows_model(Datum run)
{
	char	   *docid;
	bool		is_of_another;

	return reads_run(run, &docid, &is_of_another) &&
		(docid == NULL || is_administrator() || (!is_of_another && document_is_readable(docid)));
}

/* May the caller see a run? */
bool
sees_run(Datum run)
{
	char	   *docid;
	bool		is_of_another;

	return reads_run(run, &docid, &is_of_another);
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

static void
note_whether_found(void *argument)
{
	*(bool *) argument = SPI_processed > 0;
}

/* smartwf.flow_has_runs(flow): whoever may see them. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_flow_has_runs);
Datum
smartwf_flow_has_runs(PG_FUNCTION_ARGS)
{
	Oid			type = INT4OID;
	Datum		flow = PG_GETARG_DATUM(0);
	bool		found = false;

	read_as_owner("SELECT 1 FROM smartwf.runs WHERE flow_id OPERATOR(pg_catalog.=) $1 LIMIT 1",
				  1, &type, &flow, note_whether_found, &found);
	PG_RETURN_BOOL(found);
}

typedef struct OpenRun
{
	char	   *starter;		/* NULL: there is no such run, or it is over */
	MemoryContext context;
}			OpenRun;

static void
take_starter(void *argument)
{
	OpenRun    *run = argument;

	if (SPI_processed > 0)
		run->starter = MemoryContextStrdup(run->context, result_text(0, 1));
}

/*
 * May the caller bring back what belongs to a run?  Not to one that is under way
 * for somebody else, who would go on by it.
 */
static bool
may_restore_part(const char *query, Datum id)
{
	OpenRun		run = {NULL, CurrentMemoryContext};
	Oid			type = INT8OID;

	read_as_owner(query, 1, &type, &id, take_starter, &run);
	return run.starter == NULL || holds_role(run.starter);
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

static void
look_for_stranger(void *argument)
{
	for (int i = 0; i < SPI_processed; i++)
		*(bool *) argument &= holds_role(result_text(i, 1));
}

/* smartwf.may_restore_grant(flow) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_may_restore_grant);
Datum
smartwf_may_restore_grant(PG_FUNCTION_ARGS)
{
	Oid			type = INT4OID;
	Datum		flow = PG_GETARG_DATUM(0);
	bool		holds_all = true;

	read_as_owner("SELECT DISTINCT r.starter FROM smartwf.runs r WHERE r.status OPERATOR(pg_catalog.<>) 'finished'"
				  " AND r.flow OPERATOR(pg_catalog.=) (SELECT f.name FROM smartwf.flows f WHERE f.id OPERATOR(pg_catalog.=) $1)",
				  1, &type, &flow, look_for_stranger, &holds_all);
	PG_RETURN_BOOL(holds_all);
}

typedef struct RunDocument
{
	char	   *text;			/* NULL: no such run */
	MemoryContext context;
}			RunDocument;

static void
take_document(void *argument)
{
	RunDocument *document = argument;
	char	   *text = result_text(0, 1);

	if (text != NULL)
		document->text = MemoryContextStrdup(document->context, text);
}

/* smartwf.run_document(run): for whom sees it, read as our owner. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_run_document);
Datum
smartwf_run_document(PG_FUNCTION_ARGS)
{
	RunDocument document = {NULL, CurrentMemoryContext};
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
		read_as_owner("SELECT smartwf.whole_run_document($1, $2)", 2, types, values, take_document, &document);
	}
	if (document.text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", DatumGetInt64(run))));
	PG_RETURN_TEXT_P(cstring_to_text(document.text));
}
