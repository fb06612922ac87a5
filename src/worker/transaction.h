/*
 * transaction.h
 *		Runs work in a transaction of its own.
 */
#ifndef SMARTWF_TRANSACTION_H
#define SMARTWF_TRANSACTION_H

#include "postgres.h"

#include "base/subtransaction.h"

/* How transactions are made in a worker or procedure. */
typedef struct Transactions
{
	void		(*begin) (void);
	void		(*commit) (void);
	void		(*recover) (void);	/* after a failed commit */
	bool		can_be_cancelled;	/* a cancel request ends everything, not only the current transaction */
}			Transactions;

extern const Transactions worker_transactions;
extern const Transactions procedure_transactions;

extern void transactions_begin(const Transactions *transactions);
extern void transactions_end(void);
extern void apply_worker_settings(void);
extern void process_server_events(void);
extern ErrorData *run_in_transaction(const char *what, Work work, void *argument);

#endif
