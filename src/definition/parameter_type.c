/*
 * parameter_type.c
 *		The types that a parameter of a transition may have.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "parameter_type.h"

static const ParameterType types[] = {
	{"text", InvalidOid, false, false, NULL},
	{"int", INT8OID, true, false, NULL},
	{"double", FLOAT8OID, true, false, NULL},
	{"money", NUMERICOID, true, false, NULL},
	{"date", DATEOID, false, false, "9999-99-99"},
	{"time", TIMEOID, false, false, "99:99"},
	{"timestamp", TIMESTAMPTZOID, false, false, "9999-99-99"},
	{"enum", InvalidOid, false, false, NULL},
	{"boolean", BOOLOID, false, true, NULL},
	{"json", InvalidOid, true, true, NULL},
};

/* NULL if there is no such type. */
const ParameterType *
parameter_type(const char *name)
{
	for (int i = 0; i < lengthof(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* smartwf.parameter_types(): for the check of definitions. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_parameter_types);
Datum
smartwf_parameter_types(PG_FUNCTION_ARGS)
{
	Datum		names[lengthof(types)];

	for (int i = 0; i < lengthof(types); i++)
		names[i] = CStringGetTextDatum(types[i].name);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, lengthof(types), TEXTOID, -1, false,
										  TYPALIGN_INT));
}
