/*
 * entity_tag.h
 *		Entity tags: which state of a document an answer shows.
 */
#ifndef SMARTWF_ENTITY_TAG_H
#define SMARTWF_ENTITY_TAG_H

#include "postgres.h"

#include "nodes/pg_list.h"

extern char *entity_tag(int32 revision, const char *content);
extern bool lists_tag(const char *header, const char *tag);
extern List *listed_revisions(const char *header);

#endif
