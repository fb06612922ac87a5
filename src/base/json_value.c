/*
 * json_value.c
 *		Access to the parts of a JSON value.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "json_value.h"

/* Returns {}. */
Jsonb *
json_empty_object(void)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
}

/* The root of a document as a value. */
JsonbValue
json_root(Jsonb *json)
{
	JsonbValue	value;

	if (JB_ROOT_IS_SCALAR(json))
		return *getIthJsonbValueFromContainer(&json->root, 0);
	value.type = jbvBinary;
	value.val.binary.data = &json->root;
	value.val.binary.len = VARSIZE(json) - VARHDRSZ;
	return value;
}

/*
 * The member of an object with the given key; NULL if there is none or the
 * value is not an object.
 */
JsonbValue *
json_member_of_key(const JsonbValue *object, const JsonbValue *key)
{
	if (object->type != jbvBinary || !JsonContainerIsObject(object->val.binary.data))
		return NULL;
	return findJsonbValueFromContainer(object->val.binary.data, JB_FOBJECT, unconstify(JsonbValue *, key));
}

/* The same, for a name of LENGTH bytes. */
JsonbValue *
json_member_n(const JsonbValue *object, const char *name, int length)
{
	JsonbValue	key = {.type = jbvString, .val.string = {.val = unconstify(char *, name), .len = length}};

	return json_member_of_key(object, &key);
}

/* The same, by name. */
JsonbValue *
json_member(const JsonbValue *object, const char *name)
{
	return json_member_n(object, name, strlen(name));
}

/* A member of a document; NULL if there is none or the document is not an object. */
JsonbValue *
json_document_member(Jsonb *json, const char *name)
{
	JsonbValue	root = json_root(json);

	return json_member(&root, name);
}

/* A member of a document that is a string; NULL if there is none. */
JsonbValue *
json_text_member(Jsonb *json, const char *name)
{
	JsonbValue *value = json_document_member(json, name);

	return value == NULL || value->type != jbvString ? NULL : value;
}

/* A value as text, as an input function or a person would read it. */
char *
json_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return pstrdup("");
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
	}
}

/* Is the value an array? */
bool
json_is_list(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) &&
		!JsonContainerIsScalar(value->val.binary.data);
}
