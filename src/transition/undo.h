/*
 * undo.h
 *		Undoes the last transition of a document.
 */
#ifndef SMARTWF_UNDO_H
#define SMARTWF_UNDO_H

#include "postgres.h"

#include "pass.h"

extern Passed undo_transition(const char *docid, const char *comment);

#endif
