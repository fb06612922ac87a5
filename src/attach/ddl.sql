-- Processing of DDL commands.  The event triggers call these functions as the owner of the
-- extension, since a role that alters a table need not have privileges on the tables of
-- smartwf.  Therefore no code of other roles must be evaluated here, not even a cast.
-- After each command, the triggers of all tables that it could concern are checked, and the
-- columns that they need, regardless of the kind of command.

CREATE FUNCTION smartwf.replaced_columns(command pg_ddl_command) RETURNS text[]
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_replaced_columns';
COMMENT ON FUNCTION smartwf.replaced_columns(pg_ddl_command) IS
'Returns the names of the columns (text[]) that an ALTER TABLE command drops, or whose type it changes.';

CREATE FUNCTION smartwf.changes_family(command pg_ddl_command) RETURNS boolean
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_changes_family';
COMMENT ON FUNCTION smartwf.changes_family(pg_ddl_command) IS
'Returns true if a command can add partitions or children to a table, or remove them; false for commands on triggers, '
'constraints and the like, such as those that end a restore.';

CREATE FUNCTION smartwf.touched_relations() RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE object (classid, objid) AS (
		SELECT classid, objid FROM pg_event_trigger_ddl_commands()
		UNION
		-- a type, and the relation to which it belongs
		SELECT d.classid, d.objid FROM object o JOIN pg_depend d ON (d.refclassid, d.refobjid) = (o.classid, o.objid)
		WHERE o.classid = 'pg_type'::regclass AND d.classid IN ('pg_type'::regclass, 'pg_class'::regclass)
	), relation (oid) AS (
		SELECT objid FROM object WHERE classid = 'pg_class'::regclass
		UNION
		-- a trigger, constraint or rule, and its table
		SELECT d.refobjid FROM object o JOIN pg_depend d ON (d.classid, d.objid) = (o.classid, o.objid)
		WHERE o.classid <> 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
		UNION
		-- a composite type, and the tables of that type
		SELECT c.oid FROM object o JOIN pg_class t ON t.oid = o.objid AND t.relkind = 'c'
			JOIN pg_class c ON c.reloftype = t.reltype
		WHERE o.classid = 'pg_class'::regclass
		UNION
		SELECT c.oid FROM object o JOIN pg_class c ON c.relnamespace = o.objid
		WHERE o.classid = 'pg_namespace'::regclass AND c.relhastriggers)
	SELECT c.oid::regclass FROM relation r JOIN pg_class c ON c.oid = r.oid WHERE c.relkind IN ('r', 'p', 'f')
$$;
COMMENT ON FUNCTION smartwf.touched_relations() IS
'Returns the tables (setof regclass) that the current DDL command concerns, directly or by a trigger, constraint, '
'type or schema. Can only be called by smartwf.follow_ddl(). Raises 39P03 outside of an event trigger.';

CREATE FUNCTION smartwf.structures_of(relations regclass[]) RETURNS SETOF smartwf.structures
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT s.* FROM smartwf.structures s WHERE s.name IN (
		SELECT t.structure FROM unnest(relations) r, smartwf.family(r) f, smartwf.triggers_of(f) t
		UNION
		SELECT t.structure FROM unnest(relations) r, smartwf.ancestors(r) a, smartwf.triggers_of(a) t)
	ORDER BY s.name
$$;
COMMENT ON FUNCTION smartwf.structures_of(regclass[]) IS
'Returns the structures (rows of smartwf.structures) whose triggers are on one of the tables (regclass[]), their '
'ancestors or descendants.';

CREATE FUNCTION smartwf.follow_name(s smartwf.structures, relation regclass) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.structures x SET relation_schema = n.nspname, relation_name = c.relname
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relation AND x.name = s.name AND (x.relation_schema, x.relation_name) <> (n.nspname, c.relname)
$$;
COMMENT ON FUNCTION smartwf.follow_name(smartwf.structures, regclass) IS
'Records the present schema and name of the table (regclass) of a structure (a row of smartwf.structures).';

-- Not supported, not even for administrators.
CREATE FUNCTION smartwf.impossible_members(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: a foreign table passes no trigger here', f)
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f WHERE c.relkind = 'f'
	UNION ALL
	SELECT format('table %s: the documents of a temporary table would outlive it', f)
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f WHERE c.relpersistence = 't'
	UNION ALL
	SELECT DISTINCT format('table %s: it belongs to structure "%s", too', f, t.structure)
	FROM smartwf.family(relation) f, smartwf.triggers_of(f) t WHERE t.structure <> s.name
	UNION ALL
	SELECT DISTINCT format('table %s: it belongs to structure "%s", too', f, t.structure)
	FROM smartwf.family(relation) f, smartwf.ancestors(f) a, smartwf.triggers_of(a) t WHERE t.structure <> s.name
$$;
COMMENT ON FUNCTION smartwf.impossible_members(smartwf.structures, regclass) IS
'Returns one line (setof text) for each partition or child that the table (regclass) of a structure (a row of '
'smartwf.structures) cannot have: foreign tables, and tables of another structure.';

CREATE FUNCTION smartwf.sources_of_columns(relation regclass) RETURNS SETOF oid
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH member (oid) AS (
		SELECT f::oid FROM smartwf.family(relation) f
		UNION
		SELECT a::oid FROM smartwf.family(relation) f, smartwf.ancestors(f) a)
	SELECT oid FROM member
	UNION
	-- the type of a typed table
	SELECT t.oid FROM member m JOIN pg_class c ON c.oid = m.oid JOIN pg_class t ON t.reltype = c.reloftype
		WHERE c.reloftype <> 0
$$;
COMMENT ON FUNCTION smartwf.sources_of_columns(regclass) IS
'Returns the tables and types (setof oid, as in pg_class) from which a table (regclass), its partitions and children '
'get their columns.';

-- Allowed for administrators only.
CREATE FUNCTION smartwf.column_faults(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: column "%s" is dropped or gets another type', relation, c.name)
	FROM pg_event_trigger_ddl_commands() d, unnest(smartwf.replaced_columns(d.command)) AS c (name)
	WHERE d.classid = 'pg_class'::regclass AND d.objid IN (SELECT smartwf.sources_of_columns(relation))
		AND c.name IN (s.state_column, s.docid_column)
	UNION ALL
	SELECT substr(f.fault, 9) FROM smartwf.workflows w, smartwf.attachment_faults(relation, w.id, s.state_column,
		s.docid_column) AS f (fault)
	WHERE w.name = s.workflow AND w.status = 'published' AND f.fault ~ '^WFL030[123] '
	UNION ALL
	SELECT format('table %s: document "%s" would lose its name', relation, e.docid) FROM (
		SELECT e.docid FROM smartwf.elements e
		JOIN pg_attribute a ON a.attrelid = relation AND a.attname = s.docid_column
		JOIN pg_enum l ON l.enumtypid = smartwf.base_type(a.atttypid)
		WHERE e.structure = s.name AND e.deleted_at IS NULL
		GROUP BY e.docid HAVING NOT bool_or(e.docid = s.docid_prefix || l.enumlabel) ORDER BY e.docid LIMIT 1) e
$$;
COMMENT ON FUNCTION smartwf.column_faults(smartwf.structures, regclass) IS
'Returns one line (setof text) for each change by the current DDL command to the columns of state and document id of '
'the table (regclass) of a structure (a row of smartwf.structures). Can only be called by smartwf.follow_ddl(). '
'Raises 39P03 outside of an event trigger.';

CREATE FUNCTION smartwf.changed_triggers(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: trigger "%s" is not as attach() made it', f, t.name)
	FROM smartwf.family(relation) f, smartwf.triggers_of(f) t WHERE t.structure = s.name AND NOT t.is_sound
	UNION ALL
	-- another trigger has the name of one of smartwf's
	SELECT format('table %s: trigger "%s" is not ours', w.member, t.tgname)
	FROM smartwf.wanted_triggers_of(relation) w JOIN pg_trigger t ON t.tgrelid = w.member AND t.tgname = w.name
	WHERE t.tgfoid <> w.function
$$;
COMMENT ON FUNCTION smartwf.changed_triggers(smartwf.structures, regclass) IS
'Returns one line (setof text) for each trigger of a structure (a row of smartwf.structures) on its table (regclass), '
'the partitions and children that was disabled, renamed or replaced.';

CREATE FUNCTION smartwf.refuse_ddl(s smartwf.structures, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION 'structure "%" would not be guarded any more', s.name USING ERRCODE = 'insufficient_privilege',
			DETAIL = array_to_string(faults, E'\n'), HINT = 'An administrator can do that, or call smartwf.detach().';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse_ddl(smartwf.structures, text[]) IS
'Raises 42501 for a structure (a row of smartwf.structures) that would no longer be protected, with one line of '
'DETAIL for each element of faults (text[]). Does nothing if there are no faults.';

CREATE FUNCTION smartwf.refuse_members(s smartwf.structures, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION 'structure "%" cannot have such a partition or child', s.name
			USING ERRCODE = 'wrong_object_type',
			DETAIL = array_to_string(faults, E'\n');
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse_members(smartwf.structures, text[]) IS
'Raises 42809 for a structure (a row of smartwf.structures) that cannot have such a partition or child, with one line '
'of DETAIL for each element of faults (text[]). Does nothing if there are no faults.';

-- New partitions and children get the triggers; those that were detached lose them.
CREATE FUNCTION smartwf.follow_members(s smartwf.structures, relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	member regclass;
	changed boolean := false;
BEGIN
	FOR member IN SELECT w.member FROM smartwf.wanted_triggers_of(relation) w
		WHERE w.member <> relation AND NOT EXISTS (SELECT FROM smartwf.triggers_of(w.member) t
			WHERE t.function = w.function AND t.structure = s.name)
		GROUP BY w.member
	LOOP
		PERFORM smartwf.make_triggers_as_owner(member, s.name);
		changed := true;
	END LOOP;
	FOR member IN SELECT r FROM smartwf.touched_relations() r
		WHERE r NOT IN (SELECT smartwf.family(relation)) AND EXISTS (SELECT FROM smartwf.triggers_of(r) t
			WHERE t.structure = s.name)
		UNION
		SELECT r FROM smartwf.left_behind(s.name, relation) r
	LOOP
		PERFORM smartwf.drop_triggers(member);
		changed := true;
	END LOOP;
	IF changed AND NOT smartwf.is_replicated() THEN
		PERFORM smartwf.reconcile_rows(s.name, smartwf.is_administrator());
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.follow_members(smartwf.structures, regclass) IS
'Creates the triggers of a structure (a row of smartwf.structures) on new partitions and children of its table '
'(regclass), drops them on tables that have been detached, and registers or ends the documents concerned. Called by '
'smartwf.follow_ddl(). Raises the errors of smartwf.reconcile(), and WF001 if new rows are not in the initial state, '
'unless the caller is an administrator.';

CREATE FUNCTION smartwf.left_behind(structure text, relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT DISTINCT t.tgrelid::regclass
	FROM smartwf.wanted_triggers() w
	JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = w.function
		AND d.classid = 'pg_trigger'::regclass
	JOIN pg_trigger t ON t.oid = d.objid
	WHERE w.name = '!smartwf_truncate' AND t.tgnargs = 1
		AND smartwf.structure_of_trigger(t.tgargs) = left_behind.structure
		AND t.tgrelid NOT IN (SELECT smartwf.family(relation))
$$;
COMMENT ON FUNCTION smartwf.left_behind(text, regclass) IS
'Returns the tables (setof regclass) that have triggers of a structure (text), but no longer belong to its table '
'(regclass) as partitions or children.';

-- The trigger functions can only be used by the triggers that attach() creates.
CREATE FUNCTION smartwf.require_own_triggers() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
	attached regclass;
BEGIN
	FOR made IN SELECT t.tgname, t.tgrelid::regclass AS relation, t.tgnargs, f.structure, f.is_sound
		FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass
			AND t.oid = d.objid
		JOIN smartwf.wanted_triggers() w ON w.function = t.tgfoid
		LEFT JOIN smartwf.triggers_of(t.tgrelid) f ON f.name = t.tgname
		WHERE d.command_tag = 'CREATE TRIGGER'
	LOOP
		-- a restore can create them before it loads smartwf.structures
		attached := smartwf.attached_relation(made.structure);
		IF made.is_sound IS NOT TRUE OR (attached IS NOT NULL
			AND made.relation NOT IN (SELECT smartwf.family(attached))) THEN
			RAISE EXCEPTION 'trigger "%" on table "%" cannot call a function of smartwf', made.tgname, made.relation
				USING ERRCODE = 'insufficient_privilege', HINT = 'smartwf.attach() makes the triggers.';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.require_own_triggers() IS
'Checks the triggers that the current DDL command has created. Called by smartwf.follow_ddl(). Raises 42501 for a '
'trigger that calls a trigger function of smartwf, but is not as smartwf.attach() creates it, or is not on the table '
'of the structure.';

-- The tables are written as the owner of the extension, so no code of other roles must be attached to them.
CREATE FUNCTION smartwf.protect_own_tables() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found record;
BEGIN
	FOR found IN
		SELECT t.tgrelid::regclass AS relation
		FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass
			AND t.oid = d.objid
		JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'smartwf'::regnamespace
		UNION ALL
		SELECT k.confrelid::regclass
		FROM smartwf.touched_relations() r JOIN pg_constraint k ON k.conrelid = r AND k.contype = 'f'
		JOIN pg_class c ON c.oid = k.confrelid JOIN pg_class o ON o.oid = r
		WHERE c.relnamespace = 'smartwf'::regnamespace AND o.relnamespace <> 'smartwf'::regnamespace
	LOOP
		IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = smartwf.acting_role()) THEN
			RAISE EXCEPTION 'only a superuser may let a trigger or a foreign key watch table "%"', found.relation
				USING ERRCODE = 'insufficient_privilege',
					DETAIL = 'What it calls would run with the rights of the owner of smartwf.';
		END IF;
	END LOOP;
	-- ENABLE TRIGGER ALL, as after loading data without triggers, resets ENABLE ALWAYS
	FOR found IN SELECT t.tgname, r AS relation
		FROM smartwf.touched_relations() r JOIN pg_class c ON c.oid = r JOIN pg_trigger t ON t.tgrelid = r
		WHERE c.relnamespace = 'smartwf'::regnamespace AND t.tgname = 'signal' AND t.tgenabled = 'O'
			AND t.tgfoid IN ('smartwf.signal_definition'::regproc, 'smartwf.forget_binding'::regproc)
			AND NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands() d WHERE d.in_extension)
	LOOP
		EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.relation, found.tgname);
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.protect_own_tables() IS
'Protects the tables of smartwf against the current DDL command, and sets their signal triggers to ENABLE ALWAYS '
'again. Called by smartwf.follow_ddl(). Raises 42501 for a trigger on a table of smartwf or a foreign key that '
'references one, unless the caller is a superuser.';

CREATE FUNCTION smartwf.follow_ddl() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	touched regclass[] := ARRAY(SELECT smartwf.touched_relations());
	s smartwf.structures;
	relation regclass;
BEGIN
	IF cardinality(touched) = 0 THEN
		RETURN;
	END IF;
	PERFORM smartwf.require_own_triggers();
	PERFORM smartwf.protect_own_tables();
	FOR s IN SELECT * FROM smartwf.structures_of(touched) LOOP
		relation := smartwf.attached_relation(s.name);
		CONTINUE WHEN relation IS NULL;
		PERFORM smartwf.follow_name(s, relation);
		PERFORM smartwf.refuse_members(s, ARRAY(SELECT smartwf.impossible_members(s, relation)));
		IF NOT smartwf.is_administrator() THEN
			PERFORM smartwf.refuse_ddl(s, ARRAY(SELECT smartwf.column_faults(s, relation)
				UNION ALL SELECT smartwf.changed_triggers(s, relation)));
		END IF;
		IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() d WHERE smartwf.changes_family(d.command)) THEN
			PERFORM smartwf.follow_members(s, relation);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.follow_ddl() IS
'Processes a DDL command at ddl_command_end: records the new names of attached tables, creates triggers on new '
'partitions and children, and drops them on tables that have been detached. Raises 42501 if the command would leave '
'an attached table without its triggers or columns, unless the caller is an administrator, and 42809 for partitions '
'and children that are not supported.';

CREATE FUNCTION smartwf.end_structure(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM smartwf.require_read_committed();
	IF NOT smartwf.is_replicated() THEN
		WITH gone AS (
			UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
			WHERE e.structure = end_structure.structure AND e.deleted_at IS NULL RETURNING e.docid, e.workflow_id)
		INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
		SELECT g.docid, h.revision + 1, clock_timestamp(), smartwf.actor(), h.to_state, g.workflow_id
		FROM (SELECT gone.*, smartwf.announce_end(docid) FROM gone) g, LATERAL (SELECT x.revision, x.to_state
			FROM smartwf.history x WHERE x.docid = g.docid ORDER BY x.revision DESC LIMIT 1) h;
	END IF;
	DELETE FROM smartwf.structures x WHERE x.name = structure;
END
$$;
COMMENT ON FUNCTION smartwf.end_structure(text) IS
'Removes a structure (text) whose table has been dropped, and records the deletion of its documents. Raises 25000 '
'unless the transaction is READ COMMITTED.';

CREATE FUNCTION smartwf.follow_drop(structures text[], relations oid[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	relation regclass;
	is_gone boolean;
	faults text[];
BEGIN
	FOR s IN SELECT * FROM smartwf.structures x WHERE x.name = ANY (structures) ORDER BY x.name LOOP
		relation := smartwf.attached_relation(s.name);
		-- either the table was dropped, or only its triggers
		is_gone := EXISTS (SELECT FROM unnest(structures, relations) AS d (structure, relid)
			WHERE d.structure = s.name AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relid));
		IF relation IS NULL AND is_gone THEN
			PERFORM smartwf.end_structure(s.name);
		ELSIF NOT smartwf.is_administrator() THEN
			faults := ARRAY(SELECT format('table %s: a trigger is dropped', d.relid::regclass)
				FROM unnest(structures, relations) AS d (structure, relid)
				WHERE d.structure = s.name AND (relation IS NULL OR d.relid IN (SELECT smartwf.family(relation)))
					AND EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relid));
			PERFORM smartwf.refuse_ddl(s, faults);
		END IF;
		-- a partition or child was dropped with its rows
		IF relation IS NOT NULL AND is_gone AND NOT smartwf.is_replicated() THEN
			PERFORM smartwf.end_without_rows(s.name);
		END IF;
	END LOOP;
	FOR s IN SELECT x.* FROM smartwf.structures x
		JOIN pg_event_trigger_dropped_objects() o ON o.object_type = 'table column'
		AND o.address_names[3] IN (x.state_column, x.docid_column)
		AND EXISTS (SELECT FROM smartwf.triggers_of(o.objid) t WHERE t.structure = x.name)
	LOOP
		IF NOT smartwf.is_administrator() THEN
			PERFORM smartwf.refuse_ddl(s, ARRAY['a column that it needs is dropped']);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.follow_drop(text[], oid[]) IS
'Processes a DROP command at sql_drop: detaches a table that has been dropped, and records the deletion of its '
'documents. structures (text[]), relations (oid[]): the structures and tables of the triggers of smartwf that have '
'been dropped. Raises 42501 if only the triggers, or the columns of state or document id, are dropped, unless the '
'caller is an administrator.';

CREATE FUNCTION smartwf.follow() RETURNS event_trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_follow';
COMMENT ON FUNCTION smartwf.follow() IS
'Event trigger function: calls smartwf.follow_ddl() or smartwf.follow_drop() with the privileges of the owner of the '
'extension. Raises the errors of these functions.';

CREATE EVENT TRIGGER smartwf_watch ON ddl_command_start
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_ddl ON ddl_command_end
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_drop ON sql_drop
	EXECUTE FUNCTION smartwf.follow();
COMMENT ON EVENT TRIGGER smartwf_watch IS
'Loads the library of smartwf before a DDL command is executed, so that dropped triggers are noticed.';
COMMENT ON EVENT TRIGGER smartwf_follow_ddl IS
'Keeps the triggers of attached tables in place after each DDL command.';
COMMENT ON EVENT TRIGGER smartwf_follow_drop IS
'Detaches tables that are dropped, and prevents that only the triggers of an attached table are dropped.';
