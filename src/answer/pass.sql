-- Passing transitions.

CREATE FUNCTION smartwf.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transition';
COMMENT ON FUNCTION smartwf.pass_transition(text, text, text, jsonb, text) IS
'Passes a transition of a document. docid (text): the document; transition (text): a transition that leaves its '
'current state; comment (text): an optional comment, which some transitions do not accept; parameters (jsonb): an '
'object with the values of the transition''s parameters; structure (text): if given, the structure to which the '
'document must belong. The row is updated with the privileges of the caller; a grant on the transition replaces the '
'UPDATE privilege. Returns the URI of the document''s state and the new state (json). Raises WF200, WF201, WF219, '
'WF220 or WF227 if there is no such document, WF229 if there is no such transition, WF235 if it does not leave the '
'current state, WF300 if it is refused (lock, right, guard, hook, comment or parameters), and WF400 if the call is '
'malformed.';

CREATE FUNCTION smartwf.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_state';
COMMENT ON FUNCTION smartwf.set_state(text, text, text, jsonb, text) IS
'Brings a document into a state by the transition that leads there from its current state; administrators can also go '
'to states to which no transition leads. docid (text): the document; state (text): the new state; comment, '
'parameters, structure: as for pass_transition(). Returns the URI of the document''s state and the new state (json). '
'Raises WF228 if there is no such state, and the errors of pass_transition().';

CREATE FUNCTION smartwf.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transitions';
COMMENT ON FUNCTION smartwf.pass_transitions(text[], text, text, jsonb) IS
'Passes a transition of several documents. docids (text[]): the documents; transition, comment, parameters: as for '
'pass_transition(). Each document is processed in a subtransaction of its own. Returns one row for each document: '
'docid (text); ok (boolean), whether the transition was passed; otherwise code (text), the code or SQLSTATE of the '
'error, and message (text). Raises WF400 if the call is malformed.';

CREATE FUNCTION smartwf.undo_transition(docid text, comment text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_undo_transition';
COMMENT ON FUNCTION smartwf.undo_transition(text, text) IS
'Undoes the last transition of a document: it goes back to the state that it came from. docid (text): the document; '
'comment (text): an optional comment. Allowed where the transition says so ("undo": true) to those who may pass it, and '
'to administrators. Only the state is undone, not what parameters and hooks have written; no guard or hook is asked, '
'and the history gets one line more. Returns the same as smartwf.set_state() (json). Raises WF235 if the last change of '
'the document was no transition, WF300 if it may not be undone or the document is locked, WF228 if the document follows '
'a version meanwhile that does not have the state, WF412 if somebody changes the document at the same time, and the '
'errors of smartwf.pass_transition() if there is no such document.';
