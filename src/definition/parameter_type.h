/*
 * parameter_type.h
 *		The types that a parameter of a transition may have.
 */
#ifndef SMARTWF_PARAMETER_TYPE_H
#define SMARTWF_PARAMETER_TYPE_H

#include "postgres.h"

/* Which JSON values a type takes, and the type of SQL that must read them. */
typedef struct ParameterType
{
	const char *name;
	Oid			sql_type;		/* InvalidOid: nothing to read */
	bool		takes_number;
	bool		takes_boolean;
	const char *form;			/* digits as 9; NULL: any */
}			ParameterType;

extern const ParameterType *parameter_type(const char *name);

#endif
