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

CREATE FUNCTION smartwf.judge_change() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_judge_change';
COMMENT ON FUNCTION smartwf.judge_change() IS
'Trigger BEFORE INSERT OR UPDATE FOR EACH ROW on an attached table; its argument is the name of the structure. Made '
'by attach(). Raises WF200, WF227, WF228, WF235 and WF300.';

CREATE FUNCTION smartwf.record_change() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_record_change';
COMMENT ON FUNCTION smartwf.record_change() IS
'Trigger AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW on an attached table; its argument is the name of the '
'structure. Made by attach(). Raises WF235 for a row that is not what was judged, WF400 for a document that changes '
'its name, 23505 for a name that is taken.';

CREATE FUNCTION smartwf.record_truncate() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_record_truncate';
COMMENT ON FUNCTION smartwf.record_truncate() IS
'Trigger AFTER TRUNCATE on an attached table, its partitions and children. Made by attach(). Raises nothing.';

CREATE FUNCTION smartwf.requested_state(state anyelement) RETURNS anyelement
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_requested_state';
COMMENT ON FUNCTION smartwf.requested_state(anyelement) IS
'The state to which the transition under way leads from the given state (both of the type of the state column); '
'outside of pass_transition() and set_state() the given state itself. Raises nothing.';

CREATE FUNCTION smartwf.docid(prefix text, key anyelement) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_docid';
COMMENT ON FUNCTION smartwf.docid(text, anyelement) IS
'The document id (text) of a key of any type: prefix and the key''s text, the same under every setting of DateStyle, '
'TimeZone and the like. Raises nothing.';
