/*
 * board.c
 *		Who works in the background: a board in shared memory, by which they are
 *		woken and watched.
 *
 * It is there if the library is preloaded.  Without it workers find their work
 * by looking from time to time.
 */
#include "postgres.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "board.h"
#include "common/compat.h"
#include "common/wake.h"

#define LONGEST_DOING 200

/* A worker's place. */
typedef struct Place
{
	int			pid;			/* 0: free */
	Oid			database;
	PGPROC	   *process;
	int			whom;			/* what wakes it; see wake.h */
	bool		is_idle;		/* it sleeps, or looks once more before it does */
	TimestampTz started_at;
	TimestampTz changed_at;
	int64		done;			/* transactions of work */
	int64		failed;
	char		doing[LONGEST_DOING];
}			Place;

typedef struct Board
{
	int			places;
	Place		place[FLEXIBLE_ARRAY_MEMBER];
}			Board;

static int	number_of_places = 0;
static Board *board = NULL;
static LWLock *board_lock = NULL;
static Place *my_place = NULL;

static shmem_startup_hook_type previous_startup_hook = NULL;

static Size
board_size(void)
{
	return offsetof(Board, place) + number_of_places * sizeof(Place);
}

static void
request_shared_memory(void)
{
	RequestAddinShmemSpace(board_size());
	RequestNamedLWLockTranche("smartwf", 1);
}

#if PG_VERSION_NUM >= 150000
static shmem_request_hook_type previous_request_hook = NULL;

static void
request_board(void)
{
	if (previous_request_hook != NULL)
		previous_request_hook();
	request_shared_memory();
}
#endif

static void
start_board(void)
{
	bool		found;

	if (previous_startup_hook != NULL)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	board = ShmemInitStruct("smartwf workers", board_size(), &found);
	board_lock = &GetNamedLWLockTranche("smartwf")->lock;
	if (!found)
	{
		memset(board, 0, board_size());
		board->places = number_of_places;
	}
	LWLockRelease(AddinShmemInitLock);
}

/* Wake whoever sleeps in this database and does such work. */
static void
wake_idle(int whom)
{
	if (board == NULL)
		return;
	LWLockAcquire(board_lock, LW_SHARED);
	for (int i = 0; i < board->places; i++)
	{
		Place	   *place = &board->place[i];

		if (place->pid != 0 && place->is_idle && place->database == MyDatabaseId &&
			(place->whom & whom) != 0)
			SetLatch(&place->process->procLatch);
	}
	LWLockRelease(board_lock);
}

/* At preload: as many places. */
void
board_init(int places)
{
	number_of_places = places;
#if PG_VERSION_NUM >= 150000
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_board;
#else
	request_shared_memory();
#endif
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = start_board;
	wake_register(wake_idle);
}

/* Is this process on the board? */
bool
board_is_there(void)
{
	return my_place != NULL;
}

static void
leave_board(int code, Datum argument)
{
	if (my_place == NULL)
		return;
	LWLockAcquire(board_lock, LW_EXCLUSIVE);
	my_place->pid = 0;
	LWLockRelease(board_lock);
	my_place = NULL;
}

/* Take a place, if there is one: from now on this process is woken and watched. */
void
board_enter(int whom)
{
	static bool registered = false;

	if (board == NULL || my_place != NULL)
		return;
	LWLockAcquire(board_lock, LW_EXCLUSIVE);
	for (int i = 0; i < board->places && my_place == NULL; i++)
		if (board->place[i].pid == 0)
			my_place = &board->place[i];
	if (my_place != NULL)
		*my_place = (Place)
	{
		.pid = MyProcPid, .database = MyDatabaseId, .process = MyProc, .whom = whom,
			.started_at = GetCurrentTimestamp(), .changed_at = GetCurrentTimestamp()
	};
	LWLockRelease(board_lock);
	/* for good: only the latest entry could be cancelled */
	if (!registered)
		before_shmem_exit(leave_board, 0);
	registered = true;
}

/* A session that worked for a while does so no more. */
void
board_leave(void)
{
	leave_board(0, 0);
}

/* Idle: it looks for work, or sleeps, and wants to be woken. */
void
board_set_idle(bool is_idle)
{
	if (my_place == NULL)
		return;
	LWLockAcquire(board_lock, LW_EXCLUSIVE);
	if (my_place->is_idle != is_idle)
		my_place->changed_at = GetCurrentTimestamp();
	my_place->is_idle = is_idle;
	if (is_idle)
		my_place->doing[0] = '\0';
	LWLockRelease(board_lock);
}

/* Say what this process does, here and in pg_stat_activity. */
void
board_report(const char *doing)
{
	if (AmBackgroundWorkerProcess())
		pgstat_report_activity(STATE_RUNNING, doing);
	if (my_place == NULL)
		return;
	LWLockAcquire(board_lock, LW_EXCLUSIVE);
	strlcpy(my_place->doing, doing, pg_mbcliplen(doing, strlen(doing), LONGEST_DOING - 1) + 1);
	my_place->changed_at = GetCurrentTimestamp();
	my_place->is_idle = false;
	LWLockRelease(board_lock);
}

/* A transaction of work is done, or has failed. */
void
board_count(bool has_failed)
{
	if (my_place == NULL)
		return;
	LWLockAcquire(board_lock, LW_EXCLUSIVE);
	if (has_failed)
		my_place->failed++;
	else
		my_place->done++;
	LWLockRelease(board_lock);
}

static const char *
work_of(int whom)
{
	return whom == WAKE_DELIVERY ? "delivery" : whom == WAKE_RUNS ? "runs and timers" : "everything";
}

/* smartwf.list_workers(): those of this database. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_list_workers);
Datum
smartwf_list_workers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	if (board == NULL)
		return (Datum) 0;
	LWLockAcquire(board_lock, LW_SHARED);
	for (int i = 0; i < board->places; i++)
	{
		Place	   *place = &board->place[i];
		Datum		values[8];
		bool		nulls[8] = {false};

		if (place->pid == 0 || place->database != MyDatabaseId)
			continue;
		values[0] = Int32GetDatum(place->pid);
		values[1] = CStringGetTextDatum(work_of(place->whom));
		values[2] = CStringGetTextDatum(place->is_idle ? "idle" : "working");
		values[3] = CStringGetTextDatum(place->doing);
		nulls[3] = place->doing[0] == '\0';
		values[4] = TimestampTzGetDatum(place->started_at);
		values[5] = TimestampTzGetDatum(place->changed_at);
		values[6] = Int64GetDatum(place->done);
		values[7] = Int64GetDatum(place->failed);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	LWLockRelease(board_lock);
	return (Datum) 0;
}
