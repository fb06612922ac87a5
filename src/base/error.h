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
	UNKNOWN_ADDRESS,
	WRONG_METHOD,
	MODEL_CHANGED,
	RUN_CLOSED,
	OVERDUE,
	PRECONDITION_FAILED,
	NUMBER_OF_FAILURES,
	NO_FAILURE = NUMBER_OF_FAILURES
} Failure;

typedef struct FailureDescription
{
	const char *code;			/* the documented code */
	const char *sqlstate;
	int			http_status;
	const char *http_message;
	const char *format;			/* format of the text; takes strings only */
}			FailureDescription;

extern const FailureDescription smartwf_failures[NUMBER_OF_FAILURES];

extern int	failure_sqlstate(Failure failure);
extern char *failure_detail(Failure failure, const char *user_message, const char *message);
extern char *failure_message(Failure failure,...);
extern bool failure_of_sqlstate(int sqlstate, Failure *failure);
extern const char *error_code(const ErrorData *error);

/*
 * Raise a documented failure; the arguments fill its format.  The hint and the
 * message of a hook or guard for the user may be NULL.
 */
#define raise_failure_in_detail(failure, user_message, hint, ...) \
	do { \
		const char *message_ = failure_message(failure, __VA_ARGS__); \
		const char *user_message_ = (user_message); \
		const char *hint_ = (hint); \
		ereport(ERROR, \
				(errcode(failure_sqlstate(failure)), \
				 errmsg_internal("%s", message_), \
				 errdetail_internal("%s", failure_detail(failure, user_message_, message_)), \
				 hint_ != NULL ? errhint("%s", hint_) : 0)); \
	} while (0)

#define raise_failure_with_hint(failure, hint, ...) \
	raise_failure_in_detail(failure, NULL, hint, __VA_ARGS__)

#define raise_failure(failure, ...) \
	raise_failure_in_detail(failure, NULL, (const char *) NULL, __VA_ARGS__)

#endif
