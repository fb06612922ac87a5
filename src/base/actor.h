/*
 * actor.h
 *		Who acts: the role whose rights are checked, and the name that history
 *		keeps.
 */
#ifndef SMARTWF_ACTOR_H
#define SMARTWF_ACTOR_H

#include "postgres.h"

/* Somebody whom smartwf acts for. */
typedef struct Actor
{
	Oid			role;			/* whose rights are checked */
	const char *name;			/* that history keeps */
	bool		is_person;		/* from a token, else the role's */
	const char *person;			/* by whom he is told from others */
}			Actor;

extern void actor_init(void);
extern Oid	acting_role(void);
extern bool acting_role_is_guess(void);
extern char *actor_name(void);
extern bool actor_is_person(void);
extern bool is_same_actor(const char *name, bool is_person);
extern bool is_administrator(void);
extern bool holds_role(const char *role_name);
extern bool names_caller(const char *name);
extern bool means_caller(const char *name, bool is_person);
extern char *person_of_caller(void);
extern bool login_holds_role(const char *role_name);

/* Work to be done under another user. */
typedef void (*Work) (void *argument);

extern void run_as_owner(Work work, void *argument);
extern void run_as_caller(Work work, void *argument);
extern void run_unforced(Work work, void *argument);
extern void run_as_after_trigger(Oid owner, Work work, void *argument);
extern void run_as_actor(const Actor *actor, Work work, void *argument);
extern void become_actor(const Actor *actor);

#endif
