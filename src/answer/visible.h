/*
 * visible.h
 *		Which structures the caller sees documents of.
 */
#ifndef SMARTWF_VISIBLE_H
#define SMARTWF_VISIBLE_H

#include "postgres.h"

extern bool structure_is_visible(const char *name);

#endif
