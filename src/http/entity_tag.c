/*
 * entity_tag.c
 *		Entity tags: which state of a document an answer shows.
 *
 * A tag is "<revision>-<hash of the answer>".  If-None-Match compares all of it,
 * since an answer also depends on who asks, and in which language.  If-Match
 * compares the revision alone, so that the tag of any answer about a document
 * makes a change of it conditional.  That needs no strong tags: web servers weaken
 * those of what they compress.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "storage/element.h"
#include "entity_tag.h"

/* The tag of an answer about a document at that revision. */
char *
entity_tag(int32 revision, const char *content)
{
	return psprintf("\"%d-%016llx\"", revision,
					(unsigned long long) hash_bytes_extended((const unsigned char *) content, strlen(content), 0));
}

/* The next tag of a header, with its quotes but not its W/; NULL after the last. */
static char *
next_tag(const char **header)
{
	const char *begin = strchr(*header, '"');
	const char *end = begin == NULL ? NULL : strchr(begin + 1, '"');

	if (end == NULL)
		return NULL;
	*header = end + 1;
	return pnstrdup(begin, end + 1 - begin);
}

static bool
lists_any(const char *header)
{
	return header[strspn(header, " \t")] == '*';
}

/* Does an If-None-Match list the tag? */
bool
lists_tag(const char *header, const char *tag)
{
	char	   *listed;

	if (lists_any(header))
		return true;
	while ((listed = next_tag(&header)) != NULL)
		if (strcmp(listed, tag) == 0)
			return true;
	return false;
}

/* The revisions that an If-Match allows, at least one that cannot be; NIL if any will do. */
List *
listed_revisions(const char *header)
{
	List	   *revisions = NIL;
	char	   *listed;

	if (header == NULL || lists_any(header))
		return NIL;
	while ((listed = next_tag(&header)) != NULL)
	{
		char	   *end;
		long		revision = strtol(listed + 1, &end, 10);

		if (end > listed + 1 && *end == '-' && revision >= 0 && revision <= PG_INT32_MAX)
			revisions = lappend_int(revisions, (int) revision);
	}
	return revisions == NIL ? list_make1_int(UNKNOWN_REVISION) : revisions;
}
