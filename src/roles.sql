-- What is bound to roles, in whatever room.

CREATE FUNCTION smartwf.forget_role(role text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may end what is bound to a role' USING ERRCODE = 'insufficient_privilege';
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
'For administrators: ends what is bound to a role (text) that was dropped: its grants on transitions and flows, its '
'runs that are not over, what it is asked, its locks; a new role of that name begins with nothing. Raises 42501 for '
'whom is no administrator or may not write these tables.';

-- A dump holds definitions and runs as rows of our tables, and our triggers on others.
CREATE FUNCTION smartwf.restore_functions() RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'smartwf.judge_change(), smartwf.record_change(), smartwf.record_truncate(), smartwf.template_fault(text), '
		'smartwf.flow_shape(int), smartwf.refuse(text, text[]), smartwf.items(jsonb, text), smartwf.members(jsonb)'
$$;
COMMENT ON FUNCTION smartwf.restore_functions() IS
'The functions (text, as GRANT takes them) that a restore calls: those of our triggers on attached tables, and what '
'the triggers on definitions call. Raises nothing.';

CREATE FUNCTION smartwf.restore_relations() RETURNS TABLE (relation regclass, kind text, privileges text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, CASE c.relkind WHEN 'S' THEN 'SELECT, UPDATE' ELSE 'SELECT, INSERT' END
	FROM pg_extension e, unnest(e.extconfig) AS config (oid) JOIN pg_class c USING (oid) WHERE e.extname = 'smartwf'
$$;
COMMENT ON FUNCTION smartwf.restore_relations() IS
'The tables and sequences (regclass) that a dump fills, what GRANT calls their kind, and the privileges that it '
'takes (text each). Raises nothing.';

CREATE FUNCTION smartwf.grant_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	filled record;
BEGIN
	FOR filled IN SELECT * FROM smartwf.restore_relations() LOOP
		EXECUTE format('GRANT %s ON %s %s TO %I WITH GRANT OPTION', filled.privileges, filled.kind, filled.relation, role);
	END LOOP;
	EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I WITH GRANT OPTION', smartwf.restore_functions(), role);
END
$$;
COMMENT ON FUNCTION smartwf.grant_restore(name) IS
'For the owner of the extension: gives a role (name) that is no superuser, a database''s owner say, what it takes to '
'restore a dump: to fill the tables of smartwf and to make its triggers on tables of its own. It can define '
'workflows and flows and write history then, and restores runs under way only where they act for roles that it is a '
'member of. Take it back with revoke_restore(). Raises 42501 for anybody else.';

CREATE FUNCTION smartwf.revoke_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	filled record;
BEGIN
	FOR filled IN SELECT * FROM smartwf.restore_relations() LOOP
		EXECUTE format('REVOKE ALL ON %s %s FROM %I CASCADE', filled.kind, filled.relation, role);
	END LOOP;
	EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I CASCADE', smartwf.restore_functions(), role);
	-- what belongs to no run would be taken for that of a later one
	DELETE FROM smartwf.run_steps s WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = s.run);
	DELETE FROM smartwf.confirmations c WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = c.run);
	DELETE FROM smartwf.answers a WHERE NOT EXISTS (SELECT FROM smartwf.confirmations c WHERE c.id = a.confirmation);
END
$$;
COMMENT ON FUNCTION smartwf.revoke_restore(name) IS
'For the owner of the extension: takes from a role (name) what grant_restore() gave, and all that it had on these '
'tables, and removes steps, questions and answers that belong to no run. Raises 42501 for anybody else.';

-- Runs act for those whom they name: whoever restores brings back what acts for roles of his
-- own, and what is over.
CREATE FUNCTION smartwf.may_restore_run(starter text, status text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT status = 'finished'
		OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = starter AND pg_has_role(r.oid, 'MEMBER'))
$$;
COMMENT ON FUNCTION smartwf.may_restore_run(text, text) IS
'True if the caller may restore a run of that starter (text) and status (text): one that is finished, or acts for a role '
'of which he is a member. Raises nothing.';

CREATE FUNCTION smartwf.may_restore_step(run bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_step';
COMMENT ON FUNCTION smartwf.may_restore_step(bigint) IS
'True if the caller may restore what belongs to a run (bigint): there is no such run yet, it is over, or it acts for '
'a role that he has. Raises nothing.';

CREATE FUNCTION smartwf.may_restore_answer(confirmation bigint) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_answer';
COMMENT ON FUNCTION smartwf.may_restore_answer(bigint) IS
'True if the caller may restore an answer to a confirmation (bigint): as may_restore_step() of the run that asks. '
'Raises nothing.';

CREATE FUNCTION smartwf.may_restore_grant(flow int) RETURNS boolean
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_may_restore_grant';
COMMENT ON FUNCTION smartwf.may_restore_grant(int) IS
'True if the caller may bring back rights on a flow version (int): no run of that flow is under way for a role that he '
'does not have. Raises nothing.';

-- whoever restores gets no hold of what is under way for others; whoever defines flows may say who manages them
CREATE FUNCTION smartwf.protect_flow_grants() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NEW.privilege <> 'read' AND NOT has_table_privilege('smartwf.flows', 'UPDATE') AND NOT smartwf.may_restore_grant(NEW.flow_id) THEN
		RAISE EXCEPTION 'rights on flow % cannot be restored while it runs for others', NEW.flow_id USING ERRCODE = 'insufficient_privilege';
	END IF;
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION smartwf.protect_flow_grants() IS
'Trigger BEFORE INSERT OR UPDATE on smartwf.flow_grants. Raises 42501 where whoever restores would get hold of runs of others.';
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON smartwf.flow_grants
	FOR EACH ROW EXECUTE FUNCTION smartwf.protect_flow_grants();

CREATE POLICY restore ON smartwf.runs FOR INSERT WITH CHECK (smartwf.may_restore_run(starter, status)
	AND status IN ('draft', 'queued', 'running', 'waiting', 'finished', 'failed', 'cancelled') AND (status <> 'waiting' OR step IS NOT NULL)
	AND jsonb_typeof(model) = 'object' AND coalesce(jsonb_typeof(base) = 'object', true) AND priority BETWEEN 0 AND 9
	-- nobody brings back an answer of somebody else, who would act by it
	AND (answerer IS NULL OR (answerer_actor IS NOT NULL AND answerer_person IS NOT NULL AND smartwf.may_restore_run(answerer, status))));
CREATE POLICY restore ON smartwf.run_steps FOR INSERT WITH CHECK (smartwf.may_restore_step(run));
CREATE POLICY restore ON smartwf.confirmations FOR INSERT WITH CHECK (smartwf.may_restore_step(run)
	AND status IN ('open', 'answered', 'cancelled', 'expired'));
CREATE POLICY restore ON smartwf.answers FOR INSERT WITH CHECK (smartwf.may_restore_answer(confirmation));
CREATE POLICY restore ON smartwf.notifications FOR INSERT WITH CHECK (run IS NULL OR smartwf.may_restore_step(run));
