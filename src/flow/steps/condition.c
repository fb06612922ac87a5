/*
 * condition.c
 *		The kinds if_condition and switch_case: continue with the branch that
 *		a field of the model selects.
 *
 * Values are compared by the type of the element's column if the field is one,
 * otherwise by their JSON type.  Null is equal to null only, and neither
 * greater nor less than any value.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "attach/attached_table.h"
#include "base/json_value.h"
#include "base/subtransaction.h"
#include "flow/run/model.h"
#include "flow/run/step_kind.h"
#include "condition.h"

/* A comparison of two values of a type; for run_in_subtransaction(). */
typedef struct Comparison
{
	Oid			type;
	const char *left;
	const char *right;
	int			result;
	bool		done;			/* the type can be compared */
}			Comparison;

/* An error ends the subtransaction, and the pinned settings with it. */
static void
compare_now(void *argument)
{
	Comparison *comparison = argument;
	TypeCacheEntry *type = lookup_type_cache(comparison->type, TYPECACHE_CMP_PROC_FINFO);
	Oid			input;
	Oid			parameter;
	Datum		left;
	Datum		right;
	int			level;

	if (!OidIsValid(type->cmp_proc_finfo.fn_oid))
		return;
	level = pin_settings();
	getTypeInputInfo(comparison->type, &input, &parameter);
	left = OidInputFunctionCall(input, (char *) comparison->left, parameter, -1);
	right = OidInputFunctionCall(input, (char *) comparison->right, parameter, -1);
	comparison->result = DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo,
														 get_typcollation(comparison->type), left, right));
	comparison->done = true;
	unpin_settings(level);
}

/* Does a text begin like an ISO 8601 date? */
static bool
looks_like_date(const char *text)
{
	static const char form[] = "9999-99-99";

	for (int i = 0; form[i] != '\0'; i++)
		if (form[i] == '9' ? !isdigit((unsigned char) text[i]) : text[i] != form[i])
			return false;
	return true;
}

/* The type by which two JSON values can be compared; InvalidOid if none. */
static Oid
common_type(const JsonbValue *left, const JsonbValue *right)
{
	if (left->type != right->type)
		return InvalidOid;
	switch (left->type)
	{
		case jbvNumeric:
			return NUMERICOID;
		case jbvBool:
			return BOOLOID;
		case jbvString:
			return looks_like_date(json_text(left)) && looks_like_date(json_text(right)) ?
				TIMESTAMPTZOID : TEXTOID;
		default:
			return JSONBOID;
	}
}

/* Compare two values; false if they cannot be compared. */
static bool
compare(const Run *run, const char *field, const JsonbValue *left, const JsonbValue *right,
		int *result)
{
	Comparison	comparison = {
		.type = model_field_type(run, field), .left = json_text(left), .right = json_text(right),
	};

	if (!OidIsValid(comparison.type))
		comparison.type = common_type(left, right);
	if (!OidIsValid(comparison.type) || run_in_subtransaction(compare_now, &comparison, false) != NULL ||
		!comparison.done)
		return false;
	*result = comparison.result;
	return true;
}

/* A value as JSON, in which numbers and texts differ. */
static char *
as_json(const JsonbValue *value)
{
	Jsonb	   *json = JsonbValueToJsonb((JsonbValue *) value);

	return JsonbToCString(NULL, &json->root, VARSIZE(json));
}

static void
refuse_comparison(const char *field, const JsonbValue *right)
{
	/* the message must not contain the value, which not all who see the run may read */
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("cannot compare what field \"%s\" holds with %s", field, as_json(right)),
			 errdetail("Greater and less need two values of one type that has an order.")));
}

/* Does the condition of an if_condition hold? */
static bool
condition_holds(const Run *run, const Step *step)
{
	char	   *field = step_setting(step, "field");
	char	   *operator = step_setting(step, "operator");
	const JsonbValue *left = model_field(run, field);
	JsonbValue *right = step_setting_value(step, "value");
	bool		is_equality = strcmp(operator, "equal") == 0 || strcmp(operator, "notEqual") == 0;
	bool		is_equal;
	int			result = 0;

	if (step_setting_is_true(step, "compareWithNull"))
		is_equal = left == NULL;
	else if (left == NULL || right == NULL || right->type == jbvNull)
	{
		if (!is_equality)
			return false;
		is_equal = false;
	}
	else if (compare(run, field, left, right, &result))
		is_equal = result == 0;
	else if (is_equality)
		is_equal = false;
	else
		refuse_comparison(field, right);
	if (strcmp(operator, "greater") == 0)
		return result > 0;
	if (strcmp(operator, "less") == 0)
		return result < 0;
	return is_equal == (strcmp(operator, "equal") == 0);
}

static StepResult
perform_if_condition(Run *run, const Step *step)
{
	if (condition_holds(run, step))
		return GO_ON;
	run->step = first_of_branch(run->flow, step, "else", NULL);
	return BRANCHED;
}

/* Does a list contain a text? */
static bool
has_text(Jsonb *list, const char *text)
{
	JsonbValue	item = {.type = jbvString, .val.string = {.val = (char *) text, .len = strlen(text)}};

	return findJsonbValueFromContainer(&list->root, JB_FARRAY, &item) != NULL;
}

/*
 * Continue with the branch for the field's value, otherwise with the default;
 * the steps after it are never reached.
 */
static StepResult
perform_switch_case(Run *run, const Step *step)
{
	const JsonbValue *value = model_field(run, step_setting(step, "field"));
	char	   *text = value == NULL ? NULL : json_text(value);
	bool		has_case = text != NULL && step->cases != NULL && has_text(step->cases, text);

	run->step = has_case ? first_of_branch(run->flow, step, "case", text) :
		first_of_branch(run->flow, step, "default", NULL);
	return BRANCHED;
}

const StepKind if_condition_step = {"if_condition", perform_if_condition};
const StepKind switch_case_step = {"switch_case", perform_switch_case};
