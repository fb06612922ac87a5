-- The schema that an HTTP gateway exposes.  Everything in it is granted to PUBLIC, and
-- checks the privileges of the caller.

CREATE SCHEMA smartwf_api;
COMMENT ON SCHEMA smartwf_api IS
'Lifecycles of documents
States, transitions and history of documents, and flows, for HTTP gateways. All views and functions check the '
'privileges of the caller: they show only documents whose rows the caller can see, and do only what the workflows '
'of these documents allow the caller to do.';

-- Views.  They read as the caller, whom the policy of smartwf.elements shows what is to be
-- seen; for roles to whom it shows more, the views ask themselves.  Nothing
-- comes between a query and the indexes of the tables, so that a page costs what it shows,
-- and who can see nothing is told so at once.

CREATE VIEW smartwf_api.documents WITH (security_invoker) AS
SELECT e.docid, e.structure, s.workflow, s.version, s.state, s.label, s.activity, s.color, s.since, s.actor,
	s.locked_by
FROM smartwf.elements e, LATERAL smartwf.document_state(e.docid) s
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.documents IS
'Documents that the caller can see, with their states. Each row is made when it is shown: filter by docid or '
'structure, and sort by docid.';
COMMENT ON COLUMN smartwf_api.documents.actor IS 'Name of the role or person that has brought the document there.';

CREATE VIEW smartwf_api.next_states WITH (security_invoker) AS
SELECT e.docid, e.structure, s.state, s.label, s.activity, s.color, s.transition, s.transition_label, s.error
FROM smartwf.elements e, LATERAL smartwf.document_next_states(e.docid) s
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.next_states IS
'States that the caller may bring documents to, with the transition that leads there. One row for each document and '
'state.';

CREATE VIEW smartwf_api.transitions WITH (security_invoker) AS
SELECT e.docid, e.structure, t.transition, t.label, t.valid, t.to_state, t.ask_comment
FROM smartwf.elements e, LATERAL smartwf.document_transitions(e.docid) t
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.transitions IS
'Transitions of the workflows of the documents that the caller can see. One row for each document and transition.';

CREATE VIEW smartwf_api.history WITH (security_invoker) AS
SELECT e.docid, h.revision, h.at, h.actor, h.transition, h.from_state, h.to_state, h.comment, h.parameters, h.messages
FROM smartwf.elements e, LATERAL smartwf.document_history(e.docid) h
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.history IS
'History of the documents that the caller can see, one row for each change. Filter by docid, and sort by revision.';
COMMENT ON COLUMN smartwf_api.history.actor IS 'Name of the role or person that has made the change.';
COMMENT ON COLUMN smartwf_api.history.at IS 'Time of the change.';

CREATE VIEW smartwf_api.element_states WITH (security_invoker) AS
SELECT e.docid, e.structure, smartwf.element_document('states', e.docid) AS data
FROM smartwf.elements e
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0)
	AND ((SELECT smartwf.is_filtered()) OR smartwf.is_visible(e.docid));
COMMENT ON VIEW smartwf_api.element_states IS
'Documents that the caller can see, with the states that can be reached from the current state.';
COMMENT ON COLUMN smartwf_api.element_states.data IS 'Result of get_states().';

CREATE VIEW smartwf_api.element_state WITH (security_invoker) AS
SELECT e.docid, e.structure, s.name COLLATE "C" AS state, smartwf.element_document('state', e.docid, s.name) AS data
FROM smartwf.elements e, LATERAL smartwf.document_states(e.docid) s (name)
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.element_state IS
'States of the workflows of the documents that the caller can see, with the transition that leads there from the '
'current state. One row for each document and state.';
COMMENT ON COLUMN smartwf_api.element_state.state IS 'Name of the state.';
COMMENT ON COLUMN smartwf_api.element_state.data IS 'Result of get_state().';

CREATE VIEW smartwf_api.element_transitions WITH (security_invoker) AS
SELECT e.docid, e.structure, smartwf.element_document('transitions', e.docid) AS data
FROM smartwf.elements e
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0)
	AND ((SELECT smartwf.is_filtered()) OR smartwf.is_visible(e.docid));
COMMENT ON VIEW smartwf_api.element_transitions IS
'Documents that the caller can see, with all transitions of their workflows, and whether these leave the current '
'state.';
COMMENT ON COLUMN smartwf_api.element_transitions.data IS 'Result of get_transitions().';

CREATE VIEW smartwf_api.element_transition WITH (security_invoker) AS
SELECT e.docid, e.structure, t.transition COLLATE "C" AS transition,
	smartwf.element_document('transition', e.docid, t.transition) AS data
FROM smartwf.elements e, LATERAL smartwf.document_transitions(e.docid) t
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.element_transition IS
'Transitions of the workflows of the documents that the caller can see, with the state to which they lead from the '
'current state, and their parameters. One row for each document and transition.';
COMMENT ON COLUMN smartwf_api.element_transition.transition IS 'Name of the transition.';
COMMENT ON COLUMN smartwf_api.element_transition.data IS 'Result of get_transition().';

CREATE VIEW smartwf_api.element_history WITH (security_invoker) AS
SELECT e.docid, e.structure, smartwf.element_document('history', e.docid) AS data
FROM smartwf.elements e
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0)
	AND ((SELECT smartwf.is_filtered()) OR smartwf.is_visible(e.docid));
COMMENT ON VIEW smartwf_api.element_history IS
'Documents that the caller can see, with their history, the latest change first.';
COMMENT ON COLUMN smartwf_api.element_history.data IS 'Result of get_history().';

-- Flows: the rows that the caller can see by the policies of the tables.

CREATE VIEW smartwf_api.runs WITH (security_barrier) AS
SELECT r.id AS run, r.flow, r.docid, r.status, r.step, r.actor, smartwf.run_model(r.id) AS model, r.sqlstate, r.message,
	r.started_at, r.changed_at, f.version, f.label AS flow_label, r.attempt, r.due_at, r.priority,
	smartwf.names_caller(ARRAY[r.starter]) AND r.actor = (SELECT smartwf.actor()) AS is_mine
FROM smartwf.runs r JOIN smartwf.flows f ON f.id = r.flow_id WHERE smartwf.sees_run(r.id);
COMMENT ON VIEW smartwf_api.runs IS
'Runs of flows that the caller may see.';

CREATE VIEW smartwf_api.confirmations WITH (security_barrier) AS
SELECT c.id AS confirmation, c.run, c.step, c.field, c.message, c.options, c.users, c.answers_needed, c.due_at,
	c.status, c.choice, c.asked_at, c.closed_at
FROM smartwf.confirmations c WHERE smartwf.names_caller(c.users, c.people);
COMMENT ON VIEW smartwf_api.confirmations IS
'Questions that runs ask the caller, or have asked.';

CREATE VIEW smartwf_api.inbox WITH (security_barrier) AS
SELECT i.*, r.flow, f.label AS flow_label, r.docid, c.field, c.answers_needed,
	(SELECT pg_catalog.count(*) FROM smartwf.answers a WHERE a.confirmation = i.confirmation) AS answers,
	ARRAY(SELECT u FROM pg_catalog.unnest(c.users) AS u WHERE smartwf.names_caller(ARRAY[u], c.people)) AS asked_as
FROM smartwf.inbox i LEFT JOIN smartwf.runs r ON r.id = i.run LEFT JOIN smartwf.flows f ON f.id = r.flow_id
LEFT JOIN smartwf.confirmations c ON c.id = i.confirmation;
COMMENT ON VIEW smartwf_api.inbox IS
'Inbox of the caller: notifications on the channel mail, and open questions that the caller has not answered yet.';

-- Functions, like those of the same names in schema smartwf, but with errors in the form that
-- PostgREST understands, with the documented HTTP status and code.

CREATE FUNCTION smartwf_api.get_states(docid text, all_states boolean DEFAULT false,
	structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_states';
CREATE FUNCTION smartwf_api.get_state(docid text, state text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_state';
CREATE FUNCTION smartwf_api.get_transitions(docid text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_transitions';
CREATE FUNCTION smartwf_api.get_transition(docid text, transition text, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_transition';
CREATE FUNCTION smartwf_api.get_history(docid text, structure text DEFAULT NULL, before int DEFAULT NULL,
	most int DEFAULT 1000) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_history';
CREATE FUNCTION smartwf_api.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_pass_transition';
CREATE FUNCTION smartwf_api.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_set_state';
CREATE FUNCTION smartwf_api.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text,
			OUT message text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_pass_transitions';
CREATE FUNCTION smartwf_api.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text,
	OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_blockers';
CREATE FUNCTION smartwf_api.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_lock_element';
CREATE FUNCTION smartwf_api.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_unlock_element';

CREATE FUNCTION smartwf_api.start_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL,
	key text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_start_flow';
CREATE FUNCTION smartwf_api.enqueue_flow(flow text, docid text DEFAULT NULL, model jsonb DEFAULT NULL,
	key text DEFAULT NULL,
		at timestamptz DEFAULT NULL, priority int DEFAULT 0) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_enqueue_flow';
CREATE FUNCTION smartwf_api.restart_run(run bigint, from_step text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_restart_run';
CREATE FUNCTION smartwf_api.cancel_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_cancel_run';
CREATE FUNCTION smartwf_api.reset_run(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_reset_run';
CREATE FUNCTION smartwf_api.run_document(run bigint) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_run_document';
CREATE FUNCTION smartwf_api.answer_confirmation(confirmation bigint, choice text,
	comment text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_answer_confirmation';
CREATE FUNCTION smartwf_api.mark_read(notification bigint, is_read boolean DEFAULT true) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_mark_read';
CREATE FUNCTION smartwf_api.delete_notification(notification bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_delete_notification';
CREATE FUNCTION smartwf_api.skip_step(run bigint) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_skip_step';
CREATE FUNCTION smartwf_api.set_run_model(run bigint, model jsonb) RETURNS jsonb
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_set_run_model';
CREATE FUNCTION smartwf_api.delegate(confirmation bigint, "to" text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_delegate';

CREATE FUNCTION smartwf_api.gateway(bytea) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_gateway';
COMMENT ON FUNCTION smartwf_api.gateway(bytea) IS
'Answers an HTTP request that a web server passes on through PostgREST. The argument (bytea) is the body of the '
'request; method and address are taken from the headers X-Original-Method and X-Original-URI. Sets status and headers '
'of the response, and returns its body (json), for failures as well. Raises WF400 if one of these headers is missing.';

GRANT USAGE ON SCHEMA smartwf_api TO PUBLIC;
