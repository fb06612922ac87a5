/*
 * actor.h
 *		Name, role and rights of the current actor.
 */
#ifndef SMARTWF_ACTOR_H
#define SMARTWF_ACTOR_H

#include "postgres.h"

/*
 * Returns the role that a name means; InvalidOid if there is none, or if the
 * name now belongs to a different role.
 */
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
