/*
 * refusals.c
 *		Refused attempts wait in shared memory until a worker stores them.
 *
 * Whoever is refused rolls back, and with it whatever it might have written.  So it
 * leaves a note here, of which there are so many and no more: what does not fit any more
 * is counted.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/notify_workers.h"
#include "base/refusal.h"
#include "storage/own_statement.h"
#include "in_hand.h"
#include "refusals.h"
#include "transaction.h"

#define MOST_NOTES 256
#define LONGEST_NAME 200
#define LONGEST_MESSAGE 500

typedef struct RefusalNote
{
	Oid			database;		/* InvalidOid if free */
	TimestampTz at;
	int32		version;
	bool		actor_is_person;
	char		docid[LONGEST_KEY + 1];
	char		structure[LONGEST_NAME];
	char		workflow[LONGEST_NAME];
	char		transition[LONGEST_NAME];
	char		from_state[LONGEST_NAME];
	char		to_state[LONGEST_NAME];
	char		actor[LONGEST_NAME];
	char		code[LONGEST_NAME];
	char		message[LONGEST_MESSAGE];
}			RefusalNote;

typedef struct Notes
{
	int64		lost;			/* attempts for which there was no room */
	int			next;			/* where to look for room first */
	RefusalNote note[MOST_NOTES];
}			Notes;

static Notes *notes = NULL;		/* NULL if not preloaded */
static LWLock *notes_lock = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;
static shmem_request_hook_type previous_request_hook = NULL;

static OwnStatement store = {11, {TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
	BOOLOID, TEXTARRAYOID},
	"INSERT INTO smartwf.refusals (at, docid, structure, workflow, version, transition, from_state, to_state, actor,"
	" actor_is_person, code, message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ($11)[1], ($11)[2])"
};

static void
request_memory(void)
{
	if (previous_request_hook != NULL)
		previous_request_hook();
	RequestAddinShmemSpace(sizeof(Notes));
	RequestNamedLWLockTranche("smartwf refusals", 1);
}

static void
start_notes(void)
{
	bool		found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	notes = ShmemInitStruct("smartwf refusals", sizeof(Notes), &found);
	notes_lock = &GetNamedLWLockTranche("smartwf refusals")->lock;
	if (!found)
		memset(notes, 0, sizeof(Notes));
	LWLockRelease(AddinShmemInitLock);
}

/* As much of a text as there is room for, whole characters only. */
static void
copy_text(char *place, const char *text, int size)
{
	int			length = text == NULL ? 0 : pg_mbcliplen(text, strlen(text), size - 1);

	memcpy(place, text == NULL ? "" : text, length);
	place[length] = '\0';
}

/*
 * Room for a note: that of the oldest, if there is no other.  It may be of a database that
 * has no worker, and must not keep the others out.
 */
static RefusalNote *
free_note(void)
{
	RefusalNote *oldest = &notes->note[0];

	for (int i = 0; i < MOST_NOTES; i++)
	{
		RefusalNote *note = &notes->note[(notes->next + i) % MOST_NOTES];

		if (note->at < oldest->at)
			oldest = note;
		if (OidIsValid(note->database))
			continue;
		notes->next = (notes->next + i + 1) % MOST_NOTES;
		return note;
	}
	notes->lost++;
	return oldest;
}

static void
write_note(RefusalNote *note, const Refusal *refusal)
{
	note->database = MyDatabaseId;
	note->at = GetCurrentTimestamp();
	note->version = refusal->version;
	note->actor_is_person = refusal->actor_is_person;
	copy_text(note->docid, refusal->docid, sizeof(note->docid));
	copy_text(note->structure, refusal->structure, LONGEST_NAME);
	copy_text(note->workflow, refusal->workflow, LONGEST_NAME);
	copy_text(note->transition, refusal->transition, LONGEST_NAME);
	copy_text(note->from_state, refusal->from_state, LONGEST_NAME);
	copy_text(note->to_state, refusal->to_state, LONGEST_NAME);
	copy_text(note->actor, refusal->actor, LONGEST_NAME);
	copy_text(note->code, refusal->code, LONGEST_NAME);
	copy_text(note->message, refusal->message, LONGEST_MESSAGE);
}

/* The keeper: nothing here may fail, since an error is being raised already. */
static void
note_refusal(const Refusal *refusal)
{
	if (notes == NULL)
		return;
	LWLockAcquire(notes_lock, LW_EXCLUSIVE);
	write_note(free_note(), refusal);
	LWLockRelease(notes_lock);
	notify_workers_now(WORK_ON_DELIVERY);
}

/* Called when the library is preloaded. */
void
refusals_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_notes;
	refusal_keeper_register(note_refusal);
}

/* Take the oldest note of this database; false if there is none. */
static bool
take_note(RefusalNote *taken)
{
	RefusalNote *oldest = NULL;

	if (notes == NULL)
		return false;
	LWLockAcquire(notes_lock, LW_EXCLUSIVE);
	for (int i = 0; i < MOST_NOTES; i++)
		if (notes->note[i].database == MyDatabaseId && (oldest == NULL || notes->note[i].at < oldest->at))
			oldest = &notes->note[i];
	if (oldest != NULL)
	{
		*taken = *oldest;
		oldest->database = InvalidOid;
	}
	LWLockRelease(notes_lock);
	return oldest != NULL;
}

static Datum
text_or_null(const char *text, char *null)
{
	*null = text[0] == '\0' ? 'n' : ' ';
	return CStringGetTextDatum(text);
}

static void
store_note(void *argument)
{
	const RefusalNote *note = argument;
	char		nulls[12] = "           ";
	Datum		words[] = {CStringGetTextDatum(note->code), CStringGetTextDatum(note->message)};
	Datum		values[] = {
		TimestampTzGetDatum(note->at), CStringGetTextDatum(note->docid), CStringGetTextDatum(note->structure),
		CStringGetTextDatum(note->workflow), Int32GetDatum(note->version), text_or_null(note->transition, &nulls[5]),
		text_or_null(note->from_state, &nulls[6]), text_or_null(note->to_state, &nulls[7]),
		CStringGetTextDatum(note->actor), BoolGetDatum(note->actor_is_person),
		PointerGetDatum(construct_array(words, 2, TEXTOID, -1, false, TYPALIGN_INT)),
	};

	(void) own_execute(&store, values, nulls);
}

/* For a worker: store what waits; true if there was anything. */
bool
store_refusals(void)
{
	RefusalNote *note = palloc(sizeof(RefusalNote));
	bool		has_worked = false;

	while (take_note(note))
		has_worked |= run_in_transaction("store a refused attempt", store_note, note) == NULL;
	pfree(note);
	return has_worked;
}

/* They do not wait; whoever leaves one wakes a worker. */
TimestampTz
next_refusal(void)
{
	return DT_NOEND;
}

/* smartwf.lost_refusals() */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_lost_refusals);
Datum
smartwf_lost_refusals(PG_FUNCTION_ARGS)
{
	int64		lost = 0;

	if (notes != NULL)
	{
		LWLockAcquire(notes_lock, LW_SHARED);
		lost = notes->lost;
		LWLockRelease(notes_lock);
	}
	PG_RETURN_INT64(lost);
}
