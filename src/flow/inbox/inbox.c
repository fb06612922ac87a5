/*
 * inbox.c
 *		What somebody does with the notifications in his inbox.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/locale.h"
#include "storage/own_table.h"
#include "flow/run/store.h"

typedef struct Recipient
{
	char	   *name;
	bool		is_person;
	MemoryContext context;
}			Recipient;

static void
take_recipient(void *argument)
{
	Recipient  *recipient = argument;

	recipient->name = MemoryContextStrdup(recipient->context, result_text(0, 1));
	recipient->is_person = strcmp(result_text(0, 2), "t") == 0;
}

/* A notification in the caller's own inbox; others are unknown to him. */
static int64
own_notification(FunctionCallInfo fcinfo)
{
	Recipient	recipient = {.context = CurrentMemoryContext};
	Datum		value;

	if (PG_ARGISNULL(0))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "notification"));
	value = PG_GETARG_DATUM(0);
	if (store_execute(FIND_NOTIFICATION, &value, NULL, take_recipient, &recipient) == 0 ||
		!means_caller(recipient.name, recipient.is_person))
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

	(void) store_execute(MARK_READ, values, NULL, NULL, NULL);
	PG_RETURN_VOID();
}

/* smartwf.delete_notification(notification) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_delete_notification);
Datum
smartwf_delete_notification(PG_FUNCTION_ARGS)
{
	Datum		value = Int64GetDatum(own_notification(fcinfo));

	(void) store_execute(DELETE_NOTIFICATION, &value, NULL, NULL, NULL);
	PG_RETURN_VOID();
}
