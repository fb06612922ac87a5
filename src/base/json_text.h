/*
 * json_text.h
 *		Writes JSON key by key: the order of keys is part of the documented
 *		answers.
 */
#ifndef SMARTWF_JSON_TEXT_H
#define SMARTWF_JSON_TEXT_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

extern void append_key(StringInfo json, const char *key);
extern void append_string(StringInfo json, const char *key, const char *value);
extern void append_member(StringInfo json, const char *key, const char *value);
extern void append_boolean(StringInfo json, const char *key, bool value);
extern void append_time(StringInfo json, const char *key, TimestampTz time);
extern void append_comma(StringInfo json, int i);

#endif
