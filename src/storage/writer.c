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
	struct Writer *next;
}			Writer;

/* The writers of a statement whose AFTER triggers fire. */
typedef struct KeptWriters
{
	Writer	   *writers;
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

/*
 * Pages that an index keeps pinned belong to the subtransaction that inserts the row.
 * It lets go of them when it ends, at the latest when it fails: nothing is to be kept
 * that the next row, or the end of the statement, would take for pinned.
 */
static void
keep_no_pages(Writer *writer, bool are_pinned)
{
	for (int i = 0; i < writer->result->ri_NumIndices; i++)
	{
		Relation	index = writer->result->ri_IndexRelationDescs[i];
		IndexInfo  *info = writer->result->ri_IndexRelationInfo[i];

		if (!keeps_pages_pinned(index))
			continue;
		if (are_pinned)
			unpin_pages(index, info);
		info->ii_AmCache = NULL;
	}
}

/* The locks stay, as those of a statement would. */
static void
close_writer(Writer *writer)
{
	keep_no_pages(writer, false);
	ExecCloseIndices(writer->result);
	ExecDropSingleTupleTableSlot(writer->slot);
	ExecDropSingleTupleTableSlot(writer->place);
	ExecCloseResultRelations(writer->estate);
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	FreeExecutorState(writer->estate);
	table_close(writer->relation, NoLock);
	pfree(writer);
}

/* The statement's own writer for a table, opened now if not before. */
static Writer *
kept_writer(Oid relid)
{
	Writer	   *writer = kept->writers;
	MemoryContext outer;
	ResourceOwner owner = CurrentResourceOwner;

	while (writer != NULL && RelationGetRelid(writer->relation) != relid)
		writer = writer->next;
	if (writer != NULL)
		return writer;
	/* we may be in a subtransaction, which ends before the statement does */
	outer = MemoryContextSwitchTo(kept->context);
	CurrentResourceOwner = kept->owner;
	writer = open_writer(relid);
	CurrentResourceOwner = owner;
	MemoryContextSwitchTo(outer);
	writer->next = kept->writers;
	kept->writers = writer;
	return writer;
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
	for (Writer *writer = mine.writers, *next; writer != NULL; writer = next)
	{
		next = writer->next;
		close_writer(writer);
	}
}

/* At load. */
void
writer_init(void)
{
	previous_executor_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = finish_with_writers;
}

static void
write_row(Writer *writer, HeapTuple row, ItemPointer old)
{
	keep_no_pages(writer, false);
	ExecStoreHeapTuple(row, writer->slot, false);
	if (old == NULL)
		ExecSimpleRelationInsert(writer->result, writer->estate, writer->slot);
	else
	{
		EPQState	no_recheck = {0};

		writer->place->tts_tid = *old;
		ExecSimpleRelationUpdate(writer->result, writer->estate, &no_recheck, writer->place, writer->slot);
	}
	keep_no_pages(writer, true);
	row->t_self = writer->slot->tts_tid;
	ExecClearTuple(writer->slot);
}

/* Write a row: a new one, or the next version of the one at OLD. */
void
store_row(Relation relation, HeapTuple row, ItemPointer old)
{
	Oid			relid = RelationGetRelid(relation);
	Writer	   *writer;

	/* smartwf has no triggers on these tables, but somebody may: they fire row by row */
	if (relation->trigdesc != NULL)
	{
		writer = open_writer(relid);
		AfterTriggerBeginQuery();
		write_row(writer, row, old);
		AfterTriggerEndQuery(writer->estate);
		close_writer(writer);
	}
	else if (kept == NULL)
	{
		writer = open_writer(relid);
		write_row(writer, row, old);
		close_writer(writer);
	}
	else
	{
		writer = kept_writer(relid);
		write_row(writer, row, old);
		ResetPerTupleExprContext(writer->estate);
	}
}
