/*
 * argument.c
 *		Arguments of smartwf's SQL functions, which may be null.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "argument.h"
#include "error.h"
#include "message.h"

/* A text, or NULL. */
char *
text_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

/* A text that must not be null. */
char *
needed_argument(FunctionCallInfo fcinfo, int i, const char *name)
{
	if (PG_ARGISNULL(i))
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("argument \"%s\" must not be null"), name));
	return text_argument(fcinfo, i);
}

/* A boolean, false if null. */
bool
boolean_argument(FunctionCallInfo fcinfo, int i)
{
	return !PG_ARGISNULL(i) && PG_GETARG_BOOL(i);
}
