/*
 * document_listener.h
 *		What a change of a document does to flows.
 */
#ifndef SMARTWF_DOCUMENT_LISTENER_H
#define SMARTWF_DOCUMENT_LISTENER_H

#include "postgres.h"

extern void document_listener_init(void);

#endif
