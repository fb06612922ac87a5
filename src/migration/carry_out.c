/*
 * carry_out.c
 *		Moves the documents of a batch, whose rows are locked: looks what each needs now,
 *		another state, a line of history that names its version, timers of that version.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "attach/succession.h"
#include "base/actor.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "flow/run/failure.h"
#include "timer/timer.h"
#include "transition/move.h"
#include "transition/table_statement.h"
#include "carry_out.h"

/*
 * Is it in a state that the version does not have?  Then nothing else needs to be known,
 * unless it may follow a version that the migration has nothing to do with.
 */
static bool
must_leave_state(const Migration *migration, const MigrationDocument *document)
{
	return document->row != NULL && document->state != NULL && document->to != NULL && document->back_to == NULL &&
		!migration->by_docid && !migration->has_newcomers &&
		state_index(document->to, document->state) == NO_STATE;
}

/* Does it follow a version that was published after the migration had begun? */
static bool
is_left_alone(const Migration *migration, const MigrationDocument *document)
{
	ListCell   *cell;

	if (migration->by_docid || migration->is_undo || document->to == NULL ||
		document->status.workflow_id == document->to->id)
		return false;
	foreach(cell, migration->structure->successions)
	{
		const Succession *succession = lfirst(cell);

		if (succession->version_id == document->status.workflow_id && succession->successor_id == document->to->id &&
			!succession->has_ended)
			return false;
	}
	return true;
}

/* Has the document come to the version by this migration, or will it?  Otherwise it was there already. */
static bool
comes_by(const Migration *migration, const MigrationDocument *document)
{
	if (document->followed != document->to)
		return true;
	return (document->status.workflow_id != document->to->id || document->status.at < migration->started_at) &&
		followed_before(migration->structure->successions, document->status.workflow_id, document->state,
						migration->started_at) != document->to;
}

/* The state that is given for another one; NULL if none is. */
static const char *
mapped_state(const Migration *migration, const MigrationDocument *document)
{
	JsonbValue *value = !must_leave_state(migration, document) && !comes_by(migration, document) ? NULL :
		json_text_member(migration->states, document->state);

	return value == NULL ? NULL : json_text(value);
}

static void
fail(Migration *migration, MigrationDocument *document, const char *sqlstate, const char *message)
{
	if (migration->is_called)
		ereport(ERROR,
				(errcode(MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4])),
				 errmsg_internal("%s", message)));
	document->outcome = FAILED;
	document->sqlstate = sqlstate;
	document->message = message;
}

/* Where does the document go? */
static void
find_target_state(Migration *migration, MigrationDocument *document)
{
	const char *state = mapped_state(migration, document);

	if (document->back_to != NULL && document->at_revision == document->status.revision)
		state = document->back_to;
	else if (state == NULL)
		state = document->state;
	document->target = state_index(document->to, state);
	if (document->target == NO_STATE)
		fail(migration, document, smartwf_failures[UNKNOWN_STATE].sqlstate,
			 failure_message(UNKNOWN_STATE, state, document->to->name));
}

/* Look at a document; false if there is nothing to do with it (any more). */
static bool
look_at(Migration *migration, MigrationDocument *document)
{
	Element		element;

	document->outcome = DONE;
	if (must_leave_state(migration, document))
	{
		find_target_state(migration, document);
		return document->outcome == DONE;
	}
	if (document->row == NULL && element_read(document->docid, &element) && !element.is_deleted)
	{
		if (read_row(migration->table, document->docid) != NULL)
			document->outcome = PUT_OFF;
		else
			fail(migration, document, smartwf_failures[UNKNOWN_ELEMENT].sqlstate,
				 failure_message(UNKNOWN_ELEMENT, document->docid));
	}
	if (document->row == NULL || document->state == NULL)
		return false;
	if (!element_status_read(document->docid, &document->status) || is_left_alone(migration, document))
		return false;
	document->followed = followed_workflow(migration->structure->successions, document->status.workflow_id, document->state);
	if (document->to == NULL || document->followed == NULL)
		fail(migration, document, smartwf_failures[NO_WORKFLOW].sqlstate,
			 failure_message(NO_WORKFLOW, document->docid));
	else
		find_target_state(migration, document);
	return document->outcome == DONE;
}

static bool
keeps_state(const MigrationDocument *document)
{
	return strcmp(document->to->states[document->target].name, document->state) == 0;
}

/* Documents that get another state */

typedef struct MovingGroup
{
	Move		move;
	List	   *documents;		/* of MigrationDocument * */
}			MovingGroup;

/* In one statement. */
static void
move_group(void *argument)
{
	MovingGroup *group = argument;

	group->move.number_of_documents = list_length(group->documents);
	for (int i = 0; i < group->move.number_of_documents; i++)
	{
		const MigrationDocument *document = list_nth(group->documents, i);

		group->move.documents[i].docid = document->docid;
		group->move.documents[i].from = document->state;
	}
	move_documents(&group->move);
}

/* Tell the documents what became of them: the move has sorted its own, as they are sorted here. */
static void
note_moved(Migration *migration, MovingGroup *group)
{
	for (int i = 0; i < group->move.number_of_documents; i++)
	{
		MigrationDocument *document = document_of_docid(migration, group->move.documents[i].docid);

		document->revision = group->move.documents[i].revision;
		if (group->move.documents[i].has_left)
			document->outcome = PUT_OFF;
		else if (document->revision == UNKNOWN_REVISION)
			fail(migration, document, smartwf_failures[REFUSED].sqlstate,
				 failure_message(REFUSED, psprintf(localized("State \"%s\""), group->move.workflow->states[group->move.state].name),
								 document->docid, localized("another trigger suppressed the change")));
	}
}

/* Each by itself, since one of them cannot be moved. */
static void
move_one_by_one(Migration *migration, MovingGroup *group)
{
	List	   *documents = group->documents;
	ListCell   *cell;

	foreach(cell, documents)
	{
		ErrorData  *error;

		group->documents = list_make1(lfirst(cell));
		error = run_in_subtransaction(move_group, group, false);
		if (error == NULL)
			note_moved(migration, group);
		else if (is_lock_conflict(error->sqlerrcode) && !migration->is_called)
			((MigrationDocument *) lfirst(cell))->outcome = PUT_OFF;
		else
			fail(migration, lfirst(cell), pstrdup(unpack_sql_state(error->sqlerrcode)), error->message);
	}
	group->documents = documents;
}

static void
carry_out_group(Migration *migration, MovingGroup *group)
{
	group->move.documents = palloc_array(MovedDocument, list_length(group->documents));
	if (run_in_subtransaction(move_group, group, false) != NULL)
	{
		move_one_by_one(migration, group);
		return;
	}
	note_moved(migration, group);
}

/* The group of those that go to the same state of the same version. */
static MovingGroup *
group_of(List **groups, const Migration *migration, const MigrationDocument *document)
{
	MovingGroup *group;
	ListCell   *cell;

	foreach(cell, *groups)
	{
		group = lfirst(cell);
		if (group->move.workflow == document->to && group->move.state == document->target)
			return group;
	}
	group = palloc0_object(MovingGroup);
	group->move.table = migration->table;
	group->move.workflow = document->to;
	group->move.state = document->target;
	group->move.comment = psprintf("version %d", document->to->version);
	*groups = lappend(*groups, group);
	return group;
}

/* Documents that keep their state */

/* A line of history says which version the document follows from now on. */
static void
write_version(MigrationDocument *document)
{
	HistoryLine line = {
		.docid = document->docid, .revision = document->status.revision + 1, .actor = actor_name(),
		.from_state = document->state, .to_state = document->state,
		.comment = psprintf("version %d", document->to->version), .workflow_id = document->to->id,
	};

	history_append(&line);
	document->revision = line.revision;
}

/* Names, for a message. */
static char *
joined_names(List *names)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, names)
		appendStringInfo(&text, "%s\"%s\"", text.len == 0 ? "" : ", ", (char *) lfirst(cell));
	return text.data;
}

/* What every document gets that was moved. */
static void
finish_document(Migration *migration, Relation relation, MigrationDocument *document)
{
	ElementRow	element = {migration->table, RelationGetDescr(relation), document->row};
	const Workflow *before = NULL;
	List	   *ended;
	Element		stored;

	if (migration->by_docid && element_read(document->docid, &stored))
		element_follow(&stored, document->to->id);
	if (!migration->table->timers_exist)
		return;
	if (keeps_state(document))
		before = followed_before(migration->structure->successions, document->status.workflow_id, document->state,
								 migration->started_at);
	else
		element.row = read_row(migration->table, document->docid);
	if (element.row == NULL)
		return;
	ended = timers_follow(document->docid, &element, before, document->to, document->target);
	if (ended != NIL)
		document->message = psprintf("timer %s has ended", joined_names(ended));
}

/* All documents of a batch, whose rows are locked. */
void
carry_out(Migration *migration, Relation relation)
{
	List	   *groups = NIL;
	ListCell   *cell;

	foreach(cell, migration->documents)
	{
		MigrationDocument *document = lfirst(cell);

		document->goes = look_at(migration, document);
		if (!document->goes)
			continue;
		if (!keeps_state(document))
		{
			MovingGroup *group = group_of(&groups, migration, document);

			group->documents = lappend(group->documents, document);
		}
		else if (document->followed != document->to)
			write_version(document);
	}
	foreach(cell, groups)
		carry_out_group(migration, lfirst(cell));
	foreach(cell, migration->documents)
	{
		MigrationDocument *document = lfirst(cell);

		if (document->goes && document->outcome == DONE)
			finish_document(migration, relation, document);
	}
}
