/*
 * step_kind.h
 *		The kinds of steps, each registered by the file that performs it.
 */
#ifndef SMARTWF_STEP_KIND_H
#define SMARTWF_STEP_KIND_H

#include "postgres.h"

#include "run.h"

/* What a step makes of its run. */
typedef enum StepResult
{
	GO_ON,						/* to the step after it */
	BRANCHED,					/* the step has set the next one itself */
	WAIT,
	FINISH,
	RESET
} StepResult;

typedef struct StepKind
{
	const char *name;
	StepResult	(*perform) (Run *run, const Step *step);

	/*
	 * A worker finds the wait of such a step over: have the run stand at the next
	 * one; false if it waits on, or has failed.  NULL: it never waits.
	 */
	bool		(*end_wait) (Run *run, const Step *step);
	/* the model of the run that waits has changed; may be NULL */
	void		(*move_wait) (Run *run, const Step *step);
}			StepKind;

extern void step_kind_register(const StepKind *kind);
extern const StepKind *step_kind(const char *name);

#endif
