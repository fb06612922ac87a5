/*
 * effect.c
 *		What other rooms do when a document changes its state.
 *
 * They register themselves when the library is loaded: lifecycle/ does not know
 * them.
 */
#include "postgres.h"

#include "effect.h"

#define MOST_EFFECTS 8

static Effect effects[MOST_EFFECTS];
static int	number_of_effects = 0;
static DateEffect date_effect = NULL;

/* At load: have EFFECT called after each change. */
void
effect_register(Effect effect)
{
	Assert(number_of_effects < MOST_EFFECTS);
	effects[number_of_effects++] = effect;
}

/* At load: have EFFECT called when a date changes. */
void
date_effect_register(DateEffect effect)
{
	date_effect = effect;
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
	if (date_effect != NULL)
		date_effect(docid, element, column);
}
