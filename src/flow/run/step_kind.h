/*
 * step_kind.h
 *		The kinds of steps, each registered by the file that performs it.
 */
#ifndef SMARTWF_STEP_KIND_H
#define SMARTWF_STEP_KIND_H

#include "postgres.h"

#include "run.h"

/* What a step does to its run. */
typedef enum StepResult
{
	GO_ON,						/* to the next step */
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
	 * Called when the wait of such a step is due.  Sets the next step of the
	 * run; false if the wait goes on, or the step has failed.  NULL if the
	 * step never waits.
	 */
	bool		(*end_wait) (Run *run, const Step *step);
	/* the model of the waiting run has changed; may be NULL */
	void		(*move_wait) (Run *run, const Step *step);
}			StepKind;

extern void step_kind_register(const StepKind *kind);
extern const StepKind *step_kind(const char *name);

#endif
