/*
 * compat.h
 *		All differences between PostgreSQL 14 and 18, and nothing else.
 */
#ifndef SMARTWF_COMPAT_H
#define SMARTWF_COMPAT_H

#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/rel.h"

#if PG_VERSION_NUM < 140000
#error "smartwf needs PostgreSQL 14 or later"
#endif

/* 15 has the value of a literal in its node, and no longer a node of its own. */
static inline char *
string_literal(Node *node)
{
	A_Const    *literal = (A_Const *) node;

	if (!IsA(node, A_Const))
		return NULL;
#if PG_VERSION_NUM >= 150000
	return !literal->isnull && IsA(&literal->val, String) ? strVal(&literal->val) : NULL;
#else
	return IsA(&literal->val, String) ? strVal(&literal->val) : NULL;
#endif
}

/* 15 reserves the prefix of our settings; 14 can only warn of strangers. */
#if PG_VERSION_NUM < 150000
#define MarkGUCPrefixReserved(prefix) EmitWarningsOnPlaceholders(prefix)
#endif

/* 15 made the set-up of a materialized result one call. */
#if PG_VERSION_NUM < 150000
#include "executor/executor.h"
#include "funcapi.h"
static inline void
InitMaterializedSRF(FunctionCallInfo fcinfo, int flags)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext outer = CurrentMemoryContext;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		(result->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &result->setDesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result->setDesc = CreateTupleDescCopy(result->setDesc);
	result->returnMode = SFRM_Materialize;
	result->setResult = tuplestore_begin_heap(true, false, work_mem);
	MemoryContextSwitchTo(outer);
}
#endif

/* 16 made one function of the many pg_xxx_aclcheck(). */
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

/* 17 asks by a macro what kind of process this is. */
#if PG_VERSION_NUM < 170000
#define AmBackgroundWorkerProcess() IsBackgroundWorker
#endif

/* 18 asks whether a deferrable primary key will do. */
#if PG_VERSION_NUM >= 180000
#define primary_key_of(relation) RelationGetPrimaryKeyIndex(relation, false)
#define begin_index_scan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, NULL, keys, 0)
#else
#define primary_key_of(relation) RelationGetPrimaryKeyIndex(relation)
#define begin_index_scan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, keys, 0)
#endif

/* 16 keeps the settings in a hash table, and hands out a list of them. */
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

/* 17 wants the relation of an identity column itself. */
#include "catalog/dependency.h"
#if PG_VERSION_NUM >= 170000
#define identity_sequence(relation, column) getIdentitySequence(relation, column, false)
#else
#define identity_sequence(relation, column) \
	getIdentitySequence(RelationGetRelid(relation), column, false)
#endif

/* 18 has generated columns that are not stored: put their expressions in. */
#if PG_VERSION_NUM >= 180000
#include "rewrite/rewriteHandler.h"
#define expand_virtual_columns(expression, relation) \
	expand_generated_columns_in_expr(expression, relation, 1)
#else
#define expand_virtual_columns(expression, relation) (expression)
#endif

/* 18 runs AFTER triggers as the role that was current when their event came. */
#define after_triggers_run_as_queued() (PG_VERSION_NUM >= 180000)

/* 15 has its own generator of random numbers. */
#if PG_VERSION_NUM >= 150000
#include "common/pg_prng.h"
#define random_fraction() pg_prng_double(&pg_global_prng_state)
#else
#define random_fraction() ((double) random() / ((double) MAX_RANDOM_VALUE + 1))
#endif

/* 15 brought the typed palloc() to the backend. */
#ifndef palloc0_array
#define palloc0_object(type) ((type *) palloc0(sizeof(type)))
#define palloc_array(type, count) ((type *) palloc(sizeof(type) * (count)))
#define palloc0_array(type, count) ((type *) palloc0(sizeof(type) * (count)))
#endif

#endif
