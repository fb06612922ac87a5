/*
 * past.h
 *		The past of a document: its history, with the migrations that left no line.
 */
#ifndef SMARTWF_PAST_H
#define SMARTWF_PAST_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "storage/element.h"
#include "transition/target.h"

extern List *past_of_document(const Target *target, const HistoryPage *page);

#endif
