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

/*
 * Builds the definition of KEY in the current memory context, from what a fresh
 * snapshot shows; NULL if there is no such thing.
 */
typedef void *(*Builder) (const void *key);

typedef enum CacheKey
{
	BY_NAME,					/* a C string */
	BY_NUMBER,					/* an int32 */
	BY_RELATION					/* an Oid; outdated by a change of that relation, too */
} CacheKey;

/* A kind of cached definitions, owned by the file that builds them. */
typedef struct DefinitionKind
{
	CacheKey	key;
	Builder		build;
	struct HTAB *entries;		/* filled as needed */
	struct DefinitionKind *next;
}			DefinitionKind;

extern void *cache_look_up(DefinitionKind *kind, const void *key);
extern void require_definitions(void);
extern void cache_signal(void);

#endif
