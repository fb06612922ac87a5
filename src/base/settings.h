/*
 * settings.h
 *		Applies the settings of the server and of a role, whatever the
 *		session's are.
 */
#ifndef SMARTWF_SETTINGS_H
#define SMARTWF_SETTINGS_H

#include "postgres.h"

#include "utils/guc.h"

extern bool apply_server_settings(bool is_foreign, GucAction action);
extern void apply_role_settings(Oid role, GucAction action);

#endif
