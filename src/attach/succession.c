/*
 * succession.c
 *		Which version of its workflow a document follows.
 *
 * A structure moves to another version by a row that says which version is followed
 * instead: no document is touched.  One whose state the other version does not have
 * stays with its own until a migration has changed that state, so that a document is
 * in a state of its version at any time, whoever writes it meanwhile.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "storage/own_statement.h"
#include "storage/own_table.h"
#include "storage/result.h"
#include "succession.h"

/* Those of a structure (Succession *), the latest first. */
List *
read_successions(const char *structure)
{
	Oid			type = TEXTOID;
	Datum		name = CStringGetTextDatum(structure);
	QueryResult *result;
	List	   *successions = NIL;

	if (!own_relation_exists("successions"))
		return NIL;
	result = read_as_owner("SELECT version_id, successor_id, at, actor, ended_at, ended_by FROM smartwf.successions"
						   " WHERE structure" EQ "$1 ORDER BY id DESC", 1, &type, &name);
	for (int i = 0; i < result->rows; i++)
	{
		Succession *succession = palloc0_object(Succession);

		succession->version_id = result_int(result, i, 1);
		succession->successor_id = result_int(result, i, 2);
		succession->at = result_time(result, i, 3, 0);
		succession->actor = result_text(result, i, 4);
		succession->ended_at = result_time(result, i, 5, DT_NOEND);
		succession->has_ended = succession->ended_at != DT_NOEND;
		succession->ended_by = result_text(result, i, 6);
		successions = lappend(successions, succession);
	}
	free_result(result);
	return successions;
}

/* In the current memory context. */
List *
copy_successions(const List *successions)
{
	List	   *copies = NIL;
	ListCell   *cell;

	foreach(cell, successions)
	{
		Succession *copy = palloc_object(Succession);

		*copy = *(const Succession *) lfirst(cell);
		copy->actor = pstrdup(copy->actor);
		if (copy->ended_by != NULL)
			copy->ended_by = pstrdup(copy->ended_by);
		copies = lappend(copies, copy);
	}
	return copies;
}

/*
 * The version that a document followed at some time which was in STATE, and whose last
 * line of history named a version; NULL if there is no such version.
 */
const Workflow *
followed_before(const List *successions, int32 version_id, const char *state, TimestampTz time)
{
	ListCell   *cell;

	foreach(cell, successions)
	{
		const Succession *succession = lfirst(cell);
		const Workflow *successor;

		if (succession->version_id != version_id || succession->at >= time || succession->ended_at < time || state == NULL)
			continue;
		successor = workflow_by_id(succession->successor_id);
		if (successor != NULL && state_index(successor, state) != NO_STATE)
			return successor;
	}
	return workflow_by_id(version_id);
}

/* The version that such a document follows now. */
const Workflow *
followed_workflow(const List *successions, int32 version_id, const char *state)
{
	return successions == NIL ? workflow_by_id(version_id) :
		followed_before(successions, version_id, state, DT_NOEND);
}
