/*
 * lock.c
 *		Locks that a user sets on a document, to keep others from changing it.
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/error.h"
#include "base/message.h"
#include "storage/role.h"
#include "right.h"
#include "table_statement.h"
#include "target.h"

/*
 * A user who may change an element may lock it: one who may update its state
 * or has a grant on a transition.  Taking the row's lock waits for a
 * transition that is under way.
 */
static void
take_row_lock(Target *target)
{
	bool		may_update = may_update_state(target->table, false);
	bool		holds_grant = is_administrator();
	HeapTuple	row;
	Relation	relation;

	require_visible(target);
	row = read_row(target->table, target->element.docid);
	relation = table_open(target->table->relid, AccessShareLock);
	for (int i = 0; i < target->workflow->number_of_transitions && row != NULL; i++)
	{
		const Transition *transition = &target->workflow->transitions[i];

		holds_grant |= transition->number_of_grants > 0 &&
			holds_right(transition, target->table, row, RelationGetDescr(relation));
	}
	table_close(relation, NoLock);
	if (!may_update && !holds_grant)
		raise_failure(REFUSED, localized("Lock"), target->element.docid,
					  psprintf(localized("\"%s\" may not change it"), actor_name()));
	if (holds_grant)
		run_on_row(target->table, LOCK_ROW_AS_GRANTED, target->element.docid);
	else if (run_on_row(target->table, LOCK_ROW, target->element.docid) == 0)
		raise_failure(REFUSED, localized("Lock"), target->element.docid,
					  psprintf(localized("\"%s\" may not change it"), actor_name()));
	if (!element_read_locked(target->element.docid, &target->element) || target->element.is_deleted)
		raise_failure(DELETED_ELEMENT, target->element.docid);
}

/* Does the caller hold the element's lock? */
static bool
holds_lock(const Element *element)
{
	return is_same_actor(element->locked_by, element->locked_by_person);
}

/* smartwf.lock_element(docid, temporary) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_lock_element);
Datum
smartwf_lock_element(PG_FUNCTION_ARGS)
{
	Target		target;
	char	   *actor = actor_name();

	find_target(needed_argument(fcinfo, 0, "docid"), NULL, &target);
	take_row_lock(&target);
	if (target.element.locked_by != NULL && !holds_lock(&target.element))
		raise_failure(REFUSED, localized("Lock"), target.element.docid,
					  psprintf(localized("it is locked by \"%s\""), target.element.locked_by));
	if (!actor_is_person())
		bind_role(actor);
	element_lock(&target.element, actor, actor_is_person(), boolean_argument(fcinfo, 1));
	PG_RETURN_VOID();
}

/* smartwf.unlock_element(docid, force) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_unlock_element);
Datum
smartwf_unlock_element(PG_FUNCTION_ARGS)
{
	Target		target;
	bool		force = boolean_argument(fcinfo, 1);

	find_target(needed_argument(fcinfo, 0, "docid"), NULL, &target);
	take_row_lock(&target);
	if (target.element.locked_by == NULL)
		PG_RETURN_BOOL(false);
	if (!holds_lock(&target.element) &&
		!(force && is_administrator()))
		raise_failure_with_hint(REFUSED, localized("An administrator can force it."),
								localized("Unlocking"), target.element.docid,
								psprintf(localized("it is locked by \"%s\""), target.element.locked_by));
	element_unlock(&target.element);
	PG_RETURN_BOOL(true);
}

