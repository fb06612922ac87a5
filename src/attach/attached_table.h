/*
 * attached_table.h
 *		Describes an attached table: which columns hold state and document id.
 */
#ifndef SMARTWF_ATTACHED_TABLE_H
#define SMARTWF_ATTACHED_TABLE_H

#include "postgres.h"

#include "access/htup.h"
#include "executor/spi.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "fmgr.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

#include "definition/workflow.h"

/* A row of smartwf.structures, with those of smartwf.successions. */
typedef struct Structure
{
	const char *name;
	const char *relation_schema;
	const char *relation_name;
	const char *workflow;
	const char *state_column;
	const char *docid_column;
	const char *docid_prefix;
	List	   *successions;	/* of Succession *, the latest first; see succession.c */
}			Structure;

/* The statements that smartwf runs on an attached table; see transition/table_statement.c. */
typedef enum Statement
{
	SEE_ROW, LOCK_ROW, CHANGE_STATE, READ_STATE,
	/* with permission as for the owner of the table */
	LOCK_ROW_AS_GRANTED, CHANGE_STATE_AS_GRANTED, READ_STATE_FOR_US, READ_ROW,
	/* the same, of many rows; FREE ones are those that no other session has locked */
	LOCK_ROWS, LOCK_FREE_ROWS, CHANGE_STATES,
	NUMBER_OF_STATEMENTS
} Statement;

/* One of these statements on one table, with its saved plan. */
typedef struct StatementOfTable
{
	struct AttachedTable *table;
	Statement	statement;
	SPIPlanPtr	plan;			/* NULL if not prepared yet */
}			StatementOfTable;

/*
 * A guard, analyzed for one table.  Plans are kept for a few of the users that
 * evaluate it, one each, since planning calls functions with the user's
 * rights.
 */
#define MOST_PLANS_OF_GUARD 8

typedef struct Guard
{
	const char *text;
	Node	   *expression;
	bool		calls_others;	/* it calls functions other than PostgreSQL's own */
	bool		depends_on_others;	/* on functions or types other than these */
	uint64		objects;		/* their generation when it was analyzed */
	MemoryContext context;
	int			number_of_plans;
	Oid			planned_by[MOST_PLANS_OF_GUARD];
	Expr	   *plans[MOST_PLANS_OF_GUARD];
	struct Guard *next;
}			Guard;

/* An attached table, or a partition or child of one. */
typedef struct AttachedTable
{
	Oid			relid;
	const Structure *structure;
	TupleDesc	descriptor;		/* by which the columns below were found */
	MemoryContext context;
	AttrNumber	state_column;
	Oid			state_type;		/* of the column, perhaps a domain */
	int32		state_typmod;
	bool		state_is_enum;
	FmgrInfo	state_output;
	AttrNumber	docid_column;
	Oid			docid_type;
	FmgrInfo	docid_output;
	FmgrInfo	docid_input;
	Oid			docid_input_parameter;
	int32		docid_typmod;
	bool		docid_depends_on_settings;
	bool		docid_is_padded;
	bool		timers_exist;	/* in any workflow */
	Bitmapset  *date_columns;	/* columns that timers count from */
	/* filled as needed */
	StatementOfTable statements[NUMBER_OF_STATEMENTS];
	Guard	   *guards;
}			AttachedTable;

extern const Structure *structure_by_name(const char *name);
extern AttachedTable *attached_table(Oid relid, const char *structure);
extern Oid	structure_relation(const Structure *structure);

extern Jsonb *element_as_jsonb(HeapTuple row, TupleDesc descriptor);
extern char *state_of_row(const AttachedTable *table, HeapTuple row, TupleDesc descriptor);
extern HeapTuple row_with_state(const AttachedTable *table, HeapTuple row,
								TupleDesc descriptor, const char *state);
extern HeapTuple row_with_generated(Relation relation, HeapTuple row);
extern bool same_value(HeapTuple a, HeapTuple b, TupleDesc descriptor, AttrNumber column);
extern int	pin_settings(void);
extern void unpin_settings(int level);
extern char *docid_of_row_or_null(const AttachedTable *table, HeapTuple row, TupleDesc descriptor);
extern char *docid_of_row(const AttachedTable *table, HeapTuple row, TupleDesc descriptor);
extern Datum key_of_docid(AttachedTable *table, const char *docid);

#endif
