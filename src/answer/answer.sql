-- The documented answers about states, transitions and history.

CREATE FUNCTION smartwf.get_states(docid text, all_states boolean DEFAULT false, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_states';
COMMENT ON FUNCTION smartwf.get_states(text, boolean, text) IS
'The states that can follow the current one of a document (docid, text), each with its transition, what m0 and the '
'guard have against it (error) and whether the caller holds the right (authorized); every state for all_states '
'(boolean) or an administrator. structure (text), if given, must be the document''s. Returns the documented answer '
'(json). Raises WF200, WF201, WF219, WF220, WF227, and WF400 for a null docid.';

CREATE FUNCTION smartwf.get_state(docid text, state text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_state';
COMMENT ON FUNCTION smartwf.get_state(text, text, text) IS
'A state (text) of the workflow of a document (docid, text), and the transition that leads there from the current '
'one. structure (text), if given, must be the document''s. Returns the documented answer (json). Raises what '
'get_states() raises, and WF228.';

CREATE FUNCTION smartwf.get_transitions(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_transitions';
COMMENT ON FUNCTION smartwf.get_transitions(text, text) IS
'Every transition of the workflow of a document (docid, text), and whether it leaves the current state (valid); '
'rights are not looked at. structure (text), if given, must be the document''s. Returns the documented answer '
'(json). Raises what get_states() raises.';

CREATE FUNCTION smartwf.get_transition(docid text, transition text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_transition';
COMMENT ON FUNCTION smartwf.get_transition(text, text, text) IS
'A transition (text) of the workflow of a document (docid, text): where it leads from the current state, whether it '
'takes a comment, the parameters that it asks for. structure (text), if given, must be the document''s. Returns the '
'documented answer (json). Raises what get_states() raises, and WF229.';

CREATE FUNCTION smartwf.get_history(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_history';
COMMENT ON FUNCTION smartwf.get_history(text, text) IS
'Every change of a document (docid, text), newest first: revision, date (ISO 8601), actor, transition, states, '
'comment, parameters, messages. structure (text), if given, must be the document''s. Returns an answer (json) of the '
'same form as get_states(). Raises what get_states() raises.';
