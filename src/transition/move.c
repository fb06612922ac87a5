/*
 * move.c
 *		Brings documents to a state of another version of their workflow.
 *
 * As anything else, that is an UPDATE which the triggers check and record; they learn
 * from the request that no transition leads there, and to which version.
 */
#include "postgres.h"

#include "move.h"
#include "storage/element.h"
#include "table_statement.h"

static int
compare_documents(const void *a, const void *b)
{
	return strcmp(((const MovedDocument *) a)->docid, ((const MovedDocument *) b)->docid);
}

/* The documents in order, with nothing known of them yet; their names (char *). */
static List *
prepare_documents(const Move *move)
{
	List	   *docids = NIL;

	qsort(move->documents, move->number_of_documents, sizeof(MovedDocument), compare_documents);
	for (int i = 0; i < move->number_of_documents; i++)
	{
		move->documents[i].is_taken_over = move->documents[i].has_left = false;
		move->documents[i].revision = UNKNOWN_REVISION;
		docids = lappend(docids, (void *) move->documents[i].docid);
	}
	return docids;
}

/*
 * Bring the documents to the state, in one statement.  Each is told the revision of
 * its line of history; one without was not changed, since another trigger would not.
 */
void
move_documents(const Move *move)
{
	Request		request = {
		.workflow = move->workflow, .target = move->state, .comment = move->comment,
		.revisions = move->revisions,
		.moved = move->documents, .number_moved = move->number_of_documents,
	};
	List	   *volatile docids = prepare_documents(move);	/* for the compiler: it is not changed below */

	request_push(&request);
	PG_TRY();
	{
		if (move->as_caller)
			(void) run_on_row(move->table, CHANGE_STATE, linitial(docids));
		else
			(void) run_on_rows(move->table, CHANGE_STATES, docids);
	}
	PG_FINALLY();
	{
		request_pop(&request);
	}
	PG_END_TRY();
}
