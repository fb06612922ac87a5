/*
 * step_kind.c
 *		The kinds of steps, each registered by the file that performs it.
 */
#include "postgres.h"

#include "step_kind.h"

#define MOST_STEP_KINDS 32

static const StepKind *kinds[MOST_STEP_KINDS];
static int	number_of_kinds = 0;

/* Called at library load; KIND must stay allocated. */
void
step_kind_register(const StepKind *kind)
{
	/* a load that failed half way may be repeated */
	for (int i = 0; i < number_of_kinds; i++)
		if (kinds[i] == kind)
			return;
	if (number_of_kinds == MOST_STEP_KINDS)
		elog(ERROR, "too many kinds of steps");
	kinds[number_of_kinds++] = kind;
}

/* The kind with that name. */
const StepKind *
step_kind(const char *name)
{
	for (int i = 0; i < number_of_kinds; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	elog(ERROR, "unknown kind of step \"%s\"", name);
}
