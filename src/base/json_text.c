/*
 * json_text.c
 *		Writes JSON key by key: the order of keys is part of the documented
 *		answers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "json_text.h"

/* Starts a member of an object: comma or brace, and the key. */
void
append_key(StringInfo json, const char *key)
{
	if (json->len > 0 && json->data[json->len - 1] != '{')
		appendStringInfoString(json, ", ");
	appendStringInfoChar(json, '"');
	appendStringInfoString(json, key);
	appendStringInfoString(json, "\": ");
}

/* Appends a string member; NULL becomes null. */
void
append_string(StringInfo json, const char *key, const char *value)
{
	append_key(json, key);
	if (value == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, value);
}

/* Appends a member whose value is JSON text; NULL becomes null. */
void
append_member(StringInfo json, const char *key, const char *value)
{
	append_key(json, key);
	appendStringInfoString(json, value == NULL ? "null" : value);
}

/* Appends a boolean member. */
void
append_boolean(StringInfo json, const char *key, bool value)
{
	append_member(json, key, value ? "true" : "false");
}

/* Appends the separator before item I of a list. */
void
append_comma(StringInfo json, int i)
{
	if (i > 0)
		appendStringInfoString(json, ", ");
}

/* Appends a timestamp member in ISO 8601 form. */
void
append_time(StringInfo json, const char *key, TimestampTz time)
{
	char		text[MAXDATELEN + 1];

	JsonEncodeDateTime(text, TimestampTzGetDatum(time), TIMESTAMPTZOID, NULL);
	append_string(json, key, text);
}
