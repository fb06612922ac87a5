/*
 * succession.h
 *		Which version of its workflow a document follows.
 */
#ifndef SMARTWF_SUCCESSION_H
#define SMARTWF_SUCCESSION_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "definition/workflow.h"

/* Documents of one version follow another; a row of smartwf.successions. */
typedef struct Succession
{
	int32		version_id;
	int32		successor_id;
	TimestampTz at;
	const char *actor;
	bool		has_ended;
	TimestampTz ended_at;
	const char *ended_by;
}			Succession;

extern List *read_successions(const char *structure);
extern List *copy_successions(const List *successions);
extern const Workflow *followed_workflow(const List *successions, int32 version_id, const char *state);
extern const Workflow *followed_before(const List *successions, int32 version_id, const char *state,
									   TimestampTz time);

#endif
