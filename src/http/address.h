/*
 * address.h
 *		Parses the address of a request.
 */
#ifndef SMARTWF_ADDRESS_H
#define SMARTWF_ADDRESS_H

#include "postgres.h"

#include "nodes/pg_list.h"

typedef struct Address
{
	List	   *segments;		/* of the path, decoded (char *) */
	const char *query;			/* part after the question mark, may be empty */
}			Address;

extern Address read_address(const char *uri);
extern char *query_value(const Address *address, const char *name);

#endif
