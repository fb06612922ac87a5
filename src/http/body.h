/*
 * body.h
 *		Reads comment and parameters from the body of a request.
 */
#ifndef SMARTWF_BODY_H
#define SMARTWF_BODY_H

#include "postgres.h"

#include "utils/jsonb.h"

extern Jsonb *read_body(bytea *raw);
extern char *body_comment(Jsonb *body);
extern Jsonb *body_parameters(Jsonb *body);

#endif
