-- States, transitions and history of documents as JSON.

CREATE FUNCTION smartwf.get_states(docid text, all_states boolean DEFAULT false,
	structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_states';
COMMENT ON FUNCTION smartwf.get_states(text, boolean, text) IS
'Returns the states that a document can reach from its current state (json). docid (text): the document; all_states '
'(boolean): if true, all states of its workflow are returned, as always for administrators; structure (text): if '
'given, the structure to which the document must belong. Each state contains the transition that leads to it, the '
'objection of its guard or hook m0 (error), and whether the caller holds the right to pass it (authorized). Raises '
'WF200, WF201, WF219, WF220 or WF227 if there is no such document, and WF400 if docid is null.';

CREATE FUNCTION smartwf.get_state(docid text, state text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_state';
COMMENT ON FUNCTION smartwf.get_state(text, text, text) IS
'Returns a state of the workflow of a document, and the transition that leads to it from the current state (json). '
'docid (text): the document; state (text): the state; structure (text): if given, the structure to which the document '
'must belong. Raises WF228 if there is no such state, and the errors of get_states().';

CREATE FUNCTION smartwf.get_transitions(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_transitions';
COMMENT ON FUNCTION smartwf.get_transitions(text, text) IS
'Returns all transitions of the workflow of a document (json). docid (text): the document; structure (text): if '
'given, the structure to which the document must belong. Each transition shows whether it leaves the current state '
'(valid); rights are not checked. Raises the errors of get_states().';

CREATE FUNCTION smartwf.get_transition(docid text, transition text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_transition';
COMMENT ON FUNCTION smartwf.get_transition(text, text, text) IS
'Returns a transition of the workflow of a document (json): the state to which it leads from the current state, '
'whether it accepts a comment (askComment), and its parameters. docid (text): the document; transition (text): the '
'transition; structure (text): if given, the structure to which the document must belong. Raises WF229 if there is no '
'such transition, and the errors of get_states().';

CREATE FUNCTION smartwf.get_history(docid text, structure text DEFAULT NULL, before int DEFAULT NULL,
	most int DEFAULT 1000) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_history';
COMMENT ON FUNCTION smartwf.get_history(text, text, int, int) IS
'Returns the history of a document, the latest change first (json): revision, date (ISO 8601), actor, transition, '
'states, comment, parameters and messages. docid (text): the document; structure (text): if given, the structure to '
'which the document must belong; before (int): if given, only changes of an earlier revision; most (int): the number '
'of changes at most. Raises WF400 if most is not positive, and the errors of get_states().';

CREATE FUNCTION smartwf.lifecycle(structure text DEFAULT NULL, docid text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_lifecycle';
COMMENT ON FUNCTION smartwf.lifecycle(text, text) IS
'Returns a workflow for those who look at its documents, as a JSON object with workflow, version, states and arcs, '
'labels in the reader''s language (json). structure (text): the structure whose new documents follow the workflow; '
'docid (text): a document, for the workflow in the version that it follows. Raises 42704 if there is no such '
'structure, or the caller cannot see its documents; WF200, WF201, WF219, WF220 or WF227 if there is no such '
'document; and WF400 if both arguments are null.';

CREATE FUNCTION smartwf.document_row(docid text) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_document_row';
COMMENT ON FUNCTION smartwf.document_row(text) IS
'Returns the row of a document (docid, text) in its table as a JSON object, with those columns that the caller may '
'select (json), or null if the caller cannot see the document. Raises WF400 if docid is null.';
