/*
 * ddl.h
 *		Follows TRUNCATE and DDL on attached tables.
 */
#ifndef SMARTWF_DDL_H
#define SMARTWF_DDL_H

#include "postgres.h"

extern void ddl_init(void);

#endif
