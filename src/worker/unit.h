/*
 * unit.h
 *		A unit of work: a transaction of its own.
 */
#ifndef SMARTWF_UNIT_H
#define SMARTWF_UNIT_H

#include "postgres.h"

#include "base/actor.h"

/* How transactions are made where the work goes on. */
typedef struct Transactions
{
	void		(*begin) (void);
	void		(*commit) (void);
	void		(*recover) (void);	/* after a commit that failed */
	bool		can_be_cancelled;	/* a cancel ends it all, not just the unit */
}			Transactions;

extern const Transactions worker_transactions;
extern const Transactions procedure_transactions;

extern void units_begin(const Transactions *transactions);
extern void units_end(void);
extern void apply_worker_settings(void);
extern void heed_the_server(void);
extern ErrorData *unit(const char *what, Work work, void *argument);

#endif
