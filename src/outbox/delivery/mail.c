/*
 * mail.c
 *		Encodes headers and checks addresses of mails, so that a text cannot
 *		inject headers or recipients.
 */
#include "postgres.h"

#include "common/base64.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "mail.h"

/* Bytes in an encoded word of RFC 2047, whose line must not exceed 76. */
#define ENCODED_WORD_BYTES 42

/* Can the text be put in a header without encoding? */
static bool
is_plain(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return strlen(text) <= 60 && strstr(text, "=?") == NULL;
}

/* The number of bytes of whole UTF-8 characters that fit in an encoded word. */
static int
bytes_that_fit(const char *utf8)
{
	int			bytes = 0;

	while (utf8[bytes] != '\0' && bytes + pg_utf_mblen((const unsigned char *) utf8 + bytes) <= ENCODED_WORD_BYTES)
		bytes += pg_utf_mblen((const unsigned char *) utf8 + bytes);
	return bytes;
}

/*
 * A text in UTF-8 as the value of a header, in encoded words if necessary.
 * Line breaks and other control characters become blanks, so that none can
 * start another header.
 */
char *
header_text(const char *text)
{
	char	   *utf8 = pstrdup(text);
	StringInfoData words;

	if (is_plain(utf8))
		return utf8;
	for (char *c = utf8; *c != '\0'; c++)
		if ((unsigned char) *c < ' ' || *c == 0x7f)
			*c = ' ';
	initStringInfo(&words);
	while (*utf8 != '\0')
	{
		int			bytes = bytes_that_fit(utf8);
		char		encoded[ENCODED_WORD_BYTES * 2];
		int			length = pg_b64_encode((const void *) utf8, bytes, encoded, sizeof(encoded));

		appendStringInfo(&words, "%s=?UTF-8?B?%.*s?=", words.len == 0 ? "" : "\r\n ", length, encoded);
		utf8 += bytes;
	}
	return words.data;
}

/* A person's name in a header: quoted, or in encoded words. */
char *
header_name(const char *name)
{
	StringInfoData quoted;

	if (!is_plain(name))
		return header_text(name);
	initStringInfo(&quoted);
	appendStringInfoChar(&quoted, '"');
	for (const char *c = name; *c != '\0'; c++)
	{
		if (*c == '"' || *c == '\\')
			appendStringInfoChar(&quoted, '\\');
		appendStringInfoChar(&quoted, *c);
	}
	appendStringInfoChar(&quoted, '"');
	return quoted.data;
}

/* Is it name@domain, without characters that a server could interpret otherwise? */
bool
is_mail_address(const char *address)
{
	const char *at = strrchr(address, '@');

	if (at == NULL || at == address || at[1] == '\0' || strlen(address) > 254)
		return false;
	for (const char *c = address; *c != '\0'; c++)
		if ((unsigned char) *c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\\"", *c) != NULL)
			return false;
	return true;
}
