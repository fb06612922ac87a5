/*
 * switch_user.h
 *		Determines the acting role, and switches to another user for a while.
 */
#ifndef SMARTWF_SWITCH_USER_H
#define SMARTWF_SWITCH_USER_H

#include "postgres.h"

/* An actor on whose behalf smartwf acts. */
typedef struct Actor
{
	Oid			role;			/* whose rights are checked */
	const char *name;			/* as kept in the history */
	bool		is_person;		/* from a token; otherwise name is the role's */
	const char *person;			/* identifies the person; see person_of_caller() */
}			Actor;

/* The previous user.  An error restores it without restore_user(). */
typedef struct SavedUser
{
	Oid			user;
	int			context;
	int			depth;
	bool		is_switched;	/* otherwise there is nothing to restore */
}			SavedUser;

extern void switch_user_init(void);
extern Oid	acting_role(void);
extern bool acting_role_is_guess(void);
extern const Actor *assumed_actor(void);

extern SavedUser present_user(void);
extern SavedUser switch_for_caller(Oid user);
extern SavedUser switch_to_caller(void);
extern SavedUser switch_to_actor(const Actor *actor);
extern SavedUser switch_for_after_trigger(Oid owner);
extern SavedUser switch_off_forced_policies(void);
extern void restore_user(SavedUser saved);
extern void become_actor(const Actor *actor);

#endif
