/*
 * effect.h
 *		What other rooms do when a document changes its state.
 */
#ifndef SMARTWF_EFFECT_H
#define SMARTWF_EFFECT_H

#include "postgres.h"

#include "definition.h"

/* A change that history has its line of; TRANSITION may be NULL. */
typedef struct PassedChange
{
	const char *docid;
	const Workflow *workflow;
	const Transition *transition;
	int			to;				/* index of the state */
}			PassedChange;

typedef void (*Effect) (const PassedChange *change);

extern void effect_register(Effect effect);
extern void effects_of_change(const PassedChange *change);

#endif
