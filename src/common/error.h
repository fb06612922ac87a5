/*
 * error.h
 *		The documented failures: one table of code, SQLSTATE, HTTP status and
 *		text, and the two ways to raise one of them.
 */
#ifndef SMARTWF_ERROR_H
#define SMARTWF_ERROR_H

#include "postgres.h"

typedef enum Failure
{
	UNKNOWN_ELEMENT,
	INVISIBLE_ELEMENT,
	DELETED_ELEMENT,
	OTHER_STRUCTURE,
	NO_WORKFLOW,
	UNKNOWN_STATE,
	UNKNOWN_TRANSITION,
	INVALID_TRANSITION,
	REFUSED,
	INVALID_DEFINITION,
	MALFORMED_CALL,
	NUMBER_OF_FAILURES
} Failure;

typedef struct FailureDescription
{
	const char *code;			/* the documented code */
	const char *sqlstate;
	int			http_status;
	const char *http_message;
	const char *format;			/* takes strings only */
}			FailureDescription;

extern const FailureDescription smartwf_failures[NUMBER_OF_FAILURES];

extern int	failure_sqlstate(Failure failure);
extern char *failure_detail(Failure failure);
extern char *failure_message(Failure failure,...);
extern const char *failure_code_of_sqlstate(int sqlstate);

/*
 * Raise a documented failure; the arguments fill its format.  HINT may be NULL.
 */
#define raise_failure_with_hint(failure, hint, ...) \
	ereport(ERROR, \
			(errcode(failure_sqlstate(failure)), \
			 errmsg_internal("%s", failure_message(failure, __VA_ARGS__)), \
			 errdetail_internal("%s", failure_detail(failure)), \
			 (hint) != NULL ? errhint("%s", (hint)) : 0))

#define raise_failure(failure, ...) \
	raise_failure_with_hint(failure, (const char *) NULL, __VA_ARGS__)

#endif
