/*
 * board.h
 *		Who works in the background: a board in shared memory, by which they are
 *		woken and watched.
 */
#ifndef SMARTWF_BOARD_H
#define SMARTWF_BOARD_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "in_hand.h"

/* What a process does, in words. */
#define LONGEST_DOING 200

/* A database that the workers leave alone for a while. */
#define MOST_PAUSES 64

extern void board_init(int places);
extern void board_enter(int whom);
extern void board_set_idle(bool is_idle);
extern void board_report(const char *doing);
extern void board_begin_step(const char *doing, int64 run, TimestampTz deadline);
extern bool board_step_is_cancelled(void);
extern void board_end_interrupts(void);
extern bool board_end_step(void);
extern void board_count(bool has_failed);
extern bool board_is_there(void);
extern void board_leave(void);

extern bool board_next_death(WorkInHand *work);

/* Between the launcher and its workers. */
extern void board_enter_launcher(void);
extern void board_note_replacement(void);
extern int	board_replacements(void);
extern void board_end_late_steps(TimestampTz before);
extern bool database_is_paused(const char *name);

#endif
