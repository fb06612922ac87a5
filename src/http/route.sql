-- The documented service: requests and answers.

CREATE FUNCTION smartwf.route(method text, uri text, body jsonb DEFAULT NULL, OUT status int, OUT content json)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_route';
COMMENT ON FUNCTION smartwf.route(text, text, jsonb) IS
'Answers a request of the documented service: method (text: GET, HEAD, POST), address (uri, text: path and query, '
'percent-encoded UTF-8) and body (jsonb object with comment and parameters; null: none). Returns the HTTP status '
'(int) and the documented answer (content, json), of failures too; what a failed request did is undone. Raises WF400 '
'for a null method or uri, and errors that concern the whole transaction.';

CREATE FUNCTION smartwf.element_document(kind text, docid text, name text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_element_document';
COMMENT ON FUNCTION smartwf.element_document(text, text, text) IS
'What get_states(), get_state(), get_transitions(), get_transition() or get_history() answers (kind, text: states, '
'state, transitions, transition, history) about a document (docid, text), and about a state or transition of it '
'(name, text); null (json) where they would raise a documented failure. For the views of smartwf_api. Raises WF400 '
'for an unknown kind.';
