/*
 * route.h
 *		The documented service: executes a request and writes its answer.
 */
#ifndef SMARTWF_ROUTE_H
#define SMARTWF_ROUTE_H

#include "postgres.h"

#include "utils/jsonb.h"

typedef struct Exchange
{
	/* the request */
	const char *method;
	const char *uri;
	Jsonb	   *body;			/* NULL if none */
	bytea	   *raw_body;		/* to be parsed into body, unless NULL */
	const char *if_match;		/* header, NULL if none */
	const char *if_none_match;
	/* the answer */
	int			status;
	const char *reason;			/* documented name of a failure, NULL if none */
	char	   *content;		/* JSON, NULL if none */
	char	   *allowed;		/* methods that the address allows; NULL if there is no such address */
	char	   *tag;			/* entity tag, NULL if none */
}			Exchange;

extern void answer_exchange(Exchange *exchange);

#endif
