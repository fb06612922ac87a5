/*
 * table_statement.h
 *		The few statements that smartwf runs on an attached table.
 */
#ifndef SMARTWF_TABLE_STATEMENT_H
#define SMARTWF_TABLE_STATEMENT_H

#include "postgres.h"

#include "access/htup.h"

#include "attach/attached_table.h"

extern uint64 run_on_row(AttachedTable *table, Statement statement, const char *docid);
extern List *run_on_rows(AttachedTable *table, Statement statement, List *docids);
extern HeapTuple read_row(AttachedTable *table, const char *docid);
extern bool read_state(AttachedTable *table, const char *docid, char **state);

extern char *key_equality(const AttachedTable *table);
extern bool may_select(const AttachedTable *table);
extern bool may_select_column(const AttachedTable *table, const char *name);
extern bool may_read_row(const AttachedTable *table);
extern bool sees_all_rows(const AttachedTable *table);
extern bool may_update_state(const AttachedTable *table, bool without_policies);

#endif
