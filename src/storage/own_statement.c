/*
 * own_statement.c
 *		Statements on our own tables: saved plans, run as our owner.
 *
 * Nobody but the engine writes these tables; whoever sets it to work has no
 * privileges on them.  Every name is qualified, operators too.
 *
 * They all go by an index, also where the planner, who looks at a table that is
 * nearly empty, would rather read all of it: the plan is still there when the
 * queue is long.  The planner's own switches are the way to say so, set for the
 * moment: as settings they would cost more than some of the statements.
 */
#include "postgres.h"

#include "optimizer/cost.h"
#include "utils/memutils.h"

#include "base/actor.h"
#include "own_statement.h"
#include "own_table.h"

typedef struct Execution
{
	OwnStatement *statement;
	Datum	   *values;
	const char *nulls;
	void		(*use) (void *argument);
	void	   *argument;
	uint64		rows;
}			Execution;

static void
execute_now(void *argument)
{
	Execution  *execution = argument;
	OwnStatement *statement = execution->statement;
	int			result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (statement->plan == NULL)
	{
		/* the values never make another plan better */
		SPIPlanPtr	plan = SPI_prepare_cursor(statement->text, statement->arguments, statement->types,
											  CURSOR_OPT_GENERIC_PLAN);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "cannot prepare \"%s\": %s", statement->text,
				 SPI_result_code_string(SPI_result));
		statement->plan = plan;
	}
	result = SPI_execute_plan(statement->plan, execution->values, execution->nulls, false, 0);
	if (result < 0)
		elog(ERROR, "cannot run \"%s\": %s", statement->text, SPI_result_code_string(result));
	execution->rows = SPI_processed;
	if (execution->use != NULL && SPI_processed > 0)
		execution->use(execution->argument);
	SPI_finish();
}

/*
 * Run a statement; rows touched.  USE looks at SPI_tuptable if there are any,
 * and must copy what it keeps to a memory context of its own.
 */
uint64
own_execute(OwnStatement *statement, Datum *values, const char *nulls,
			void (*use) (void *argument), void *argument)
{
	Execution	execution = {statement, values, nulls, use, argument, 0};
	bool		scans = enable_seqscan;
	bool		bitmaps = enable_bitmapscan;

	PG_TRY();
	{
		enable_seqscan = false;
		enable_bitmapscan = statement->by_bitmap;
		run_as_owner(execute_now, &execution);
	}
	PG_FINALLY();
	{
		enable_seqscan = scans;
		enable_bitmapscan = bitmaps;
	}
	PG_END_TRY();
	return execution.rows;
}

typedef struct TakenText
{
	char	   *text;
	MemoryContext context;
}			TakenText;

static void
take_text(void *argument)
{
	TakenText  *taken = argument;
	char	   *text = result_text(0, 1);

	if (text != NULL)
		taken->text = MemoryContextStrdup(taken->context, text);
}

/* The same for a statement that returns one text; NULL: no row, or null. */
char *
own_text(OwnStatement *statement, Datum *values, const char *nulls)
{
	TakenText	taken = {NULL, CurrentMemoryContext};

	(void) own_execute(statement, values, nulls, take_text, &taken);
	return taken.text;
}
