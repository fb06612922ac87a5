/*
 * texts.h
 *		Lists of texts (char *), and arrays of them.
 */
#ifndef SMARTWF_TEXTS_H
#define SMARTWF_TEXTS_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern List *list_of_texts(Datum array);
extern Datum array_of_texts(List *texts);
extern bool is_in_texts(List *texts, const char *text);
extern List *list_delete_text(List *texts, const char *text);

#endif
