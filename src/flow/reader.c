/*
 * reader.c
 *		Who sees a run, and what he is shown of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "common/actor.h"
#include "common/argument.h"
#include "common/error.h"
#include "common/locale.h"
#include "common/relation.h"
#include "store.h"

typedef struct Readers
{
	bool		restricted;
	List	   *names;
	MemoryContext context;
}			Readers;

static void
take_readers(void *argument)
{
	Readers    *readers = argument;
	MemoryContext outer = MemoryContextSwitchTo(readers->context);

	for (int i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		char	   *name = result_text(i, 2);

		readers->restricted = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
														 1, &isnull));
		if (name != NULL)
			readers->names = lappend(readers->names, name);
	}
	MemoryContextSwitchTo(outer);
}

/*
 * May the caller see a run?  Any of a flow whose access is not restricted; else
 * its starter, those whom it asks, and those whom the flow is granted to.
 */
static bool
sees_run(Datum run)
{
	Readers		readers = {true, NIL, CurrentMemoryContext};
	ListCell   *cell;

	if (is_administrator())
		return true;
	(void) store_execute(RUN_READERS, &run, NULL, take_readers, &readers);
	if (!readers.restricted)
		return true;
	foreach(cell, readers.names)
		if (names_caller(lfirst(cell)))
			return true;
	return false;
}

/* smartwf.sees_run(run) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_sees_run);
Datum
smartwf_sees_run(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sees_run(PG_GETARG_DATUM(0)));
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
	" WHERE r.status OPERATOR(pg_catalog.<>) ALL (ARRAY['finished', 'cancelled']) AND " condition

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
	Oid			type = INT8OID;
	Datum		run;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "run"));
	run = PG_GETARG_DATUM(0);
	if (sees_run(run))
		read_as_owner("SELECT smartwf.whole_run_document($1)", 1, &type, &run, take_document, &document);
	if (document.text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", DatumGetInt64(run))));
	PG_RETURN_TEXT_P(cstring_to_text(document.text));
}
