/*
 * answer.h
 *		The documented JSON of states, transitions and history.
 */
#ifndef SMARTWF_ANSWER_H
#define SMARTWF_ANSWER_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "attach/attached_table.h"
#include "definition/workflow.h"
#include "storage/element.h"
#include "transition/pass.h"

/* A query about an element. */
typedef struct ElementQuery
{
	const char *docid;
	const char *structure;		/* NULL if any */
	const char *name;			/* of the state or transition, if the query is about one */
	bool		all_states;
	HistoryPage page;			/* of its history */
}			ElementQuery;

/* Writes the documented data of an answer. */
typedef void (*Document) (const ElementQuery *query, StringInfo data);

extern void states_document(const ElementQuery *query, StringInfo data);
extern void state_document(const ElementQuery *query, StringInfo data);
extern void transitions_document(const ElementQuery *query, StringInfo data);
extern void transition_document(const ElementQuery *query, StringInfo data);
extern void history_document(const ElementQuery *query, StringInfo data);

extern void append_passed(StringInfo data, const char *docid, const char *asked, const Passed *passed);
extern void append_reached(StringInfo data, const char *docid, const char *asked, const Passed *passed);
extern char *visible_parameters(const AttachedTable *table, Jsonb *parameters);
extern void append_messages(StringInfo json, List *messages);
extern char *successful_answer(const char *data, List *messages);

#endif
