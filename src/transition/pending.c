/*
 * pending.c
 *		Changes that were checked BEFORE and wait for their row to be stored.
 *
 * Between the two, other triggers may suppress the row, change it, or change
 * other rows and this one again.  So a checked change waits here, under its
 * document's name, until an AFTER trigger sees it stored.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "pending.h"

typedef struct PendingEntry
{
	const char *docid;
	Change	   *newest;			/* NULL: none left */
	char		status;
}			PendingEntry;

#define SH_PREFIX pending_table
#define SH_ELEMENT_TYPE PendingEntry
#define SH_KEY_TYPE const char *
#define SH_KEY docid
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) key, strlen(key))
#define SH_EQUAL(table, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Both live as long as the transaction. */
static MemoryContext pending_context = NULL;
static pending_table_hash *pending = NULL;

/* A row that left one partition and came to no other would leave its document without one. */
static void
require_arrivals(void)
{
	pending_table_iterator iterator;
	PendingEntry *entry;

	if (pending == NULL)
		return;
	pending_table_start_iterate(pending, &iterator);
	while ((entry = pending_table_iterate(pending, &iterator)) != NULL)
		if (entry->newest != NULL && entry->newest->has_moved && entry->newest->has_left)
			ereport(ERROR,
					(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
					 errmsg("document \"%s\" was lost on its way to another partition", entry->docid),
					 errhint("A trigger of that partition suppressed the row.")));
}

/* The transaction is over: its memory goes by itself. */
static void
forget_all(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		require_arrivals();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
	{
		pending_context = NULL;
		pending = NULL;
	}
}

/* What a subtransaction checked or recorded is undone with it. */
static void
forget_subtransaction(SubXactEvent event, SubTransactionId subtransaction,
					  SubTransactionId parent, void *argument)
{
	pending_table_iterator iterator;
	PendingEntry *entry;

	if (event != SUBXACT_EVENT_ABORT_SUB || pending == NULL)
		return;
	pending_table_start_iterate(pending, &iterator);
	while ((entry = pending_table_iterate(pending, &iterator)) != NULL)
	{
		while (entry->newest != NULL && entry->newest->made_in >= subtransaction)
			entry->newest = entry->newest->older;
		for (Change *change = entry->newest; change != NULL; change = change->older)
			if (change->recorded_in >= subtransaction)
				change->recorded_in = InvalidSubTransactionId;
	}
}

/* At load: hear of the end of transactions. */
void
pending_init(void)
{
	RegisterXactCallback(forget_all, NULL);
	RegisterSubXactCallback(forget_subtransaction, NULL);
}

/* The common case: nothing waits, and no document id need be made. */
bool
pending_is_empty(void)
{
	return pending == NULL || pending->members == 0;
}

/* A change that waits, in memory of its own; the caller fills it. */
Change *
pending_add(const char *docid)
{
	MemoryContext outer;
	PendingEntry *entry;
	Change	   *change;
	bool		found;

	if (pending == NULL)
	{
		pending_context = AllocSetContextCreate(TopTransactionContext,
												"smartwf pending changes",
												ALLOCSET_SMALL_SIZES);
		pending = pending_table_create(pending_context, 8, NULL);
	}
	outer = MemoryContextSwitchTo(pending_context);
	change = palloc0_object(Change);
	change->docid = pstrdup(docid);
	change->made_in = GetCurrentSubTransactionId();
	entry = pending_table_insert(pending, change->docid, &found);
	change->older = found ? entry->newest : NULL;
	entry->newest = change;
	MemoryContextSwitchTo(outer);
	return change;
}

/* The newest change of a document that waits, NULL if none does. */
Change *
pending_newest(const char *docid)
{
	PendingEntry *entry = pending == NULL ? NULL : pending_table_lookup(pending, docid);

	return entry == NULL ? NULL : entry->newest;
}

/* The newest of them that leads from one state to the other. */
Change *
pending_find(const char *docid, int from, int to)
{
	Change	   *change = pending_newest(docid);

	while (change != NULL && (change->from != from || change->to != to))
		change = change->older;
	return change;
}

/* A change need not wait any longer. */
void
pending_remove(Change *change)
{
	PendingEntry *entry = pending_table_lookup(pending, change->docid);
	Change	  **link = &entry->newest;

	while (*link != change)
		link = &(*link)->older;
	*link = change->older;
	if (change->checked_row != NULL)
		heap_freetuple(change->checked_row);
	if (change->actor != NULL)
		pfree(change->actor);
	if (change->from_state != NULL)
		pfree(change->from_state);
	change->checked_row = NULL;
	change->actor = change->from_state = NULL;
	if (entry->newest == NULL)
	{
		bool		owns_key = entry->docid == change->docid;

		pending_table_delete(pending, change->docid);
		if (owns_key)
		{
			pfree(change->docid);
			pfree(change);
		}
	}
}
