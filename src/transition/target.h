/*
 * target.h
 *		Finds the element that a caller names by document id.
 */
#ifndef SMARTWF_TARGET_H
#define SMARTWF_TARGET_H

#include "postgres.h"

#include "attach/attached_table.h"
#include "base/error.h"
#include "definition/workflow.h"
#include "storage/element.h"

typedef struct Target
{
	Element		element;
	AttachedTable *table;
	const Workflow *workflow;
	bool		is_seen;		/* the caller is known to see the row */
	int			may_update[2];	/* cached results of target_may_update(); 0 if not known yet */
}			Target;

extern void find_target(const char *docid, const char *structure_name, Target *target);
extern bool document_is_readable(const char *docid);
extern bool try_target(const char *docid, Target *target);
extern void require_visible(Target *target);
extern int	current_state(Target *target);
extern bool target_may_update(Target *target, bool without_policies);
extern bool target_needs_permission(Target *target, const Transition *transition, int to);
extern const Transition *require_transition(Target *target, const char *name);
extern int	require_state(Target *target, const char *name);

#endif
