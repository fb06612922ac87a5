/*
 * undo.c
 *		Undoes the last transition of a document.
 *
 * The document goes back to the state that it came from.  No transition leads there, so
 * neither guard nor hook is asked; history gets a line more, and loses none.
 */
#include "postgres.h"

#include "access/table.h"

#include "base/actor.h"
#include "base/error.h"
#include "base/message.h"
#include "move.h"
#include "right.h"
#include "storage/element.h"
#include "table_statement.h"
#include "target.h"
#include "undo.h"

/* The line of the transition that can be undone: the last one of all. */
static const HistoryLine *
last_transition(Target *target)
{
	List	   *lines;
	const HistoryLine *line;

	require_visible(target);
	lines = history_read(&target->element, &(HistoryPage) {.most = 1});
	line = lines == NIL ? NULL : linitial(lines);
	if (line == NULL || line->transition == NULL || line->from_state == NULL || line->to_state == NULL)
		raise_failure_with_hint(INVALID_TRANSITION,
								localized("Only a transition can be undone, and only the last change of all."),
								target->workflow->name);
	return line;
}

/*
 * May the caller undo the transition?  Administrators may, and who may pass it, if it says
 * so: by a grant, which is judged on the row that is ours now, or by the privilege and the
 * policies of the table, by which the UPDATE runs then.
 */
static bool
may_undo(Target *target, const Transition *transition, bool *as_caller)
{
	Relation	relation;
	HeapTuple	row;
	bool		holds;

	*as_caller = target_may_update(target, false);
	if (is_administrator())
		return true;
	if (transition == NULL || !transition->undo)
		return false;
	if (transition->number_of_grants == 0)
		return *as_caller;
	*as_caller = false;
	(void) run_on_row(target->table, LOCK_ROW_AS_GRANTED, target->element.docid);
	relation = table_open(target->table->relid, AccessShareLock);
	row = read_row(target->table, target->element.docid);
	holds = row != NULL && holds_right(transition, target->table, row, RelationGetDescr(relation));
	table_close(relation, NoLock);
	return holds;
}

/* The comment, or one that says what is undone. */
static const char *
comment_of_undo(const HistoryLine *line, const char *comment)
{
	return comment != NULL ? comment : psprintf(localized("\"%s\" undone"), line->transition);
}

/* Undo, or raise why not. */
Passed
undo_transition(const char *docid, const char *comment)
{
	Target		target;
	const HistoryLine *line;
	MovedDocument document = {.docid = docid};
	Move		move = {.documents = &document, .number_of_documents = 1};

	find_target(docid, NULL, &target);
	line = last_transition(&target);
	if (!may_undo(&target, transition_by_name(target.workflow, line->transition), &move.as_caller))
		raise_failure(REFUSED, psprintf(localized("Transition \"%s\""), line->transition), docid,
					  psprintf(localized("\"%s\" may not undo it"), actor_name()));
	move.table = target.table;
	move.workflow = target.workflow;
	move.state = state_index(target.workflow, line->from_state);
	if (move.state == NO_STATE)
		raise_failure(UNKNOWN_STATE, line->from_state, target.workflow->name);
	move.comment = comment_of_undo(line, comment);
	move.revisions = list_make1_int(line->revision);
	move_documents(&move);
	if (document.revision == UNKNOWN_REVISION)
		raise_failure(REFUSED, psprintf(localized("Transition \"%s\""), line->transition), docid,
					  document.is_taken_over ? localized("another trigger suppressed the change") :
					  psprintf(localized("\"%s\" may not update the row"), actor_name()));
	return (Passed) {target.workflow, NULL, move.state, NIL};
}
