/*
 * trigger.h
 *		The triggers on an attached table.
 */
#ifndef SMARTWF_TRIGGER_H
#define SMARTWF_TRIGGER_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/rel.h"

extern void row_triggers_register(PGFunction before, PGFunction after);
extern bool is_trigger_function(Oid function);
extern bool belongs_to_structure(Relation relation, const char *structure);

#endif
