/*
 * deliver.c
 *		Delivers notifications as background work.  Several are sent at once,
 *		and no transaction is open meanwhile, since the servers may be slow.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/pg_list.h"

#include "base/compat.h"
#include "outbox/delivery/delivery.h"
#include "outbox/delivery/transfer.h"
#include "deliver.h"
#include "registry.h"
#include "transaction.h"

/* Number of concurrent transfers, and size of a batch, after which memory is freed. */
#define AT_ONCE 8
#define BATCH 200

/* How long to wait for a response before checking for interrupts. */
#define WAIT_MILLISECONDS 100

typedef struct Claiming
{
	int			most;
	List	   *deliveries;
	MemoryContext context;
}			Claiming;

/*
 * Claim and prepare deliveries.  Signing and converting needs a transaction.
 * Nothing is sent before transfer_wait(), when the claim has been committed.
 */
static void
claim_now(void *argument)
{
	Claiming   *claiming = argument;
	MemoryContext outer = MemoryContextSwitchTo(claiming->context);
	ListCell   *cell;

	claiming->deliveries = claim_deliveries(claiming->most);
	foreach(cell, claiming->deliveries)
	{
		const Delivery *delivery = lfirst(cell);

		registry_report(psprintf("notification " INT64_FORMAT " by %s", delivery->id, delivery->channel));
		transfer_start(delivery);
	}
	MemoryContextSwitchTo(outer);
}

typedef struct Ending
{
	const Delivery *delivery;
	Outcome		outcome;
}			Ending;

static void
note_now(void *argument)
{
	Ending	   *ending = argument;

	note_outcome(ending->delivery, &ending->outcome);
}

/* Start as many deliveries as are allowed at once; returns their number. */
static int
start_some(void)
{
	Claiming	claiming = {.most = AT_ONCE - transfers_under_way(), .context = CurrentMemoryContext};

	if (claiming.most > 0 && run_in_transaction("claim notifications", claim_now, &claiming) != NULL)
	{
		/* the claim was rolled back, so none of the transfers may go on */
		transfers_abandon();
		return 0;
	}
	return list_length(claiming.deliveries);
}

/* Record the outcome of a finished delivery, or wait a moment. */
static void
end_some(void)
{
	Ending		ending;

	ending.delivery = transfer_wait(WAIT_MILLISECONDS, &ending.outcome);
	CHECK_FOR_INTERRUPTS();
	if (ending.delivery != NULL)
		(void) run_in_transaction("note what came of a notification", note_now, &ending);
}

/* Deliver a batch until all of it is finished; returns the number. */
static int
deliver_batch(void)
{
	int			started = 0;
	int			new = 1;

	do
	{
		if (new > 0 && started < BATCH && transfers_under_way() < AT_ONCE)
			started += new = start_some();
		if (transfers_under_way() > 0)
			end_some();
	} while (transfers_under_way() > 0);
	return started;
}

/* Report once per process why nothing is delivered. */
static void
report_missing_libcurl(void)
{
	static bool has_said = false;

	if (!has_said)
		ereport(AmBackgroundWorkerProcess() ? LOG : NOTICE,
				(errmsg("smartwf was built without libcurl: notifications by smtp and signalr stay queued")));
	has_said = true;
}

/* Deliver what is due; true if there was anything. */
bool
deliver_due(void)
{
	volatile int delivered = 0;

	if (!transfer_is_possible())
	{
		report_missing_libcurl();
		return false;
	}
	PG_TRY();
	{
		delivered = deliver_batch();
	}
	PG_FINALLY();
	{
		transfers_abandon();
	}
	PG_END_TRY();
	return delivered > 0;
}
