/*
 * failure.c
 *		Handles the failure of a step: retries, and what the definition says
 *		after that.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json_value.h"
#include "base/subtransaction.h"
#include "failure.h"
#include "model.h"
#include "record.h"
#include "run_table.h"

/* Number of retries after a conflict with another transaction, and the first pause. */
#define CONFLICT_RETRIES 10
#define CONFLICT_BACKOFF (20 * 1000)

/* Pauses of a run that was postponed, without a fault of its step. */
#define PUT_OFF_FIRST USECS_PER_SEC
#define PUT_OFF_LONGEST (5 * USECS_PER_MINUTE)

typedef struct FailurePolicy
{
	int			retries;
	int64		backoff;		/* microseconds */
	int64		longest;
	char	   *then;			/* fail, skip, branch */
}			FailurePolicy;

static char *
policy_text(const Step *step, const char *name)
{
	return json_text(json_document_member(step->failure, name));
}

/* The policy of the definition, in which define has filled in all members. */
static FailurePolicy
policy_of_step(const Step *step)
{
	FailurePolicy policy = {.then = "fail"};

	if (step->failure == NULL)
		return policy;
	policy.retries = pg_strtoint32(policy_text(step, "retries"));
	policy.backoff = interval_microseconds(policy_text(step, "backoff"));
	policy.longest = interval_microseconds(policy_text(step, "maximumBackoff"));
	policy.then = policy_text(step, "then");
	return policy;
}

static bool
is_conflict(int sqlstate)
{
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TRANSACTION_ROLLBACK;
}

/* Was a lock not available for as long as a worker waits? */
bool
is_lock_conflict(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE;
}

/*
 * Postpone the current step, without counting a failure; the pause increases
 * each time.  A waiting run stays waiting.
 */
void
put_off(Run *run, const ErrorData *error)
{
	if (run->status != RUN_WAITING)
		run->status = RUN_QUEUED;
	run->by_worker = true;
	run->message = pstrdup(error->message);
	run->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	run->due_at = next_attempt_at(++run->put_offs, PUT_OFF_FIRST, PUT_OFF_LONGEST);
}

/* Retry later, in a worker. */
static void
queue_again(Run *run, int64 backoff, int64 longest)
{
	run->status = RUN_QUEUED;
	run->by_worker = true;
	run->due_at = next_attempt_at(run->attempt, backoff, longest);
}

/* The failure has been handled: go on with another step.  The records keep the error. */
static void
go_on_at(Run *run, int step)
{
	run->status = RUN_RUNNING;
	run->step = step;
	run->attempt = run->deaths = run->put_offs = 0;
	run->sqlstate = run->message = run->context = NULL;
}

/* The current step has failed, and the error has been noted: decide how to go on. */
void
decide_after_failure(Run *run, int sqlstate)
{
	const Step *step = &run->flow->steps[run->step];
	FailurePolicy policy = policy_of_step(step);

	/* a run ends with its document */
	if (run->docid != NULL && document_is_gone(run->docid))
	{
		run->status = RUN_CANCELLED;
		return;
	}
	run->attempt++;
	/* a step that crashed its process has been retried already */
	if (run->attempt <= policy.retries && sqlstate != ERRCODE_CRASH_SHUTDOWN)
		queue_again(run, policy.backoff, policy.longest);
	else if (is_conflict(sqlstate) && run->attempt <= CONFLICT_RETRIES)
		queue_again(run, CONFLICT_BACKOFF, USECS_PER_MINUTE);
	else if (strcmp(policy.then, "skip") == 0)
		go_on_at(run, step->next);
	else if (strcmp(policy.then, "branch") == 0)
		go_on_at(run, first_of_branch(run->flow, step, "failure", NULL));
	else
		run->status = RUN_FAILED;
}

/* The step that waits for an answer has failed: close its confirmation. */
void
fail_waiting_step(Run *run, Failure failure, const char *message)
{
	run->sqlstate = pstrdup(smartwf_failures[failure].sqlstate);
	run->message = pstrdup(message);
	run->context = NULL;
	end_waiting_record(run, "failed", NULL);
	log_failure(run, run->flow->steps[run->step].name, run->message);
	run_close_confirmations(run);
	decide_after_failure(run, failure_sqlstate(failure));
}
