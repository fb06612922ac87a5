/*
 * people.h
 *		Determines the recipients of a step, and notifies them.
 */
#ifndef SMARTWF_PEOPLE_H
#define SMARTWF_PEOPLE_H

#include "postgres.h"

#include "flow/run/run.h"

/* A role, or a person from a token. */
typedef struct Person
{
	char	   *name;
	bool		is_person;
}			Person;

extern List *people_of_step(Run *run, const Step *step);
extern Person *person_of_name(char *name);
extern void people_init(void);
extern void push_to_person(const Person *person, const char *what);
extern void notify_people(Run *run, const Step *step, List *people, const char *channel,
						  const char *subject, const char *body, bool is_html);

#endif
