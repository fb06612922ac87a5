/*
 * role.h
 *		Which role a name means that something is bound to.
 */
#ifndef SMARTWF_ROLE_H
#define SMARTWF_ROLE_H

#include "postgres.h"

extern void role_init(void);
extern Oid	role_of_name(const char *name);
extern void bind_role(const char *name);

#endif
