/*
 * workflow.h
 *		A workflow version as an immutable structure in memory.
 *
 * A definition stays readable until the end of the transaction that looked it up,
 * whatever happens to the definition meanwhile.
 */
#ifndef SMARTWF_WORKFLOW_H
#define SMARTWF_WORKFLOW_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "storage/row.h"

#define NO_STATE (-1)

typedef enum HookKind
{
	HOOK_M0, HOOK_M1, HOOK_M2, HOOK_M3, NUMBER_OF_HOOKS
} HookKind;

typedef struct State
{
	const char *name;
	const char *label;
	const char *activity;
	const char *color;
	bool		is_initial;
	const char *timer;			/* runs while a document is here; NULL: none */
	const char *flow;			/* started by coming here; NULL: none */
	bool		flow_queued;	/* else at once */
}			State;

typedef struct Parameter
{
	const char *name;
	const char *label;
	const char *type;
	bool		needed;
	bool		multiple;
	const char *visibility;
	Jsonb	   *options;
}			Parameter;

typedef struct Grant
{
	const char *grantee;
	bool		is_column;		/* else a role */
}			Grant;

/* What a transition does with a timer. */
typedef struct TimerUse
{
	const char *timer;
	const char *action;			/* volatile, persistent, unattach */
}			TimerUse;

typedef struct Transition
{
	const char *name;
	const char *label;
	bool		forbids_comment;
	const char *guard;			/* NULL: none */
	const char *guard_message;	/* may be NULL */
	const char *hooks[NUMBER_OF_HOOKS]; /* NULL: none */
	const char *flow;			/* started by it; NULL: none */
	bool		flow_queued;	/* else at once */
	Parameter  *parameters;
	int			number_of_parameters;
	TimerUse   *timers;
	int			number_of_timers;
	Grant	   *grants;
	int			number_of_grants;
}			Transition;

typedef struct Arc
{
	int			from;			/* indexes of states */
	int			to;
	const Transition *transition;
}			Arc;

/* The labels of a workflow in one language: its objects once more. */
typedef struct LocaleLabels
{
	const char *locale;			/* normalized; empty: not known */
	State	   *states;			/* as those of the workflow, in their order */
	Transition *transitions;
}			LocaleLabels;

typedef struct Workflow
{
	int32		id;
	RowVersion	row;			/* of smartwf.workflows, that says so */
	const char *name;
	int32		version;
	bool		is_complete;	/* has the shape that it was published with */
	State	   *states;
	int			number_of_states;
	Transition *transitions;
	int			number_of_transitions;
	Arc		   *arcs;			/* in the order of their transitions */
	int			number_of_arcs;
	int			initial;		/* index of the initial state */
	LocaleLabels *labels;		/* the first has the workflow's own labels */
	int			number_of_locales;
}			Workflow;

extern void workflow_forget(int32 id);
extern const Workflow *workflow_by_id(int32 id);
extern const Workflow *workflow_for_labels(int32 id);
extern const Workflow *newest_workflow(const char *name);
extern int	state_index(const Workflow *workflow, const char *name);
extern const Transition *transition_by_name(const Workflow *workflow, const char *name);
extern const Arc *arc_of_transition(const Workflow *workflow, int from, const Transition *transition);
extern const LocaleLabels *labels_for_reader(const Workflow *workflow);
extern const Transition *transition_in(const LocaleLabels *labels, const Workflow *workflow,
									   const Transition *transition);

#endif
