/*
 * check.h
 *		May this element pass this transition?  The checks, in their documented
 *		order, each of which gives a reason why not, or NULL.
 */
#ifndef SMARTWF_CHECK_H
#define SMARTWF_CHECK_H

#include "postgres.h"

#include "definition/workflow.h"
#include "storage/element.h"
#include "attach/attached_table.h"

typedef struct Judgement
{
	AttachedTable *table;
	Relation	relation;		/* whose row this is: maybe a partition */
	const Workflow *workflow;
	const char *docid;
	const char *locked_by;		/* NULL: not locked */
	bool		locked_by_person;
	int			from;
	int			to;
	const Transition *transition;	/* NULL: an administrator without one */
	HeapTuple	current;		/* the row as it stands */
	HeapTuple	proposed;		/* as it shall be, still in its old state */
	bool		is_request;		/* by pass_transition(), else a plain UPDATE */
	bool		may_update;		/* if so: the caller could do it by an UPDATE */
	const char *comment;		/* NULL: none */
	Jsonb	   *parameters;		/* NULL: none */
	const char *actor;			/* NULL: whoever acts now */
	const char *user_message;	/* what a hook or a guard said; may be NULL */
}			Judgement;

typedef char *(*Check) (Judgement *judgement);

typedef struct NamedCheck
{
	const char *name;
	Check		check;
}			NamedCheck;

#define NUMBER_OF_CHECKS 6
extern const NamedCheck checks[NUMBER_OF_CHECKS];

extern char *check_right(Judgement *judgement);
extern char *check_m0(Judgement *judgement);
extern char *check_parameters(Judgement *judgement);	/* parameter.c */
extern char *check_guard(Judgement *judgement); /* guard.c */
extern bool holds_right(const Transition *transition, AttachedTable *table,
						HeapTuple row, TupleDesc descriptor);

extern void judge(Judgement *judgement);

/* hook.c */
extern char *call_hook(Judgement *judgement, HookKind kind, HeapTuple row);

#endif
