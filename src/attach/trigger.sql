-- The triggers on attached tables, their partitions and children: their definitions, and
-- functions that create, check and drop them.

CREATE FUNCTION smartwf.judge_change() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_judge_change';
COMMENT ON FUNCTION smartwf.judge_change() IS
'Trigger function, BEFORE INSERT OR UPDATE FOR EACH ROW, on attached tables: checks that a new row is in the initial '
'state, and that a change of state is a transition that the caller can pass. The argument is the name of the '
'structure. smartwf.attach() creates the triggers. Raises WF200, WF227, WF228, WF235 or WF300 if the change is '
'refused.';

CREATE FUNCTION smartwf.record_change() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_record_change';
COMMENT ON FUNCTION smartwf.record_change() IS
'Trigger function, AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW, on attached tables: records the change in '
'smartwf.elements and smartwf.history. The argument is the name of the structure. smartwf.attach() creates the '
'triggers. Raises WF235 if the row is not the one that was checked, WF300 if a deleted document is locked by someone '
'else, WF400 if a document''s id would change, and 23505 if the id of a new document is already in use.';

CREATE FUNCTION smartwf.record_truncate() RETURNS trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_record_truncate';
COMMENT ON FUNCTION smartwf.record_truncate() IS
'Trigger function, AFTER TRUNCATE FOR EACH STATEMENT, on attached tables, their partitions and children: records the '
'deletion of the documents whose rows are gone. The argument is the name of the structure. smartwf.attach() creates '
'the triggers. Raises WF300 if one of the documents is locked by someone else, and 25000 unless the transaction is '
'READ COMMITTED.';

-- A table, and the tables that store rows for it.
CREATE FUNCTION smartwf.family(relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE tree (relation) AS (
		SELECT relation::oid
		UNION
		SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON i.inhparent = t.relation)
	SELECT relation::regclass FROM tree
$$;
COMMENT ON FUNCTION smartwf.family(regclass) IS
'Returns a table (regclass), its partitions and its inheriting children, at all levels (setof regclass).';

-- The triggers are recognized by the functions that they call, not by their names.  Row
-- triggers are created on each partition, not on the partitioned table, because a role that
-- adds a partition may lack the EXECUTE privilege on the functions.
CREATE FUNCTION smartwf.wanted_triggers(of_kind "char" DEFAULT 'r')
	RETURNS TABLE (name name, function regproc, events text, level text, type int2)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT * FROM (VALUES
		('~smartwf_judge'::name, 'smartwf.judge_change'::regproc, 'BEFORE INSERT OR UPDATE', 'ROW', 23::int2),
		('!smartwf_record', 'smartwf.record_change', 'AFTER INSERT OR UPDATE OR DELETE', 'ROW', 29::int2),
		('!smartwf_truncate', 'smartwf.record_truncate', 'AFTER TRUNCATE', 'STATEMENT', 32::int2))
		AS t (name, function, events, level, type)
	WHERE of_kind = 'r' OR level = 'STATEMENT'
$$;
COMMENT ON FUNCTION smartwf.wanted_triggers("char") IS
'Returns the triggers that a table of a structure must have, according to its kind ("char", as in pg_class.relkind): '
'name, function, events, level, and type (as in pg_trigger.tgtype).';

CREATE FUNCTION smartwf.wanted_triggers_of(relation regclass)
	RETURNS TABLE (member regclass, name name, function regproc, events text, level text)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f, w.name, w.function, w.events, w.level
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f, smartwf.wanted_triggers(c.relkind) w
$$;
COMMENT ON FUNCTION smartwf.wanted_triggers_of(regclass) IS
'Returns the triggers that a table (regclass), its partitions and children must have: table, name, function, events '
'and level.';

CREATE FUNCTION smartwf.structure_of_trigger(arguments bytea) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT convert_from(substr(arguments, 1, length(arguments) - 1), getdatabaseencoding())
$$;
COMMENT ON FUNCTION smartwf.structure_of_trigger(bytea) IS
'Returns the name of the structure (text) that is the only argument of a trigger of smartwf. arguments (bytea): the '
'arguments as stored in pg_trigger.tgargs.';

CREATE FUNCTION smartwf.triggers_of(relation regclass)
	RETURNS TABLE (name name, function regproc, structure text, is_sound boolean)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.tgname, w.function, smartwf.structure_of_trigger(t.tgargs),
		t.tgname = w.name AND t.tgtype = w.type AND t.tgenabled = 'O' AND t.tgqual IS NULL
			AND t.tgattr = '' AND t.tgconstraint = 0 AND t.tgoldtable IS NULL AND t.tgnewtable IS NULL
			-- DROP EXTENSION of another extension would drop it
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
				AND d.deptype = 'x')
	FROM pg_trigger t JOIN smartwf.wanted_triggers() w ON w.function = t.tgfoid
	WHERE t.tgrelid = relation AND t.tgnargs = 1
$$;
COMMENT ON FUNCTION smartwf.triggers_of(regclass) IS
'Returns the triggers on a table (regclass) that call a trigger function of smartwf: name, function, structure, and '
'whether the trigger is enabled and defined as smartwf.attach() creates it (is_sound).';

CREATE FUNCTION smartwf.ancestors(relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE above (relation) AS (
		SELECT inhparent FROM pg_inherits WHERE inhrelid = ancestors.relation
		UNION
		SELECT i.inhparent FROM pg_inherits i JOIN above a ON i.inhrelid = a.relation)
	SELECT relation::regclass FROM above
$$;
COMMENT ON FUNCTION smartwf.ancestors(regclass) IS
'Returns the tables of which a table (regclass) is a partition or an inheriting child, at all levels (setof '
'regclass).';

CREATE FUNCTION smartwf.is_root(relation regclass, structure text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_class WHERE oid = relation AND relkind IN ('r', 'p'))
		AND EXISTS (SELECT FROM smartwf.triggers_of(relation) t WHERE t.structure = is_root.structure)
		AND NOT EXISTS (SELECT FROM smartwf.ancestors(relation) a, smartwf.triggers_of(a) t
			WHERE t.structure = is_root.structure)
$$;
COMMENT ON FUNCTION smartwf.is_root(regclass, text) IS
'Returns true if a table (regclass) has triggers of a structure (text), and none of its ancestors has.';

CREATE FUNCTION smartwf.named_relation(structure text) RETURNS regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass
	FROM smartwf.structures s
	JOIN pg_namespace n ON n.nspname = s.relation_schema
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.relation_name
	WHERE s.name = structure AND c.relkind IN ('r', 'p')
$$;
COMMENT ON FUNCTION smartwf.named_relation(text) IS
'Returns the table (regclass) that has the schema and name recorded for a structure (text) in smartwf.structures, or '
'null. This need not be the attached table, if tables have been renamed.';

CREATE FUNCTION smartwf.attached_relation(structure text) RETURNS regclass
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	named regclass := smartwf.named_relation(structure);
	roots regclass[];
BEGIN
	IF smartwf.is_root(named, structure) THEN
		RETURN named;
	END IF;
	-- the table was renamed: search all tables with triggers of smartwf
	roots := ARRAY(SELECT DISTINCT t.tgrelid::regclass
		FROM smartwf.wanted_triggers() w
		JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = w.function
			AND d.classid = 'pg_trigger'::regclass
		JOIN pg_trigger t ON t.oid = d.objid
		WHERE t.tgnargs = 1 AND smartwf.structure_of_trigger(t.tgargs) = structure
			AND smartwf.is_root(t.tgrelid, structure)
		LIMIT 2);
	-- during a restore, or if an administrator has dropped its triggers: the table whose partitions have them
	IF roots[1] IN (SELECT smartwf.family(named)) THEN
		RETURN named;
	END IF;
	RETURN CASE WHEN cardinality(roots) = 1 AND EXISTS (SELECT FROM smartwf.structures s WHERE s.name = structure)
		THEN roots[1] END;
END
$$;
COMMENT ON FUNCTION smartwf.attached_relation(text) IS
'Returns the attached table (regclass) of a structure (text), which is found by its triggers even if it has been '
'renamed, or null if there is none.';

CREATE FUNCTION smartwf.own_ddl(command text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_own_ddl';
COMMENT ON FUNCTION smartwf.own_ddl(text) IS
'Executes a DDL command (text) with the privileges of the current user. If that is the owner of the extension, the '
'event triggers of smartwf do not process the command. Raises the errors of the command.';

CREATE FUNCTION smartwf.make_triggers_as_owner(relation regclass, structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w record;
	present record;
BEGIN
	FOR w IN SELECT * FROM smartwf.wanted_triggers_of(relation) LOOP
		SELECT t.tgname, t.tgenabled, s.is_sound INTO present
			FROM smartwf.triggers_of(w.member) s JOIN pg_trigger t ON t.tgrelid = w.member AND t.tgname = s.name
			WHERE s.function = w.function AND s.structure = make_triggers_as_owner.structure
			ORDER BY s.name <> w.name LIMIT 1;
		CONTINUE WHEN present.is_sound;
		IF present.tgname <> w.name THEN
			PERFORM smartwf.own_ddl(format('ALTER TRIGGER %I ON %s RENAME TO %I', present.tgname, w.member, w.name));
		ELSIF present.tgname IS NULL OR present.tgenabled = 'O' THEN
			-- it is missing, another trigger has its name, or it is defined differently
			PERFORM smartwf.own_ddl(format('CREATE OR REPLACE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION %s(%L)',
				w.name, w.events, w.member, w.level, w.function, structure));
		END IF;
		CONTINUE WHEN present.tgname IS NULL;
		PERFORM smartwf.own_ddl(format('ALTER TABLE %s ENABLE TRIGGER %I', w.member, w.name));
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers_as_owner(regclass, text) IS
'Creates the triggers of a structure (text) on a table (regclass), its partitions and children where they are '
'missing, and restores those that were disabled, renamed or replaced. Called by smartwf.make_triggers() and '
'smartwf.follow_ddl() with the privileges of the owner of the extension.';

CREATE FUNCTION smartwf.make_triggers_of_structure(relation regclass, structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF smartwf.named_relation(structure) IS DISTINCT FROM relation THEN
		RAISE EXCEPTION '"%" is not the table of structure "%"', relation, structure
			USING ERRCODE = 'insufficient_privilege';
	END IF;
	PERFORM smartwf.make_triggers_as_owner(relation, structure);
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers_of_structure(regclass, text) IS
'Creates or restores the triggers of a structure (text) on its table (regclass). Called by smartwf.make_triggers() '
'with the privileges of the owner of the extension. Raises 42501 if the table is not the one recorded for the '
'structure.';

CREATE FUNCTION smartwf.make_triggers(relation regclass, structure text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_make_triggers';
COMMENT ON FUNCTION smartwf.make_triggers(regclass, text) IS
'Creates the triggers of a structure (text) on its table (regclass), the partitions and children where they are '
'missing, and restores those that were disabled, renamed or replaced. Called by smartwf.attach(). Raises 42501 unless '
'the caller owns the table.';

CREATE FUNCTION smartwf.missing_triggers(relation regclass, structure text) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: trigger "%s" %s', w.member, w.name,
		CASE WHEN t.name IS NULL THEN 'is missing' ELSE 'is not as attach() made it' END)
	FROM smartwf.wanted_triggers_of(relation) w
	LEFT JOIN LATERAL (SELECT x.name, x.is_sound FROM smartwf.triggers_of(w.member) x
		WHERE x.function = w.function AND x.structure = missing_triggers.structure ORDER BY NOT x.is_sound
			LIMIT 1) t ON true
	WHERE NOT coalesce(t.is_sound, false)
	ORDER BY w.member::text COLLATE "C", w.name COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.missing_triggers(regclass, text) IS
'Returns one line (setof text) for each trigger of a structure (text) that is missing on a table (regclass), its '
'partitions or children, or is not as smartwf.attach() creates it.';

CREATE FUNCTION smartwf.drop_triggers(relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	member regclass;
	trigger_name name;
BEGIN
	FOR member IN SELECT * FROM smartwf.family(relation) LOOP
		FOR trigger_name IN SELECT t.name FROM smartwf.triggers_of(member) t LOOP
			PERFORM smartwf.own_ddl(format('DROP TRIGGER %I ON %s', trigger_name, member));
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.drop_triggers(regclass) IS
'Drops the triggers of smartwf on a table (regclass), its partitions and children. Raises 42501 unless the caller '
'owns them.';
