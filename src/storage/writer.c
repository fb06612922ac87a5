/*
 * writer.c
 *		Writing rows of smartwf's tables without a statement.
 *
 * To open a table's indexes for each row costs as much as a look-up.  Nearly all rows
 * are written by the AFTER triggers of some statement, and these fire within its
 * ExecutorFinish: what was opened for a table is kept until that is over.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/compat.h"
#include "writer.h"

/* What it takes to write rows of one table. */
typedef struct Writer
{
	Relation	relation;
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot *slot;		/* of the new row */
	TupleTableSlot *place;		/* of the one that it replaces */
}			Writer;

typedef struct KeptWriter
{
	Oid			relid;
	Writer	   *writer;			/* NULL: not for this table */
	struct KeptWriter *next;
}			KeptWriter;

/* The writers of a statement whose AFTER triggers fire. */
typedef struct KeptWriters
{
	KeptWriter *writers;
	MemoryContext context;		/* of the statement */
	ResourceOwner owner;
}			KeptWriters;

static KeptWriters *kept = NULL;

static ExecutorFinish_hook_type previous_executor_finish = NULL;

static Writer *
open_writer(Oid relid)
{
	Writer	   *writer = palloc0(sizeof(Writer));

	writer->relation = table_open(relid, RowExclusiveLock);
	writer->estate = CreateExecutorState();
	writer->result = makeNode(ResultRelInfo);
	writer->slot = MakeSingleTupleTableSlot(RelationGetDescr(writer->relation), &TTSOpsHeapTuple);
	writer->place = MakeSingleTupleTableSlot(RelationGetDescr(writer->relation), &TTSOpsHeapTuple);
	InitResultRelInfo(writer->result, writer->relation, 0, NULL, 0);
	ExecOpenIndices(writer->result, false);
	return writer;
}

/* The locks stay, as those of a statement would. */
static void
close_writer(Writer *writer)
{
	ExecCloseIndices(writer->result);
	ExecDropSingleTupleTableSlot(writer->slot);
	ExecDropSingleTupleTableSlot(writer->place);
	ExecCloseResultRelations(writer->estate);
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	FreeExecutorState(writer->estate);
	table_close(writer->relation, NoLock);
	pfree(writer);
}

/* Does some index keep pages pinned from one row to the next?  They belong to a subtransaction. */
static bool
has_pinned_pages(const Writer *writer)
{
	for (int i = 0; i < writer->result->ri_NumIndices; i++)
		if (index_keeps_pages_pinned(writer->result->ri_IndexRelationDescs[i]))
			return true;
	return false;
}

/* Open a writer that lasts as long as the statement, though we may be in a subtransaction. */
static Writer *
open_for_statement(Oid relid)
{
	MemoryContext outer = MemoryContextSwitchTo(kept->context);
	ResourceOwner owner = CurrentResourceOwner;
	Writer	   *writer;

	CurrentResourceOwner = kept->owner;
	writer = open_writer(relid);
	if (has_pinned_pages(writer))
	{
		close_writer(writer);
		writer = NULL;
	}
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(outer);
	return writer;
}

/* The statement's own writer for a table; NULL if none is to be kept. */
static Writer *
kept_writer(Relation relation)
{
	Oid			relid = RelationGetRelid(relation);
	KeptWriter *entry;

	/* smartwf has no triggers on these tables, but somebody may: they fire row by row */
	if (kept == NULL || relation->trigdesc != NULL)
		return NULL;
	for (entry = kept->writers; entry != NULL; entry = entry->next)
		if (entry->relid == relid)
			return entry->writer;
	entry = MemoryContextAllocZero(kept->context, sizeof(KeptWriter));
	entry->relid = relid;
	entry->writer = open_for_statement(relid);
	entry->next = kept->writers;
	kept->writers = entry;
	return entry->writer;
}

/*
 * The AFTER triggers of a statement.  After an error, the resource owner and the
 * memory context of the statement release what its writers have open.
 */
static void
finish_with_writers(QueryDesc *query)
{
	KeptWriters *outer = kept;
	KeptWriters mine = {NULL, query->estate->es_query_cxt, CurrentResourceOwner};

	kept = &mine;
	PG_TRY();
	{
		if (previous_executor_finish)
			previous_executor_finish(query);
		else
			standard_ExecutorFinish(query);
	}
	PG_FINALLY();
	{
		kept = outer;
	}
	PG_END_TRY();
	for (KeptWriter *entry = mine.writers; entry != NULL; entry = entry->next)
		if (entry->writer != NULL)
			close_writer(entry->writer);
}

/* At load. */
void
writer_init(void)
{
	previous_executor_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_with_writers;
}

static HeapTuple
write_row(Writer *writer, HeapTuple row, ItemPointer old)
{
	/* by which triggers lock the row that they are shown */
	writer->estate->es_output_cid = GetCurrentCommandId(true);
	if (old != NULL)
		writer->place->tts_tid = *old;
	ItemPointerSetInvalid(&row->t_self);
	ExecStoreHeapTuple(row, writer->slot, false);
	if (old == NULL)
		ExecSimpleRelationInsert(writer->result, writer->estate, writer->slot);
	else
	{
		EPQState	no_recheck = {0};

		ExecSimpleRelationUpdate(writer->result, writer->estate, &no_recheck, writer->place, writer->slot);
	}
	if (!ItemPointerIsValid(&writer->slot->tts_tid))
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("a trigger of table \"smartwf.%s\" suppressed a row", RelationGetRelationName(writer->relation)),
				 errhint("Triggers may change rows of smartwf's tables, but not keep them from being stored.")));
	/* a trigger may have made another row of it */
	if (writer->relation->trigdesc != NULL)
		row = ExecCopySlotHeapTuple(writer->slot);
	row->t_self = writer->slot->tts_tid;
	ExecClearTuple(writer->slot);
	return row;
}

/* Write a row: a new one, or the next version of the one at OLD.  The row as it was stored. */
HeapTuple
store_row(Relation relation, HeapTuple row, ItemPointer old)
{
	Writer	   *writer = kept_writer(relation);

	if (writer != NULL)
	{
		row = write_row(writer, row, old);
		ResetPerTupleExprContext(writer->estate);
		return row;
	}
	writer = open_writer(RelationGetRelid(relation));
	if (relation->trigdesc != NULL)
		AfterTriggerBeginQuery();
	row = write_row(writer, row, old);
	if (relation->trigdesc != NULL)
		AfterTriggerEndQuery(writer->estate);
	close_writer(writer);
	return row;
}
