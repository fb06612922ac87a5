/*
 * hook.h
 *		Hooks: functions of the user.
 */
#ifndef SMARTWF_HOOK_H
#define SMARTWF_HOOK_H

#include "postgres.h"

#include "transition_check.h"

extern char *call_hook(TransitionCheck *check, HookKind kind, HeapTuple row);
extern char *check_m0(TransitionCheck *check);
extern char *check_m1(TransitionCheck *check);

#endif
