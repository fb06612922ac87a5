/*
 * reach.c
 *		Finds the states that can be reached from a state.
 *
 * A recursive query would read all arcs once for each step of the longest
 * path.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/compat.h"
#include "base/texts.h"

typedef struct Vertex
{
	const char *name;
	struct Edge *edges;
	bool		is_reached;
	char		status;
}			Vertex;

/* An arc, by the name of its end, since vertices move when the hash table grows. */
typedef struct Edge
{
	const char *target;
	struct Edge *next;
}			Edge;

#define SH_PREFIX graph
#define SH_ELEMENT_TYPE Vertex
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) key, strlen(key))
#define SH_EQUAL(table, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static Vertex *
vertex_of_name(graph_hash *graph, const char *name)
{
	bool		found;
	Vertex	   *vertex = graph_insert(graph, name, &found);

	if (!found)
	{
		vertex->edges = NULL;
		vertex->is_reached = false;
	}
	return vertex;
}

static void
add_arcs(graph_hash *graph, List *sources, List *targets)
{
	ListCell   *source;
	ListCell   *target;

	forboth(source, sources, target, targets)
	{
		Edge	   *edge = palloc_object(Edge);
		Vertex	   *vertex = vertex_of_name(graph, lfirst(source));

		edge->target = lfirst(target);
		edge->next = vertex->edges;
		vertex->edges = edge;
	}
}

/* Add a name to the reached ones, unless it is there already. */
static List *
reach(graph_hash *graph, List *reached, const char *name)
{
	Vertex	   *vertex = vertex_of_name(graph, name);

	if (vertex->is_reached)
		return reached;
	vertex->is_reached = true;
	return lappend(reached, unconstify(char *, name));
}

/* smartwf.reachable(start, sources, targets): START and all that its arcs lead to. */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_reachable);
Datum
smartwf_reachable(PG_FUNCTION_ARGS)
{
	graph_hash *graph = graph_create(CurrentMemoryContext, 256, NULL);
	List	   *reached = NIL;
	ListCell   *cell;

	add_arcs(graph, list_of_texts(PG_GETARG_DATUM(1)), list_of_texts(PG_GETARG_DATUM(2)));
	foreach(cell, list_of_texts(PG_GETARG_DATUM(0)))
		reached = reach(graph, reached, lfirst(cell));
	/* the list grows during the loop */
	for (int i = 0; i < list_length(reached); i++)
		for (Edge *edge = vertex_of_name(graph, list_nth(reached, i))->edges; edge != NULL; edge = edge->next)
			reached = reach(graph, reached, edge->target);
	PG_RETURN_DATUM(array_of_texts(reached));
}
