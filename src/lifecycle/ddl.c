/*
 * ddl.c
 *		What TRUNCATE and DDL do to an attached table.
 *
 * The work is SQL (attach.sql).  It reads and writes our tables, to which
 * whoever alters his own table needs no right: hence the switch of user.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "common/actor.h"
#include "common/relation.h"
#include "protect.h"

typedef struct Call
{
	const char *query;
	const char *argument;		/* $1, if the query has one */
}			Call;

static void
call_now(void *argument)
{
	Call	   *call = argument;
	Oid			type = TEXTOID;
	Datum		value = call->argument == NULL ? 0 : CStringGetTextDatum(call->argument);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(call->query, call->argument == NULL ? 0 : 1, &type, &value,
							  NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "\"%s\" failed", call->query);
	SPI_finish();
}

/* smartwf.record_truncate(): AFTER TRUNCATE. */
PG_FUNCTION_INFO_V1(smartwf_record_truncate);
Datum
smartwf_record_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Call		call = {.query = "SELECT smartwf.reconcile($1)"};

	if (!CALLED_AS_TRIGGER(fcinfo) || data->tg_trigger->tgnargs < 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger that smartwf.attach() made")));
	call.argument = data->tg_trigger->tgargs[0];
	run_as(smartwf_owner(), call_now, &call);
	return PointerGetDatum(NULL);
}

/* smartwf.follow(): event trigger. */
PG_FUNCTION_INFO_V1(smartwf_follow);
Datum
smartwf_follow(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	Call		call = {.query = "SELECT smartwf.follow_ddl()"};

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as an event trigger")));
	if (is_restore())
		PG_RETURN_NULL();
	if (strcmp(data->event, "sql_drop") == 0)
		call.query = "SELECT smartwf.follow_drop()";
	run_as(smartwf_owner(), call_now, &call);
	PG_RETURN_NULL();
}
