-- What an HTTP gateway exposes, and nothing else.  Everything is open to PUBLIC
-- and judges its caller.

CREATE SCHEMA smartwf_api;
COMMENT ON SCHEMA smartwf_api IS
'Lifecycles of documents
States, transitions and history, for HTTP gateways. Everything here judges its caller: it shows the documents whose rows he may see, and does what their workflows let him do.';

-- Views: the predicate on docid or structure goes down to the index of elements,
-- so asking for one document costs one.

CREATE VIEW smartwf_api.element_states WITH (security_barrier) AS
SELECT e.docid, e.structure, smartwf.element_document('states', e.docid) AS data
FROM smartwf.elements e
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_states IS
'For each document that the caller sees: the states that can follow its current one.';
COMMENT ON COLUMN smartwf_api.element_states.data IS 'What get_states() answers.';

CREATE VIEW smartwf_api.element_state WITH (security_barrier) AS
SELECT e.docid, e.structure, s.name AS state, smartwf.element_document('state', e.docid, s.name) AS data
FROM smartwf.elements e JOIN smartwf.states s ON s.workflow_id = e.workflow_id
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_state IS
'For each document that the caller sees and each state of its workflow: the state, and the transition that leads there now.';
COMMENT ON COLUMN smartwf_api.element_state.state IS 'Name of the state.';
COMMENT ON COLUMN smartwf_api.element_state.data IS 'What get_state() answers.';

CREATE VIEW smartwf_api.element_transitions WITH (security_barrier) AS
SELECT e.docid, e.structure, smartwf.element_document('transitions', e.docid) AS data
FROM smartwf.elements e
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_transitions IS
'For each document that the caller sees: every transition of its workflow, and whether it leaves the current state.';
COMMENT ON COLUMN smartwf_api.element_transitions.data IS 'What get_transitions() answers.';

CREATE VIEW smartwf_api.element_transition WITH (security_barrier) AS
SELECT e.docid, e.structure, t.name AS transition, smartwf.element_document('transition', e.docid, t.name) AS data
FROM smartwf.elements e JOIN smartwf.transitions t ON t.workflow_id = e.workflow_id
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_transition IS
'For each document that the caller sees and each transition of its workflow: where it leads from the current state, and what it asks for.';
COMMENT ON COLUMN smartwf_api.element_transition.transition IS 'Name of the transition.';
COMMENT ON COLUMN smartwf_api.element_transition.data IS 'What get_transition() answers.';

CREATE VIEW smartwf_api.element_history WITH (security_barrier) AS
SELECT e.docid, e.structure, smartwf.element_document('history', e.docid) AS data
FROM smartwf.elements e
WHERE e.deleted_at IS NULL AND smartwf.is_visible(e.docid);
COMMENT ON VIEW smartwf_api.element_history IS
'For each document that the caller sees: every change of it, newest first.';
COMMENT ON COLUMN smartwf_api.element_history.data IS 'What get_history() answers.';

DO $install$
DECLARE
	view regclass;
BEGIN
	FOR view IN SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = 'smartwf_api'::regnamespace LOOP
		EXECUTE format('COMMENT ON COLUMN %s.docid IS %L', view, 'Document id.');
		EXECUTE format('COMMENT ON COLUMN %s.structure IS %L', view, 'Name of the structure that the document belongs to.');
		EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view);
	END LOOP;
END
$install$;

-- Functions: as their namesakes in schema smartwf, but failures carry the
-- documented HTTP status and code in the form that PostgREST understands.

CREATE FUNCTION smartwf_api.get_states(docid text, all_states boolean DEFAULT false, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_states';
CREATE FUNCTION smartwf_api.get_state(docid text, state text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_state';
CREATE FUNCTION smartwf_api.get_transitions(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_transitions';
CREATE FUNCTION smartwf_api.get_transition(docid text, transition text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_transition';
CREATE FUNCTION smartwf_api.get_history(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_history';
CREATE FUNCTION smartwf_api.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_pass_transition';
CREATE FUNCTION smartwf_api.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_set_state';
CREATE FUNCTION smartwf_api.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text, OUT message text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_pass_transitions';
CREATE FUNCTION smartwf_api.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_blockers';
CREATE FUNCTION smartwf_api.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_lock_element';
CREATE FUNCTION smartwf_api.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_unlock_element';

-- they say of themselves what their namesakes say
DO $install$
DECLARE
	api record;
BEGIN
	FOR api IN
		SELECT p.oid::regprocedure AS function, pg_catalog.obj_description(original.oid, 'pg_proc') AS comment
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_proc original
			ON original.proname = p.proname AND original.pronamespace = 'smartwf'::regnamespace
		WHERE p.pronamespace = 'smartwf_api'::regnamespace
	LOOP
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', api.function,
			regexp_replace(api.comment, 'Raises (.*)$', 'Failures, as HTTP status and code: \1'));
	END LOOP;
END
$install$;

CREATE FUNCTION smartwf_api.gateway(bytea) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_gateway';
COMMENT ON FUNCTION smartwf_api.gateway(bytea) IS
'Answers a request of the documented service that a web server passes on: method and address in the headers X-Original-Method and X-Original-URI, the body as bytes (bytea). Sets status and headers of the response, and returns its content (json). Failures: the documented answers; WF400 where a header is missing.';

GRANT USAGE ON SCHEMA smartwf_api TO PUBLIC;
