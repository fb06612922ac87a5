/*
 * address.c
 *		Parses the address of a request.
 *
 * A path is split first and decoded then, so that %2F in a document id is part
 * of it.  An address that cannot be decoded is refused.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/error.h"
#include "base/message.h"
#include "address.h"

static void
refuse_address(const char *reason)
{
	raise_failure(MALFORMED_CALL, psprintf(localized("the address is not valid: %s"), reason));
}

/* The value of a hexadecimal digit, -1 if it is not one. */
static int
hexadecimal(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = pg_ascii_tolower((unsigned char) c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte encoded as %XX at TEXT. */
static char
percent_decoded(const char *text)
{
	int			high = hexadecimal(text[1]);
	int			low = high < 0 ? -1 : hexadecimal(text[2]);

	if (low < 0)
		refuse_address(psprintf(localized("\"%s\" is not percent-encoding"),
								pnstrdup(text, high < 0 ? 1 : 2)));
	if (high == 0 && low == 0)
		refuse_address(localized("it contains a null character"));
	return (char) (high << 4 | low);
}

/* Decodes percent-encoded UTF-8 to text in the database's encoding. */
static char *
decoded(const char *text, int length)
{
	char	   *source = pnstrdup(text, length);
	char	   *result = palloc(length + 1);
	int			n = 0;

	for (; *source != '\0'; source++)
	{
		result[n] = *source;
		if (*source == '%')
		{
			result[n] = percent_decoded(source);
			source += 2;
		}
		n++;
	}
	result[n] = '\0';
	if (pg_encoding_verifymbstr(PG_UTF8, result, n) != n)
		refuse_address(localized("it is not UTF-8, or not in the database's encoding"));
	return pg_any_to_server(result, n, PG_UTF8);
}

/* Parses an address /one/two/?query; a trailing slash is ignored. */
Address
read_address(const char *uri)
{
	Address		address = {NIL, ""};
	int			length = strcspn(uri, "?#");
	const char *end = uri + length;

	if (*end == '?')
		address.query = pnstrdup(end + 1, strcspn(end + 1, "#"));
	if (length > 0 && *uri == '/')
		uri++;
	while (uri < end)
	{
		int			segment = strcspn(uri, "/?#");

		address.segments = lappend(address.segments, decoded(uri, segment));
		uri += segment + 1;
	}
	return address;
}

/* The value of a query parameter; the last one, if there are several. */
char *
query_value(const Address *address, const char *name)
{
	char	   *value = NULL;
	int			length = strlen(name);

	for (const char *item = address->query; *item != '\0';)
	{
		int			size = strcspn(item, "&");

		if (size >= length && strncmp(item, name, length) == 0 &&
			(size == length || item[length] == '='))
			value = size == length ? pstrdup("") : decoded(item + length + 1, size - length - 1);
		item += size + (item[size] == '&');
	}
	return value;
}
