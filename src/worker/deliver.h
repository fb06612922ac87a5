/*
 * deliver.h
 *		Delivers notifications as background work.
 */
#ifndef SMARTWF_DELIVER_H
#define SMARTWF_DELIVER_H

#include "postgres.h"

extern bool deliver_due(void);

#endif
