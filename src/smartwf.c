/*
 * smartwf.c
 *		Where the library begins.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "base/actor.h"
#include "base/compat.h"
#include "base/locale.h"
#include "base/notify_workers.h"
#include "flow/steps/people.h"
#include "flow/run/start.h"
#include "attach/ddl.h"
#include "transition/pending.h"
#include "definition/protect.h"
#include "outbox/delivery/delivery.h"
#include "timer/timer.h"
#include "worker/purge.h"
#include "worker/worker.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/* Settings, and the callbacks that must hear of every transaction. */
void
_PG_init(void)
{
	actor_init();
	locale_init();
	wake_init();
	pending_init();
	ddl_init();
	protect_init();
	flow_effect_init();
	people_init();
	timer_init();
	delivery_init();
	purge_init();
	worker_init();
	MarkGUCPrefixReserved("smartwf");
}
