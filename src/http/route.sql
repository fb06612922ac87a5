-- The HTTP service: requests and responses.

CREATE FUNCTION smartwf.route(method text, uri text, body jsonb DEFAULT NULL, OUT status int, OUT content json)
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_route';
COMMENT ON FUNCTION smartwf.route(text, text, jsonb) IS
'Answers an HTTP request. method (text): GET, HEAD, POST or OPTIONS; uri (text): path and query, percent-encoded UTF-8; '
'body (jsonb): an object with comment and parameters, or null. Returns the HTTP status code (status, int) and the body of '
'the response (content, json). Failures are returned in the same form, and what the request has done is rolled back. '
'Raises WF400 if method or uri is null, and errors that concern the whole transaction.';

CREATE FUNCTION smartwf.element_document(kind text, docid text, name text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_element_document';
COMMENT ON FUNCTION smartwf.element_document(text, text, text) IS
'Returns the result of get_states(), get_state(), get_transitions(), get_transition() or get_history() (json), or '
'null if that function would raise a documented error. kind (text): states, state, transitions, transition or '
'history; docid (text): the document; name (text): the state or transition. Used by the views of schema smartwf_api. '
'Raises WF400 if kind is unknown.';
