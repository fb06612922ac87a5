/*
 * flow.h
 *		A flow version as an immutable structure in memory.
 *
 * It stays valid until the end of the transaction that looked it up, even if
 * the definition changes meanwhile.
 */
#ifndef SMARTWF_FLOW_H
#define SMARTWF_FLOW_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* No step: the end of the flow. */
#define END_OF_FLOW (-1)

#define NO_LIMIT (-1)

typedef struct Step
{
	const char *name;
	const char *stage;
	const char *kind;
	const char *parent;			/* NULL if the step belongs directly to its stage */
	const char *branch;			/* else, case, default, failure */
	const char *branch_value;
	int32		position;
	Jsonb	   *settings;
	Jsonb	   *cases;			/* values that have a branch; NULL if not a switch_case */
	Jsonb	   *failure;		/* what to do when it fails; NULL fails the run */
	bool		as_answerer;	/* it acts as the user who answered last */
	int64		timeout;		/* in microseconds; 0 if not specified */
	int			next;			/* index of the step after it, or END_OF_FLOW */
}			Step;

typedef struct Flow
{
	int32		id;
	const char *name;
	int32		version;
	bool		is_complete;	/* its rows match the shape it was published with */
	const char *structure;		/* empty if any */
	int			max_runs;		/* how many workers may drive at once; NO_LIMIT */
	bool		is_paused;
	bool		runs_as_owner;
	bool		acts_for_others;	/* runs_as_owner, or a step acts as the user who answered */
	const char *owner;			/* the role that published it; NULL for a draft */
	List	   *starters;		/* roles (char *) that may start it; NIL: see start.c */
	List	   *managers;		/* roles that may manage its runs */
	Step	   *steps;			/* stage by stage, in the order of their positions */
	int			number_of_steps;
}			Flow;

extern const Flow *flow_by_id(int32 id);
extern const Flow *newest_flow(const char *name);
extern bool flow_is_stopped(const Flow *flow);
extern int	step_index(const Flow *flow, const char *name);
extern int	first_of_branch(const Flow *flow, const Step *step, const char *branch,
							const char *value);
extern JsonbValue *step_setting_value(const Step *step, const char *name);
extern bool step_setting_is_true(const Step *step, const char *name);
extern char *step_setting(const Step *step, const char *name);

#endif
