/*
 * inbox.c
 *		Marks and deletes notifications in the caller's inbox.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/message.h"
#include "flow/run/store.h"
#include "storage/result.h"

/* A notification in the caller's inbox; any other is reported as missing. */
static int64
own_notification(FunctionCallInfo fcinfo)
{
	QueryResult	   *recipient;
	Datum		value;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "notification"));
	value = PG_GETARG_DATUM(0);
	recipient = store_execute(FIND_NOTIFICATION, &value, NULL);
	if (recipient->rows == 0 || !means_caller(result_text(recipient, 0, 1), result_boolean(recipient, 0, 2)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("notification " INT64_FORMAT " does not exist", PG_GETARG_INT64(0))));
	return PG_GETARG_INT64(0);
}

/* smartwf.mark_read(notification, is_read) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_mark_read);
Datum
smartwf_mark_read(PG_FUNCTION_ARGS)
{
	Datum		values[] = {
		Int64GetDatum(own_notification(fcinfo)), BoolGetDatum(PG_ARGISNULL(1) || PG_GETARG_BOOL(1)),
	};

	(void) store_execute(MARK_READ, values, NULL);
	PG_RETURN_VOID();
}

/* smartwf.delete_notification(notification) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_delete_notification);
Datum
smartwf_delete_notification(PG_FUNCTION_ARGS)
{
	Datum		value = Int64GetDatum(own_notification(fcinfo));

	(void) store_execute(DELETE_NOTIFICATION, &value, NULL);
	PG_RETURN_VOID();
}
