/*
 * texts.c
 *		Lists of texts (char *), and arrays of them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "texts.h"

/* The elements of an array, without nulls. */
List *
list_of_texts(Datum array)
{
	List	   *texts = NIL;
	Datum	   *items;
	bool	   *nulls;
	int			number;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &items, &nulls, &number);
	for (int i = 0; i < number; i++)
		if (!nulls[i])
			texts = lappend(texts, TextDatumGetCString(items[i]));
	return texts;
}

/* The reverse of list_of_texts(). */
Datum
array_of_texts(List *texts)
{
	ArrayBuildState *array = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell   *cell;

	foreach(cell, texts)
		accumArrayResult(array, CStringGetTextDatum(lfirst(cell)), false, TEXTOID,
						 CurrentMemoryContext);
	return makeArrayResult(array, CurrentMemoryContext);
}

/* Does the list contain a text? */
bool
is_in_texts(List *texts, const char *text)
{
	ListCell   *cell;

	foreach(cell, texts)
		if (strcmp(lfirst(cell), text) == 0)
			return true;
	return false;
}

/* The list without one text. */
List *
list_delete_text(List *texts, const char *text)
{
	List	   *others = NIL;
	ListCell   *cell;

	foreach(cell, texts)
		if (strcmp(lfirst(cell), text) != 0)
			others = lappend(others, lfirst(cell));
	return others;
}
