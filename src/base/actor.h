/*
 * actor.h
 *		Names and rights of who acts.
 */
#ifndef SMARTWF_ACTOR_H
#define SMARTWF_ACTOR_H

#include "postgres.h"

/* The role that a name means; InvalidOid if there is none, or another than was meant. */
typedef Oid (*RoleResolver) (const char *name);

extern void actor_init(void);
extern void role_resolver_register(RoleResolver resolver);
extern char *actor_name(void);
extern bool actor_is_person(void);
extern bool is_same_actor(const char *name, bool is_person);
extern bool is_administrator(void);
extern bool holds_role(const char *role_name);
extern bool is_role_name(const char *name);
extern bool names_caller(const char *name);
extern bool means_caller(const char *name, bool is_person);
extern char *person_of_caller(void);
extern bool login_holds_role(const char *role_name);

#endif
