/*
 * json_value.h
 *		Access to the parts of a JSON value.
 */
#ifndef SMARTWF_JSON_VALUE_H
#define SMARTWF_JSON_VALUE_H

#include "postgres.h"

#include "utils/jsonb.h"

extern Jsonb *json_empty_object(void);
extern JsonbValue json_root(Jsonb *json);
extern JsonbValue *json_member_of_key(const JsonbValue *object, const JsonbValue *key);
extern JsonbValue *json_member_n(const JsonbValue *object, const char *name, int length);
extern JsonbValue *json_member(const JsonbValue *object, const char *name);
extern JsonbValue *json_document_member(Jsonb *json, const char *name);
extern JsonbValue *json_text_member(Jsonb *json, const char *name);
extern char *json_text(const JsonbValue *value);
extern bool json_is_list(const JsonbValue *value);

#endif
