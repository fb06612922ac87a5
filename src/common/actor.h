/*
 * actor.h
 *		Who acts: the role whose rights are checked, and the name that history
 *		keeps.
 */
#ifndef SMARTWF_ACTOR_H
#define SMARTWF_ACTOR_H

#include "postgres.h"

extern void actor_init(void);
extern Oid	acting_role(void);
extern bool acting_role_is_guess(void);
extern char *actor_name(void);
extern bool actor_is_person(void);
extern bool is_same_actor(const char *name, bool is_person);
extern bool is_administrator(void);
extern bool holds_role(const char *role_name);
extern bool names_caller(const char *name);

/* Work to be done under another user. */
typedef void (*Work) (void *argument);

extern void run_as_owner(Work work, void *argument);
extern void run_as_caller(Work work, void *argument);
extern void run_unforced(Work work, void *argument);
extern void run_as_after_trigger(Oid owner, Work work, void *argument);
extern void run_as_actor(Oid role, const char *name, bool is_person, Work work, void *argument);
extern void become_actor(Oid role, const char *name, bool is_person);

#endif
