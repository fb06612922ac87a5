/*
 * document_listener.h
 *		Reacts to changes of documents: starts, ends and wakes runs.
 */
#ifndef SMARTWF_DOCUMENT_LISTENER_H
#define SMARTWF_DOCUMENT_LISTENER_H

#include "postgres.h"

extern void document_listener_init(void);

#endif
