/*
 * acting.h
 *		Determines the role and settings with which a step runs.
 */
#ifndef SMARTWF_ACTING_H
#define SMARTWF_ACTING_H

#include "postgres.h"

#include "base/switch_user.h"
#include "run.h"

/* State for stop_acting(); after an error PostgreSQL restores everything. */
typedef struct Acting
{
	bool		is_other;		/* than the session's user */
	SavedUser	user;
	int			guc_level;
	List	   *cursors;		/* that were open before */
}			Acting;

extern Acting act_as_step(const Run *run, const Step *step);
extern void stop_acting(const Acting *acting);
extern bool step_acts_for_other(const Run *run, const Step *step);
extern void apply_own_settings(const Run *run);
extern ErrorData *become_actor_of_step(const Run *run);
extern Oid	role_of_step(const Run *run);

#endif
