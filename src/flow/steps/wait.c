/*
 * wait.c
 *		The kind wait: waits for a duration, or until a date of the document.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "attach/attached_table.h"
#include "base/clock.h"
#include "base/json_value.h"
#include "base/subtransaction.h"
#include "flow/run/acting.h"
#include "flow/run/failure.h"
#include "flow/run/model.h"
#include "flow/run/record.h"
#include "flow/run/step_kind.h"
#include "wait.h"

/* The time in a field of the model. */
static TimestampTz
time_of_field(const Run *run, const Step *step, const char *field)
{
	const JsonbValue *value = model_field(run, field);
	TimestampTz time;
	int			level;

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("step \"%s\" waits until a time that is not there", step->name),
				 errdetail("Field \"%s\" of the model is empty.", field)));
	level = pin_settings();
	time = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(json_text(value)),
												   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	unpin_settings(level);
	return time;
}

/* The end of the wait: after a duration, or at the time in a field. */
static TimestampTz
end_of_wait(const Run *run, const Step *step)
{
	char	   *duration = step_setting(step, "duration");

	if (duration != NULL)
		return time_after(clock_now(), duration);
	return time_of_field(run, step, step_setting(step, "until"));
}

static StepResult
perform_wait(Run *run, const Step *step)
{
	TimestampTz end = end_of_wait(run, step);

	if (end <= clock_now())
		return GO_ON;
	run->due_at = end;
	return WAIT;
}

/* The model of a waiting run has changed, and with it perhaps the end of the wait. */
static void
move_wait(Run *run, const Step *step)
{
	char	   *field = step_setting(step, "until");

	if (field != NULL)
		run->due_at = time_of_field(run, step, field);
}

/* Reads the date of the document again; for run_in_subtransaction(). */
typedef struct SecondLook
{
	Run		   *run;
	const Step *step;
	TimestampTz end;
}			SecondLook;

static void
look_again(void *argument)
{
	SecondLook *look = argument;
	Acting		acting = act_as_step(look->run, look->step);

	model_read_again(look->run);
	look->end = time_of_field(look->run, look->step, step_setting(look->step, "until"));
	stop_acting(&acting);
}

/*
 * Is the wait over?  The date may have changed meanwhile.  False if the wait
 * goes on, or the step has failed since the date is gone.
 */
static bool
wait_is_over(Run *run, const Step *step)
{
	SecondLook	look = {run, step, 0};
	Run			before = *run;
	ErrorData  *error;

	if (run->docid == NULL || step_setting(step, "until") == NULL)
		return true;
	error = run_in_subtransaction(look_again, &look, false);
	if (error != NULL && is_lock_conflict(error->sqlerrcode))
	{
		*run = before;
		put_off(run, error);
		return false;
	}
	if (error != NULL)
	{
		*run = before;
		run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		run->message = pstrdup(error->message);
		end_waiting_record(run, "failed", NULL);
		decide_after_failure(run, error->sqlerrcode);
		return false;
	}
	run->due_at = look.end;
	return look.end <= clock_now();
}

static bool
end_wait(Run *run, const Step *step)
{
	if (!wait_is_over(run, step))
		return false;
	end_waiting_record(run, "done", NULL);
	run->step = step->next;
	return true;
}

const StepKind wait_step = {"wait", perform_wait, end_wait, move_wait};
