-- Objects that are bound to roles; privileges for restores.

CREATE FUNCTION smartwf.forget_role(role text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may end what is bound to a role'
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	DELETE FROM smartwf.transition_grants g WHERE g.kind = 'role' AND g.grantee = forget_role.role;
	DELETE FROM smartwf.flow_grants g WHERE g.role = forget_role.role;
	UPDATE smartwf.flows f SET owner = NULL WHERE f.owner = forget_role.role;
	UPDATE smartwf.confirmations c SET users = array_remove(c.users, forget_role.role)
		WHERE c.status = 'open' AND forget_role.role = ANY (c.users) AND forget_role.role <> ALL (c.people);
	DELETE FROM smartwf.notifications n WHERE n.recipient = forget_role.role AND NOT n.recipient_is_person;
	UPDATE smartwf.confirmations c SET status = 'cancelled', closed_at = clock_timestamp()
		FROM smartwf.runs r WHERE r.id = c.run AND r.starter = forget_role.role AND c.status = 'open';
	UPDATE smartwf.runs r SET status = 'cancelled', due_at = NULL, changed_at = clock_timestamp()
		WHERE r.starter = forget_role.role AND r.status NOT IN ('finished', 'cancelled');
	UPDATE smartwf.runs r SET answerer = NULL, answerer_actor = NULL, answerer_is_person = NULL, answerer_person = NULL
		WHERE r.answerer = forget_role.role AND r.status NOT IN ('finished', 'cancelled');
	UPDATE smartwf.elements e SET locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
		WHERE e.locked_by = forget_role.role AND NOT coalesce(e.locked_by_person, false);
	DELETE FROM smartwf.known_roles k WHERE k.name = forget_role.role;
END
$$;
COMMENT ON FUNCTION smartwf.forget_role(text) IS
'Ends everything that is bound to a role that was dropped, so that a new role of the same name does not get it. role '
'(text): the name of the role. Its grants on transitions and flows are removed, its unfinished runs and their '
'questions are cancelled, it is no longer asked, its notifications are deleted, and its locks are released. Raises '
'42501 unless the caller is an administrator and has the privileges to change the tables of smartwf.';

-- What it takes to design and to operate, in the form that GRANT accepts.  Functions for designers run as
-- their caller, who therefore needs what these call in turn.

CREATE FUNCTION smartwf.functions_of_designers() RETURNS SETOF regprocedure
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE ours AS (
		-- without the words of messages, which name functions that are not called
		SELECT p.oid, p.proname, regexp_replace(p.prosrc, '((HINT|DETAIL) =|RAISE EXCEPTION)\s+(''([^'']|'''')*''\s*)+', '',
			'g') AS prosrc
		FROM pg_proc p WHERE p.pronamespace = 'smartwf'::regnamespace AND p.prokind = 'f'
	), needed AS (
		SELECT o.oid, o.prosrc FROM ours o WHERE o.proname IN ('draft_flow', 'publish_flow', 'discard_flow', 'update_flow',
			'replace_flow', 'add_stage', 'rename_stage', 'move_stage', 'remove_stage', 'add_step', 'update_step',
			'move_step', 'remove_step', 'define_flow', 'check_flow', 'flow_definition', 'flow_diagram',
			'builder_catalogue', 'define_workflow', 'import_workflow', 'export_workflow', 'check_workflow',
			'workflow_definition', 'diagram', 'draft_workflow', 'publish_workflow', 'discard_workflow', 'replace_workflow',
			'update_workflow', 'add_state', 'update_state', 'move_state', 'remove_state', 'add_transition',
			'update_transition', 'move_transition', 'remove_transition', 'add_arc', 'remove_arc', 'compare_workflows',
			'workflow_catalogue')
			OR format('smartwf.%s', o.proname) IN (SELECT c.function FROM smartwf.checkers c)
			OR o.oid IN (SELECT t.tgfoid FROM pg_trigger t
				JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'smartwf'::regnamespace)
		UNION
		SELECT o.oid, o.prosrc
		FROM needed n, LATERAL (SELECT DISTINCT m[1] AS name FROM regexp_matches(n.prosrc, 'smartwf\.(\w+)\(', 'g') m) called
		JOIN ours o ON o.proname = called.name)
	SELECT n.oid::regprocedure FROM needed n JOIN pg_proc p USING (oid) WHERE p.prorettype <> 'trigger'::regtype
$$;
COMMENT ON FUNCTION smartwf.functions_of_designers() IS
'Returns the functions (regprocedure) that roles need which define workflows and flows, and those that these call.';

CREATE FUNCTION smartwf.role_privileges(task text) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('EXECUTE ON FUNCTION %s', f) FROM smartwf.functions_of_designers() f WHERE task = 'design'
	UNION ALL
	SELECT format('SELECT, INSERT, UPDATE, DELETE ON smartwf.%I', t.name)
	FROM unnest(ARRAY['workflows', 'workflow_drafts', 'workflow_timers', 'timer_tasks', 'states', 'transitions', 'arcs',
		'transition_timers',
		'transition_parameters', 'transition_grants', 'translations', 'flows', 'flow_grants', 'stages', 'steps',
		'templates']) AS t (name) WHERE task = 'design'
	UNION ALL
	SELECT p.privilege FROM (VALUES ('design', 'SELECT ON smartwf.dataflows'), ('design', 'SELECT ON smartwf.structures'),
		('design', 'SELECT ON smartwf.checkers'), ('design', 'SELECT (name, channel) ON smartwf.contacts'),
		('operate', 'EXECUTE ON FUNCTION smartwf.operation()'), ('operate', 'EXECUTE ON FUNCTION smartwf.list_workers()'),
		('operate', 'SELECT ON smartwf.workers'), ('operate', 'SELECT ON smartwf.metrics'),
		('operate', 'SELECT ON smartwf.activity')) AS p (of_task, privilege) WHERE p.of_task = task
$$;
COMMENT ON FUNCTION smartwf.role_privileges(text) IS
'Returns the privileges that a task (text: design or operate) takes, in the form that GRANT and REVOKE accept (text).';

CREATE FUNCTION smartwf.change_privileges(verb text, task text, role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	privilege text;
BEGIN
	FOR privilege IN SELECT * FROM smartwf.role_privileges(task) LOOP
		EXECUTE format(CASE verb WHEN 'GRANT' THEN 'GRANT %s TO %I' ELSE 'REVOKE %s FROM %I' END, privilege, role);
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.change_privileges(text, text, name) IS
'Grants a role (name) what a task (text: design or operate) takes, or revokes it (verb, text: GRANT or REVOKE).';

CREATE FUNCTION smartwf.grant_design(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('GRANT', 'design', role) $$;
COMMENT ON FUNCTION smartwf.grant_design(name) IS
'Grants a role (name) what it takes to design: to define workflows, flows and templates. It can '
'neither attach tables nor register data flows. Repeat it after an update of the extension. Raises 42501 unless the '
'caller is a superuser or the owner of the extension, and 42704 if there is no such role.';

CREATE FUNCTION smartwf.revoke_design(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('REVOKE', 'design', role) $$;
COMMENT ON FUNCTION smartwf.revoke_design(name) IS
'Revokes from a role (name) what smartwf.grant_design() has granted. Raises 42501 unless the caller is a superuser '
'or the owner of the extension, and 42704 if there is no such role.';

CREATE FUNCTION smartwf.grant_operation(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('GRANT', 'operate', role) $$;
COMMENT ON FUNCTION smartwf.grant_operation(name) IS
'Grants a role (name) what it takes to operate: to see all runs, to restart, skip, reset and cancel them, to pause '
'and resume flows, to have notifications delivered again, and to see workers and metrics. Models of runs and '
'documents are shown to it only where it may read the document. Raises 42501 unless the caller is a superuser or the '
'owner of the extension, and 42704 if there is no such role.';

CREATE FUNCTION smartwf.revoke_operation(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('REVOKE', 'operate', role) $$;
COMMENT ON FUNCTION smartwf.revoke_operation(name) IS
'Revokes from a role (name) what smartwf.grant_operation() has granted. Raises 42501 unless the caller is a '
'superuser or the owner of the extension, and 42704 if there is no such role.';

-- A dump contains the rows of the tables of smartwf, and its triggers on attached tables.
CREATE FUNCTION smartwf.restore_functions() RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'smartwf.judge_change(), smartwf.record_change(), smartwf.record_truncate(), smartwf.template_fault(text), '
		'smartwf.flow_shape(int), smartwf.refuse(text, text[]), smartwf.items(jsonb, text), smartwf.members(jsonb)'
$$;
COMMENT ON FUNCTION smartwf.restore_functions() IS
'Returns the functions that a restore calls, in the form that GRANT accepts (text): the trigger functions for '
'attached tables, and the functions that the triggers on the tables of definitions call.';

CREATE FUNCTION smartwf.restore_relations() RETURNS TABLE (relation regclass, kind text, privileges text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, CASE c.relkind WHEN 'S'
		THEN 'SELECT, UPDATE' ELSE 'SELECT, INSERT' END
	FROM pg_extension e, unnest(e.extconfig) AS config (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'smartwf'
$$;
COMMENT ON FUNCTION smartwf.restore_relations() IS
'Returns the tables and sequences that are dumped (regclass), with their kind (text: TABLE or SEQUENCE) and the '
'privileges that a restore requires (text), as in GRANT.';

CREATE FUNCTION smartwf.grant_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	filled record;
BEGIN
	FOR filled IN SELECT * FROM smartwf.restore_relations() LOOP
		EXECUTE format('GRANT %s ON %s %s TO %I WITH GRANT OPTION', filled.privileges, filled.kind, filled.relation,
			role);
	END LOOP;
	EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I WITH GRANT OPTION', smartwf.restore_functions(), role);
END
$$;
COMMENT ON FUNCTION smartwf.grant_restore(name) IS
'Grants a role (name) that is not a superuser, for example the owner of the database, the privileges to restore a '
'dump: to insert into the tables of smartwf, and to create its triggers on tables of the role. With these privileges '
'the role can also define workflows and flows, and write history; it can only restore unfinished runs that act for '
'roles of which it is a member. Revoke them with smartwf.revoke_restore() after the restore. Raises 42501 unless the '
'caller is a superuser or the owner of the extension.';

CREATE FUNCTION smartwf.revoke_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	filled record;
BEGIN
	FOR filled IN SELECT * FROM smartwf.restore_relations() LOOP
		EXECUTE format('REVOKE ALL ON %s %s FROM %I CASCADE', filled.kind, filled.relation, role);
	END LOOP;
	EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I CASCADE', smartwf.restore_functions(), role);
	-- otherwise these rows would be taken for those of a later run
	DELETE FROM smartwf.run_steps s WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = s.run);
	DELETE FROM smartwf.confirmations c WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = c.run);
	DELETE FROM smartwf.answers a WHERE NOT EXISTS (SELECT FROM smartwf.confirmations c WHERE c.id = a.confirmation);
END
$$;
COMMENT ON FUNCTION smartwf.revoke_restore(name) IS
'Revokes from a role (name) the privileges granted by smartwf.grant_restore(), and all its other privileges on these '
'tables and functions. Steps, questions and answers that belong to no run are deleted. Raises 42501 unless the caller '
'is a superuser or the owner of the extension.';

-- Runs act for the roles that they name.  The restoring role can restore finished runs, and
-- runs that act for roles of which it is a member.
CREATE FUNCTION smartwf.may_restore_run(starter text, status text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT status = 'finished'
		OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = starter AND pg_has_role(r.oid, 'MEMBER'))
$$;
COMMENT ON FUNCTION smartwf.may_restore_run(text, text) IS
'Returns true if the caller may restore a run with this starter (text) and status (text): a finished run, or a run '
'whose starter is a role of which the caller is a member.';

CREATE FUNCTION smartwf.may_restore_step(run bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_step';
COMMENT ON FUNCTION smartwf.may_restore_step(bigint) IS
'Returns true if the caller may restore rows that belong to a run (bigint): if there is no such run yet, it is '
'finished, or the caller has the privileges of its starter.';

CREATE FUNCTION smartwf.may_restore_answer(confirmation bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_answer';
COMMENT ON FUNCTION smartwf.may_restore_answer(bigint) IS
'Returns true if the caller may restore an answer to a confirmation (bigint), under the conditions of '
'smartwf.may_restore_step() for the run that asks.';

CREATE FUNCTION smartwf.may_restore_grant(flow int) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_grant';
COMMENT ON FUNCTION smartwf.may_restore_grant(int) IS
'Returns true if the caller may restore privileges on a flow version (int, its id): if the caller has the privileges '
'of the starters of all runs of that flow that are not finished.';

-- a restore must not give control of unfinished runs of others; roles that define flows can grant it anyway
CREATE FUNCTION smartwf.protect_flow_grants() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NEW.privilege <> 'read' AND NOT has_table_privilege('smartwf.flows', 'UPDATE')
		AND NOT smartwf.may_restore_grant(NEW.flow_id) THEN
		RAISE EXCEPTION 'rights on flow % cannot be restored while it runs for others', NEW.flow_id
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION smartwf.protect_flow_grants() IS
'Trigger function, BEFORE INSERT OR UPDATE FOR EACH ROW, on smartwf.flow_grants. Raises 42501 if a privilege to start '
'or manage a flow is restored while there are unfinished runs of others, unless the caller has the UPDATE privilege '
'on smartwf.flows.';
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON smartwf.flow_grants
	FOR EACH ROW EXECUTE FUNCTION smartwf.protect_flow_grants();

CREATE POLICY restore ON smartwf.runs FOR INSERT WITH CHECK (smartwf.may_restore_run(starter, status)
	AND status IN ('draft', 'queued', 'running', 'waiting', 'finished', 'failed', 'cancelled')
		AND (status <> 'waiting' OR step IS NOT NULL)
	AND jsonb_typeof(model) = 'object' AND coalesce(jsonb_typeof(base) = 'object', true) AND priority BETWEEN 0 AND 9
	-- steps would run with the rights of the answerer
	AND (answerer IS NULL OR (answerer_actor IS NOT NULL AND answerer_person IS NOT NULL
		AND smartwf.may_restore_run(answerer, status))));
CREATE POLICY restore ON smartwf.run_steps FOR INSERT WITH CHECK (smartwf.may_restore_step(run));
CREATE POLICY restore ON smartwf.confirmations FOR INSERT WITH CHECK (smartwf.may_restore_step(run)
	AND status IN ('open', 'answered', 'cancelled', 'expired'));
CREATE POLICY restore ON smartwf.answers FOR INSERT WITH CHECK (smartwf.may_restore_answer(confirmation));
CREATE POLICY restore ON smartwf.notifications FOR INSERT WITH CHECK (run IS NULL OR smartwf.may_restore_step(run));
