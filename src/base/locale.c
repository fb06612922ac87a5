/*
 * locale.c
 *		The languages that the reader wants.
 *
 * The first of these that is set decides: smartwf.locale, the request's
 * Accept-Language, lc_messages.  Locales are compared as language tags: in
 * lower case, with hyphens, without encoding and modifier.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "locale.h"
#include "request_header.h"
#include "texts.h"

/* A header from outside may list any number of languages; read no more than this. */
#define MOST_PREFERENCES 32

typedef struct Preference
{
	char	   *locale;
	double		weight;
}			Preference;

static char *locale_setting = NULL;

/* Any user may change this setting, since it affects nothing but texts. */
void
locale_init(void)
{
	DefineCustomStringVariable("smartwf.locale",
							   "Sets the languages of labels and messages, as in Accept-Language.",
							   "With an empty string, the Accept-Language of the request is used, or otherwise lc_messages.",
							   &locale_setting, "", PGC_USERSET, 0, NULL, NULL, NULL);
}

/* Both fr_FR.UTF-8@euro and FR-fr become fr-fr. */
char *
normalized_locale(const char *name)
{
	char	   *locale = pnstrdup(name, strcspn(name, ".@"));

	for (char *c = locale; *c != '\0'; c++)
		*c = *c == '_' ? '-' : pg_ascii_tolower((unsigned char) *c);
	return locale;
}

/* The text between two positions, without leading and trailing spaces. */
static char *
trimmed(const char *start, const char *end)
{
	while (start < end && isspace((unsigned char) *start))
		start++;
	while (end > start && isspace((unsigned char) end[-1]))
		end--;
	return pnstrdup(start, end - start);
}

/* The weight in the parameters of a language range: 1 unless q says less. */
static double
weight_of(const char *parameters)
{
	const char *q = strstr(parameters, "q=");
	char	   *end;
	double		weight;

	if (q == NULL)
		return 1;
	weight = strtod(q + 2, &end);
	return end == q + 2 || !(weight >= 0 && weight <= 1) ? 1 : weight;
}

/* Sorted by descending weight; equal weights keep their order. */
static void
insert_by_weight(Preference *preferences, int number, Preference new)
{
	int			place = number;

	for (; place > 0 && preferences[place - 1].weight < new.weight; place--)
		preferences[place] = preferences[place - 1];
	preferences[place] = new;
}

/* The locales of an Accept-Language list, best first. */
static List *
parse_preferences(const char *list)
{
	Preference	preferences[MOST_PREFERENCES];
	int			number = 0;
	List	   *locales = NIL;

	while (*list != '\0' && number < MOST_PREFERENCES)
	{
		const char *end = list + strcspn(list, ",");
		char	   *item = trimmed(list, end);
		char	   *parameters = item + strcspn(item, ";");
		Preference	new = {NULL, weight_of(parameters)};

		new.locale = normalized_locale(trimmed(item, parameters));
		if (new.locale[0] != '\0' && new.weight > 0)
			insert_by_weight(preferences, number++, new);
		list = *end == ',' ? end + 1 : end;
	}
	for (int i = 0; i < number; i++)
		locales = lappend(locales, preferences[i].locale);
	return locales;
}

/* The locales that the reader wants (char *), best first; may be empty. */
List *
reader_locales(void)
{
	const char *messages;
	char	   *list;

	if (locale_setting != NULL && locale_setting[0] != '\0')
		return parse_preferences(locale_setting);
	list = request_header("accept-language");
	if (list != NULL)
		return parse_preferences(list);
	messages = GetConfigOption("lc_messages", true, false);
	return messages == NULL ? NIL : parse_preferences(messages);
}

/*
 * The next broader locale, by the lookup of RFC 4647: zh-hant-x-private, then
 * zh-hant, then zh.  NULL if there is none.
 */
char *
broader_locale(const char *locale)
{
	const char *hyphen = strrchr(locale, '-');

	if (hyphen == NULL)
		return NULL;
	if (hyphen - locale >= 2 && hyphen[-2] == '-')
		hyphen -= 2;
	return pnstrdup(locale, hyphen - locale);
}

/* smartwf.reader_language(languages): that of those which the reader wants most, or the first of them. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_reader_language);
Datum
smartwf_reader_language(PG_FUNCTION_ARGS)
{
	List	   *languages = list_of_texts(PG_GETARG_DATUM(0));
	ListCell   *cell;

	foreach(cell, reader_locales())
		for (char *locale = lfirst(cell); locale != NULL; locale = broader_locale(locale))
			if (is_in_texts(languages, locale))
				PG_RETURN_TEXT_P(cstring_to_text(locale));
	if (languages == NIL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(linitial(languages)));
}
