/*
 * notification.c
 *		The kinds send_notification and send_templated_notification.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "flow/run/model.h"
#include "flow/run/step_kind.h"
#include "flow/run/store.h"
#include "outbox/template/render.h"
#include "storage/result.h"
#include "notification.h"
#include "people.h"

/* The step send_notification. */
static StepResult
perform_send_notification(Run *run, const Step *step)
{
	char	   *subject = step_setting(step, "subject");
	List	   *people = people_of_step(run, step);

	notify_people(run, step, people, step_setting(step, "channel"),
				  subject == NULL ? "" : render_template(subject, visible_model(run), NULL, false),
				  render_template(step_setting(step, "message"), visible_model(run), NULL, false), false);
	return GO_ON;
}

/* The step send_templated_notification. */
static StepResult
perform_send_templated_notification(Run *run, const Step *step)
{
	QueryResult	   *template;
	QueryResult	   *partials;
	char	   *name = step_setting(step, "template");
	char	   *type = step_setting(step, "renderType");
	bool		is_html = type != NULL && strcmp(type, "html") == 0;
	Datum		value = CStringGetTextDatum(name);
	List	   *people = people_of_step(run, step);
	Jsonb	   *model;

	template = store_execute(READ_TEMPLATE, &value, NULL);
	if (template->rows == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("template \"%s\" is not defined", name)));
	value = CStringGetTextDatum(is_html ? "html" : "text");
	partials = store_execute(READ_PARTIALS, &value, NULL);
	/* the model for the template, with the properties by their own names as well */
	model = model_selection(run, step, "properties", visible_model(run));
	notify_people(run, step, people, step_setting(step, "channel"),
				  render_template(result_text(template, 0, 1), model, NULL, false),
				  render_template(result_text(template, 0, is_html ? 3 : 2), model,
								  result_jsonb(partials, 0, 1), is_html),
				  is_html);
	return GO_ON;
}

const StepKind send_notification_step = {"send_notification", perform_send_notification};
const StepKind send_templated_notification_step = {"send_templated_notification", perform_send_templated_notification};
