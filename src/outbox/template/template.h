/*
 * template.h
 *		Mustache templates: https://mustache.github.io/mustache.5.html
 */
#ifndef SMARTWF_TEMPLATE_H
#define SMARTWF_TEMPLATE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef enum TokenKind
{
	TOKEN_TEXT,
	TOKEN_VARIABLE,
	TOKEN_RAW_VARIABLE,			/* never escaped */
	TOKEN_SECTION,
	TOKEN_INVERTED,
	TOKEN_END,					/* of a section */
	TOKEN_PARTIAL
} TokenKind;

typedef struct Token
{
	TokenKind	kind;
	const char *text;			/* the text, or the name */
	int			length;
	int			end;			/* of a section: index of its TOKEN_END */
	const char *indent;			/* of a partial alone on its line: the indentation before it */
	int			indent_length;
}			Token;

typedef struct Template
{
	Token	   *tokens;
	int			number_of_tokens;
}			Template;

extern Template *parse_template(const char *text);

#endif
