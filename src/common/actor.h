/*
 * actor.h
 *		Who acts: the role whose rights are judged, and the name that history
 *		keeps.
 */
#ifndef SMARTWF_ACTOR_H
#define SMARTWF_ACTOR_H

#include "postgres.h"

extern void actor_init(void);
extern Oid	acting_role(void);
extern char *actor_name(void);
extern bool is_administrator(void);
extern bool holds_role(const char *role_name);
extern bool names_caller(const char *name);

/* Work to be done under another user; see run_as(). */
typedef void (*Work) (void *argument);

extern void run_as(Oid user, Work work, void *argument);
extern void run_as_caller(Work work, void *argument);
extern void run_as_actor(Oid role, const char *name, Work work, void *argument);
extern void become_actor(Oid role, const char *name);

#endif
