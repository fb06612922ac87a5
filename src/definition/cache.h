/*
 * cache.h
 *		What a session remembers of definitions and attached tables.
 *
 * What was looked up stays readable until the end of the transaction, whatever
 * happens to the definition meanwhile.
 */
#ifndef SMARTWF_CACHE_H
#define SMARTWF_CACHE_H

#include "postgres.h"

typedef enum CacheKey
{
	BY_NAME,					/* a C string; outdated by a change of definitions */
	BY_NUMBER,					/* an int32; likewise */
	BY_RELATION					/* an Oid; by a change of that relation, too */
} CacheKey;

/*
 * A kind of cached definitions, owned by the file that builds them.
 *
 * build makes the definition of KEY in the current memory context, from what a
 * fresh snapshot shows; NULL if there is no such thing.
 *
 * is_current, which may be NULL, is asked whether what was built is still right,
 * after some definition has changed (of a table: after that table has), and saves
 * building it again.
 */
typedef struct DefinitionKind
{
	CacheKey	key;
	void	   *(*build) (const void *key);
	bool		(*is_current) (const void *key, const void *definition);
	struct HTAB *entries;		/* filled as needed */
	struct DefinitionKind *next;
}			DefinitionKind;

extern void *cache_look_up(DefinitionKind *kind, const void *key);
extern void require_definitions(void);
extern void cache_signal(void);
extern void cache_forget_number(DefinitionKind *kind, int32 number);
extern uint64 generation_of_functions(void);

#endif
