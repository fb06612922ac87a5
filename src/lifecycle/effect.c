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

/* At load: have EFFECT called after each change. */
void
effect_register(Effect effect)
{
	Assert(number_of_effects < MOST_EFFECTS);
	effects[number_of_effects++] = effect;
}

/* A document has changed its state, or was born into one. */
void
effects_of_change(const PassedChange *change)
{
	for (int i = 0; i < number_of_effects; i++)
		effects[i] (change);
}
