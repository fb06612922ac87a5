/*
 * migration.c
 *		Carries out migrations, batch by batch.
 *
 * A batch is a transaction: it locks the rows of some documents that are listed, those
 * that nobody else has locked, and looks what each needs now: another state, a line of
 * history that names its version, timers of that version.  It acts as the owner of the
 * table, in the name of whoever has started the migration.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "access/table.h"
#include "attach/attached_table.h"
#include "attach/owner.h"
#include "attach/succession.h"
#include "base/actor.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "base/switch_user.h"
#include "base/texts.h"
#include "flow/run/failure.h"
#include "storage/element.h"
#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "timer/timer.h"
#include "transition/move.h"
#include "transition/table_statement.h"
#include "migration.h"

/* Documents per transaction. */
#define BATCH 500

/* Rows of others are looked at again after that time. */
#define PAUSE_MICROSECONDS (500 * 1000)

static OwnStatement find_due = {1, {TIMESTAMPTZOID},
	"SELECT id FROM smartwf.migrations WHERE due_at OPERATOR(pg_catalog.<=) $1 ORDER BY due_at LIMIT 100"
};

static OwnStatement find_next = {1, {TIMESTAMPTZOID},
	"SELECT due_at FROM smartwf.migrations WHERE due_at OPERATOR(pg_catalog.>) $1 ORDER BY due_at LIMIT 1"
};

static OwnStatement find_structure = {1, {INT8OID},
	"SELECT structure FROM smartwf.migrations WHERE id" EQ "$1"
};

static OwnStatement find_status = {1, {INT8OID},
	"SELECT status FROM smartwf.migrations WHERE id" EQ "$1"
};

static OwnStatement claim = {1, {INT8OID},
	"SELECT structure, states, by_docid, actor, actor_is_person, position, started_at, pass,"
	" undoes IS NOT NULL, smartwf.versions_published_since(m) OPERATOR(pg_catalog.<>) '{}' FROM smartwf.migrations m"
	" WHERE id" EQ "$1 AND status" EQ "'running' FOR UPDATE SKIP LOCKED"
};

/* In the caller's transaction: wait for whoever is at it. */
static OwnStatement claim_waiting = {1, {INT8OID},
	"SELECT structure, states, by_docid, actor, actor_is_person, position, started_at, pass,"
	" undoes IS NOT NULL, smartwf.versions_published_since(m) OPERATOR(pg_catalog.<>) '{}' FROM smartwf.migrations m"
	" WHERE id" EQ "$1 AND status" EQ "'running' FOR UPDATE"
};

static OwnStatement take_batch = {4, {INT8OID, TEXTOID, INT4OID, INT4OID},
	"SELECT docid, version_id, to_state, at_revision FROM smartwf.migration_documents"
	" WHERE migration" EQ "$1 AND pass" EQ "$4 AND docid OPERATOR(pg_catalog.>) $2 ORDER BY docid LIMIT $3"
};

static OwnStatement note_documents = {9, {INT8OID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TEXTARRAYOID, INT4ARRAYOID,
	TEXTARRAYOID, TEXTARRAYOID, INT4OID},
	"UPDATE smartwf.migration_documents d SET status = n.status,"
	" pass = CASE n.status WHEN 'pending' THEN $9 ELSE d.pass END, from_id = n.from_id, from_state = n.from_state,"
	" revision = n.revision, sqlstate = n.sqlstate, message = n.message"
	" FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5),"
	" pg_catalog.unnest($6), pg_catalog.unnest($7), pg_catalog.unnest($8))"
	" AS n (docid, status, from_id, from_state, revision, sqlstate, message)"
	" WHERE d.migration" EQ "$1 AND d.docid" EQ "n.docid"
};

static OwnStatement note_progress = {5, {INT8OID, TEXTOID, INT4OID, INT4OID, TIMESTAMPTZOID},
	"UPDATE smartwf.migrations SET position = $2, done = done OPERATOR(pg_catalog.+) $3,"
	" failed = failed OPERATOR(pg_catalog.+) $4, due_at = $5, changed_at = pg_catalog.clock_timestamp() WHERE id" EQ "$1"
};

/* Those that were put off are looked at in the next pass. */
static OwnStatement begin_pass = {2, {INT8OID, INT4OID},
	"UPDATE smartwf.migrations SET pass = $2 WHERE id" EQ "$1 AND EXISTS (SELECT FROM smartwf.migration_documents d"
	" WHERE d.migration" EQ "$1 AND d.pass" EQ "$2)"
};

static OwnStatement list_or_end = {1, {INT8OID},
	"SELECT smartwf.list_or_end_migration($1)"
};

static OwnStatement note_failure = {2, {INT8OID, TEXTOID},
	"UPDATE smartwf.migrations SET status = 'failed', message = $2, due_at = NULL,"
	" changed_at = pg_catalog.clock_timestamp(), finished_at = pg_catalog.clock_timestamp() WHERE id" EQ "$1"
	" AND status" EQ "'running'"
};

static OwnStatement postpone = {2, {INT8OID, TIMESTAMPTZOID},
	"UPDATE smartwf.migrations SET due_at = $2 WHERE id" EQ "$1 AND status" EQ "'running'"
};

typedef enum DocumentOutcome
{
	PUT_OFF, DONE, FAILED
} DocumentOutcome;

/* A document that is listed. */
typedef struct Document
{
	const char *docid;
	const Workflow *to;			/* the version that it goes to */
	const char *back_to;		/* the state that it goes back to, if it is at that revision; may be NULL */
	int32		at_revision;
	/* found, under the lock of its row */
	HeapTuple	row;
	const char *state;
	ElementStatus status;
	const Workflow *followed;	/* the version that it follows now */
	bool		goes;			/* it is one of those that the migration moves */
	int			target;			/* the state that it goes to */
	/* what came of it */
	DocumentOutcome outcome;
	int32		revision;		/* of its line of history; UNKNOWN_REVISION if it got none */
	const char *sqlstate;
	const char *message;
}			Document;

typedef struct Migration
{
	int64		id;
	const Structure *structure;
	AttachedTable *table;
	Jsonb	   *states;
	bool		by_docid;
	const char *actor;
	bool		actor_is_person;
	const char *position;
	TimestampTz started_at;
	int			pass;
	bool		is_undo;
	bool		has_newcomers;	/* documents may follow versions that were published after it had begun */
	bool		is_called;		/* in the caller's transaction: errors are raised, and locks waited for */
	List	   *documents;		/* of Document *, the batch in the order of docid */
}			Migration;

/* Reading */

/* The migrations that are due (int64 *), the one that has waited for longest first. */
List *
due_migrations(void)
{
	Datum		value = TimestampTzGetDatum(clock_now());
	QueryResult *result;
	List	   *ids = NIL;

	if (!own_relation_exists("migrations"))
		return NIL;
	result = own_execute(&find_due, &value, NULL);
	for (int i = 0; i < result->rows; i++)
	{
		int64	   *id = palloc_object(int64);

		*id = result_bigint(result, i, 1);
		ids = lappend(ids, id);
	}
	return ids;
}

/* When the next migration falls due; DT_NOEND if there is none. */
TimestampTz
next_due_migration(void)
{
	Datum		value = TimestampTzGetDatum(clock_now());
	QueryResult *result;

	if (!own_relation_exists("migrations"))
		return DT_NOEND;
	result = own_execute(&find_next, &value, NULL);
	return result->rows == 0 ? DT_NOEND : result_time(result, 0, 1, DT_NOEND);
}

static const Structure *
structure_of_migration(int64 id)
{
	Datum		value = Int64GetDatum(id);
	char	   *name = own_text(&find_structure, &value, NULL);
	const Structure *structure;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no migration " INT64_FORMAT, id)));
	structure = structure_by_name(name);
	if (structure == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("structure \"%s\" is not attached", name)));
	return structure;
}

/* The role that a migration acts as. */
Oid
role_of_migration(int64 id)
{
	return relation_owner(structure_relation(structure_of_migration(id)));
}

/* What a worker is doing. */
char *
describe_migration(int64 id)
{
	return psprintf("migration " INT64_FORMAT " of structure \"%s\"", id, structure_of_migration(id)->name);
}

/* Claim a migration until the end of the transaction; false if it is not to be had. */
static bool
claim_migration(Migration *migration)
{
	Datum		value = Int64GetDatum(migration->id);
	QueryResult *result = own_execute(migration->is_called ? &claim_waiting : &claim, &value, NULL);

	if (result->rows == 0)
		return false;
	migration->structure = structure_of_migration(migration->id);
	migration->states = result_jsonb(result, 0, 2);
	migration->by_docid = result_boolean(result, 0, 3);
	migration->actor = result_text(result, 0, 4);
	migration->actor_is_person = result_boolean(result, 0, 5);
	migration->position = result_text(result, 0, 6);
	migration->started_at = result_time(result, 0, 7, 0);
	migration->pass = result_int(result, 0, 8);
	migration->is_undo = result_boolean(result, 0, 9);
	migration->has_newcomers = result_boolean(result, 0, 10);
	return true;
}

static void
read_batch(Migration *migration)
{
	Datum		values[] = {
		Int64GetDatum(migration->id), CStringGetTextDatum(migration->position), Int32GetDatum(BATCH),
		Int32GetDatum(migration->pass),
	};
	QueryResult *result = own_execute(&take_batch, values, NULL);

	for (int i = 0; i < result->rows; i++)
	{
		Document   *document = palloc0_object(Document);

		document->docid = result_text(result, i, 1);
		document->to = workflow_by_id(result_int(result, i, 2));
		document->back_to = result_text(result, i, 3);
		document->at_revision = document->back_to == NULL ? UNKNOWN_REVISION : result_int(result, i, 4);
		document->revision = UNKNOWN_REVISION;
		migration->documents = lappend(migration->documents, document);
	}
	free_result(result);
}

/* Looking */

static int
compare_docid(const void *key, const void *element)
{
	return strcmp(key, (*(Document *const *) element)->docid);
}

static Document *
document_of_docid(const Migration *migration, const char *docid)
{
	ListCell   *found = bsearch(docid, migration->documents->elements, list_length(migration->documents),
								sizeof(ListCell), compare_docid);

	return found == NULL ? NULL : lfirst(found);
}

/* Lock the rows that are there; the others are gone, or put off. */
static void
lock_documents(Migration *migration, Relation relation)
{
	List	   *docids = NIL;
	ListCell   *cell;

	foreach(cell, migration->documents)
		docids = lappend(docids, (void *) ((Document *) lfirst(cell))->docid);
	foreach(cell, run_on_rows(migration->table, migration->is_called ? LOCK_ROWS : LOCK_FREE_ROWS, docids))
	{
		HeapTuple	row = lfirst(cell);
		char	   *docid = docid_of_row_or_null(migration->table, row, RelationGetDescr(relation));
		Document   *document = docid == NULL ? NULL : document_of_docid(migration, docid);

		if (document == NULL)
			continue;
		document->row = row;
		document->state = state_of_row(migration->table, row, RelationGetDescr(relation));
	}
}

/*
 * Is it in a state that the version does not have?  Then nothing else needs to be known,
 * unless it may follow a version that the migration has nothing to do with.
 */
static bool
must_leave_state(const Migration *migration, const Document *document)
{
	return document->row != NULL && document->state != NULL && document->to != NULL && document->back_to == NULL &&
		!migration->by_docid && !migration->has_newcomers &&
		state_index(document->to, document->state) == NO_STATE;
}

/* Does it follow a version that was published after the migration had begun? */
static bool
is_left_alone(const Migration *migration, const Document *document)
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
comes_by(const Migration *migration, const Document *document)
{
	if (document->followed != document->to)
		return true;
	return (document->status.workflow_id != document->to->id || document->status.at < migration->started_at) &&
		followed_before(migration->structure->successions, document->status.workflow_id, document->state,
						migration->started_at) != document->to;
}

/* The state that is given for another one; NULL if none is. */
static const char *
mapped_state(const Migration *migration, const Document *document)
{
	JsonbValue *value = !must_leave_state(migration, document) && !comes_by(migration, document) ? NULL :
		json_text_member(migration->states, document->state);

	return value == NULL ? NULL : json_text(value);
}

static void
fail(Migration *migration, Document *document, const char *sqlstate, const char *message)
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
find_target_state(Migration *migration, Document *document)
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
look_at(Migration *migration, Document *document)
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
keeps_state(const Document *document)
{
	return strcmp(document->to->states[document->target].name, document->state) == 0;
}

/* Documents that get another state */

typedef struct MovingGroup
{
	Move		move;
	List	   *documents;		/* of Document * */
}			MovingGroup;

/* In one statement. */
static void
move_group(void *argument)
{
	MovingGroup *group = argument;

	group->move.number_of_documents = list_length(group->documents);
	for (int i = 0; i < group->move.number_of_documents; i++)
	{
		const Document *document = list_nth(group->documents, i);

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
		Document   *document = document_of_docid(migration, group->move.documents[i].docid);

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
			((Document *) lfirst(cell))->outcome = PUT_OFF;
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
group_of(List **groups, const Migration *migration, const Document *document)
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
write_version(Document *document)
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
finish_document(Migration *migration, Relation relation, Document *document)
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

/* The batch */

static void
carry_out(Migration *migration, Relation relation)
{
	List	   *groups = NIL;
	ListCell   *cell;

	foreach(cell, migration->documents)
	{
		Document   *document = lfirst(cell);

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
		Document   *document = lfirst(cell);

		if (document->goes && document->outcome == DONE)
			finish_document(migration, relation, document);
	}
}

/* An array of texts or integers that may be null, being filled. */
typedef struct Column
{
	Datum		values[BATCH];
	bool		nulls[BATCH];
	int			number;
}			Column;

static void
add_text(Column *column, const char *text)
{
	column->nulls[column->number] = text == NULL;
	column->values[column->number++] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
add_int(Column *column, int32 value, bool isnull)
{
	column->nulls[column->number] = isnull;
	column->values[column->number++] = Int32GetDatum(value);
}

static Datum
array_of_column(Column *column, Oid type)
{
	int			lower = 1;

	return PointerGetDatum(construct_md_array(column->values, column->nulls, 1, &column->number, &lower, type,
											  type == INT4OID ? sizeof(int32) : -1, type == INT4OID, TYPALIGN_INT));
}

/* Is there something to say about a document?  The others have moved, as their history says. */
static bool
is_noted(const Migration *migration, const Document *document)
{
	return document->outcome != DONE || document->message != NULL || migration->by_docid;
}

/* Note what came of the documents, and how many there were. */
static void
note_batch(const Migration *migration, int *done, int *failed)
{
	enum
	{
		DOCID, STATUS, FROM_ID, FROM_STATE, REVISION, SQLSTATE, MESSAGE, COLUMNS
	};
	static const Oid types[COLUMNS] = {TEXTOID, TEXTOID, INT4OID, TEXTOID, INT4OID, TEXTOID, TEXTOID};
	Column	   *columns = palloc0(sizeof(Column) * COLUMNS);
	Datum		values[COLUMNS + 2] = {Int64GetDatum(migration->id)};
	ListCell   *cell;

	*done = *failed = 0;
	foreach(cell, migration->documents)
	{
		const Document *document = lfirst(cell);
		static const char *const statuses[] = {[PUT_OFF] = "pending", [DONE] = "done", [FAILED] = "failed"};

		*done += document->outcome == DONE;
		*failed += document->outcome == FAILED;
		if (!is_noted(migration, document))
			continue;
		add_text(&columns[DOCID], document->docid);
		add_text(&columns[STATUS], statuses[document->outcome]);
		add_int(&columns[FROM_ID], document->followed == NULL ? 0 : document->followed->id, document->followed == NULL);
		add_text(&columns[FROM_STATE], document->state);
		add_int(&columns[REVISION], document->revision, document->revision == UNKNOWN_REVISION);
		add_text(&columns[SQLSTATE], document->sqlstate);
		add_text(&columns[MESSAGE], document->message);
	}
	if (columns[DOCID].number == 0)
		return;
	for (int i = 0; i < COLUMNS; i++)
		values[i + 1] = array_of_column(&columns[i], types[i]);
	values[COLUMNS + 1] = Int32GetDatum(migration->pass + 1);
	(void) own_execute(&note_documents, values, NULL);
}

/* Go on behind POSITION, now or a moment later. */
static void
go_on_at(int64 id, const char *position, int done, int failed, int64 pause)
{
	Datum		values[] = {
		Int64GetDatum(id), CStringGetTextDatum(position), Int32GetDatum(done), Int32GetDatum(failed),
		TimestampTzGetDatum(GetCurrentTimestamp() + pause),
	};

	(void) own_execute(&note_progress, values, NULL);
}

/* The list has been gone through: once more, look for further documents, or end. */
static MigrationProgress
come_to_the_end(const Migration *migration)
{
	Datum		values[] = {Int64GetDatum(migration->id), Int32GetDatum(migration->pass + 1)};
	char	   *progress;

	if (own_execute(&begin_pass, values, NULL)->processed > 0)
	{
		go_on_at(migration->id, "", 0, 0, PAUSE_MICROSECONDS);
		return MIGRATION_WAITS;
	}
	progress = own_text(&list_or_end, values, NULL);
	if (strcmp(progress, "ended") == 0)
		return MIGRATION_ENDED;
	go_on_at(migration->id, "", 0, 0, strcmp(progress, "waits") == 0 ? PAUSE_MICROSECONDS : 0);
	return strcmp(progress, "waits") == 0 ? MIGRATION_WAITS : MIGRATION_GOES_ON;
}

/* One batch of a migration that was claimed. */
static MigrationProgress
work_on(Migration *migration)
{
	Relation	relation;
	int			done;
	int			failed;

	read_batch(migration);
	if (migration->documents == NIL)
		return come_to_the_end(migration);
	migration->table = attached_table(structure_relation(migration->structure), migration->structure->name);
	relation = table_open(migration->table->relid, RowExclusiveLock);
	lock_documents(migration, relation);
	carry_out(migration, relation);
	table_close(relation, NoLock);
	note_batch(migration, &done, &failed);
	go_on_at(migration->id, ((Document *) llast(migration->documents))->docid, done, failed, 0);
	return MIGRATION_GOES_ON;
}

/* The next batch of a migration, in a transaction of its own. */
MigrationProgress
migrate_batch(int64 id)
{
	Migration	migration = {.id = id};

	if (!claim_migration(&migration))
		return MIGRATION_NOT_DUE;
	become_owner_of(structure_relation(migration.structure), migration.actor, migration.actor_is_person);
	return work_on(&migration);
}

/*
 * A batch has failed as a whole: an administrator must see to it, unless it only had to
 * wait for others.
 */
void
note_migration_failure(int64 id, const ErrorData *error)
{
	Datum		values[] = {Int64GetDatum(id), CStringGetTextDatum(error->message)};

	if (is_lock_conflict(error->sqlerrcode))
	{
		values[1] = TimestampTzGetDatum(GetCurrentTimestamp() + PAUSE_MICROSECONDS);
		(void) own_execute(&postpone, values, NULL);
		return;
	}
	(void) own_execute(&note_failure, values, NULL);
	ereport(LOG,
			(errmsg("migration " INT64_FORMAT " failed: %s", id, error->message),
			 errhidestmt(true), errhidecontext(true)));
}

/* Was there nothing to do when it began? */
static bool
has_finished(int64 id)
{
	Datum		value = Int64GetDatum(id);
	char	   *status = own_text(&find_status, &value, NULL);

	return status != NULL && strcmp(status, "finished") == 0;
}

/* How often rows that others have made meanwhile are looked at again. */
#define MOST_TRIES 10

/* Batch by batch; false if it is not to be had, or waits for others in the end. */
static bool
finish(int64 id)
{
	int			tries = 0;

	while (tries < MOST_TRIES)
	{
		Migration	migration = {.id = id, .is_called = true};
		MigrationProgress progress;

		CHECK_FOR_INTERRUPTS();
		if (!claim_migration(&migration))
			return has_finished(id);
		progress = work_on(&migration);
		if (progress == MIGRATION_ENDED)
			return true;
		if (progress == MIGRATION_WAITS)
			tries++;
	}
	return false;
}

/*
 * smartwf.finish_migration(migration): in the caller's transaction, as the owner of the
 * table, like any batch.  Since the caller's transaction goes on, what the triggers of the
 * table do is a security-restricted operation: nothing of it can act later.
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_finish_migration);
Datum
smartwf_finish_migration(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	Actor		actor = {.name = actor_name(), .is_person = actor_is_person(), .person = person_of_caller()};
	Oid			relid;
	SavedUser	saved;
	int			level;
	bool		is_finished;

	if (!is_administrator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an administrator may migrate elements")));
	relid = structure_relation(structure_of_migration(id));
	actor.role = relation_owner(relid);
	saved = switch_to_actor(&actor);
	level = NewGUCNestLevel();
	set_search_path_of(relid, GUC_ACTION_SAVE);
	is_finished = finish(id);
	AtEOXact_GUC(true, level);
	restore_user(saved);
	if (!is_finished)
		ereport(NOTICE,
				(errmsg("migration " INT64_FORMAT " has not ended yet", id),
				 errdetail("It is paused, or others are still writing by the version of before."),
				 errhint("The workers go on with it, or CALL smartwf.work_migration(" INT64_FORMAT ").", id)));
	PG_RETURN_VOID();
}
