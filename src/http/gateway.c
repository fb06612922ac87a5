/*
 * gateway.c
 *		Functions for an HTTP gateway such as PostgREST.
 *
 * gateway() serves the documented addresses.  Method and address come in
 * headers that the web server in front sets; the HTTP status is returned in
 * settings.  The other functions are those of schema smartwf, with errors in
 * the form from which PostgREST takes status and code.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "answer/pass_answer.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/message.h"
#include "base/request_header.h"
#include "base/switch_user.h"
#include "route.h"

#define METHOD_HEADER "x-original-method"
#define URI_HEADER "x-original-uri"

static void
set_for_transaction(const char *setting, const char *value)
{
	(void) set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/* One of the response's headers, unless it has no value. */
static void
append_header(StringInfo headers, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfoString(headers, headers->len > 1 ? ", {" : "{");
	escape_json(headers, name);
	appendStringInfoString(headers, ": ");
	escape_json(headers, value);
	appendStringInfoChar(headers, '}');
}

/*
 * Pass status and headers of the response to the gateway.  An answer that has a
 * tag may be kept by the client who asked, but not be used unasked.
 */
static void
set_response(const Exchange *exchange)
{
	bool		says_methods = exchange->status == 405 || exchange->status == 204;
	StringInfoData headers;

	initStringInfo(&headers);
	appendStringInfoChar(&headers, '[');
	append_header(&headers, "Cache-Control", exchange->tag == NULL ? "no-store" : "private, no-cache");
	append_header(&headers, "Vary", exchange->tag == NULL ? NULL : "Accept-Language, Authorization");
	append_header(&headers, "ETag", exchange->tag);
	append_header(&headers, "Allow", says_methods ? exchange->allowed : NULL);
	append_header(&headers, "X-Reason-Phrase", exchange->reason);
	appendStringInfoChar(&headers, ']');
	set_for_transaction("response.status", psprintf("%d", exchange->status));
	set_for_transaction("response.headers", headers.data);
}

static char *
needed_header(const char *name)
{
	char	   *value = request_header(name);

	if (value == NULL)
		raise_failure(MALFORMED_CALL, psprintf(localized("header %s is missing"), name));
	return value;
}

static Datum
gateway(PG_FUNCTION_ARGS)
{
	Exchange	exchange = {
		.method = needed_header(METHOD_HEADER),
		.uri = needed_header(URI_HEADER),
		.raw_body = PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_PP(0),
		.if_match = request_header("if-match"),
		.if_none_match = request_header("if-none-match"),
	};

	answer_exchange(&exchange);
	set_response(&exchange);
	return CStringGetTextDatum(exchange.content == NULL ? "null" : exchange.content);
}

/*
 * Raise an error again in PostgREST's form: SQLSTATE PGRST, with two JSON
 * objects that contain the response.
 */
static void
raise_for_postgrest(const ErrorData *error, int status, const char *status_text)
{
	StringInfoData body;

	initStringInfo(&body);
	appendStringInfoChar(&body, '{');
	append_string(&body, "code", error_code(error));
	append_string(&body, "message", error->message);
	append_string(&body, "details", error->detail);
	append_string(&body, "hint", error->hint);
	appendStringInfoChar(&body, '}');
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE('P', 'G', 'R', 'S', 'T')),
			 errmsg_internal("%s", body.data),
			 errdetail_internal("{\"status\": %d, \"status_text\": \"%s\", \"headers\": {}}",
								status, status_text)));
}

/* The function of schema smartwf that has the name and the arguments of one of smartwf_api. */
static Oid
namesake(Oid exposed)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(exposed));
	Form_pg_proc form;
	Oid			function;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", exposed);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, NameGetDatum(&form->proname),
							   PointerGetDatum(&form->proargtypes),
							   ObjectIdGetDatum(get_namespace_oid("smartwf", false)));
	ReleaseSysCache(tuple);
	return function;
}

/*
 * Call the namesake with the same arguments, for functions that are written in SQL.
 * The caller must be allowed to: everyone may call what is exposed.
 */
static Datum
call_namesake(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	FmgrInfo	flinfo;
	Oid			function = namesake(fcinfo->flinfo->fn_oid);
	AclResult	allowed = function_aclcheck(function, acting_role());
	Datum		result;

	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_FUNCTION, get_func_name(function));
	fmgr_info(function, &flinfo);
	/* also where it returns a set, which comes as a whole */
	InitFunctionCallInfoData(*call, &flinfo, fcinfo->nargs, fcinfo->fncollation, fcinfo->context, fcinfo->resultinfo);
	memcpy(call->args, fcinfo->args, sizeof(NullableDatum) * fcinfo->nargs);
	result = FunctionCallInvoke(call);
	fcinfo->isnull = call->isnull;
	return result;
}

/*
 * Call one of smartwf's functions for PostgREST.  A serialization failure must
 * get another SQLSTATE, since PostgREST would retry it without end.
 */
static Datum
exposed(PGFunction function, FunctionCallInfo fcinfo)
{
	MemoryContext context = CurrentMemoryContext;
	SavedUser	caller = present_user();
	volatile Datum result = (Datum) 0;

	PG_TRY();
	{
		result = function(fcinfo);
	}
	PG_CATCH();
	{
		ErrorData  *error;
		Failure		failure;

		MemoryContextSwitchTo(context);
		restore_user(caller);
		error = CopyErrorData();
		FlushErrorState();
		if (failure_of_sqlstate(error->sqlerrcode, &failure))
			raise_for_postgrest(error, smartwf_failures[failure].http_status,
								smartwf_failures[failure].http_message);
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TRANSACTION_ROLLBACK)
			raise_for_postgrest(error, 503, "Service Unavailable");
		ReThrowError(error);
	}
	PG_END_TRY();
	return result;
}

#define EXPOSE(name, function) \
	PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_api_##name); \
	Datum \
	smartwf_api_##name(PG_FUNCTION_ARGS) \
	{ \
		return exposed(function, fcinfo); \
	}

#define EXPOSE_AS_IT_IS(name) \
	extern Datum smartwf_##name(PG_FUNCTION_ARGS); \
	EXPOSE(name, smartwf_##name)

EXPOSE(gateway, gateway)
EXPOSE(namesake, call_namesake)
EXPOSE_AS_IT_IS(get_states)
EXPOSE_AS_IT_IS(get_state)
EXPOSE_AS_IT_IS(get_transitions)
EXPOSE_AS_IT_IS(get_transition)
EXPOSE_AS_IT_IS(get_history)
EXPOSE(pass_transition, pass_transition_with_messages)
EXPOSE(set_state, set_state_with_messages)
EXPOSE_AS_IT_IS(pass_transitions)
EXPOSE_AS_IT_IS(blockers)
EXPOSE_AS_IT_IS(lock_element)
EXPOSE_AS_IT_IS(unlock_element)
EXPOSE_AS_IT_IS(start_flow)
EXPOSE_AS_IT_IS(enqueue_flow)
EXPOSE_AS_IT_IS(restart_run)
EXPOSE_AS_IT_IS(cancel_run)
EXPOSE_AS_IT_IS(reset_run)
EXPOSE_AS_IT_IS(run_document)
EXPOSE_AS_IT_IS(answer_confirmation)
EXPOSE_AS_IT_IS(delegate)
EXPOSE_AS_IT_IS(skip_step)
EXPOSE_AS_IT_IS(set_run_model)
EXPOSE_AS_IT_IS(mark_read)
EXPOSE_AS_IT_IS(delete_notification)
