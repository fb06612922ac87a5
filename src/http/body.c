/*
 * body.c
 *		Reads comment and parameters from the body of a request.
 *
 * Unknown members are ignored; known ones must have the right type.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/error.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "body.h"

typedef struct Reading
{
	bytea	   *raw;
	Jsonb	   *body;
}			Reading;

static void
read_json(void *argument)
{
	Reading    *reading = argument;
	char	   *text = VARDATA_ANY(reading->raw);
	int			length = VARSIZE_ANY_EXHDR(reading->raw);

	(void) pg_verify_mbstr(PG_UTF8, text, length, false);
	text = pg_any_to_server(pnstrdup(text, length), length, PG_UTF8);
	if (text[strspn(text, " \t\r\n")] != '\0')
		reading->body = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

/* Parses a body as JSON; NULL if it is empty. */
Jsonb *
read_body(bytea *raw)
{
	Reading		reading = {raw, NULL};
	ErrorData  *error = run_in_subtransaction(read_json, &reading, false);

	if (error != NULL)
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("the body is not valid JSON: %s"),
							   error->detail != NULL ? error->detail : error->message));
	return reading.body;
}

/* A description of the type of a JSON value. */
static const char *
kind_of(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return localized("null");
		case jbvString:
			return localized("a string");
		case jbvNumeric:
			return localized("a number");
		case jbvBool:
			return localized("a boolean");
		default:
			return JsonContainerIsArray(value->val.binary.data) ?
				localized("an array") : localized("an object");
	}
}

/* A member, NULL if missing or null; an error unless the body is an object. */
static JsonbValue *
body_member(Jsonb *body, const char *name)
{
	JsonbValue	root;
	JsonbValue *value;

	if (body == NULL)
		return NULL;
	root = json_root(body);
	if (root.type == jbvNull)
		return NULL;			/* the body is the JSON null */
	if (!JB_ROOT_IS_OBJECT(body))
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("the body must be a JSON object, not %s"), kind_of(&root)));
	value = json_member(&root, name);
	return value == NULL || value->type == jbvNull ? NULL : value;
}

static void
refuse_member(const char *name, const char *wanted, const JsonbValue *value)
{
	raise_failure(MALFORMED_CALL,
				  psprintf(localized("member \"%s\" of the body must be %s, not %s"),
						   name, wanted, kind_of(value)));
}

/* The comment, NULL if there is none. */
char *
body_comment(Jsonb *body)
{
	JsonbValue *value = body_member(body, "comment");

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		refuse_member("comment", localized("a string"), value);
	return json_text(value);
}

/* The parameters, NULL if there are none. */
Jsonb *
body_parameters(Jsonb *body)
{
	JsonbValue *value = body_member(body, "parameters");

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse_member("parameters", localized("an object"), value);
	return JsonContainerSize(value->val.binary.data) == 0 ? NULL : JsonbValueToJsonb(value);
}
