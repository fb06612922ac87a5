/*
 * request_header.h
 *		Headers of the HTTP request that a gateway executes for its client.
 */
#ifndef SMARTWF_REQUEST_HEADER_H
#define SMARTWF_REQUEST_HEADER_H

#include "postgres.h"

extern char *request_header(const char *name);

#endif
