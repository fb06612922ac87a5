/*
 * people.h
 *		Whom a step addresses, and telling them.
 */
#ifndef SMARTWF_PEOPLE_H
#define SMARTWF_PEOPLE_H

#include "postgres.h"

#include "run.h"

extern List *people_of_step(Run *run, const Step *step);
extern void notify_people(Run *run, const Step *step, List *people, const char *channel,
						  const char *subject, const char *body, bool is_html);
extern void send_notification(Run *run, const Step *step);
extern void send_templated_notification(Run *run, const Step *step);

/* What a step's own function is called with; see call_flow_function(). */
extern Datum call_flow_function(Run *run, const char *name, Oid result_type, bool *isnull);

#endif
