/*
 * cache.h
 *		What a backend remembers of definitions and attached tables.
 *
 * One generation of definitions is alive at a time.  A change of any definition
 * retires all of it: what was looked up stays readable until the end of the
 * transaction, and the next look-up starts afresh.
 */
#ifndef SMARTWF_CACHE_H
#define SMARTWF_CACHE_H

#include "postgres.h"

typedef enum CacheKind
{
	WORKFLOW_BY_ID,				/* key: int32 */
	NEWEST_WORKFLOW,			/* key: name */
	STRUCTURE_BY_NAME,			/* key: name */
	TABLE_BY_OID,				/* key: Oid */
	FLOW_BY_ID,					/* key: int32 */
	NEWEST_FLOW,				/* key: name */
	NUMBER_OF_CACHES
} CacheKind;

/*
 * Builds the definition of KEY in the current memory context, from what a fresh
 * snapshot shows; NULL if there is no such thing.
 */
typedef void *(*Builder) (const void *key);

extern void *cache_look_up(CacheKind kind, const void *key, Builder build);
extern void require_definitions(void);
extern void cache_signal(void);

#endif
