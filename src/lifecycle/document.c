/*
 * document.c
 *		The documented JSON of states and transitions.
 *
 * Written key by key into a string: the documented order of keys is part of
 * the answer.
 */
#include "postgres.h"

#include "utils/json.h"

#include "document.h"

/* Percent-encode all but the unreserved characters of RFC 3986. */
static void
append_encoded(StringInfo json, const char *text)
{
	for (; *text != '\0'; text++)
	{
		unsigned char c = (unsigned char) *text;

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL))
			appendStringInfoChar(json, c);
		else
			appendStringInfo(json, "%%%02X", c);
	}
}

/* An address as a JSON string; NAME may be NULL for a whole collection. */
void
append_uri(StringInfo json, const char *docid, const char *collection, const char *name)
{
	appendStringInfoString(json, "\"/api/v2/smart-elements/");
	append_encoded(json, docid);
	appendStringInfo(json, "/workflows/%s/", collection);
	if (name != NULL)
		append_encoded(json, name);
	appendStringInfoChar(json, '"');
}

/* What every documented state has, without the braces around it. */
void
append_state_fields(StringInfo json, const State *state, bool is_current)
{
	appendStringInfoString(json, "\"id\": ");
	escape_json(json, state->name);
	appendStringInfo(json, ", \"isCurrentState\": %s, \"label\": ",
					 is_current ? "true" : "false");
	escape_json(json, state->label);
	appendStringInfoString(json, ", \"activity\": ");
	escape_json(json, state->activity);
	appendStringInfoString(json, ", \"displayValue\": ");
	escape_json(json, state->activity[0] != '\0' ? state->activity : state->label);
	appendStringInfoString(json, ", \"color\": ");
	escape_json(json, state->color);
}
