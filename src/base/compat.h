/*
 * compat.h
 *		All differences between PostgreSQL 15 and 19, and nothing else.
 */
#ifndef SMARTWF_COMPAT_H
#define SMARTWF_COMPAT_H

#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/rel.h"

#if PG_VERSION_NUM < 150000
#error "smartwf needs PostgreSQL 15 or later"
#endif

/* 16 replaced the many pg_xxx_aclcheck() functions by one. */
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_namespace.h"
#define function_aclcheck(function, role) \
	object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE)
#define schema_aclcheck(schema, role) \
	object_aclcheck(NamespaceRelationId, schema, role, ACL_USAGE)
#else
#define function_aclcheck(function, role) \
	pg_proc_aclcheck(function, role, ACL_EXECUTE)
#define schema_aclcheck(schema, role) \
	pg_namespace_aclcheck(schema, role, ACL_USAGE)
#endif

/* 17 has a macro for the kind of process. */
#if PG_VERSION_NUM < 170000
#define AmBackgroundWorkerProcess() IsBackgroundWorker
#endif

/* 18 has an argument that accepts a deferrable primary key. */
#if PG_VERSION_NUM >= 180000
#define primary_key_of(relation) RelationGetPrimaryKeyIndex(relation, false)
#else
#define primary_key_of(relation) RelationGetPrimaryKeyIndex(relation)
#endif

/* 18 can collect statistics of a scan, 19 added options. */
#if PG_VERSION_NUM >= 190000
#define begin_table_scan(relation, snapshot) \
	table_beginscan(relation, snapshot, 0, NULL, SO_NONE)
#else
#define begin_table_scan(relation, snapshot) \
	table_beginscan(relation, snapshot, 0, NULL)
#endif
#if PG_VERSION_NUM >= 190000
#define begin_index_scan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, NULL, keys, 0, SO_NONE)
#elif PG_VERSION_NUM >= 180000
#define begin_index_scan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, NULL, keys, 0)
#else
#define begin_index_scan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, keys, 0)
#endif

/* 16 keeps the settings in a hash table; before, they were an array. */
#include "utils/guc_tables.h"
static inline struct config_generic **
all_settings(int *number)
{
#if PG_VERSION_NUM >= 160000
	return get_guc_variables(number);
#else
	*number = GetNumConfigOptions();
	return get_guc_variables();
#endif
}

/* 19 keeps the type-specific part inside config_generic; before, it was around it. */
#if PG_VERSION_NUM >= 190000
#define setting_part(setting, type) (&(setting)->_##type)
#define setting_label(setting, value) config_enum_lookup_by_value(setting, value)
#else
#define setting_part(setting, type) ((struct config_##type *) (setting))
#define setting_label(setting, value) config_enum_lookup_by_value(setting_part(setting, enum), value)
#endif

/* 17 lets an index keep pages pinned from one inserted row to the next, until it is told that there are no more. */
#include "access/amapi.h"
#if PG_VERSION_NUM >= 170000
#define index_keeps_pages_pinned(index) ((index)->rd_indam->aminsertcleanup != NULL)
#else
#define index_keeps_pages_pinned(index) false
#endif

/* 17 takes the relation of the identity column. */
#include "catalog/dependency.h"
#if PG_VERSION_NUM >= 170000
#define identity_sequence(relation, column) getIdentitySequence(relation, column, false)
#else
#define identity_sequence(relation, column) \
	getIdentitySequence(RelationGetRelid(relation), column, false)
#endif

/* 18 has virtual generated columns: expand them. */
#if PG_VERSION_NUM >= 180000
#include "rewrite/rewriteHandler.h"
#define expand_virtual_columns(expression, relation) \
	expand_generated_columns_in_expr(expression, relation, 1)
#else
#define expand_virtual_columns(expression, relation) (expression)
#endif

/* 18 has constraints that are not enforced. */
#if PG_VERSION_NUM >= 180000
#define check_is_enforced(check) ((check)->ccenforced)
#else
#define check_is_enforced(check) (true)
#endif

/* 18 runs AFTER triggers as the role that was current when the event was queued. */
#define after_triggers_run_as_queued() (PG_VERSION_NUM >= 180000)

/* 19 passes a signal handler information about the sender. */
#if PG_VERSION_NUM >= 190000
#define signal_arguments postgres_signal_arg, pg_siginfo
#else
#define signal_arguments postgres_signal_arg
#endif

#endif
