/*
 * hook.h
 *		Hooks: functions of the user.
 */
#ifndef SMARTWF_HOOK_H
#define SMARTWF_HOOK_H

#include "postgres.h"

#include "transition_check.h"

extern char *call_hook(Judgement *judgement, HookKind kind, HeapTuple row);
extern char *check_m0(Judgement *judgement);
extern char *check_m1(Judgement *judgement);

#endif
