/*
 * json_text.c
 *		Writing JSON member by member, in an order that is part of the answer.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "json_text.h"

/* Begin a member of an object: what is needed before it, and its key. */
void
append_key(StringInfo json, const char *key)
{
	if (json->len > 0 && json->data[json->len - 1] != '{')
		appendStringInfoString(json, ", ");
	appendStringInfoChar(json, '"');
	appendStringInfoString(json, key);
	appendStringInfoString(json, "\": ");
}

/* A member that is a string; NULL: null. */
void
append_string(StringInfo json, const char *key, const char *value)
{
	append_key(json, key);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, value);
}

/* A member that is JSON already, or null. */
void
append_member(StringInfo json, const char *key, const char *value)
{
	append_key(json, key);
	appendStringInfoString(json, value == NULL ? "null" : value);
}

/* A member that is true or false. */
void
append_boolean(StringInfo json, const char *key, bool value)
{
	append_member(json, key, value ? "true" : "false");
}

/* Before each item of a list. */
void
append_comma(StringInfo json, int i)
{
	if (i > 0)
		appendStringInfoString(json, ", ");
}

/* A member that is a point in time, as ISO 8601 has it. */
void
append_time(StringInfo json, const char *key, TimestampTz time)
{
	char		text[MAXDATELEN + 1];

	JsonEncodeDateTime(text, TimestampTzGetDatum(time), TIMESTAMPTZOID, NULL);
	append_string(json, key, text);
}
