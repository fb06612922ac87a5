-- Passing transitions, with the documented answer.

CREATE FUNCTION smartwf.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transition';
COMMENT ON FUNCTION smartwf.pass_transition(text, text, text, jsonb, text) IS
'Passes a transition (text), which must leave the current state of the document (docid, text), with a comment (text) '
'and parameters (jsonb object) where it asks for them; structure (text), if given, must be the document''s. Returns '
'the documented data: uri and the new state (json). Raises WF200, WF201, WF219, WF220, WF227, WF229, WF235, WF300, '
'and WF400 for a malformed call.';

CREATE FUNCTION smartwf.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_state';
COMMENT ON FUNCTION smartwf.set_state(text, text, text, jsonb, text) IS
'Takes a document (docid, text) to a state (text) by the transition that leads there from its current one; an '
'administrator may go without. Arguments and errors as for pass_transition(), and WF228. Returns the documented '
'data: uri and the new state (json).';

CREATE FUNCTION smartwf.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transitions';
COMMENT ON FUNCTION smartwf.pass_transitions(text[], text, text, jsonb) IS
'Passes a transition (text) for many documents (docids, text[]), each on its own: a row each says whether it went '
'through (boolean), else the documented code or SQLSTATE, and the message (text). Raises WF400 for a malformed call.';
