/*
 * in_hand.c
 *		Notes which step each process is executing, in memory that survives a
 *		crash.
 *
 * A step can crash the process that runs it, and with it the server's shared
 * memory.  So the notes are kept in a file of their own, mapped into the
 * postmaster and so into all processes; writing a note costs a few stores.  A
 * process that is only told to quit because another one crashed removes its
 * note in its SIGQUIT handler; the note that is left names the step that
 * crashed.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "catalog/pg_control.h"
#include "common/controldata_utils.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/pmsignal.h"
#include "tcop/tcopprot.h"

#include "base/compat.h"
#include "in_hand.h"

#define FILE_NAME PG_STAT_TMP_DIR "/smartwf.work"

typedef struct Note
{
	volatile int pid;			/* 0 if free */
	volatile bool has_died;		/* the process ended without removing the note */
	volatile bool is_excused;	/* the process was told to end, so its work is not to blame */
	WorkInHand	work;
}			Note;

static int	number_of_notes = 0;
static Note *notes = NULL;		/* NULL if not preloaded */
static Note *my_note = NULL;

/* Maps the memory, from a file if possible, so that it survives the postmaster, too. */
static void *
map_notes(Size size)
{
	int			file = open(FILE_NAME, O_RDWR | O_CREAT, S_IRUSR | S_IWUSR);
	void	   *memory = MAP_FAILED;

	if (file >= 0 && ftruncate(file, size) == 0 && posix_fallocate(file, 0, size) == 0)
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not map file \"%s\": %m", FILE_NAME),
				 errdetail("Steps that end the server are not counted across its next start.")));
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	if (file >= 0)
		close(file);
	return memory == MAP_FAILED ? NULL : memory;
}

/* Was the server shut down cleanly? */
static bool
shutdown_was_clean(void)
{
	bool		crc_is_right;
	ControlFileData *control = get_controlfile(DataDir, &crc_is_right);

	return control->state == DB_SHUTDOWNED || control->state == DB_SHUTDOWNED_IN_RECOVERY;
}

/* Called when the library is preloaded. */
void
in_hand_init(int slots)
{
	number_of_notes = slots;
	notes = map_notes(slots * sizeof(Note));
	if (notes != NULL && shutdown_was_clean())
		memset(notes, 0, slots * sizeof(Note));
	in_hand_forget_processes();
}

/* At preload, and after a crash: none of the processes that made notes exists any more. */
void
in_hand_forget_processes(void)
{
	for (int i = 0; notes != NULL && i < number_of_notes; i++)
	{
		notes[i].has_died |= notes[i].pid != 0;
		if (notes[i].work.kind == NO_WORK)
			memset(&notes[i], 0, offsetof(Note, work));
	}
}

/* SIGQUIT handler.  Another process has crashed, so this one's step is not to blame. */
static void
end_for_others(SIGNAL_ARGS)
{
	if (my_note != NULL)
		my_note->work.kind = NO_WORK;
	if (AmBackgroundWorkerProcess())
		SignalHandlerForCrashExit(signal_arguments);
	else
		quickdie(signal_arguments);
}

/* At process exit.  If a step is still noted, it has ended the process. */
static void
note_death(int code, Datum argument)
{
	if (my_note == NULL)
		return;
	/* a session ends for other reasons, and is not started again */
	if (!PostmasterIsAlive() || my_note->is_excused || !AmBackgroundWorkerProcess())
		my_note->work.kind = NO_WORK;
	if (my_note->work.kind == NO_WORK)
		my_note->pid = 0;
	else
		my_note->has_died = true;
	my_note = NULL;
}

/* Take a note for this process; the caller must hold an exclusive lock. */
void
in_hand_enter(void)
{
	static bool registered = false;

	for (int i = 0; notes != NULL && i < number_of_notes && my_note == NULL; i++)
		if (notes[i].pid == 0)
			my_note = &notes[i];
	/* reuse the note of a step that crashed in another database, which may have no workers now */
	for (int i = 0; notes != NULL && i < number_of_notes && my_note == NULL; i++)
		if (notes[i].has_died && notes[i].work.database != MyDatabaseId)
			my_note = &notes[i];
	if (my_note == NULL)
		return;
	my_note->work.kind = NO_WORK;
	my_note->has_died = my_note->is_excused = false;
	my_note->pid = MyProcPid;
	pqsignal(SIGQUIT, end_for_others);
	if (!registered)
		before_shmem_exit(note_death, 0);
	registered = true;
}

/* Called when smartwf.work() returns in a session. */
void
in_hand_leave(void)
{
	if (my_note == NULL)
		return;
	put_down();
	if (!AmBackgroundWorkerProcess())
		pqsignal(SIGQUIT, quickdie);
	my_note->pid = 0;
	my_note = NULL;
}

/* Note what the process executes from now on. */
void
take_in_hand(const WorkInHand *work)
{
	if (my_note == NULL || my_note->is_excused)
		return;
	my_note->work.database = MyDatabaseId;
	my_note->work.run = work->run;
	my_note->work.task = work->task;
	if (work->kind == A_TASK)
	{
		strlcpy(my_note->work.docid, work->docid, sizeof(work->docid));
		strlcpy(my_note->work.timer, work->timer, sizeof(work->timer));
	}
	pg_write_barrier();
	my_note->work.kind = work->kind;
}

/* It has been executed without a crash. */
void
put_down(void)
{
	if (my_note != NULL)
		my_note->work.kind = NO_WORK;
}

/* Is a step noted, which would be blamed for the end of this process? */
bool
something_is_in_hand(void)
{
	return my_note != NULL && my_note->work.kind != NO_WORK;
}

/* The process is being told to end, so its step is not to blame. */
void
in_hand_excuse(int pid)
{
	for (int i = 0; notes != NULL && i < number_of_notes; i++)
		if (pid != 0 && notes[i].pid == pid && !notes[i].has_died)
		{
			notes[i].is_excused = true;
			notes[i].work.kind = NO_WORK;
		}
}

/*
 * Returns a step of this database that crashed its process, each only once;
 * the caller must hold an exclusive lock.
 */
bool
next_that_died(WorkInHand *work)
{
	for (int i = 0; notes != NULL && i < number_of_notes; i++)
	{
		if (notes[i].pid == 0 || !notes[i].has_died || notes[i].work.database != MyDatabaseId)
			continue;
		*work = notes[i].work;
		notes[i].work.kind = NO_WORK;
		notes[i].has_died = false;
		notes[i].pid = 0;
		return true;
	}
	return false;
}
