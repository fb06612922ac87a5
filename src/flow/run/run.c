/*
 * run.c
 *		A run of a flow: its document or model, its state and its records.
 */
#include "postgres.h"

#include "utils/acl.h"
#include "utils/builtins.h"

#include "storage/role.h"
#include "run.h"

static const char *const status_names[NUMBER_OF_STATUSES] = {
	[RUN_DRAFT] = "draft",
	[RUN_QUEUED] = "queued",
	[RUN_RUNNING] = "running",
	[RUN_WAITING] = "waiting",
	[RUN_FINISHED] = "finished",
	[RUN_FAILED] = "failed",
	[RUN_CANCELLED] = "cancelled",
};

/* The name of a status in SQL. */
const char *
status_name(RunStatus status)
{
	return status_names[status];
}

/* The reverse, for a row of the table. */
RunStatus
status_of_name(const char *name)
{
	for (int i = 0; i < NUMBER_OF_STATUSES; i++)
		if (strcmp(status_names[i], name) == 0)
			return i;
	elog(ERROR, "unknown status \"%s\"", name);
}

/* The answer is void: no step can act as the answerer. */
void
run_forget_answerer(Run *run)
{
	run->answerer = run->answerer_actor = run->answerer_person = NULL;
	run->answered = 0;
}

/* The role of the starter. */
Oid
run_role(const Run *run)
{
	Oid			role = role_of_name(run->starter);

	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\", which started run " INT64_FORMAT ", does not exist any more",
						run->starter, run->id)));
	return role;
}
