/*
 * owner.h
 *		Background work on an attached table acts as the owner of the table.
 */
#ifndef SMARTWF_OWNER_H
#define SMARTWF_OWNER_H

#include "postgres.h"

#include "utils/guc.h"

extern void set_search_path_of(Oid relid, GucAction action);
extern void become_owner_of(Oid relid, const char *actor, bool is_person);

#endif
