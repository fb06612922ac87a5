/*
 * carry_out.h
 *		Moves the documents of a batch.
 */
#ifndef SMARTWF_CARRY_OUT_H
#define SMARTWF_CARRY_OUT_H

#include "postgres.h"

#include "utils/relcache.h"

#include "batch.h"

extern void carry_out(Migration *migration, Relation relation);

#endif
