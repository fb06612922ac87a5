/*
 * render.c
 *		Renders a template with the values of a model.
 *
 * As the Mustache specification requires, a name that is not in the model
 * renders as empty, and names are looked up from the innermost section
 * outwards.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/argument.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "render.h"
#include "template.h"

/* A value in which names are looked up, and the enclosing scope. */
typedef struct Scope
{
	const JsonbValue *value;
	const struct Scope *outer;
}			Scope;

typedef struct Rendering
{
	StringInfoData output;
	Jsonb	   *partials;		/* texts by name; NULL if none */
	bool		is_html;
}			Rendering;

static void render_tokens(Rendering *rendering, const Template *template, int from, int to,
						  const Scope *scope);

/* Values */

/* The value of a name, which may be dotted; NULL if there is none. */
static const JsonbValue *
look_up(const Scope *scope, const char *name, int length)
{
	const char *end = name + length;
	const JsonbValue *value = NULL;
	int			part;

	if (length == 1 && name[0] == '.')
		return scope->value;
	part = Min(strcspn(name, "."), length);
	for (; scope != NULL && value == NULL; scope = scope->outer)
		value = json_member_n(scope->value, name, part);
	while (value != NULL && name + part < end)
	{
		name += part + 1;
		part = Min(strcspn(name, "."), end - name);
		value = json_member_n(value, name, part);
	}
	return value;
}

/* Does a section with that value render nothing? */
static bool
is_empty(const JsonbValue *value)
{
	if (value == NULL || value->type == jbvNull)
		return true;
	if (value->type == jbvBool)
		return !value->val.boolean;
	if (value->type == jbvString)
		return value->val.string.len == 0;
	return json_is_list(value) && JsonContainerSize(value->val.binary.data) == 0;
}

/* Rendering */

static void
append_escaped(StringInfo output, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text)
		{
			case '&':
				appendStringInfoString(output, "&amp;");
				break;
			case '<':
				appendStringInfoString(output, "&lt;");
				break;
			case '>':
				appendStringInfoString(output, "&gt;");
				break;
			case '"':
				appendStringInfoString(output, "&quot;");
				break;
			case '\'':
				appendStringInfoString(output, "&#39;");
				break;
			default:
				appendStringInfoChar(output, *text);
		}
}

static void
render_variable(Rendering *rendering, const Token *token, const Scope *scope)
{
	const JsonbValue *value = look_up(scope, token->text, token->length);

	if (value == NULL)
		return;
	if (rendering->is_html && token->kind == TOKEN_VARIABLE)
		append_escaped(&rendering->output, json_text(value));
	else
		appendStringInfoString(&rendering->output, json_text(value));
}

/* Render once for each item of a list, otherwise once. */
static void
render_section(Rendering *rendering, const Template *template, int index, const Scope *scope)
{
	const Token *token = &template->tokens[index];
	const JsonbValue *value = look_up(scope, token->text, token->length);
	Scope		inner = {value, scope};

	if (is_empty(value))
		return;
	if (!json_is_list(value))
		render_tokens(rendering, template, index + 1, token->end, &inner);
	else
		for (int i = 0; i < JsonContainerSize(value->val.binary.data); i++)
		{
			inner.value = getIthJsonbValueFromContainer(value->val.binary.data, i);
			render_tokens(rendering, template, index + 1, token->end, &inner);
		}
}

/* The text of a partial, with each line indented like its tag. */
static char *
indented(const char *text, const Token *token)
{
	StringInfoData result;
	bool		at_start = true;

	if (token->indent_length == 0)
		return (char *) text;
	initStringInfo(&result);
	for (; *text != '\0'; text++)
	{
		if (at_start)
			appendBinaryStringInfo(&result, token->indent, token->indent_length);
		appendStringInfoChar(&result, *text);
		at_start = *text == '\n';
	}
	return result.data;
}

static void
render_partial(Rendering *rendering, const Token *token, const Scope *scope)
{
	JsonbValue *value = rendering->partials == NULL ? NULL :
		json_text_member(rendering->partials, pnstrdup(token->text, token->length));
	Template   *template;

	if (value == NULL)
		return;
	template = parse_template(indented(json_text(value), token));
	render_tokens(rendering, template, 0, template->number_of_tokens, scope);
}

static void
render_tokens(Rendering *rendering, const Template *template, int from, int to,
			  const Scope *scope)
{
	check_stack_depth();		/* a partial may include itself */
	CHECK_FOR_INTERRUPTS();
	for (int i = from; i < to; i++)
	{
		const Token *token = &template->tokens[i];

		switch (token->kind)
		{
			case TOKEN_TEXT:
				appendBinaryStringInfo(&rendering->output, token->text, token->length);
				break;
			case TOKEN_VARIABLE:
			case TOKEN_RAW_VARIABLE:
				render_variable(rendering, token, scope);
				break;
			case TOKEN_SECTION:
				render_section(rendering, template, i, scope);
				i = token->end;
				break;
			case TOKEN_INVERTED:
				if (is_empty(look_up(scope, token->text, token->length)))
					render_tokens(rendering, template, i + 1, token->end, scope);
				i = token->end;
				break;
			case TOKEN_PARTIAL:
				render_partial(rendering, token, scope);
				break;
			case TOKEN_END:
				break;
		}
	}
}

/* A template with the values of a model; PARTIALS may be NULL. */
char *
render_template(const char *text, Jsonb *model, Jsonb *partials, bool is_html)
{
	Template   *template = parse_template(text);
	Rendering	rendering = {.partials = partials, .is_html = is_html};
	JsonbValue	root = json_root(model);
	Scope		scope = {&root, NULL};

	initStringInfo(&rendering.output);
	render_tokens(&rendering, template, 0, template->number_of_tokens, &scope);
	return rendering.output.data;
}

/* Is the render type html, rather than text? */
static bool
is_html_type(const char *type)
{
	if (type != NULL && strcmp(type, "html") != 0 && strcmp(type, "text") != 0)
		raise_failure(MALFORMED_CALL,
					  psprintf(localized("render type must be text or html, not \"%s\""), type));
	return type != NULL && strcmp(type, "html") == 0;
}

/* smartwf.render_template(template, model, render_type, partials) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_render_template);
Datum
smartwf_render_template(PG_FUNCTION_ARGS)
{
	char	   *text = needed_argument(fcinfo, 0, "template");
	bool		is_html = is_html_type(text_argument(fcinfo, 2));
	Jsonb	   *partials = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);

	if (PG_ARGISNULL(1))
		raise_failure(MALFORMED_CALL, psprintf(localized("argument \"%s\" must not be null"), "model"));
	if (partials != NULL && !JB_ROOT_IS_OBJECT(partials))
		partials = NULL;
	PG_RETURN_TEXT_P(cstring_to_text(render_template(text, PG_GETARG_JSONB_P(1), partials, is_html)));
}

/* For the check of definitions */

typedef struct Parsing
{
	const char *text;
	Template   *template;
}			Parsing;

static void
parse_now(void *argument)
{
	Parsing    *parsing = argument;

	parsing->template = parse_template(parsing->text);
}

/* smartwf.template_fault(template) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_template_fault);
Datum
smartwf_template_fault(PG_FUNCTION_ARGS)
{
	Parsing		parsing = {text_argument(fcinfo, 0), NULL};
	ErrorData  *error = run_in_subtransaction(parse_now, &parsing, false);

	if (error == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(error->message));
}

/* smartwf.template_fields(template) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_template_fields);
Datum
smartwf_template_fields(PG_FUNCTION_ARGS)
{
	Template   *template = parse_template(text_argument(fcinfo, 0));
	ArrayBuildState *fields = initArrayResult(TEXTOID, CurrentMemoryContext, false);

	for (int i = 0; i < template->number_of_tokens; i++)
	{
		const Token *token = &template->tokens[i];
		int			part = Min(strcspn(token->text, "."), token->length);

		if (token->kind == TOKEN_TEXT || token->kind == TOKEN_PARTIAL)
			continue;
		if (part > 0)
			accumArrayResult(fields, PointerGetDatum(cstring_to_text_with_len(token->text, part)),
							 false, TEXTOID, CurrentMemoryContext);
		if (token->kind == TOKEN_SECTION || token->kind == TOKEN_INVERTED)
			i = token->end;
	}
	PG_RETURN_DATUM(makeArrayResult(fields, CurrentMemoryContext));
}
