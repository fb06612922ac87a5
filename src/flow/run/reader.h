/*
 * reader.h
 *		Checks which runs, and which parts of them, a user can see.
 */
#ifndef SMARTWF_READER_H
#define SMARTWF_READER_H

#include "postgres.h"

extern bool sees_run(Datum run);
extern bool shows_model(Datum run);

#endif
