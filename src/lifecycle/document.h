/*
 * document.h
 *		The documented JSON of states and transitions.
 */
#ifndef SMARTWF_DOCUMENT_H
#define SMARTWF_DOCUMENT_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "definition.h"

extern void append_uri(StringInfo json, const char *docid, const char *collection,
					   const char *name);
extern void append_state_fields(StringInfo json, const State *state, bool is_current);

#endif
