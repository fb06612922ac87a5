/*
 * header.c
 *		Headers of the HTTP request that a gateway carries out for its client.
 *
 * PostgREST hands them on as a JSON object in the setting request.headers, with
 * names in lower case.  Anybody can SET it: nothing but the client's own wishes
 * may be read there.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"

#include "header.h"

/* The value of a header (its name in lower case), NULL if there is none. */
char *
request_header(const char *name)
{
	const char *headers = GetConfigOption("request.headers", true, false);
	JsonbValue	key;
	JsonbValue *value;
	Jsonb	   *json;

	if (headers == NULL || headers[0] == '\0')
		return NULL;
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(headers)));
	if (!JB_ROOT_IS_OBJECT(json))
		return NULL;
	key.type = jbvString;
	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	value = findJsonbValueFromContainer(&json->root, JB_FOBJECT, &key);
	if (value == NULL || value->type != jbvString)
		return NULL;
	return pnstrdup(value->val.string.val, value->val.string.len);
}
