/*
 * reader.h
 *		Who sees a run, and what he is shown of it.
 */
#ifndef SMARTWF_READER_H
#define SMARTWF_READER_H

#include "postgres.h"

extern bool sees_run(Datum run);
extern bool shows_model(Datum run);

#endif
