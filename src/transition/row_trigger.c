/*
 * row_trigger.c
 *		The triggers on an attached table.
 *
 * BEFORE the row is written, a change of its state is checked; its name makes
 * that trigger the last, so that it checks what the others made of the row.
 * AFTER it is written, history tells what really came of it.  What was checked
 * and what was stored must agree, or nothing is stored at all.
 *
 *		BEFORE INSERT  the initial state, if none is given
 *		BEFORE UPDATE  check; the change waits (pending.c)
 *		AFTER INSERT   birth
 *		AFTER UPDATE   history of the change that waited, then m2, m3
 *		AFTER DELETE   end
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "attach/listener.h"
#include "attach/succession.h"
#include "attach/trigger.h"
#include "base/actor.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/message.h"
#include "base/refusal.h"
#include "base/switch_user.h"
#include "check.h"
#include "hook.h"
#include "pending.h"
#include "request.h"
#include "right.h"
#include "row_trigger.h"
#include "transition_check.h"

#define CHANGED_AFTER_CHECK_HINT "Another trigger of the table changed the row after it was judged; let that trigger's name sort before \"~smartwf_judge\"."

/* What a trigger call is about. */
typedef struct Firing
{
	TriggerData *data;
	AttachedTable *table;
	TupleDesc	descriptor;
	HeapTuple	old;			/* NULL for INSERT */
	HeapTuple	new;			/* NULL for DELETE */
}			Firing;

/* The one place that knows how a trigger is told what happened. */
static void
start_firing(Firing *firing, FunctionCallInfo fcinfo)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger")));
	if (data->tg_trigger->tgnargs < 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" lacks the name of its structure",
						data->tg_trigger->tgname),
				 errhint("Use smartwf.attach() to make the triggers.")));
	check_stack_depth();
	firing->data = data;
	firing->table = attached_table(RelationGetRelid(data->tg_relation),
								   data->tg_trigger->tgargs[0]);
	firing->descriptor = RelationGetDescr(data->tg_relation);
	firing->old = TRIGGER_FIRED_BY_INSERT(data->tg_event) ? NULL : data->tg_trigtuple;
	firing->new = TRIGGER_FIRED_BY_INSERT(data->tg_event) ? data->tg_trigtuple :
		TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : NULL;
}

/* The version that a document follows which is in that state. */
static const Workflow *
workflow_of_element(const Firing *firing, const ElementStatus *status, const char *docid, const char *state)
{
	const Workflow *workflow = followed_workflow(firing->table->structure->successions, status->workflow_id, state);

	if (workflow == NULL)
		raise_failure(NO_WORKFLOW, docid);
	return workflow;
}

static bool
is_partition(const Firing *firing)
{
	return firing->data->tg_relation->rd_rel->relispartition;
}

/* Births and ends */

/* The workflow by which an element of the structure is born. */
static const Workflow *
workflow_for_birth(const AttachedTable *table)
{
	const Workflow *workflow = newest_workflow(table->structure->workflow);

	if (workflow == NULL || workflow->initial == NO_STATE)
		ereport(ERROR,
				(errcode(failure_sqlstate(NO_WORKFLOW)),
				 errmsg("workflow \"%s\" of structure \"%s\" has no published version",
						table->structure->workflow, table->structure->name),
				 errdetail_internal("%s", failure_detail(NO_WORKFLOW, NULL, NULL))));
	return workflow;
}

/*
 * Register the element, or refuse a name that is taken; the revision that its first
 * line of history has, since what no element has been called has none.
 */
static int32
register_element(const AttachedTable *table, const char *docid, const Workflow *workflow)
{
	Element		element;

	if (!element_read(docid, &element))
	{
		element_insert(docid, table->structure->name, workflow->id);
		return 0;
	}
	if (!element.is_deleted)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("document \"%s\" exists already", docid),
				 errdetail("It belongs to structure \"%s\".", element.structure),
				 errhint("Attach the tables with different values of docid_prefix.")));
	element_revive(&element, table->structure->name, workflow->id);
	return UNKNOWN_REVISION;
}

/* The row as other rooms see it. */
static ElementRow
element_row(const Firing *firing, HeapTuple row)
{
	return (ElementRow) {firing->table, firing->descriptor, row};
}

/* A row is there for the first time: it must be in the initial state. */
static void
record_birth(const Firing *firing, const char *docid, HeapTuple row)
{
	const AttachedTable *table = firing->table;
	const Workflow *workflow = workflow_for_birth(table);
	char	   *state = state_of_row(table, row, firing->descriptor);
	const char *initial = workflow->states[workflow->initial].name;
	HistoryLine line = {.docid = docid, .to_state = initial, .actor = actor_name(), .workflow_id = workflow->id};

	if (state == NULL || strcmp(state, initial) != 0)
		raise_failure_with_hint(INVALID_TRANSITION,
								psprintf(localized("A new document starts in state \"%s\"."), initial),
								workflow->name);
	line.revision = register_element(table, docid, workflow);
	history_append(&line);
	announce_change(&(StateChange) {docid, workflow, NULL, workflow->initial, true, element_row(firing, row)});
}

/* A row is gone. */
static void
record_end(const Firing *firing, const char *docid)
{
	HistoryLine line = {.docid = docid, .revision = UNKNOWN_REVISION, .actor = actor_name()};
	Element		element;
	ElementStatus status;
	const Workflow *workflow;
	bool		is_there;

	if (!element_read(docid, &element) || element.is_deleted)
		return;
	is_there = element_status_read(docid, &status);
	if (element.locked_by != NULL && !is_same_actor(element.locked_by, element.locked_by_person))
		raise_failure(REFUSED, localized("Deletion"), docid,
					  psprintf(localized("it is locked by \"%s\""), element.locked_by));
	element_delete(&element);
	line.from_state = state_of_row(firing->table, firing->old, firing->descriptor);
	workflow = followed_workflow(firing->table->structure->successions, is_there ? status.workflow_id : element.workflow_id,
								 line.from_state);
	line.workflow_id = workflow == NULL ? element.workflow_id : workflow->id;
	history_append(&line);
	announce_change(&(StateChange) {docid, workflow, NULL, NO_STATE, false, element_row(firing, firing->old)});
	announce_end(docid);
}

/* Changes of state */

/*
 * The arc that leads to a state: the first whose right the caller holds, else
 * the first, so that the refusal says which right is wanting.
 */
static const Arc *
arc_to_state(const TransitionCheck *check, int to)
{
	const Workflow *workflow = check->workflow;
	const Arc  *first = NULL;

	for (int i = 0; i < workflow->number_of_arcs; i++)
	{
		const Arc  *arc = &workflow->arcs[i];

		if (arc->from != check->from || arc->to != to)
			continue;
		if (holds_right(arc->transition, check->table, check->current,
						RelationGetDescr(check->relation)))
			return arc;
		if (first == NULL)
			first = arc;
	}
	return first;
}

/*
 * Which transition is this?  By name, if it was asked for so; else the one that
 * leads to the target state.  Only an administrator may go without one.
 */
static void
choose_transition(TransitionCheck *check, const Request *request, const char *target)
{
	const Workflow *workflow = check->workflow;
	const Arc  *arc;

	check->to = target == NULL ? NO_STATE : state_index(workflow, target);
	check->transition = NULL;
	if (request != NULL && request->moved != NULL)
		return;					/* to another version leads no transition */
	if (request != NULL && request->transition != NULL)
	{
		/* by name: the definition may have been read anew meanwhile */
		const char *name = request->transition->name;
		const Transition *transition = transition_by_name(workflow, name);

		if (transition == NULL)
			raise_failure(UNKNOWN_TRANSITION, name, workflow->name);
		arc = arc_of_transition(workflow, check->from, transition);
		if (arc == NULL)
			raise_failure(INVALID_TRANSITION, workflow->name);
		if (check->to != arc->to)
			raise_failure_with_hint(INVALID_TRANSITION, CHANGED_AFTER_CHECK_HINT, workflow->name);
		/* asked for by its state, which a hook may have put out of reach */
		if (request->target != NO_STATE &&
			strcmp(request->workflow->states[request->target].name, workflow->states[arc->to].name) != 0)
			raise_failure(INVALID_TRANSITION, workflow->name);
	}
	else
	{
		if (check->to == NO_STATE)
			raise_failure(UNKNOWN_STATE, target == NULL ? "" : target, workflow->name);
		arc = arc_to_state(check, check->to);
		if (arc == NULL && (check->from == check->to || !is_administrator()))
			raise_failure(INVALID_TRANSITION, workflow->name);
	}
	check->transition = arc == NULL ? NULL : arc->transition;
}

/* Call a hook and collect its message, for the requester and for history. */
static ArrayBuildState *
add_words(ArrayBuildState *messages, TransitionCheck *check, HookKind hook, HeapTuple row)
{
	char	   *message = call_hook(check, hook, row);

	if (message == NULL)
		return messages;
	request_note_message(check->docid, message);
	return accumArrayResult(messages, CStringGetTextDatum(message), false, TEXTOID,
							CurrentMemoryContext);
}

/* A temporary lock ends with the transition. */
static void
release_lock(const Change *change)
{
	Element		element;

	if (change->releases_lock && element_read(change->docid, &element))
		element_unlock(&element);
}

/* Is a column of the stored row what was checked?  Partitions number theirs in their own way. */
static bool
is_checked_value(const Firing *firing, HeapTuple row, AttrNumber column, const Change *change,
				TupleDesc checked)
{
	Form_pg_attribute attribute = TupleDescAttr(firing->descriptor, column - 1);

	/* what is generated follows from the others, and is not computed yet when they are checked */
	if (attribute->attisdropped || attribute->attgenerated != '\0')
		return true;
	for (int i = 0; i < checked->natts; i++)
	{
		Form_pg_attribute other = TupleDescAttr(checked, i);
		bool		isnull;
		bool		checked_isnull;
		Datum		value;
		Datum		checked_value;

		if (other->attisdropped || strcmp(NameStr(other->attname), NameStr(attribute->attname)) != 0)
			continue;
		value = heap_getattr(row, column, firing->descriptor, &isnull);
		checked_value = heap_getattr(change->checked_row, i + 1, checked, &checked_isnull);
		if (isnull || checked_isnull)
			return isnull == checked_isnull;
		return datum_image_eq(value, checked_value, attribute->attbyval, attribute->attlen);
	}
	return false;
}

/* What guard and hooks were shown must be what is stored, all of it. */
static void
require_checked_row(const Firing *firing, const Change *change, HeapTuple row)
{
	Relation	relation;
	bool		same = true;

	if (change->checked_row == NULL)
		return;
	relation = table_open(change->checked_relation, NoLock);
	for (int i = 1; i <= firing->descriptor->natts && same; i++)
		same = is_checked_value(firing, row, i, change, RelationGetDescr(relation));
	table_close(relation, NoLock);
	if (!same)
		raise_failure_with_hint(INVALID_TRANSITION, CHANGED_AFTER_CHECK_HINT,
								change->workflow->name);
}

/*
 * Record a change that was stored: write history, call m2, notify listeners,
 * release a temporary lock, call m3.
 */
static void
record_change(Firing *firing, Change *change, HeapTuple row)
{
	TransitionCheck	check = {
		.table = firing->table, .relation = firing->data->tg_relation,
		.workflow = change->workflow, .docid = change->docid,
		.from = change->from, .to = change->to, .transition = change->transition,
		.comment = change->comment, .parameters = change->parameters, .actor = change->actor,
	};
	HistoryLine line = {
		.docid = change->docid, .revision = change->revision,
		.transition = change->transition == NULL ? NULL : change->transition->name,
		.from_state = change->from_state,
		.to_state = change->workflow->states[change->to].name,
		.comment = change->comment, .parameters = change->parameters,
		.actor = change->actor, .workflow_id = change->workflow->id,
	};
	StateChange passed = {change->docid, change->workflow, change->transition, change->to, false,
	element_row(firing, row)};
	HeapTuple	written;
	ArrayBuildState *messages = NULL;

	require_checked_row(firing, change, row);
	change->recorded_in = GetCurrentSubTransactionId();
	written = history_append(&line);
	request_note_change(change->docid, change->workflow, change->transition, change->to, change->revision);
	messages = add_words(messages, &check, HOOK_M2, row);
	announce_change(&passed);
	release_lock(change);
	messages = add_words(messages, &check, HOOK_M3, row);
	if (messages != NULL)
		history_set_messages(written,
							 DatumGetArrayTypeP(makeArrayResult(messages, CurrentMemoryContext)));
}

/*
 * The row is updated again before its previous change was recorded.  If that change
 * was stored, record it now, to keep history in order; if it was suppressed (the
 * row version is unchanged), drop it.
 */
static void
settle_earlier_change(Firing *firing, const char *docid)
{
	Change	   *change = pending_newest(docid);
	char	   *state;

	if (change == NULL || change->recorded_in != InvalidSubTransactionId)
		return;
	state = state_of_row(firing->table, firing->old, firing->descriptor);
	if (ItemPointerEquals(&change->checked_version, &firing->old->t_self) || state == NULL ||
		strcmp(state, change->workflow->states[change->to].name) != 0)
		pending_remove(change);
	else
		record_change(firing, change, firing->old);
}

/*
 * The element behind a row.  A row that this transaction has just inserted may
 * be changed by another trigger before its birth is recorded: then now.
 */
static void
read_element_status(Firing *firing, const char *docid, ElementStatus *status)
{
	Change	   *birth;

	if (element_status_read(docid, status))
		return;
	if (!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(firing->old->t_data)))
		raise_failure_with_hint(UNKNOWN_ELEMENT,
								"The row came without its triggers; smartwf.reconcile() registers it.",
								docid);
	record_birth(firing, docid, firing->old);
	birth = pending_add(docid);
	birth->from = birth->to = NO_STATE;
	birth->recorded_in = GetCurrentSubTransactionId();
	(void) element_status_read(docid, status);
}

/*
 * Remember a checked change until it is stored.  CHECKED_ROW is NULL where only its
 * states mattered.
 */
static void
await_storage(const Firing *firing, const TransitionCheck *check, const ElementStatus *status,
			  const char *old_state, HeapTuple checked_row)
{
	char	   *actor = actor_name();
	Change	   *change = pending_add(check->docid);
	MemoryContext outer = MemoryContextSwitchTo(GetMemoryChunkContext(change));

	change->workflow = check->workflow;
	change->transition = check->transition;
	change->from = check->from;
	change->to = check->to;
	change->from_state = old_state == NULL ? NULL : pstrdup(old_state);
	change->comment = check->comment == NULL ? NULL : pstrdup(check->comment);
	if (check->parameters != NULL)
		change->parameters = DatumGetJsonbPCopy(JsonbPGetDatum(check->parameters));
	change->actor = pstrdup(actor);
	change->role = acting_role();
	change->role_is_guess = acting_role_is_guess();
	if (checked_row != NULL)
		change->checked_row = heap_copytuple(checked_row);
	change->checked_relation = RelationGetRelid(firing->data->tg_relation);
	change->revision = status->revision + 1;
	change->releases_lock = status->locked_by != NULL && status->lock_is_temporary;
	change->checked_version = firing->old->t_self;
	MemoryContextSwitchTo(outer);
}

/* A request may be for certain revisions only, so that nobody acts upon what is no longer so. */
static void
require_revision(Request *request, const char *docid, int32 revision)
{
	if (request == NULL || request->revisions == NIL)
		return;
	if (!list_member_int(request->revisions, revision))
		raise_failure(PRECONDITION_FAILED, docid, psprintf("%d", revision));
	request->revisions = NIL;	/* the row is ours now: what changes it are the request's own hooks */
}

/* Is there anybody who looks at the proposed row? */
static bool
needs_proposed_row(const Transition *transition)
{
	return transition != NULL &&
		(transition->guard != NULL || transition->hooks[HOOK_M0] != NULL ||
		 transition->hooks[HOOK_M1] != NULL || transition->number_of_parameters > 0);
}

/*
 * A hook wrote the row that is being changed.  PostgreSQL cannot store that change any
 * more; a request is carried out anew upon what the hook made of the row.
 */
static HeapTuple
repeat_later(const TransitionCheck *check, Request *request)
{
	if (request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("a hook of transition \"%s\" has written the row of document \"%s\", which is being updated",
						check->transition->name, check->docid),
				 errhint("Use pass_transition() or set_state() instead of an UPDATE, or let the hook write in m2.")));
	/* the definition may have been read anew since the request was made */
	request->workflow = check->workflow;
	request->transition = check->transition;
	if (request->target != NO_STATE)
		request->target = check->to;
	request->agreed = check->agreed;
	request->is_outdated = true;
	return NULL;
}

/* An UPDATE that changes the state, and what is known of it. */
typedef struct ProposedUpdate
{
	Firing	   *firing;
	TransitionCheck check;
	ElementStatus status;
	Request    *request;		/* NULL if it is a plain UPDATE */
	char	   *old_state;
	char	   *new_state;
}			ProposedUpdate;

/* Which transition is it, and may it be passed?  The row as it shall be stored, NULL if it shall not. */
static HeapTuple
judge_update(ProposedUpdate *update)
{
	Firing	   *firing = update->firing;
	TransitionCheck *check = &update->check;
	HeapTuple	row;

	choose_transition(check, update->request, update->new_state);
	if (!needs_proposed_row(check->transition))
	{
		(void) check_transition(check);
		await_storage(firing, check, &update->status, update->old_state, NULL);
		return firing->new;
	}
	if (update->old_state != NULL)
		check->proposed = row_with_state(firing->table, firing->new, firing->descriptor, update->old_state);
	if (!check_transition(check))
		return repeat_later(check, update->request);
	row = row_with_state(firing->table, check->proposed, firing->descriptor, update->new_state);
	await_storage(firing, check, &update->status, update->old_state, row);
	return row;
}

/* Keep a refused attempt, whose error is being raised. */
static void
note_refused_update(const ProposedUpdate *update, const ErrorData *error)
{
	const TransitionCheck *check = &update->check;
	const Request *request = update->request;
	const Transition *transition = check->transition != NULL ? check->transition :
		request != NULL ? request->transition : NULL;
	Failure		failure;

	if (!failure_of_sqlstate(error->sqlerrcode, &failure))
		return;
	keep_refusal(&(Refusal)
				 {
					 .docid = check->docid, .structure = check->table->structure->name,
					 .workflow = check->workflow->name, .version = check->workflow->version,
					 .transition = transition == NULL ? NULL : transition->name,
					 .from_state = update->old_state, .to_state = update->new_state,
					 .actor = actor_name(), .actor_is_person = actor_is_person(),
					 .code = error_code(error), .message = error->message,
				 });
}

/* The same, where refused attempts are kept. */
static HeapTuple
judge_and_keep(ProposedUpdate *update)
{
	MemoryContext context = CurrentMemoryContext;
	volatile HeapTuple row = NULL;

	PG_TRY();
	{
		row = judge_update(update);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		note_refused_update(update, CopyErrorData());
		PG_RE_THROW();
	}
	PG_END_TRY();
	return row;
}

/* Check an UPDATE that changes the state; the row as it shall be stored, NULL if it shall not. */
static HeapTuple
check_update(Firing *firing, const char *docid, Request *request)
{
	ProposedUpdate update = {
		.firing = firing, .request = request,
		.check = {
			.table = firing->table, .relation = firing->data->tg_relation,
			.docid = docid, .current = firing->old, .proposed = firing->new,
			.is_request = request != NULL,
		},
		.old_state = state_of_row(firing->table, firing->old, firing->descriptor),
		.new_state = state_of_row(firing->table, firing->new, firing->descriptor),
	};
	TransitionCheck *check = &update.check;

	if (request != NULL)
	{
		request_take_over(request, docid);
		check->agreed = request->agreed;
		check->may_update = request->may_update;
		check->comment = request->comment;
		check->parameters = request->parameters;
	}
	read_element_status(firing, docid, &update.status);
	require_revision(request, docid, update.status.revision);
	check->locked_by = update.status.locked_by;
	check->locked_by_person = update.status.locked_by_person;
	check->workflow = request != NULL && request->moved != NULL ? request->workflow :
		workflow_of_element(firing, &update.status, docid, update.old_state);
	check->from = update.old_state == NULL ? NO_STATE : state_index(check->workflow, update.old_state);
	return check->workflow->keeps_refusals ? judge_and_keep(&update) : judge_update(&update);
}

/* An UPDATE that leaves the state alone still may move the row. */
static void
await_move(const Firing *firing, const char *docid)
{
	const Workflow *workflow;
	ElementStatus	status;
	Change	   *change;
	char	   *state = state_of_row(firing->table, firing->old, firing->descriptor);

	if (state == NULL || !element_status_read(docid, &status))
		return;
	workflow = workflow_of_element(firing, &status, docid, state);
	if (state_index(workflow, state) == NO_STATE)
		return;
	change = pending_add(docid);
	change->workflow = workflow;
	change->from = change->to = state_index(workflow, state);
	change->checked_version = firing->old->t_self;
	change->recorded_in = GetCurrentSubTransactionId(); /* nothing to record */
}

/*
 * The request that asks for this very change.  A trigger of the table may change a
 * document that a migration is about to move, too; that is a change like any other.
 */
static Request *
request_of_row(const Firing *firing, const char *docid)
{
	Request    *request = request_for(docid);
	char	   *state;

	if (request == NULL || request->moved == NULL)
		return request;
	state = state_of_row(firing->table, firing->new, firing->descriptor);
	return state != NULL && strcmp(state, request->workflow->states[request->target].name) == 0 ? request : NULL;
}

static HeapTuple
before_update(Firing *firing)
{
	bool		same_state = same_value(firing->old, firing->new, firing->descriptor,
										firing->table->state_column);
	char	   *docid;
	Request    *request;

	if (same_state && pending_is_empty() && !request_is_open() &&
		!is_partition(firing))
		return firing->new;
	docid = docid_of_row(firing->table, firing->old, firing->descriptor);
	if (!pending_is_empty())
		settle_earlier_change(firing, docid);
	request = request_of_row(firing, docid);
	if (request != NULL &&
		request_passes_by(request, docid, state_of_row(firing->table, firing->old, firing->descriptor)))
		return NULL;
	if (request != NULL || !same_state)
		return check_update(firing, docid, request);
	if (is_partition(firing))
		await_move(firing, docid);
	return firing->new;
}

/* A row that an UPDATE moves to this partition, or NULL. */
static Change *
moving_change(const Firing *firing)
{
	HeapTuple	row;
	Change	   *change;
	char	   *state;
	bool		isnull;

	if (!is_partition(firing) || pending_is_empty())
		return NULL;
	row = row_with_generated(firing->data->tg_relation, firing->new);
	(void) heap_getattr(row, firing->table->docid_column, firing->descriptor, &isnull);
	state = state_of_row(firing->table, firing->new, firing->descriptor);
	if (isnull || state == NULL)
		return NULL;
	change = pending_newest(docid_of_row(firing->table, row, firing->descriptor));
	if (change == NULL || change->to == NO_STATE ||
		strcmp(change->workflow->states[change->to].name, state) != 0)
		return NULL;
	return change;
}

static HeapTuple
before_insert(Firing *firing)
{
	Change	   *change = moving_change(firing);

	if (change != NULL)
		change->has_moved = true;
	else if (state_of_row(firing->table, firing->new, firing->descriptor) == NULL)
	{
		const Workflow *workflow = workflow_for_birth(firing->table);

		return row_with_state(firing->table, firing->new, firing->descriptor,
							  workflow->states[workflow->initial].name);
	}
	return firing->new;
}

/* BEFORE INSERT OR UPDATE, for each row. */
static Datum
before_row(PG_FUNCTION_ARGS)
{
	Firing		firing;

	start_firing(&firing, fcinfo);
	return PointerGetDatum(firing.old == NULL ? before_insert(&firing) :
						   before_update(&firing));
}

/* Timers that count from a column move with it; a row that moves may have changed. */
static void
note_dates(const Firing *firing)
{
	ElementRow	element = element_row(firing, firing->new);
	int			column = -1;

	while ((column = bms_next_member(firing->table->date_columns, column)) >= 0)
		if (firing->old == NULL || !same_value(firing->old, firing->new, firing->descriptor, column))
			announce_date(docid_of_row(firing->table, firing->new, firing->descriptor), &element, column);
}

/*
 * Where the library was loaded in the middle of a cascade, it was not known for
 * whom: now that is over, and the statement's own user is here again.
 */
static void
require_checked_role(const Change *change)
{
	bool		is_known = !change->role_is_guess ||
		(after_triggers_run_as_queued() ? error_context_stack == NULL : change->role == acting_role());

	if (!is_known)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("it is not known for whom document \"%s\" is changed", change->docid),
				 errdetail("The library of smartwf was loaded in the middle of the statement whose cascade changes it."),
				 errhint("Repeat the statement; add smartwf to shared_preload_libraries or session_preload_libraries.")));
}

/* A row that has moved must have come in the state in which it left, or to which it was to go. */
static void
require_checked_state(const Firing *firing, const Change *change)
{
	char	   *state = state_of_row(firing->table, firing->new, firing->descriptor);

	if (state == NULL || strcmp(state, change->workflow->states[change->to].name) != 0)
		raise_failure_with_hint(INVALID_TRANSITION, CHANGED_AFTER_CHECK_HINT, change->workflow->name);
}

static void
after_insert(Firing *firing)
{
	char	   *docid = docid_of_row(firing->table, firing->new, firing->descriptor);
	Change	   *change = pending_is_empty() ? NULL : pending_newest(docid);
	Change	   *birth = change == NULL ? NULL : pending_find(docid, NO_STATE, NO_STATE);

	if (change != NULL && change->has_moved && change->has_left)
	{
		require_checked_role(change);
		require_checked_state(firing, change);
		if (change->recorded_in == InvalidSubTransactionId)
			record_change(firing, change, firing->new);
		pending_remove(change);
		note_dates(firing);
	}
	else if (birth != NULL)
		pending_remove(birth);
	else
		record_birth(firing, docid, firing->new);
}

/* The change that was checked must be the one that is stored. */
static Change *
stored_change(const Firing *firing, const char *docid)
{
	char	   *old_state = state_of_row(firing->table, firing->old, firing->descriptor);
	char	   *new_state = state_of_row(firing->table, firing->new, firing->descriptor);
	Change	   *change = pending_newest(docid);

	for (; change != NULL; change = change->older)
	{
		const Workflow *workflow = change->workflow;

		if (change->to != NO_STATE && new_state != NULL &&
			strcmp(workflow->states[change->to].name, new_state) == 0 &&
			(change->from == NO_STATE || (old_state != NULL &&
			 strcmp(workflow->states[change->from].name, old_state) == 0)))
			return change;
	}
	if (!same_value(firing->old, firing->new, firing->descriptor, firing->table->state_column))
		raise_failure_with_hint(INVALID_TRANSITION, CHANGED_AFTER_CHECK_HINT,
								firing->table->structure->workflow);
	return NULL;
}

static void
after_update(Firing *firing)
{
	char	   *docid;
	Change	   *change;

	if (!same_value(firing->old, firing->new, firing->descriptor, firing->table->docid_column))
	{
		docid = docid_of_row(firing->table, firing->old, firing->descriptor);
		if (strcmp(docid, docid_of_row(firing->table, firing->new, firing->descriptor)) != 0)
			raise_failure_with_hint(MALFORMED_CALL,
									localized("Its history stands under that name; insert a new row instead."),
									psprintf(localized("the name of document \"%s\" cannot be changed"), docid));
	}
	if (firing->table->date_columns != NULL)
		note_dates(firing);
	if (pending_is_empty() &&
		same_value(firing->old, firing->new, firing->descriptor, firing->table->state_column))
		return;
	docid = docid_of_row(firing->table, firing->old, firing->descriptor);
	change = stored_change(firing, docid);
	if (change == NULL)
		return;
	require_checked_role(change);
	if (change->recorded_in == InvalidSubTransactionId)
		record_change(firing, change, firing->new);
	pending_remove(change);
}

static void
after_delete(Firing *firing)
{
	char	   *docid = docid_of_row(firing->table, firing->old, firing->descriptor);
	Change	   *change = pending_is_empty() ? NULL : pending_newest(docid);

	if (change != NULL && change->has_moved &&
		ItemPointerEquals(&change->checked_version, &firing->old->t_self))
		change->has_left = true;
	else
	{
		settle_earlier_change(firing, docid);
		record_end(firing, docid);
	}
}

/* AFTER INSERT OR UPDATE OR DELETE, for each row. */
static Datum
after_row(PG_FUNCTION_ARGS)
{
	Firing		firing;
	SavedUser	saved;

	start_firing(&firing, fcinfo);
	saved = switch_for_after_trigger(firing.data->tg_relation->rd_rel->relowner);
	if (firing.old == NULL)
		after_insert(&firing);
	else if (firing.new == NULL)
		after_delete(&firing);
	else
		after_update(&firing);
	restore_user(saved);
	return PointerGetDatum(NULL);
}

/* At load. */
void
row_trigger_init(void)
{
	row_triggers_register(before_row, after_row);
}
