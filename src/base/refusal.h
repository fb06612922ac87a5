/*
 * refusal.h
 *		Hands refused attempts on to whoever keeps them.
 */
#ifndef SMARTWF_REFUSAL_H
#define SMARTWF_REFUSAL_H

#include "postgres.h"

/* An attempt that was refused; the strings may be NULL. */
typedef struct Refusal
{
	const char *docid;
	const char *structure;
	const char *workflow;
	int32		version;
	const char *transition;
	const char *from_state;
	const char *to_state;
	const char *actor;
	bool		actor_is_person;
	const char *code;
	const char *message;
}			Refusal;

/* Keeps an attempt, though its transaction is about to be rolled back. */
typedef void (*RefusalKeeper) (const Refusal *refusal);

extern void refusal_keeper_register(RefusalKeeper keeper);
extern void keep_refusal(const Refusal *refusal);

#endif
