/*
 * cache.h
 *		Caches definitions and attached tables for the session.
 *
 * A cached entry that was looked up stays valid until the end of the
 * transaction, even if the definition changes meanwhile.
 */
#ifndef SMARTWF_CACHE_H
#define SMARTWF_CACHE_H

#include "postgres.h"

typedef enum CacheKey
{
	BY_NAME,					/* a C string; invalidated by any change of definitions */
	BY_NUMBER,					/* an int32; likewise */
	BY_RELATION					/* an Oid; invalidated by a change of that relation, too */
} CacheKey;

/*
 * A kind of cached definitions, owned by the file that builds them.
 *
 * build makes the definition of KEY in the current memory context, as a fresh
 * snapshot shows it; NULL if there is none.
 *
 * is_current may be NULL.  It is called after some definition has changed (for
 * a table: after that table has) and returns whether the entry is still valid,
 * which saves building it again.
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
extern void cache_note_writing(void);
extern void cache_signal(void);
extern void cache_signal_for_certain(void);
extern void cache_forget_number(DefinitionKind *kind, int32 number);
extern uint64 generation_of_objects(void);

#endif
