/*
 * template.c
 *		Parses a Mustache template into an array of tokens.
 *
 * As the specification requires, a tag that is alone on its line, unless it is
 * a variable, takes the whole line with it.
 */
#include "postgres.h"

#include "base/error.h"
#include "base/message.h"
#include "template.h"

/* Maximum length of a delimiter; the usual ones have two characters. */
#define DELIMITER_LENGTH 16

typedef struct Reader
{
	const char *start;
	const char *here;
	const char *text;			/* start of the text that is not in a token yet */
	char		open[DELIMITER_LENGTH];
	char		close[DELIMITER_LENGTH];
	Template   *template;
	int			capacity;
	List	   *sections;		/* indexes of the open sections, innermost first */
}			Reader;

/* A tag, without its delimiters. */
typedef struct Tag
{
	char		sigil;			/* 0 if none */
	const char *name;
	int			length;
	const char *start;			/* start of its opening delimiter */
	const char *end;			/* end of its closing delimiter */
}			Tag;

static int
line_of(const Reader *reader, const char *place)
{
	int			line = 1;

	for (const char *c = reader->start; c < place; c++)
		line += *c == '\n';
	return line;
}

static void
refuse_template(const Reader *reader, const char *place, const char *reason)
{
	raise_failure(MALFORMED_CALL,
				  psprintf(localized("template is not valid: line %d: %s"),
						   line_of(reader, place), reason));
}

static Token *
add_token(Reader *reader, TokenKind kind, const char *text, int length)
{
	Template   *template = reader->template;
	Token	   *token;

	if (template->number_of_tokens == reader->capacity)
	{
		reader->capacity *= 2;
		template->tokens = repalloc(template->tokens, sizeof(Token) * reader->capacity);
	}
	token = &template->tokens[template->number_of_tokens++];
	memset(token, 0, sizeof(Token));
	token->kind = kind;
	token->text = text;
	token->length = length;
	return token;
}

static void
trim(const char **start, int *length)
{
	while (*length > 0 && isspace((unsigned char) **start))
	{
		(*start)++;
		(*length)--;
	}
	while (*length > 0 && isspace((unsigned char) (*start)[*length - 1]))
		(*length)--;
}

/* Read the tag that begins here. */
static Tag
read_tag(Reader *reader)
{
	Tag			tag = {.start = reader->here};
	const char *content = reader->here + strlen(reader->open);
	const char *close;
	bool		is_triple = content[0] == '{';
	bool		is_change = content[0] == '=';

	tag.sigil = content[0] != '\0' && strchr("#^/!>&{=", content[0]) != NULL ? content[0] : 0;
	tag.name = content + (tag.sigil != 0);
	/* {{{name}}} and {{=<% %>=}} have one more character before the closing delimiter */
	close = strstr(tag.name, is_triple ? psprintf("}%s", reader->close) :
				   is_change ? psprintf("=%s", reader->close) : reader->close);
	if (close == NULL)
		refuse_template(reader, tag.start, localized("a tag is not closed"));
	tag.length = close - tag.name;
	tag.end = close + (is_triple || is_change) + strlen(reader->close);
	trim(&tag.name, &tag.length);
	if (tag.length == 0 && tag.sigil != '!')
		refuse_template(reader, tag.start, localized("a tag has no name"));
	return tag;
}

/*
 * Is a tag alone on its line?  Then LINE is set to the start of the line, and
 * NEXT to the start of the next one.
 */
static bool
stands_alone(const Reader *reader, const Tag *tag, const char **line, const char **next)
{
	const char *before = tag->start;
	const char *after = tag->end;

	if (tag->sigil == 0 || strchr("#^/!>=", tag->sigil) == NULL)
		return false;
	while (before > reader->start && (before[-1] == ' ' || before[-1] == '\t'))
		before--;
	while (*after == ' ' || *after == '\t')
		after++;
	if ((before > reader->start && before[-1] != '\n') ||
		(*after != '\0' && *after != '\n' && !(after[0] == '\r' && after[1] == '\n')))
		return false;
	*line = before;
	*next = *after == '\0' ? after : after + (*after == '\r' ? 2 : 1);
	return true;
}

/* {{=<% %>=}} */
static void
change_delimiters(Reader *reader, const Tag *tag)
{
	char	   *pair = pnstrdup(tag->name, tag->length);
	char	   *close = pair + strcspn(pair, " \t\r\n");
	char	   *blank = close;

	while (isspace((unsigned char) *close))
		close++;
	*blank = '\0';
	if (close == blank || close[strcspn(close, " \t\r\n=")] != '\0' || strchr(pair, '=') != NULL ||
		strlen(pair) >= DELIMITER_LENGTH || strlen(close) >= DELIMITER_LENGTH)
		refuse_template(reader, tag->start, localized("delimiters must be two, without blanks or ="));
	strlcpy(reader->open, pair, DELIMITER_LENGTH);
	strlcpy(reader->close, close, DELIMITER_LENGTH);
}

static void
close_section(Reader *reader, const Tag *tag)
{
	Token	   *tokens = reader->template->tokens;
	Token	   *section;

	if (reader->sections == NIL)
		refuse_template(reader, tag->start,
						psprintf(localized("section \"%s\" is closed, but not open"),
								 pnstrdup(tag->name, tag->length)));
	section = &tokens[linitial_int(reader->sections)];
	if (section->length != tag->length || memcmp(section->text, tag->name, tag->length) != 0)
		refuse_template(reader, tag->start,
						psprintf(localized("section \"%s\" is closed inside of \"%s\""),
								 pnstrdup(tag->name, tag->length),
								 pnstrdup(section->text, section->length)));
	section->end = reader->template->number_of_tokens;
	add_token(reader, TOKEN_END, tag->name, tag->length);
	reader->sections = list_delete_first(reader->sections);
}

static void
take_tag(Reader *reader, const Tag *tag)
{
	switch (tag->sigil)
	{
		case '#':
		case '^':
			reader->sections = lcons_int(reader->template->number_of_tokens, reader->sections);
			add_token(reader, tag->sigil == '#' ? TOKEN_SECTION : TOKEN_INVERTED,
					  tag->name, tag->length);
			break;
		case '/':
			close_section(reader, tag);
			break;
		case '>':
			add_token(reader, TOKEN_PARTIAL, tag->name, tag->length);
			break;
		case '=':
			change_delimiters(reader, tag);
			break;
		case '!':
			break;
		default:
			add_token(reader, tag->sigil == 0 ? TOKEN_VARIABLE : TOKEN_RAW_VARIABLE,
					  tag->name, tag->length);
	}
}

/* Make a token of the text up to END. */
static void
take_text(Reader *reader, const char *end)
{
	if (end > reader->text)
		add_token(reader, TOKEN_TEXT, reader->text, end - reader->text);
}

/* Parse a template; raises WF400 with the number of the faulty line. */
Template *
parse_template(const char *text)
{
	Reader		reader = {.start = text, .here = text, .text = text, .open = "{{", .close = "}}",
	.capacity = 16};

	reader.template = palloc0(sizeof(Template));
	reader.template->tokens = palloc(sizeof(Token) * reader.capacity);
	while ((reader.here = strstr(reader.here, reader.open)) != NULL)
	{
		Tag			tag = read_tag(&reader);
		const char *line = tag.start;
		const char *next = tag.end;
		bool		alone = stands_alone(&reader, &tag, &line, &next);

		take_text(&reader, alone ? line : tag.start);
		take_tag(&reader, &tag);
		if (alone && tag.sigil == '>')
		{
			Token	   *partial = &reader.template->tokens[reader.template->number_of_tokens - 1];

			partial->indent = line;
			partial->indent_length = tag.start - line;
		}
		reader.here = reader.text = next;
	}
	take_text(&reader, text + strlen(text));
	if (reader.sections != NIL)
	{
		Token	   *section = &reader.template->tokens[linitial_int(reader.sections)];

		refuse_template(&reader, section->text,
						psprintf(localized("section \"%s\" is not closed"),
								 pnstrdup(section->text, section->length)));
	}
	return reader.template;
}
