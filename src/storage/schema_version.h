/*
 * schema_version.h
 *		The version of the extension's schema, and whether this library serves it.
 */
#ifndef SMARTWF_SCHEMA_VERSION_H
#define SMARTWF_SCHEMA_VERSION_H

#include "postgres.h"

extern char *schema_version(void);
extern bool schema_version_is_served(const char *version);
extern void require_served_schema(void);

#endif
