/*
 * timer.h
 *		Timers of elements: started, moved and ended with the changes of a
 *		document.
 */
#ifndef SMARTWF_TIMER_H
#define SMARTWF_TIMER_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "attach/listener.h"
#include "definition/workflow.h"

extern void timer_init(void);
extern List *timers_follow(const char *docid, const ElementRow *element, const Workflow *from, const Workflow *to,
						   int state);
extern bool timers_catch_up(const char *docid);

#endif
