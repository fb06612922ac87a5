-- What is bound to roles, in whatever room.

CREATE FUNCTION smartwf.forget_role(role text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may end what is bound to a role' USING ERRCODE = 'insufficient_privilege';
	END IF;
	DELETE FROM smartwf.transition_grants g WHERE g.kind = 'role' AND g.grantee = forget_role.role;
	DELETE FROM smartwf.flow_grants g WHERE g.role = forget_role.role;
	UPDATE smartwf.confirmations c SET users = array_remove(c.users, forget_role.role)
		WHERE c.status = 'open' AND forget_role.role = ANY (c.users);
	UPDATE smartwf.confirmations c SET status = 'cancelled', closed_at = clock_timestamp()
		FROM smartwf.runs r WHERE r.id = c.run AND r.starter = forget_role.role AND c.status = 'open';
	UPDATE smartwf.runs r SET status = 'cancelled', due_at = NULL, changed_at = clock_timestamp()
		WHERE r.starter = forget_role.role AND r.status NOT IN ('finished', 'cancelled');
	UPDATE smartwf.elements e SET locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
		WHERE e.locked_by = forget_role.role AND NOT coalesce(e.locked_by_person, false);
	DELETE FROM smartwf.known_roles k WHERE k.name = forget_role.role;
END
$$;
COMMENT ON FUNCTION smartwf.forget_role(text) IS
'For administrators: ends what is bound to a role (text) that was dropped: its grants on transitions and flows, its runs that are not over, what it is asked, its locks; a new role of that name begins with nothing. Raises 42501 for whom is no administrator or may not write these tables.';

-- A dump holds definitions and runs as rows of our tables, and our triggers on others.
CREATE FUNCTION smartwf.restore_functions() RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT 'smartwf.judge_change(), smartwf.record_change(), smartwf.record_truncate(), smartwf.template_fault(text), smartwf.flow_shape(int), smartwf.refuse(text, text[])'
$$;
COMMENT ON FUNCTION smartwf.restore_functions() IS
'The functions (text, as GRANT takes them) that a restore calls: those of our triggers on attached tables, and what the triggers on definitions call. Raises nothing.';

CREATE FUNCTION smartwf.grant_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass;
BEGIN
	FOR relation IN SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'smartwf' LOOP
		EXECUTE format('GRANT %s ON %s %s TO %I WITH GRANT OPTION',
			CASE (SELECT relkind FROM pg_class WHERE oid = relation) WHEN 'S' THEN 'SELECT, UPDATE' ELSE 'SELECT, INSERT' END,
			CASE (SELECT relkind FROM pg_class WHERE oid = relation) WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation, role);
	END LOOP;
	EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I WITH GRANT OPTION', smartwf.restore_functions(), role);
END
$$;
COMMENT ON FUNCTION smartwf.grant_restore(name) IS
'For the owner of the extension: gives a role (name) that is no superuser, a database''s owner say, what it takes to restore a dump: to fill the tables of smartwf and to make its triggers on tables of its own. It can define workflows and flows then, and restores runs under way only where they act for roles that it is a member of. Raises 42501 for anybody else.';

CREATE FUNCTION smartwf.revoke_restore(role name) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass;
BEGIN
	FOR relation IN SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'smartwf' LOOP
		EXECUTE format('REVOKE ALL ON %s %s FROM %I CASCADE',
			CASE (SELECT relkind FROM pg_class WHERE oid = relation) WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation, role);
	END LOOP;
	EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I CASCADE', smartwf.restore_functions(), role);
END
$$;
COMMENT ON FUNCTION smartwf.revoke_restore(name) IS
'For the owner of the extension: takes from a role (name) what grant_restore() gave, and all that it had on these tables. Raises 42501 for anybody else.';

-- Runs act for those whom they name: whoever restores brings back what acts for roles of his
-- own, and what is over.
CREATE FUNCTION smartwf.may_restore_run(starter text, status text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT status IN ('finished', 'cancelled')
		OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = starter AND pg_has_role(r.oid, 'MEMBER'))
$$;
COMMENT ON FUNCTION smartwf.may_restore_run(text, text) IS
'True if the caller may restore a run of that starter (text) and status (text): one that is over, or acts for a role of which he is a member. Raises nothing.';

DO $install$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['run_steps', 'confirmations', 'answers', 'notifications'] LOOP
		EXECUTE format('CREATE POLICY restore ON smartwf.%I FOR INSERT WITH CHECK (true)', name);
	END LOOP;
END
$install$;
CREATE POLICY restore ON smartwf.runs FOR INSERT WITH CHECK (smartwf.may_restore_run(starter, status));
