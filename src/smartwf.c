/*
 * smartwf.c
 *		Entry point of the library.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "attach/ddl.h"
#include "base/actor.h"
#include "base/compat.h"
#include "base/locale.h"
#include "base/notify_workers.h"
#include "base/switch_user.h"
#include "definition/protect.h"
#include "flow/run/document_listener.h"
#include "flow/steps/change_notification.h"
#include "flow/steps/people.h"
#include "flow/steps/steps.h"
#include "outbox/delivery/delivery.h"
#include "storage/role.h"
#include "storage/writer.h"
#include "timer/timer.h"
#include "transition/pending.h"
#include "transition/row_trigger.h"
#include "worker/purge.h"
#include "worker/worker.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/* Define the settings and register callbacks. */
void
_PG_init(void)
{
	switch_user_init();
	writer_init();
	actor_init();
	role_init();
	locale_init();
	notify_workers_init();
	pending_init();
	ddl_init();
	row_trigger_init();
	protect_init();
	change_notification_init();
	document_listener_init();
	people_init();
	steps_init();
	timer_init();
	delivery_init();
	purge_init();
	worker_init();
	MarkGUCPrefixReserved("smartwf");
}
