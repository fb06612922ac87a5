/*
 * change_notification.c
 *		The notifications that a workflow sends when a document changes: those
 *		of the transition, then those of the new state.
 *
 * They are queued in the transaction of the change, as by a step of a flow.  The
 * designer of the workflow has said what they show, so that they show the row
 * whatever the caller may read.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "attach/attached_table.h"
#include "attach/listener.h"
#include "base/actor.h"
#include "base/subtransaction.h"
#include "flow/run/step_kind.h"
#include "change_notification.h"
#include "notification.h"

/* For run_in_subtransaction(). */
typedef struct Sending
{
	Run		   *run;
	Step		step;
}			Sending;

static void
send_now(void *argument)
{
	Sending    *sending = argument;

	(void) send_templated_notification_step.perform(sending->run, &sending->step);
}

/* One that cannot be sent, perhaps for want of a recipient, is no reason to refuse the change. */
static void
send_all(Run *run, const char *sender, Jsonb **notifications, int number)
{
	for (int i = 0; i < number; i++)
	{
		const char *kind = send_templated_notification_step.name;
		Sending		sending = {run, {.name = sender, .kind = kind, .settings = notifications[i]}};
		ErrorData  *error = run_in_subtransaction(send_now, &sending, false);

		if (error != NULL)
			ereport(WARNING,
					(errmsg("notification %d of %s was not sent for document \"%s\": %s",
							i + 1, sender, run->docid, error->message)));
	}
}

static void
send_notifications_of_change(const StateChange *change)
{
	Flow		flow = {.name = change->workflow->name, .structure = ""};
	Run			run = {.flow = &flow, .docid = pstrdup(change->docid), .is_task = true};
	const Transition *transition = change->transition;
	const State *state;

	if (change->to == NO_STATE || change->is_birth)
		return;
	state = &change->workflow->states[change->to];
	if ((transition == NULL ? 0 : transition->number_of_notifications) + state->number_of_notifications == 0)
		return;
	run.base = run.model = element_as_jsonb(change->element.row, change->element.descriptor);
	run.starter = run.actor = actor_name();
	if (transition != NULL)
		send_all(&run, psprintf("transition %s", transition->name), transition->notifications,
				 transition->number_of_notifications);
	send_all(&run, psprintf("state %s", state->name), state->notifications, state->number_of_notifications);
}

static const StateListener listener = {.changed = send_notifications_of_change};

/* Called at library load. */
void
change_notification_init(void)
{
	state_listener_register(&listener);
}
