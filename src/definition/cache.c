/*
 * cache.c
 *		What a session remembers of definitions and attached tables.
 *
 * An entry is valid for one generation.  A change of any definition starts the
 * next; what was cached then is asked whether it is still right when it is looked
 * up.  An invalidation that comes in while a definition is built finds it with
 * the generation of before, so that the next look-up does not trust it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "storage/own_table.h"
#include "cache.h"

typedef union EntryKey
{
	char		name[NAMEDATALEN * 4];	/* longer names are not cached */
	int32		number;
	Oid			relation;
}			EntryKey;

typedef struct CacheEntry
{
	EntryKey	key;
	void	   *definition;		/* NULL: none, or outdated */
	MemoryContext context;
	uint64		generation;		/* of definitions, when it was built or found right */
	bool		is_suspect;		/* BY_RELATION: its relation has changed */
}			CacheEntry;

static OwnRelation workflows = {"workflows"};	/* whose relcache entry carries the signal */
static Oid	signalled_relation = InvalidOid;	/* see cache_signal() */

/* For cache_signal_for_certain(): a sequence, since ANALYZE invalidates tables. */
static OwnRelation numbers = {"workflows_id_seq"};
static Oid	certain_relation = InvalidOid;
static MemoryContext cache_context = NULL;
static DefinitionKind *kinds = NULL;

/* Generations of what definitions are made of. */
static uint64 definitions = 1;
static uint64 certainly = 0;	/* nothing of that generation or before is right, whatever it says itself */
static uint64 relations = 1;	/* any relation: tells only whether one changed while we built */
static uint64 objects = 1;	/* functions, operators, types and what else guards are made of */

/* Only counts and marks: it may be called anywhere. */
static void
relation_has_changed(Datum argument, Oid relation)
{
	relations++;
	if (!OidIsValid(relation) || relation == certain_relation)
		certainly = definitions++;
	else if (relation == signalled_relation)
		definitions++;
	for (DefinitionKind *kind = kinds; kind != NULL; kind = kind->next)
	{
		CacheEntry *entry = kind->key != BY_RELATION ? NULL :
			hash_search(kind->entries, &relation, HASH_FIND, NULL);

		if (entry != NULL)
			entry->is_suspect = true;
	}
}

static void
object_has_changed(Datum argument, int cacheid, uint32 hashvalue)
{
	objects++;
}

/* What the analysis of a guard has looked up. */
static const int objects_of_guards[] = {PROCOID, OPEROID, TYPEOID, NAMESPACEOID, CASTSOURCETARGET, CONSTROID};

/* Has this transaction written definitions, and built some from what it had written itself? */
static bool has_written = false;
static bool has_own_reading = false;

/* What it had written is undone, perhaps before any signal was sent. */
static void
forget_own_reading(bool is_undone)
{
	if (is_undone && has_own_reading)
		certainly = definitions++;
}

static void
end_transaction(XactEvent event, void *argument)
{
	forget_own_reading(event == XACT_EVENT_ABORT);
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		has_written = has_own_reading = false;
}

static void
end_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *argument)
{
	forget_own_reading(event == SUBXACT_EVENT_ABORT_SUB);
}

/* At the first look-up of a session. */
static void
start_cache(void)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(end_transaction, NULL);
		RegisterSubXactCallback(end_subtransaction, NULL);
		CacheRegisterRelcacheCallback(relation_has_changed, (Datum) 0);
		for (int i = 0; i < lengthof(objects_of_guards); i++)
			CacheRegisterSyscacheCallback(objects_of_guards[i], object_has_changed, (Datum) 0);
		registered = true;
	}
	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(CacheMemoryContext, "smartwf definitions",
											  ALLOCSET_DEFAULT_SIZES);
}

/* A kind is looked up for the first time. */
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

/* It may still be in use further up the stack, so it goes with the transaction, not now. */
static void
retire(CacheEntry *entry)
{
	if (entry->definition != NULL)
		MemoryContextSetParent(entry->context, TopTransactionContext);
	entry->definition = NULL;
}

static void *
build_definition(DefinitionKind *kind, const void *key)
{
	MemoryContext context = AllocSetContextCreate(TopTransactionContext, "smartwf definition",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	uint64		definitions_before = definitions;
	uint64		relations_before = relations;
	void	   *definition = kind->build(key);
	CacheEntry *entry;
	bool		found;

	MemoryContextSwitchTo(outer);
	if (definition == NULL)
		return NULL;
	has_own_reading |= has_written;
	entry = hash_search(kind->entries, key, HASH_ENTER, &found);
	if (found)
		retire(entry);
	entry->definition = definition;
	entry->context = context;
	entry->generation = definitions_before;
	entry->is_suspect = relations_before != relations;
	MemoryContextSetParent(context, cache_context);
	return definition;
}

/* Is it still right?  Then it is for this generation. */
static bool
is_valid(DefinitionKind *kind, const void *key, CacheEntry *entry)
{
	bool		is_of_table = kind->key == BY_RELATION;
	uint64		generation = definitions;

	if (entry->generation == generation && !entry->is_suspect)
		return true;
	if (kind->is_current == NULL || (is_of_table && entry->generation != generation) || entry->generation <= certainly)
		return false;
	entry->is_suspect = false;
	if (!kind->is_current(key, entry->definition))
		return false;
	entry->generation = generation;
	return true;
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
	start_cache();
	signalled_relation = own_relation_oid(&workflows);
	certain_relation = own_relation_oid(&numbers);
	if (kind->entries == NULL)
		add_kind(kind);
	entry = hash_search(kind->entries, key, HASH_FIND, NULL);
	if (entry != NULL && entry->definition != NULL && is_valid(kind, key, entry))
		return entry->definition;
	if (entry != NULL)
		retire(entry);
	return build_definition(kind, key);
}

/* This transaction writes a definition: what it reads of that is undone with it. */
void
cache_note_writing(void)
{
	has_written = true;
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

/* The same where is_current() would not see it. */
void
cache_signal_for_certain(void)
{
	CacheInvalidateRelcacheByRelid(own_relation_oid(&numbers));
}

/*
 * This session has changed a definition once more in one subtransaction, which
 * is_current() need not see.
 */
void
cache_forget_number(DefinitionKind *kind, int32 number)
{
	CacheEntry *entry = kind->entries == NULL ? NULL : hash_search(kind->entries, &number, HASH_FIND, NULL);

	if (entry != NULL)
		retire(entry);
}

/* Moves on with every change of a function, operator, type, cast, schema or constraint. */
uint64
generation_of_objects(void)
{
	return objects;
}
