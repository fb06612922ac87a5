/*
 * refusal.c
 *		Hands refused attempts on to whoever keeps them.
 */
#include "postgres.h"

#include "refusal.h"

static RefusalKeeper keep = NULL;

/* Called when the library is preloaded: registers the callback that keeps them. */
void
refusal_keeper_register(RefusalKeeper keeper)
{
	keep = keeper;
}

/* Keep an attempt, if anybody does. */
void
keep_refusal(const Refusal *refusal)
{
	if (keep != NULL)
		keep(refusal);
}
