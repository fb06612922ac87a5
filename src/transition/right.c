/*
 * right.c
 *		Checks the right to pass a transition.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/actor.h"
#include "base/message.h"
#include "right.h"
#include "transition_check.h"

/* The column may hold one name or an array of names. */
static bool
column_names_caller(HeapTuple row, TupleDesc descriptor, const char *column)
{
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		Oid			element_type;
		Oid			output;
		bool		is_varlena;
		bool		isnull;
		Datum		value;
		Datum	   *values = &value;
		bool	   *nulls = &isnull;
		int			number = 1;

		if (attribute->attisdropped || strcmp(NameStr(attribute->attname), column) != 0)
			continue;
		element_type = get_element_type(getBaseType(attribute->atttypid));
		value = heap_getattr(row, i + 1, descriptor, &isnull);
		if (isnull)
			return false;
		if (OidIsValid(element_type))
		{
			int16		length;
			bool		by_value;
			char		align;

			get_typlenbyvalalign(element_type, &length, &by_value, &align);
			deconstruct_array(DatumGetArrayTypeP(value), element_type, length, by_value,
							  align, &values, &nulls, &number);
		}
		getTypeOutputInfo(OidIsValid(element_type) ? element_type : attribute->atttypid,
						  &output, &is_varlena);
		for (int j = 0; j < number; j++)
			if (!nulls[j] && names_caller(OidOutputFunctionCall(output, values[j])))
				return true;
		return false;
	}
	return false;
}

/*
 * Does the caller hold the right on a transition?  ROW is the stored version,
 * so that an UPDATE cannot grant the right it needs by naming its own caller.
 * If the transition has no grant, only the table's privileges count.
 */
bool
holds_right(const Transition *transition, AttachedTable *table, HeapTuple row,
			TupleDesc descriptor)
{
	if (transition->number_of_grants == 0 || is_administrator())
		return true;
	for (int i = 0; i < transition->number_of_grants; i++)
	{
		const Grant *grant = &transition->grants[i];

		if (grant->is_column ? column_names_caller(row, descriptor, grant->grantee)
			: holds_role(grant->grantee))
			return true;
	}
	return false;
}

/*
 * A transition without any grant is open to all who may update the state.  A
 * plain UPDATE has been checked for that by PostgreSQL, a request has not.
 */
char *
check_right(TransitionCheck *check)
{
	const Transition *transition = check->transition;

	if (transition == NULL)
		return NULL;
	if (!holds_right(transition, check->table, check->current,
					 RelationGetDescr(check->relation)))
		return psprintf(localized("\"%s\" does not hold the right"), actor_name());
	if (check->is_request && transition->number_of_grants == 0 &&
		!check->may_update)
		return psprintf(localized("\"%s\" may not update the state"), actor_name());
	return NULL;
}
