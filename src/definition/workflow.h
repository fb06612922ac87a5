/*
 * workflow.h
 *		A workflow version as an immutable structure in memory.
 *
 * It stays valid until the end of the transaction that looked it up, even if
 * the definition changes meanwhile.
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
	const char *timer;			/* runs while a document is in this state; NULL if none */
	const char *flow;			/* started on entering the state; NULL if none */
	bool		flow_queued;	/* otherwise started at once */
	Jsonb	  **notifications;	/* sent when a document comes into the state */
	int			number_of_notifications;
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
	bool		is_column;		/* otherwise a role */
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
	bool		undo;			/* who may pass it may undo it */
	const char *guard;			/* NULL if none */
	const char *guard_message;	/* may be NULL */
	const char *hooks[NUMBER_OF_HOOKS]; /* NULL if none */
	const char *flow;			/* started by the transition; NULL if none */
	bool		flow_queued;	/* otherwise started at once */
	Jsonb	  **notifications;	/* sent when the transition has been passed */
	int			number_of_notifications;
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

/* The labels of a workflow in one language, as copies of its states and transitions. */
typedef struct LocaleLabels
{
	const char *locale;			/* normalized; empty if not known */
	State	   *states;			/* in the order of Workflow.states */
	Transition *transitions;
}			LocaleLabels;

typedef struct Workflow
{
	int32		id;
	RowVersion	row;			/* version of the row of smartwf.workflows that this was built from */
	const char *name;
	int32		version;
	bool		keeps_refusals;	/* refused attempts are kept */
	bool		is_complete;	/* its rows match the shape it was published with */
	State	   *states;
	int			number_of_states;
	Transition *transitions;
	int			number_of_transitions;
	Arc		   *arcs;			/* in the order of their transitions */
	int			number_of_arcs;
	int			initial;		/* index of the initial state */
	LocaleLabels *labels;		/* the first entry has the workflow's own labels */
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
