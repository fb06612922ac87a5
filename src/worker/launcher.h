/*
 * launcher.h
 *		The process that starts and stops the workers.
 */
#ifndef SMARTWF_LAUNCHER_H
#define SMARTWF_LAUNCHER_H

#include "postgres.h"

/* What a worker gets at start: its database and kinds of work. */
typedef struct Assignment
{
	char		database[NAMEDATALEN];
	int			kinds;
	int			number;
}			Assignment;

extern void launcher_init(void);

#endif
