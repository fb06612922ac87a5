/*
 * mail.c
 *		What a mail needs beside its transport: headers in which nothing but
 *		their text can stand, and addresses that are addresses.
 */
#include "postgres.h"

#include "common/base64.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "mail.h"

/* Bytes in an encoded word of RFC 2047, whose line must not exceed 76. */
#define ENCODED_WORD_BYTES 42

/* Can the text stand in a header as it is? */
static bool
is_plain(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			return false;
	return strlen(text) <= 60 && strstr(text, "=?") == NULL;
}

/* As many whole characters of UTF-8 as fit. */
static int
bytes_that_fit(const char *utf8)
{
	int			bytes = 0;

	while (utf8[bytes] != '\0' && bytes + pg_utf_mblen((const unsigned char *) utf8 + bytes) <= ENCODED_WORD_BYTES)
		bytes += pg_utf_mblen((const unsigned char *) utf8 + bytes);
	return bytes;
}

/*
 * A text in UTF-8 for a header: as it is if that is possible, else in encoded words.
 * Line breaks and the like become blanks: nothing of it can be a header of its
 * own.
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

/* A person's name for a header: quoted, or in encoded words. */
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

/* name@domain, and nothing that a server could take for something else. */
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
