/*
 * parameter.c
 *		Checks and stores the comment and parameters of a transition.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "base/json_value.h"
#include "base/message.h"
#include "base/subtransaction.h"
#include "definition/parameter_type.h"
#include "parameter.h"
#include "transition_check.h"

static JsonbValue *
given_value(const TransitionCheck *check, const char *name)
{
	JsonbValue *value;

	if (check->parameters == NULL)
		return NULL;
	value = json_document_member(check->parameters, name);
	return value == NULL || value->type == jbvNull ? NULL : value;
}

/* Does TEXT begin in the given form, with a digit for each 9? */
static bool
has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++)
		if (*form == '9' ? !isdigit((unsigned char) *text) : *text != *form)
			return false;
	return true;
}

/* Is the value among the parameter's options (an array, or the keys of an object)? */
static bool
is_option(const Parameter *parameter, const JsonbValue *value)
{
	JsonbValue	key;
	JsonbValue	option = *value;
	JsonbValue *values;

	if (parameter->options == NULL)
		return false;
	key.type = jbvString;
	key.val.string.val = "values";
	key.val.string.len = strlen("values");
	values = findJsonbValueFromContainer(&parameter->options->root, JB_FOBJECT, &key);
	if (values == NULL || values->type != jbvBinary)
		return false;
	return findJsonbValueFromContainer(values->val.binary.data, JB_FARRAY | JB_FOBJECT,
									   &option) != NULL;
}

/* Raise an error unless the value, not an array, has the parameter's type. */
static void
read_single(const Parameter *parameter, const JsonbValue *value)
{
	const ParameterType *type = parameter_type(parameter->type);
	char	   *text = json_text(value);
	bool		fits = value->type == jbvString ||
		(value->type == jbvNumeric && type->takes_number) ||
		(value->type == jbvBool && type->takes_boolean) ||
		strcmp(type->name, "json") == 0;
	Oid			input;
	Oid			argument;

	if (fits && strcmp(type->name, "enum") == 0)
		fits = is_option(parameter, value);
	if (fits && type->form != NULL)
		fits = has_form(text, type->form);
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("wrong type")));
	if (OidIsValid(type->sql_type))
	{
		getTypeInputInfo(type->sql_type, &input, &argument);
		(void) OidInputFunctionCall(input, text, argument, -1);
	}
}

/* The same for each element of an array. */
static void
read_value(const Parameter *parameter, const JsonbValue *value)
{
	if (!parameter->multiple)
		read_single(parameter, value);
	else if (!json_is_list(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("wrong type")));
	else
		for (int i = 0; i < JsonContainerSize(value->val.binary.data); i++)
			read_single(parameter, getIthJsonbValueFromContainer(value->val.binary.data, i));
}

/* A JSON array as an SQL array of the column's element type. */
static Datum
list_as_array(const JsonbValue *list, Oid element_type, int32 typmod)
{
	ArrayBuildState *state = initArrayResult(element_type, CurrentMemoryContext, false);
	Oid			input;
	Oid			argument;

	getTypeInputInfo(element_type, &input, &argument);
	for (int i = 0; i < JsonContainerSize(list->val.binary.data); i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(list->val.binary.data, i);

		state = accumArrayResult(state,
								 OidInputFunctionCall(input, json_text(item), argument, typmod),
								 false, element_type, CurrentMemoryContext);
	}
	return makeArrayResult(state, CurrentMemoryContext);
}

/* The value as a datum of the column's type. */
static Datum
value_for_column(const JsonbValue *value, Form_pg_attribute column)
{
	Oid			base = getBaseType(column->atttypid);
	Oid			element_type = get_element_type(base);
	Oid			input;
	Oid			argument;

	if (json_is_list(value) && OidIsValid(element_type))
		return list_as_array(value, element_type, column->atttypmod);
	getTypeInputInfo(column->atttypid, &input, &argument);
	if ((base == JSONOID || base == JSONBOID) && value->type != jbvBinary)
	{
		Jsonb	   *scalar = JsonbValueToJsonb((JsonbValue *) value);

		return OidInputFunctionCall(input, JsonbToCString(NULL, &scalar->root, VARSIZE(scalar)),
									argument, column->atttypmod);
	}
	return OidInputFunctionCall(input, json_text(value), argument, column->atttypmod);
}

/* The column in which a parameter is stored, 0 if there is none. */
static AttrNumber
parameter_column(const TransitionCheck *check, const Parameter *parameter)
{
	TupleDesc	descriptor = RelationGetDescr(check->relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (!column->attisdropped && column->attgenerated == '\0' &&
			column->attnum != check->table->state_column &&
			column->attnum != check->table->docid_column &&
			strcmp(NameStr(column->attname), parameter->name) == 0)
			return column->attnum;
	}
	return InvalidAttrNumber;
}

/* Check the type of one parameter and store it; for run_in_subtransaction(). */
typedef struct Storing
{
	TransitionCheck *check;
	const Parameter *parameter;
	const JsonbValue *value;
	bool		has_type;		/* the value has the declared type */
}			Storing;

static void
store_parameter(void *argument)
{
	Storing    *storing = argument;
	TransitionCheck *check = storing->check;
	TupleDesc	descriptor = RelationGetDescr(check->relation);
	int			column = parameter_column(check, storing->parameter);
	Datum		value;
	bool		isnull = false;

	read_value(storing->parameter, storing->value);
	storing->has_type = true;
	if (column == InvalidAttrNumber)
		return;
	value = value_for_column(storing->value, TupleDescAttr(descriptor, column - 1));
	check->proposed = heap_modify_tuple_by_cols(check->proposed, descriptor,
													1, &column, &value, &isnull);
}

/* May those who pass the transition give the parameter? */
static bool
is_writable(const Parameter *parameter)
{
	return strcmp(parameter->visibility, "write") == 0;
}

/* A plain UPDATE gives a parameter by its column, and the row itself one that nobody may give. */
static bool
is_in_column(const TransitionCheck *check, const Parameter *parameter)
{
	AttrNumber	column = parameter_column(check, parameter);

	return !(check->is_request && is_writable(parameter)) && column != InvalidAttrNumber &&
		!heap_attisnull(check->proposed, column, RelationGetDescr(check->relation));
}

static char *
check_parameter(TransitionCheck *check, const Parameter *parameter)
{
	Storing		storing = {check, parameter, given_value(check, parameter->name), false};
	ErrorData  *error;

	if (storing.value == NULL)
	{
		if (!parameter->needed || is_in_column(check, parameter))
			return NULL;
		return psprintf(localized("parameter \"%s\" is missing"), parameter->name);
	}
	if (!is_writable(parameter))
		return psprintf(localized("parameter \"%s\" cannot be given: its visibility is \"%s\""), parameter->name,
						parameter->visibility);
	error = run_in_subtransaction(store_parameter, &storing, false);
	if (error == NULL)
		return NULL;
	if (storing.has_type)
		return psprintf(localized("parameter \"%s\" cannot be stored: %s"), parameter->name,
						error->message);
	return psprintf(parameter->multiple ?
					localized("parameter \"%s\" must be a list of type %s, not \"%s\"") :
					localized("parameter \"%s\" must be of type %s, not \"%s\""),
					parameter->name, parameter->type, json_text(storing.value));
}

/* The first given parameter that the transition does not have; without one, none is asked for. */
static char *
check_names(const TransitionCheck *check)
{
	JsonbIterator *iterator;
	JsonbValue	value;
	JsonbIteratorToken token;

	if (check->parameters == NULL)
		return NULL;
	iterator = JsonbIteratorInit(&check->parameters->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		const Transition *transition = check->transition;
		bool		known = false;

		if (token != WJB_KEY)
			continue;
		for (int i = 0; transition != NULL && i < transition->number_of_parameters && !known; i++)
			known = strlen(transition->parameters[i].name) == value.val.string.len &&
				memcmp(transition->parameters[i].name, value.val.string.val,
					   value.val.string.len) == 0;
		if (!known)
			return psprintf(localized("parameter \"%s\" is not asked for"),
							pnstrdup(value.val.string.val, value.val.string.len));
	}
	return NULL;
}

/* Parameters that a plain UPDATE gave by their columns, for hooks and history. */
static Jsonb *
parameters_from_columns(const TransitionCheck *check)
{
	const Transition *transition = check->transition;
	TupleDesc	descriptor = RelationGetDescr(check->relation);
	StringInfoData json;
	bool		isnull;

	initStringInfo(&json);
	for (int i = 0; i < transition->number_of_parameters; i++)
	{
		const Parameter *parameter = &transition->parameters[i];
		AttrNumber	column = parameter_column(check, parameter);
		Oid			output;
		bool		is_varlena;
		Datum		value;

		if (!is_in_column(check, parameter))
			continue;
		value = heap_getattr(check->proposed, column, descriptor, &isnull);
		getTypeOutputInfo(TupleDescAttr(descriptor, column - 1)->atttypid, &output, &is_varlena);
		appendStringInfoString(&json, json.len == 0 ? "{" : ", ");
		escape_json(&json, parameter->name);
		appendStringInfoString(&json, ": ");
		escape_json(&json, OidOutputFunctionCall(output, value));
	}
	if (json.len == 0)
		return NULL;
	appendStringInfoChar(&json, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data)));
}

/* Checks comment and parameters, and stores those that have a column. */
char *
check_parameters(TransitionCheck *check)
{
	const Transition *transition = check->transition;
	char	   *reason;

	if (transition == NULL)
		return check_names(check);
	if (transition->forbids_comment && check->comment != NULL &&
		check->comment[0] != '\0')
		return pstrdup(localized("it takes no comment"));
	reason = check_names(check);
	for (int i = 0; i < transition->number_of_parameters && reason == NULL; i++)
		reason = check_parameter(check, &transition->parameters[i]);
	if (reason == NULL && !check->is_request && transition->number_of_parameters > 0)
		check->parameters = parameters_from_columns(check);
	return reason;
}
