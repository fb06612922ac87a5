/*
 * transfer.h
 *		Sends notifications by libcurl.
 */
#ifndef SMARTWF_TRANSFER_H
#define SMARTWF_TRANSFER_H

#include "postgres.h"

#include "delivery.h"

extern bool transfer_is_possible(void);
extern void transfer_start(const Delivery *delivery);
extern int	transfers_under_way(void);
extern const Delivery *transfer_wait(int milliseconds, Outcome *outcome);
extern void transfers_abandon(void);

#endif
