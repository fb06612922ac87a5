/*
 * model.h
 *		The model of a run: the fields of an element, or free JSON.
 */
#ifndef SMARTWF_MODEL_H
#define SMARTWF_MODEL_H

#include "postgres.h"

#include "run.h"

extern Jsonb *model_of_element(const char *docid, const char *structure);
extern Jsonb *model_of_element_to_change(const char *docid);
extern const JsonbValue *model_field(const Run *run, const char *field);
extern Oid	model_field_type(const Run *run, const char *field);
extern void model_set(Run *run, const char *field, Jsonb *value);
extern void model_merge(Run *run, Jsonb *fields);
extern Jsonb *model_selection(const Run *run, const Step *step, const char *setting,
							  Jsonb *start);
extern Jsonb *model_nulls(Jsonb *fields, Jsonb *but);
extern Jsonb *model_difference(Jsonb *old, Jsonb *new);
extern void model_save(Run *run);
extern void model_read_again(Run *run);
extern bool model_has_any(Jsonb *model, Jsonb *fields);
extern void model_follow_own(Run *run);
extern void model_require_current(const Run *run);
extern bool model_is_current(const Run *run);
extern void model_take_over(Run *run);
extern bool document_is_gone(const char *docid);
extern Jsonb *visible_model(const Run *run);

#endif
