/*
 * listener.c
 *		Announces changes of documents to higher modules, which register
 *		listeners.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "listener.h"

#define MOST_LISTENERS 8

static const StateListener *listeners[MOST_LISTENERS];
static int	number_of_listeners = 0;

/* Called at library load; LISTENER must stay allocated. */
void
state_listener_register(const StateListener *listener)
{
	/* a load that failed half way may be repeated */
	for (int i = 0; i < number_of_listeners; i++)
		if (listeners[i] == listener)
			return;
	if (number_of_listeners == MOST_LISTENERS)
		elog(ERROR, "too many listeners");
	listeners[number_of_listeners++] = listener;
}

/* A document has changed its state, was inserted in one, or is gone. */
void
announce_change(const StateChange *change)
{
	for (int i = 0; i < number_of_listeners; i++)
		if (listeners[i]->changed != NULL)
			listeners[i]->changed(change);
}

/* A document is gone. */
void
announce_end(const char *docid)
{
	for (int i = 0; i < number_of_listeners; i++)
		if (listeners[i]->ended != NULL)
			listeners[i]->ended(docid);
}

/* A date of a document has changed. */
void
announce_date(const char *docid, const ElementRow *element, AttrNumber column)
{
	for (int i = 0; i < number_of_listeners; i++)
		if (listeners[i]->date_changed != NULL)
			listeners[i]->date_changed(docid, element, column);
}

/* The next query for watched columns, from NUMBER on; NULL if there are no more. */
const char *
next_watched_columns(int *number)
{
	while (*number < number_of_listeners)
	{
		const char *query = listeners[(*number)++]->watched_columns;

		if (query != NULL)
			return query;
	}
	return NULL;
}

/* smartwf.announce_end(docid): called when TRUNCATE or DROP TABLE removed the row. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_announce_end);
Datum
smartwf_announce_end(PG_FUNCTION_ARGS)
{
	announce_end(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_VOID();
}

/* smartwf.announce_state(docid): for a document that was inserted without the triggers. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_announce_state);
Datum
smartwf_announce_state(PG_FUNCTION_ARGS)
{
	char	   *docid = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (int i = 0; i < number_of_listeners; i++)
		if (listeners[i]->found != NULL)
			listeners[i]->found(docid);
	PG_RETURN_VOID();
}
