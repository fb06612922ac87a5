/*
 * ddl.h
 *		What TRUNCATE and DDL do to an attached table.
 */
#ifndef SMARTWF_DDL_H
#define SMARTWF_DDL_H

#include "postgres.h"

extern void ddl_init(void);

#endif
