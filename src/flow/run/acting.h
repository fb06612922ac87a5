/*
 * acting.h
 *		As whom a step acts, and with which settings.
 */
#ifndef SMARTWF_ACTING_H
#define SMARTWF_ACTING_H

#include "postgres.h"

#include "base/switch_user.h"
#include "run.h"

/* What stop_acting() needs; after an error PostgreSQL does it all. */
typedef struct Acting
{
	bool		is_other;		/* than whose session it is */
	SavedUser	user;
	int			guc_level;
	List	   *cursors;		/* that were there before */
}			Acting;

extern Acting act_as_step(const Run *run, const Step *step);
extern void stop_acting(const Acting *acting);
extern bool step_acts_for_other(const Run *run, const Step *step);
extern void apply_own_settings(const Run *run);
extern ErrorData *become_actor_of_step(const Run *run);
extern Oid	role_of_step(const Run *run);

#endif
