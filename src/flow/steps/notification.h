/*
 * notification.h
 *		The kinds send_notification and send_templated_notification.
 */
#ifndef SMARTWF_NOTIFICATION_H
#define SMARTWF_NOTIFICATION_H

#include "postgres.h"

#include "flow/run/step_kind.h"

extern const StepKind send_notification_step;
extern const StepKind send_templated_notification_step;

#endif
