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
