-- What stands between a client and the state of a row.

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
'What a hook is called with: function(smartwf.event) returns text; null or an empty text means that it has nothing '
'to say. element is the row: for m0 and m1 as it shall be stored, still in its old state; for m2 and m3 as it was '
'stored.';

CREATE FUNCTION smartwf.requested_state(state anyelement) RETURNS anyelement
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_requested_state';
COMMENT ON FUNCTION smartwf.requested_state(anyelement) IS
'The state to which the transition under way leads from the given state (both of the type of the state column); '
'outside of pass_transition() and set_state() the given state itself. Raises nothing.';
