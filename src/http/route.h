/*
 * route.h
 *		The documented service: from a request to its answer.
 */
#ifndef SMARTWF_ROUTE_H
#define SMARTWF_ROUTE_H

#include "postgres.h"

#include "utils/jsonb.h"

typedef struct Exchange
{
	/* asked */
	const char *method;
	const char *uri;
	Jsonb	   *body;			/* NULL: none */
	bytea	   *raw_body;		/* to be read as body, unless NULL */
	/* answered */
	int			status;
	char	   *content;		/* JSON */
	char	   *allowed;		/* methods that the address has; NULL: no address */
}			Exchange;

extern void answer_exchange(Exchange *exchange);

#endif
