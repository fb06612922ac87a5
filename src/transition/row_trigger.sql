-- Types and functions for hooks and for the row triggers.

CREATE TYPE smartwf.event AS (
	docid text,
	structure text,
	workflow text,
	version int,
	transition text,
	from_state text,
	to_state text,
	actor text,
	comment text,
	parameters jsonb,
	element jsonb
);
COMMENT ON TYPE smartwf.event IS
'Argument of hooks. A hook is a function (smartwf.event) returns text; null or an empty string means that it has no '
'objection or message. docid, structure, workflow, version: the document; transition, from_state, to_state: the '
'change; actor, comment, parameters: as recorded in smartwf.history; element: the row as JSON, for m0 and m1 as it '
'will be stored, but still in its old state, for m2 and m3 as it has been stored.';

CREATE FUNCTION smartwf.requested_state(state anyelement) RETURNS anyelement
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_requested_state';
COMMENT ON FUNCTION smartwf.requested_state(anyelement) IS
'Returns the target state of the transition that is being passed, given the current state (both of the type of the '
'state column). Outside of smartwf.pass_transition() and smartwf.set_state(), returns its argument.';
