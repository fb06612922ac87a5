/*
 * board.h
 *		Who works in the background: a board in shared memory, by which they are
 *		woken and watched.
 */
#ifndef SMARTWF_BOARD_H
#define SMARTWF_BOARD_H

#include "postgres.h"

extern void board_init(int places);
extern void board_enter(int whom);
extern void board_set_idle(bool is_idle);
extern void board_report(const char *doing);
extern void board_count(bool has_failed);
extern bool board_is_there(void);
extern void board_leave(void);


#endif
