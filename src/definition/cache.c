/*
 * cache.c
 *		What a backend remembers of definitions and attached tables.
 *
 * The states follow PostgreSQL's evtcache.c: an invalidation that comes in
 * while a definition is built leaves that definition out of the cache, so that the
 * next look-up builds it again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "storage/own_table.h"
#include "cache.h"

typedef enum CacheState
{
	NEEDS_REBUILD, REBUILDING, VALID
} CacheState;

typedef union EntryKey
{
	char		name[NAMEDATALEN * 4];	/* longer names are not cached */
	int32		number;
	Oid			relation;
}			EntryKey;

typedef struct CacheEntry
{
	EntryKey	key;
	void	   *definition;
}			CacheEntry;

static OwnRelation workflows = {"workflows"};	/* whose relcache entry carries the signal */
static CacheState cache_state = NEEDS_REBUILD;
static Oid	signalled_relation = InvalidOid;	/* see cache_signal() */
static MemoryContext cache_context = NULL;
static DefinitionKind *kinds = NULL;	/* those of the present generation */

/* Only sets a flag: it may be called anywhere. */
static void
forget(Datum argument, Oid relation)
{
	if (cache_state == NEEDS_REBUILD)
		return;
	if (!OidIsValid(relation) || relation == signalled_relation)
		cache_state = NEEDS_REBUILD;
	for (DefinitionKind *kind = kinds; kind != NULL; kind = kind->next)
		if (kind->key == BY_RELATION && hash_search(kind->entries, &relation, HASH_FIND, NULL) != NULL)
			cache_state = NEEDS_REBUILD;
}

/* A function that a guard or a hook names may have gone or come. */
static void
forget_all(Datum argument, int cacheid, uint32 hashvalue)
{
	cache_state = NEEDS_REBUILD;
}

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, forget_all, (Datum) 0);
	registered = true;
}

/*
 * Start a generation.  The one before may still be in use further up the
 * stack, so it goes with the transaction, not now.
 */
static void
start_generation(void)
{
	register_callbacks();
	signalled_relation = own_relation_oid(&workflows);
	if (cache_context != NULL)
		MemoryContextSetParent(cache_context, TopTransactionContext);
	cache_context = AllocSetContextCreate(CacheMemoryContext,
										  "smartwf definitions",
										  ALLOCSET_DEFAULT_SIZES);
	for (; kinds != NULL; kinds = kinds->next)
		kinds->entries = NULL;
	cache_state = VALID;
}

/* A kind is looked up for the first time in this generation. */
static void
add_kind(DefinitionKind *kind)
{
	bool		by_name = kind->key == BY_NAME;
	HASHCTL		control = {
		.keysize = by_name ? sizeof(EntryKey) : sizeof(uint32),
		.entrysize = sizeof(CacheEntry),
		.hcxt = cache_context,
	};

	kind->entries = hash_create("smartwf cache", 16, &control,
								HASH_ELEM | HASH_CONTEXT | (by_name ? HASH_STRINGS : HASH_BLOBS));
	kind->next = kinds;
	kinds = kind;
}

/* Build the definition; keep it unless it was outdated before it was done. */
static void *
build_definition(DefinitionKind *kind, const void *key)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext,
												  "smartwf definition",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	MemoryContext generation = cache_context;
	void	   *definition;

	cache_state = REBUILDING;
	definition = kind->build(key);
	MemoryContextSwitchTo(outer);

	if (cache_state == NEEDS_REBUILD || generation != cache_context)
		return definition;
	cache_state = VALID;
	if (definition != NULL)
	{
		CacheEntry *entry = hash_search(kind->entries, key, HASH_ENTER, NULL);

		entry->definition = definition;
		MemoryContextSetParent(context, cache_context);
	}
	return definition;
}

/*
 * The definition of KEY, from memory or built now.  A long transaction that holds
 * all its locks would not hear of changes by itself.
 */
void *
cache_look_up(DefinitionKind *kind, const void *key)
{
	CacheEntry *entry;

	if (kind->key == BY_NAME && strlen(key) >= sizeof(EntryKey))
		return kind->build(key);
	AcceptInvalidationMessages();
	if (cache_state == NEEDS_REBUILD)
		start_generation();
	if (kind->entries == NULL)
		add_kind(kind);
	entry = hash_search(kind->entries, key, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->definition;
	return build_definition(kind, key);
}

/* Raise an error if the extension is gone. */
void
require_definitions(void)
{
	(void) own_relation_oid(&workflows);
}

/* Tell every session, this one included, that definitions have changed. */
void
cache_signal(void)
{
	CacheInvalidateRelcacheByRelid(own_relation_oid(&workflows));
}
