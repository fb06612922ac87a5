/*
 * message.h
 *		smartwf's own messages in the reader's language.
 */
#ifndef SMARTWF_MESSAGE_H
#define SMARTWF_MESSAGE_H

#include "postgres.h"

extern const char *localized(const char *english) pg_attribute_format_arg(1);

#endif
