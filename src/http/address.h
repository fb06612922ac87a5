/*
 * address.h
 *		The address of a request, taken apart.
 */
#ifndef SMARTWF_ADDRESS_H
#define SMARTWF_ADDRESS_H

#include "postgres.h"

#include "nodes/pg_list.h"

typedef struct Address
{
	List	   *segments;		/* of the path, decoded (char *) */
	const char *query;			/* what follows the question mark, maybe empty */
}			Address;

extern Address read_address(const char *uri);
extern char *query_value(const Address *address, const char *name);

#endif
