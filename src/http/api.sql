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
	r.started_at, r.changed_at
FROM smartwf.runs r WHERE smartwf.sees_run(r.id);
COMMENT ON VIEW smartwf_api.runs IS
'Runs of flows that the caller may see.';

CREATE VIEW smartwf_api.confirmations WITH (security_barrier) AS
SELECT c.id AS confirmation, c.run, c.step, c.field, c.message, c.options, c.users, c.answers_needed, c.due_at,
	c.status, c.choice, c.asked_at, c.closed_at
FROM smartwf.confirmations c WHERE smartwf.names_caller(c.users, c.people);
COMMENT ON VIEW smartwf_api.confirmations IS
'Questions that runs ask the caller, or have asked.';

CREATE VIEW smartwf_api.inbox WITH (security_barrier) AS SELECT * FROM smartwf.inbox;
COMMENT ON VIEW smartwf_api.inbox IS
'Inbox of the caller: notifications on the channel mail, and open questions that the caller has not answered yet.';

DO $install$
DECLARE
	place record;
BEGIN
	FOR place IN
		SELECT c.oid::regclass AS view, a.attname, a.attnum, w.words
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		LEFT JOIN (VALUES ('docid', 'Document id.'), ('structure',
			'Name of the structure that the document belongs to.'),
			('run', 'Id of the run.'), ('flow', 'Name of the flow.'), ('status', 'Status of the run or question.'),
				('step', 'Name of the step.'), ('actor', 'Name of the role or person that has started the run.'),
			('model', 'Fields on which the run works; null if the caller may not see them.'),
				('sqlstate', 'SQLSTATE of the error.'), ('message', 'Text of the question, or message of the error.'),
			('started_at', 'Time at which the run was started.'), ('changed_at', 'Time of the last change.'),
				('confirmation', 'Id of the question, to be answered by answer_confirmation().'),
			('field', 'Field of the model in which the answer is stored.'), ('options', 'Possible answers.'),
				('users', 'Roles and persons that are asked.'),
			('answers_needed', 'Number of persons that must give the same answer.'),
				('due_at', 'Time at which the question expires.'), ('choice', 'Answer that was taken.'),
				('asked_at', 'Time at which the question was asked.'),
			('closed_at', 'Time at which the question was closed.'), ('at', 'Time of the notification or question.'),
				('notification', 'Id of the notification.'), ('subject', 'Subject of the notification.'),
				('body', 'Text of the notification or question.'),
				('read_at', 'Time at which the notification was marked as read; see mark_read().'),
			('workflow', 'Name of the workflow.'), ('version', 'Version of the workflow.'), ('state', 'Name of the state.'),
			('label', 'Label in the reader''s language.'), ('activity', 'What is being done in the state.'),
			('color', 'Color of the state, as #RRGGBB.'), ('since', 'Time since which the document is in the state.'),
			('locked_by', 'Role or person that has locked the document.'), ('transition', 'Name of the transition.'),
			('transition_label', 'Label of the transition in the reader''s language.'),
			('error', 'Why the transition would be refused now; null if it would not.'),
			('valid', 'Whether the transition leaves the current state.'),
			('to_state', 'State that the transition leads to, or has led to.'),
			('from_state', 'State before the change.'), ('ask_comment', 'Whether the transition accepts a comment.'),
			('revision', 'Number of the change, from 0.'), ('comment', 'Comment that was given.'),
			('parameters', 'Parameters that were given.'), ('messages', 'What the hooks m2 and m3 returned.')
			) AS w (name, words) ON w.name = a.attname
		WHERE c.relnamespace = 'smartwf_api'::regnamespace
	LOOP
		IF place.words IS NOT NULL AND pg_catalog.col_description(place.view, place.attnum) IS NULL THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view, place.attname, place.words);
		END IF;
		EXECUTE format('GRANT SELECT ON %s TO PUBLIC', place.view);
	END LOOP;
END
$install$;

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

-- the comments of the functions of the same names in schema smartwf, with failures as clients see them
DO $install$
DECLARE
	api record;
	f record;
	words text;
BEGIN
	FOR api IN
		SELECT p.oid::regprocedure AS function, p.proname, pg_catalog.obj_description(original.oid, 'pg_proc') AS comment
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_proc original
			ON original.proname = p.proname AND original.pronamespace = 'smartwf'::regnamespace
		WHERE p.pronamespace = 'smartwf_api'::regnamespace
	LOOP
		words := regexp_replace(api.comment, 'Raises (.*)$', 'Failures, as HTTP status and code: \1');
		FOR f IN SELECT * FROM smartwf.failures() LOOP
			words := replace(words, f.sqlstate, format('%s %s', f.http_status, f.code));
		END LOOP;
		IF api.proname IN ('pass_transition', 'set_state') THEN
			words := regexp_replace(words, '(Returns the URI of the document''s state and the new state) \(json\)',
				'\1, and what the hooks m2 and m3 have said (json)');
		END IF;
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', api.function, words);
	END LOOP;
END
$install$;

CREATE FUNCTION smartwf_api.gateway(bytea) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_api_gateway';
COMMENT ON FUNCTION smartwf_api.gateway(bytea) IS
'Answers an HTTP request that a web server passes on through PostgREST. The argument (bytea) is the body of the '
'request; method and address are taken from the headers X-Original-Method and X-Original-URI. Sets status and headers '
'of the response, and returns its body (json), for failures as well. Raises WF400 if one of these headers is missing.';

GRANT USAGE ON SCHEMA smartwf_api TO PUBLIC;
