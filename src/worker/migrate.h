/*
 * migrate.h
 *		Migrations as background work.
 */
#ifndef SMARTWF_MIGRATE_H
#define SMARTWF_MIGRATE_H

#include "postgres.h"

extern bool migrate_when_due(bool *has_put_off);
extern bool move_runs_when_due(void);

#endif
