/*
 * request_header.c
 *		Headers of the HTTP request that a gateway executes for its client.
 *
 * PostgREST passes them as a JSON object in the setting request.headers, with
 * names in lower case.  Any user can SET it, so nothing that affects rights
 * may be read from there.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

#include "json_value.h"
#include "request_header.h"

/* The value of a header, whose name must be in lower case; NULL if there is none. */
char *
request_header(const char *name)
{
	const char *headers = GetConfigOption("request.headers", true, false);
	JsonbValue *value;

	if (headers == NULL || headers[0] == '\0')
		return NULL;
	value = json_text_member(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(headers))),
							 name);
	return value == NULL ? NULL : json_text(value);
}
