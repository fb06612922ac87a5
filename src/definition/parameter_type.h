/*
 * parameter_type.h
 *		The types that a parameter of a transition may have.
 */
#ifndef SMARTWF_PARAMETER_TYPE_H
#define SMARTWF_PARAMETER_TYPE_H

#include "postgres.h"

/* The JSON values that a type accepts, and the SQL type that must be able to read them. */
typedef struct ParameterType
{
	const char *name;
	Oid			sql_type;		/* InvalidOid if there is nothing to read */
	bool		takes_number;
	bool		takes_boolean;
	const char *form;			/* required form, 9 for a digit; NULL if any */
}			ParameterType;

extern const ParameterType *parameter_type(const char *name);

#endif
