/*
 * listener.c
 *		What other rooms do when a document changes its state.
 *
 * They register themselves when the library is loaded: lifecycle/ does not know
 * them.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "listener.h"

#define MOST_EFFECTS 8

static Effect effects[MOST_EFFECTS];
static int	number_of_effects = 0;

/* Those who watch dates, and the query for the names of their columns; NULL: none. */
static struct
{
	DateEffect	effect;
	const char *columns;
}			date_effects[MOST_EFFECTS];
static int	number_of_date_effects = 0;

static EndEffect end_effect = NULL;

/* At load: have EFFECT called when a document is gone. */
void
end_effect_register(EndEffect effect)
{
	end_effect = effect;
}

/* A document is gone. */
void
effects_of_end(const char *docid)
{
	if (end_effect != NULL)
		end_effect(docid);
}

/* smartwf.announce_end(docid): by TRUNCATE, or with its table. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_announce_end);
Datum
smartwf_announce_end(PG_FUNCTION_ARGS)
{
	effects_of_end(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

/* At load: have EFFECT called after each change. */
void
effect_register(Effect effect)
{
	Assert(number_of_effects < MOST_EFFECTS);
	effects[number_of_effects++] = effect;
}

/*
 * At load: have EFFECT called when a date changes; COLUMNS is a query for the names
 * of more columns than those that timers count from, or NULL.
 */
void
date_effect_register(DateEffect effect, const char *columns)
{
	Assert(number_of_date_effects < MOST_EFFECTS);
	date_effects[number_of_date_effects].effect = effect;
	date_effects[number_of_date_effects++].columns = columns;
}

/* For each column that somebody watches, by whatever query, the names; for structure.c. */
void
for_each_date_query(void (*use) (const char *query, void *argument), void *argument)
{
	for (int i = 0; i < number_of_date_effects; i++)
		if (date_effects[i].columns != NULL)
			use(date_effects[i].columns, argument);
}

/* A document has changed its state, was born into one, or is gone. */
void
effects_of_change(const PassedChange *change)
{
	for (int i = 0; i < number_of_effects; i++)
		effects[i] (change);
}

/* A date of a document has changed. */
void
effects_of_date(const char *docid, const ElementRow *element, AttrNumber column)
{
	for (int i = 0; i < number_of_date_effects; i++)
		date_effects[i].effect(docid, element, column);
}
