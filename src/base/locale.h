/*
 * locale.h
 *		The languages that the reader wants.
 */
#ifndef SMARTWF_LOCALE_H
#define SMARTWF_LOCALE_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern void locale_init(void);
extern char *normalized_locale(const char *name);
extern List *reader_locales(void);
extern char *broader_locale(const char *locale);

#endif
