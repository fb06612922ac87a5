-- What screens need of the database, beside what other clients use: who the reader is and
-- what they may do, lists, and the functions of those who design and operate.  All of it
-- under the rights of the caller.

CREATE FUNCTION smartwf_api.whoami() RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('actor', smartwf.actor(), 'role', CURRENT_USER, 'person', smartwf.person(),
		'language', smartwf.reader_language('{en,fr}'), 'isAdministrator', smartwf.is_administrator(),
		'mayDesign', has_function_privilege('smartwf.draft_flow(text)', 'EXECUTE')
			AND has_table_privilege('smartwf.flows', 'INSERT'),
		'mayOperate', smartwf.is_operator() AND has_table_privilege('smartwf.workers', 'SELECT'))
$$;
COMMENT ON FUNCTION smartwf_api.whoami() IS
'Returns who the caller is, and what they may do: actor, role, person, language (en or fr), isAdministrator, '
'mayDesign and mayOperate (json).';

-- Lists.  Those of flows and structures show what the caller may see, start or manage.

CREATE VIEW smartwf_api.flows WITH (security_barrier) AS
SELECT f.name AS flow, f.label, f.structure, f.version, f.is_paused, f.max_runs, p.may_start, p.may_manage
FROM smartwf.flows f, LATERAL (
	SELECT (SELECT smartwf.is_administrator()) OR coalesce(bool_or(g.holds) FILTER (WHERE g.privilege = 'start'),
			f.structure = ANY ((SELECT smartwf.visible_structures())::text[])) AS may_start,
		(SELECT smartwf.is_operator()) OR coalesce(bool_or(g.holds) FILTER (WHERE g.privilege = 'manage'), false)
			AS may_manage,
		has_table_privilege('smartwf.flows', 'SELECT') OR coalesce(bool_or(g.holds), false) AS may_see
	FROM (SELECT x.privilege, smartwf.names_caller(ARRAY[x.role]) AS holds FROM smartwf.flow_grants x
		WHERE x.flow_id = f.id) g) p
WHERE f.status = 'published' AND f.version = (SELECT max(n.version) FROM smartwf.flows n
	WHERE n.name = f.name AND n.status = 'published')
	AND (p.may_start OR p.may_manage OR p.may_see);
COMMENT ON VIEW smartwf_api.flows IS
'Published flows that the caller may start, manage or see, in their newest version.';

CREATE VIEW smartwf_api.flow_versions WITH (security_invoker) AS
SELECT f.name AS flow, f.version, f.label, f.structure, f.status, f.owner, smartwf.draft_revision(f) AS revision,
	f.changed_by, f.changed_at
FROM smartwf.flows f;
COMMENT ON VIEW smartwf_api.flow_versions IS
'All versions of flows, drafts too, for roles that design.';

CREATE VIEW smartwf_api.workflow_versions WITH (security_invoker) AS
SELECT w.name AS workflow, w.version, w.label, w.description, w.status, NULL::text AS revision,
	NULL::text AS changed_by, NULL::timestamptz AS changed_at
FROM smartwf.workflows w
UNION ALL
SELECT d.name, 1 + coalesce((SELECT max(w.version) FROM smartwf.workflows w WHERE w.name = d.name), 0),
	d.definition ->> 'label', d.definition ->> 'description', 'draft', format('%s.%s', d.id, d.revision), d.changed_by,
	d.changed_at
FROM smartwf.workflow_drafts d;
COMMENT ON VIEW smartwf_api.workflow_versions IS
'All versions of workflows, drafts too, for roles that design.';

CREATE VIEW smartwf_api.templates WITH (security_invoker) AS
SELECT t.name, t.description, t.subject, t.text_body, t.html_body, t.properties FROM smartwf.templates t;
COMMENT ON VIEW smartwf_api.templates IS
'Templates of notifications, for roles that design, who may change them here.';
GRANT INSERT, UPDATE, DELETE ON smartwf_api.templates TO PUBLIC;

CREATE VIEW smartwf_api.structures WITH (security_barrier) AS
SELECT s.name AS structure, s.workflow
FROM smartwf.structures s WHERE s.name = ANY ((SELECT smartwf.visible_structures())::text[]);
COMMENT ON VIEW smartwf_api.structures IS
'Structures whose documents the caller can see, if their rows allow it.';

CREATE VIEW smartwf_api.answers WITH (security_barrier) AS
SELECT a.confirmation, c.run, r.flow, r.docid, c.step, c.message, a.choice, a.comment, a.answered_at, c.status,
	c.choice AS outcome
FROM smartwf.answers a JOIN smartwf.confirmations c ON c.id = a.confirmation LEFT JOIN smartwf.runs r ON r.id = c.run
WHERE a.person = (SELECT smartwf.person()) AND smartwf.names_caller(c.users, c.people);
COMMENT ON VIEW smartwf_api.answers IS
'Answers that the caller has given, as a person.';

CREATE VIEW smartwf_api.timers WITH (security_barrier) AS
SELECT t.docid, t.timer, t.task, t.kind, t.settings, t.action, t.reference_column, t.due_at, t.attempt, t.sqlstate,
	t.message, t.attached_at
FROM smartwf.timers t;
COMMENT ON VIEW smartwf_api.timers IS
'Scheduled tasks of timers of the documents that the caller can see.';

CREATE VIEW smartwf_api.deliveries WITH (security_barrier) AS
SELECT n.id AS notification, n.run, n.step, n.channel, n.recipient, n.status, n.attempt, n.error, n.due_at,
	n.created_at, n.delivered_at
FROM smartwf.notifications n
WHERE n.channel <> 'mail' AND (SELECT smartwf.is_operator());
COMMENT ON VIEW smartwf_api.deliveries IS
'E-mails and pushes without their texts, for operators.';

CREATE VIEW smartwf_api.workers WITH (security_invoker) AS SELECT * FROM smartwf.workers;
COMMENT ON VIEW smartwf_api.workers IS
'Workers of the database, for operators.';

CREATE VIEW smartwf_api.metrics WITH (security_invoker) AS SELECT * FROM smartwf.metrics;
COMMENT ON VIEW smartwf_api.metrics IS
'Metrics for monitoring, one row for each value, for operators.';

CREATE VIEW smartwf_api.activity WITH (security_invoker) AS SELECT * FROM smartwf.activity;
COMMENT ON VIEW smartwf_api.activity IS
'Steps that runs have executed in each of the last 24 hours, by outcome, for operators.';

CREATE VIEW smartwf_api.migrations WITH (security_invoker) AS
SELECT m.id AS migration, m.structure, m.version, m.states, m.by_docid, m.undoes, m.status, m.documents, m.done, m.failed,
	m.message, m.actor, m.started_at, m.changed_at, m.finished_at
FROM smartwf.migrations m;
COMMENT ON VIEW smartwf_api.migrations IS
'Migrations of structures to another version of their workflow, with their progress, for operators.';
COMMENT ON COLUMN smartwf_api.migrations.status IS 'running, paused, finished, failed, cancelled or undone.';
COMMENT ON COLUMN smartwf_api.migrations.documents IS 'How many documents must be looked at one by one.';
COMMENT ON COLUMN smartwf_api.migrations.done IS 'How many of them have been.';
COMMENT ON COLUMN smartwf_api.migrations.failed IS 'How many of them could not be moved.';
COMMENT ON COLUMN smartwf_api.migrations.message IS 'Why it does not go on.';
COMMENT ON COLUMN smartwf_api.migrations.actor IS 'Name of the role or person that has started it.';
COMMENT ON COLUMN smartwf_api.migrations.started_at IS 'Time at which it was started.';

CREATE VIEW smartwf_api.migration_documents WITH (security_invoker) AS
SELECT d.migration, d.docid, d.status, d.from_state, d.revision, d.sqlstate, d.message FROM smartwf.migration_documents d;
COMMENT ON VIEW smartwf_api.migration_documents IS
'Documents that a migration looked at one by one, and why some could not be moved, for operators.';
COMMENT ON COLUMN smartwf_api.migration_documents.status IS 'pending, done or failed.';
COMMENT ON COLUMN smartwf_api.migration_documents.revision IS 'Revision of the line of history that it got; null if none.';
COMMENT ON COLUMN smartwf_api.migration_documents.message IS 'Why it could not be moved, or which timers have ended.';

CREATE VIEW smartwf_api.run_migrations WITH (security_invoker) AS
SELECT m.id AS migration, m.flow, m.version, m.steps, m.status, m.runs, m.done, m.message, m.actor, m.started_at,
	m.finished_at
FROM smartwf.run_migrations m;
COMMENT ON VIEW smartwf_api.run_migrations IS
'Migrations of the runs of flows to another version, with their progress, for operators.';
COMMENT ON COLUMN smartwf_api.run_migrations.version IS 'Version of the flow.';
COMMENT ON COLUMN smartwf_api.run_migrations.steps IS 'Where runs go whose step the version does not have.';
COMMENT ON COLUMN smartwf_api.run_migrations.status IS 'running, finished or failed.';
COMMENT ON COLUMN smartwf_api.run_migrations.runs IS 'How many runs there were.';
COMMENT ON COLUMN smartwf_api.run_migrations.done IS 'How many were moved.';
COMMENT ON COLUMN smartwf_api.run_migrations.message IS 'Why some cannot be moved.';
COMMENT ON COLUMN smartwf_api.run_migrations.actor IS 'Name of the role or person that has started it.';
COMMENT ON COLUMN smartwf_api.run_migrations.started_at IS 'Time at which it was started.';

CREATE VIEW smartwf_api.documents_by_state WITH (security_invoker) AS SELECT * FROM smartwf.documents_by_state;
COMMENT ON VIEW smartwf_api.documents_by_state IS
'How many documents are in each state of each version, for operators.';

CREATE VIEW smartwf_api.state_durations WITH (security_invoker) AS SELECT * FROM smartwf.state_durations;
COMMENT ON VIEW smartwf_api.state_durations IS
'How long documents have stayed in states that they have left, for operators.';

CREATE VIEW smartwf_api.stuck_documents WITH (security_invoker) AS SELECT * FROM smartwf.stuck_documents;
COMMENT ON VIEW smartwf_api.stuck_documents IS
'Documents that do not get on, for operators.';
COMMENT ON COLUMN smartwf_api.stuck_documents.message IS 'What keeps it there.';

CREATE VIEW smartwf_api.refusals WITH (security_invoker) AS
SELECT r.id AS refusal, r.at, r.docid, r.structure, r.workflow, r.version, r.transition, r.from_state, r.to_state, r.actor,
	r.code, r.message
FROM smartwf.refusals r;
COMMENT ON VIEW smartwf_api.refusals IS
'Attempts to change the state of documents that were refused, of workflows that keep them, for operators.';
COMMENT ON COLUMN smartwf_api.refusals.at IS 'Time of the attempt.';
COMMENT ON COLUMN smartwf_api.refusals.transition IS 'Name of the transition; null if a state was asked for.';
COMMENT ON COLUMN smartwf_api.refusals.to_state IS 'State that was asked for.';
COMMENT ON COLUMN smartwf_api.refusals.actor IS 'Name of the role or person that was refused.';
COMMENT ON COLUMN smartwf_api.refusals.message IS 'Why it was refused.';

-- A browser that looks every few seconds is told 304 while nothing has changed.
CREATE FUNCTION smartwf_api.inbox_tag() RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	tag text := (SELECT '"' || md5(coalesce(string_agg(concat_ws(' ', i.notification, i.confirmation, i.read_at), ','
		ORDER BY i.notification, i.confirmation), '')) || '"' FROM smartwf.inbox i);
BEGIN
	PERFORM set_config('response.headers', json_build_array(json_build_object('ETag', tag),
		json_build_object('Cache-Control', 'private, no-cache'))::text, true);
	IF strpos(nullif(current_setting('request.headers', true), '')::json ->> 'if-none-match', tag) > 0 THEN
		PERFORM set_config('response.status', '304', true);
	END IF;
	RETURN btrim(tag, '"');
END
$$;
COMMENT ON FUNCTION smartwf_api.inbox_tag() IS
'Returns a text that changes whenever the inbox of the caller does (text), also as ETag; over HTTP, 304 if the '
'request has it as If-None-Match.';

-- Functions of schema smartwf, with their arguments, results and comments, and with errors
-- in the form that PostgREST understands.  The caller must be allowed to call the original.
DO $install$
DECLARE
	original record;
BEGIN
	FOR original IN
		SELECT p.proname, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
			CASE p.provolatile WHEN 'v' THEN 'VOLATILE' ELSE 'STABLE' END AS volatility,
			CASE WHEN p.proisstrict THEN 'STRICT' ELSE '' END AS strictness
		FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'smartwf'::regnamespace AND p.proname IN (
			'draft_flow', 'publish_flow', 'discard_flow', 'update_flow', 'replace_flow', 'add_stage',
			'rename_stage', 'move_stage', 'remove_stage', 'add_step', 'update_step', 'move_step', 'remove_step',
			'define_flow', 'flow_definition', 'flow_diagram', 'draft_workflow', 'publish_workflow',
			'discard_workflow', 'replace_workflow', 'update_workflow', 'add_state', 'update_state', 'move_state',
			'remove_state', 'add_transition', 'update_transition', 'move_transition', 'remove_transition',
			'add_arc', 'remove_arc', 'builder_catalogue', 'define_workflow', 'workflow_definition', 'diagram',
			'export_workflow', 'import_workflow', 'lifecycle', 'document_row', 'steer_runs', 'pause_flow',
			'resume_flow', 'restart_all', 'deliver_again', 'run_model', 'compare_workflows', 'migration_plan',
			'start_migration', 'pause_migration', 'resume_migration', 'cancel_migration', 'migration_undo_plan',
			'undo_migration',
			'run_migration_plan', 'start_run_migration', 'cancel_run_migration', 'simulate_workflow', 'why', 'undo_transition', 'check_workflow', 'workflow_catalogue')
		ORDER BY p.proname
	LOOP
		EXECUTE format('CREATE FUNCTION smartwf_api.%I(%s) RETURNS %s LANGUAGE c %s %s '
			'AS ''MODULE_PATHNAME'', ''smartwf_api_namesake''', original.proname, original.arguments, original.result,
			original.volatility, original.strictness);
	END LOOP;
END
$install$;
