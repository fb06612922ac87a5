/*
 * element.h
 *		Storage: the only module that reads and writes elements and history.
 */
#ifndef SMARTWF_ELEMENT_H
#define SMARTWF_ELEMENT_H

#include "postgres.h"

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef struct Element
{
	const char *docid;
	char	   *structure;
	int32		workflow_id;
	char	   *locked_by;		/* NULL: not locked */
	bool		locked_by_person;
	bool		lock_is_temporary;
	bool		is_deleted;
	TimestampTz created_at;		/* what ended before is of another structure's document */
	HeapTuple	tuple;			/* as read, for a change */
}			Element;

/* What a check needs to know of an element. */
typedef struct ElementStatus
{
	int32		workflow_id;
	int32		revision;		/* of its last line of history */
	char	   *state;			/* that the line says it is in */
	TimestampTz at;				/* when the line was written */
	char	   *locked_by;		/* NULL: not locked */
	bool		locked_by_person;
	bool		lock_is_temporary;
}			ElementStatus;

#define UNKNOWN_REVISION (-1)

typedef struct HistoryLine
{
	int32		revision;		/* UNKNOWN_REVISION: the next one */
	const char *docid;
	const char *transition;		/* this and what follows may be NULL */
	const char *from_state;
	const char *to_state;
	const char *comment;
	Jsonb	   *parameters;
	int32		workflow_id;
	const char *actor;
	/* set by reading only */
	TimestampTz at;
	List	   *messages;		/* of char * */
}			HistoryLine;

/* Which lines of a document's history, newest first. */
typedef struct HistoryPage
{
	bool		has_end;
	int32		before;			/* if so: only those of earlier revisions */
	int32		most;			/* 0: as many as usual */
}			HistoryPage;

extern bool element_status_read(const char *docid, ElementStatus *status);
extern bool element_read(const char *docid, Element *element);
extern void element_insert(const char *docid, const char *structure, int32 workflow_id);
extern bool element_read_locked(const char *docid, Element *element);
extern void element_revive(Element *element, const char *structure, int32 workflow_id);
extern void element_delete(Element *element);
extern void element_lock(Element *element, const char *actor, bool is_person, bool is_temporary);
extern void element_unlock(Element *element);
extern void element_follow(Element *element, int32 workflow_id);

extern HeapTuple history_append(const HistoryLine *line);
extern List *history_read(const Element *element, const HistoryPage *page);
extern void history_set_messages(HeapTuple line, ArrayType *messages);

#endif
