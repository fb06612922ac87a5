/*
 * past.c
 *		The past of a document: its history, with the migrations that left no line.
 *
 * Where a structure moves to another version, a document that keeps its state gets no
 * line of history.  Readers are shown one, between those that it stands between; it has
 * the revision of the line before, which it does not change.
 */
#include "postgres.h"

#include "attach/succession.h"
#include "past.h"

/* What a line of history was followed by, until the next one. */
typedef struct Period
{
	const Structure *structure;
	const HistoryLine *line;	/* with which it begins */
	TimestampTz end;			/* when the next line was written; DT_NOEND if there is none */
}			Period;

/* When successions of the version began and ended in the period, the latest first. */
static List *
moments_of(const Period *period)
{
	List	   *moments = NIL;
	ListCell   *cell;

	foreach(cell, period->structure->successions)
	{
		Succession *succession = lfirst(cell);
		TimestampTz times[] = {succession->at, succession->ended_at};

		for (int i = 0; i < lengthof(times) && succession->version_id == period->line->workflow_id; i++)
			if (times[i] >= period->line->at && times[i] < period->end && times[i] != DT_NOEND)
				moments = lappend(moments, i == 0 ? &succession->at : &succession->ended_at);
	}
	return moments;
}

static int
compare_moments(const ListCell *a, const ListCell *b)
{
	TimestampTz first = *(TimestampTz *) lfirst(a);
	TimestampTz second = *(TimestampTz *) lfirst(b);

	return first > second ? -1 : first < second ? 1 : 0;
}

/* Who has moved the structure then? */
static const char *
actor_at(const Structure *structure, TimestampTz moment)
{
	ListCell   *cell;

	foreach(cell, structure->successions)
	{
		const Succession *succession = lfirst(cell);

		if (succession->at == moment)
			return succession->actor;
		if (succession->ended_at == moment)
			return succession->ended_by;
	}
	return "";
}

/* The line of a moment; NULL if the document's version did not change by it. */
static HistoryLine *
line_of_moment(const Period *period, TimestampTz moment)
{
	const HistoryLine *line = period->line;
	const Workflow *before = followed_before(period->structure->successions, line->workflow_id, line->to_state, moment);
	const Workflow *after = followed_before(period->structure->successions, line->workflow_id, line->to_state, moment + 1);
	HistoryLine *shown;

	if (after == NULL || after == before)
		return NULL;
	shown = palloc0_object(HistoryLine);
	shown->revision = line->revision;
	shown->docid = line->docid;
	shown->at = moment;
	shown->actor = actor_at(period->structure, moment);
	shown->from_state = shown->to_state = line->to_state;
	shown->comment = psprintf("version %d", after->version);
	shown->workflow_id = after->id;
	return shown;
}

static List *
append_period(List *past, const Period *period)
{
	List	   *moments = period->line->to_state == NULL ? NIL : moments_of(period);
	TimestampTz last = DT_NOEND;
	ListCell   *cell;

	list_sort(moments, compare_moments);
	foreach(cell, moments)
	{
		TimestampTz moment = *(TimestampTz *) lfirst(cell);
		HistoryLine *shown = moment == last ? NULL : line_of_moment(period, moment);

		last = moment;
		if (shown != NULL)
			past = lappend(past, shown);
	}
	return lappend(past, (void *) period->line);
}

/* When the line was written that follows the page. */
static TimestampTz
end_of_page(const Target *target, const HistoryPage *page)
{
	List	   *next;

	if (!page->has_end)
		return DT_NOEND;
	next = history_read(&target->element, &(HistoryPage) {.has_end = true, .before = page->before + 1, .most = 1});
	return next == NIL ? DT_NOEND : ((HistoryLine *) linitial(next))->at;
}

/* The lines of a page (HistoryLine *), newest first, and what is shown between them. */
List *
past_of_document(const Target *target, const HistoryPage *page)
{
	List	   *lines = history_read(&target->element, page);
	List	   *past = NIL;
	Period		period = {.structure = target->table->structure};
	ListCell   *cell;

	if (period.structure->successions == NIL || lines == NIL)
		return lines;
	period.end = end_of_page(target, page);
	foreach(cell, lines)
	{
		period.line = lfirst(cell);
		past = append_period(past, &period);
		period.end = period.line->at;
	}
	return past;
}
