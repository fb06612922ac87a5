/*
 * check.c
 *		May this element pass this transition?
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/actor.h"
#include "base/error.h"
#include "base/locale.h"
#include "check.h"

/* A column may hold one name or an array of names. */
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
 * Does the caller hold the right on a transition?  The row is the one that
 * stands: nobody can name himself in the UPDATE that he needs the right for.
 * Without any grant, the table's own privileges decide.
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

static char *
check_lock(Judgement *judgement)
{
	const char *holder = judgement->locked_by;

	if (holder == NULL || is_same_actor(holder, judgement->locked_by_person))
		return NULL;
	return psprintf(localized("it is locked by \"%s\""), holder);
}

/*
 * A transition without any grant is open to all who may update the state.  A
 * plain UPDATE has shown that already, a request has not.
 */
char *
check_right(Judgement *judgement)
{
	const Transition *transition = judgement->transition;

	if (transition == NULL)
		return NULL;
	if (!holds_right(transition, judgement->table, judgement->current,
					 RelationGetDescr(judgement->relation)))
		return psprintf(localized("\"%s\" does not hold the right"), actor_name());
	if (judgement->is_request && transition->number_of_grants == 0 &&
		!judgement->may_update)
		return psprintf(localized("\"%s\" may not update the state"), actor_name());
	return NULL;
}

/* May I?  The hook's own words. */
char *
check_m0(Judgement *judgement)
{
	return call_hook(judgement, HOOK_M0, judgement->proposed);
}

/* Ready?  It sees the parameters stored. */
static char *
check_m1(Judgement *judgement)
{
	return call_hook(judgement, HOOK_M1, judgement->proposed);
}

/* The documented order. */
const NamedCheck checks[NUMBER_OF_CHECKS] = {
	{"lock", check_lock},
	{"right", check_right},
	{"guard", check_guard},
	{"m0", check_m0},
	{"parameters", check_parameters},
	{"m1", check_m1},
};

/* What is refused, in words. */
static char *
attempted(const Judgement *judgement)
{
	if (judgement->transition != NULL)
		return psprintf(localized("Transition \"%s\""), judgement->transition->name);
	return psprintf(localized("State \"%s\""), judgement->workflow->states[judgement->to].name);
}

/* Raise the first reason why the transition may not be passed. */
void
judge(Judgement *judgement)
{
	for (int i = 0; i < lengthof(checks); i++)
	{
		char	   *reason = checks[i].check(judgement);

		if (reason != NULL)
			raise_failure_in_detail(REFUSED, judgement->user_message, (const char *) NULL,
									attempted(judgement), judgement->docid, reason);
	}
}
