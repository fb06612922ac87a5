/*
 * launcher.h
 *		The process that starts and ends the workers.
 */
#ifndef SMARTWF_LAUNCHER_H
#define SMARTWF_LAUNCHER_H

#include "postgres.h"

/* What a worker must know: whose, and of which kind. */
typedef struct Assignment
{
	char		database[NAMEDATALEN];
	int			kinds;
	int			number;
}			Assignment;

extern void launcher_init(void);

#endif
