-- Attaching tables: triggers on, rows registered; and following what DDL does
-- to an attached table later.

CREATE FUNCTION smartwf.refuse(subject text, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION '% is not valid', subject
			USING ERRCODE = 'WF001', DETAIL = array_to_string(faults, E'\n');
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse(text, text[]) IS
'Raises WF001 for the subject (text) with a line of DETAIL for each fault (text[]); returns nothing if there is none.';

-- The table and whatever stores rows for it.
CREATE FUNCTION smartwf.family(relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE tree (relation) AS (
		SELECT relation::oid
		UNION
		SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON i.inhparent = t.relation)
	SELECT relation::regclass FROM tree
$$;
COMMENT ON FUNCTION smartwf.family(regclass) IS
'A table (regclass), its partitions and its children, to any depth (set of regclass). Raises nothing.';

-- Our triggers are known by the functions that they call, never by their names.  A
-- partitioned table has no rows, and whoever adds a partition to it may not use our
-- functions: each partition gets its triggers from us.
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
'The triggers that a table of a structure carries, by its kind (pg_class.relkind): name, function, events, level, and what pg_trigger.tgtype says of them. Raises nothing.';

CREATE FUNCTION smartwf.wanted_triggers_of(relation regclass)
	RETURNS TABLE (member regclass, name name, function regproc, events text, level text)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT f, w.name, w.function, w.events, w.level
	FROM smartwf.family(relation) f JOIN pg_class c ON c.oid = f, smartwf.wanted_triggers(c.relkind) w
$$;
COMMENT ON FUNCTION smartwf.wanted_triggers_of(regclass) IS
'The triggers that a table (regclass), its partitions and children carry: table, name, function, events, level. Raises nothing.';

CREATE FUNCTION smartwf.structure_of_trigger(arguments bytea) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT convert_from(substr(arguments, 1, length(arguments) - 1), getdatabaseencoding())
$$;
COMMENT ON FUNCTION smartwf.structure_of_trigger(bytea) IS
'The structure (text) that one of our triggers names as its only argument (bytea, pg_trigger.tgargs). Raises nothing.';

CREATE FUNCTION smartwf.triggers_of(relation regclass)
	RETURNS TABLE (name name, function regproc, structure text, is_sound boolean)
	LANGUAGE sql STABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.tgname, w.function, smartwf.structure_of_trigger(t.tgargs),
		t.tgname = w.name AND t.tgtype = w.type AND t.tgenabled = 'O' AND t.tgqual IS NULL
			AND t.tgattr = '' AND t.tgconstraint = 0 AND t.tgoldtable IS NULL AND t.tgnewtable IS NULL
			-- it would go with somebody else's extension
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'x')
	FROM pg_trigger t JOIN smartwf.wanted_triggers() w ON w.function = t.tgfoid
	WHERE t.tgrelid = relation AND t.tgnargs = 1
$$;
COMMENT ON FUNCTION smartwf.triggers_of(regclass) IS
'Our triggers on a table (regclass): name, function, structure, and whether it is as attach() makes it. Raises nothing.';

CREATE FUNCTION smartwf.ancestors(relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE above (relation) AS (
		SELECT inhparent FROM pg_inherits WHERE inhrelid = ancestors.relation
		UNION
		SELECT i.inhparent FROM pg_inherits i JOIN above a ON i.inhrelid = a.relation)
	SELECT relation::regclass FROM above
$$;
COMMENT ON FUNCTION smartwf.ancestors(regclass) IS
'The tables (set of regclass) that a table (regclass) is a partition or a child of, at any height. Raises nothing.';

CREATE FUNCTION smartwf.is_root(relation regclass, structure text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_class WHERE oid = relation AND relkind IN ('r', 'p'))
		AND EXISTS (SELECT FROM smartwf.triggers_of(relation) t WHERE t.structure = is_root.structure)
		AND NOT EXISTS (SELECT FROM smartwf.ancestors(relation) a, smartwf.triggers_of(a) t WHERE t.structure = is_root.structure)
$$;
COMMENT ON FUNCTION smartwf.is_root(regclass, text) IS
'True if a table (regclass) carries triggers of a structure (text), and none above it does. Raises nothing.';

CREATE FUNCTION smartwf.named_relation(structure text) RETURNS regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass
	FROM smartwf.structures s
	JOIN pg_namespace n ON n.nspname = s.relation_schema
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.relation_name
	WHERE s.name = structure AND c.relkind IN ('r', 'p')
$$;
COMMENT ON FUNCTION smartwf.named_relation(text) IS
'The table (regclass) that has the name under which a structure (text) was attached, be it that one or another; null if there is none. Raises nothing.';

CREATE FUNCTION smartwf.attached_relation(structure text) RETURNS regclass
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	named regclass := smartwf.named_relation(structure);
	roots regclass[];
BEGIN
	IF smartwf.is_root(named, structure) THEN
		RETURN named;
	END IF;
	-- by another name: look at every table that carries a trigger of ours
	roots := ARRAY(SELECT DISTINCT t.tgrelid::regclass
		FROM smartwf.wanted_triggers() w
		JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = w.function AND d.classid = 'pg_trigger'::regclass
		JOIN pg_trigger t ON t.oid = d.objid
		WHERE t.tgnargs = 1 AND smartwf.structure_of_trigger(t.tgargs) = structure AND smartwf.is_root(t.tgrelid, structure)
		LIMIT 2);
	-- in the middle of a restore, or where an administrator took them off: the table whose partitions carry them
	IF roots[1] IN (SELECT smartwf.family(named)) THEN
		RETURN named;
	END IF;
	RETURN CASE WHEN cardinality(roots) = 1 AND EXISTS (SELECT FROM smartwf.structures s WHERE s.name = structure) THEN roots[1] END;
END
$$;
COMMENT ON FUNCTION smartwf.attached_relation(text) IS
'The table (regclass) of a structure (text): the one that carries its triggers, whatever its name is now; null if none does. Raises nothing.';

CREATE FUNCTION smartwf.own_ddl(command text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_own_ddl';
COMMENT ON FUNCTION smartwf.own_ddl(text) IS
'Runs a DDL command (text) with the rights of the caller; as the owner of the extension, without following it. Raises what the command raises.';

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
			-- missing, or another one stands under its name, or it is of another form
			PERFORM smartwf.own_ddl(format('CREATE OR REPLACE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION %s(%L)',
				w.name, w.events, w.member, w.level, w.function, structure));
		END IF;
		CONTINUE WHEN present.tgname IS NULL;
		PERFORM smartwf.own_ddl(format('ALTER TABLE %s ENABLE TRIGGER %I', w.member, w.name));
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers_as_owner(regclass, text) IS
'Within make_triggers() and follow_ddl(): puts the triggers of a structure (text) on a table (regclass), its partitions and children where they are missing, and back on where they were changed. Raises 42501 for whom may not use the functions.';

CREATE FUNCTION smartwf.make_triggers_of_structure(relation regclass, structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF smartwf.named_relation(structure) IS DISTINCT FROM relation THEN
		RAISE EXCEPTION '"%" is not the table of structure "%"', relation, structure USING ERRCODE = 'insufficient_privilege';
	END IF;
	PERFORM smartwf.make_triggers_as_owner(relation, structure);
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers_of_structure(regclass, text) IS
'Within make_triggers(): puts the triggers of a structure (text) on its table (regclass). Raises 42501 for another table.';

CREATE FUNCTION smartwf.make_triggers(relation regclass, structure text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_make_triggers';
COMMENT ON FUNCTION smartwf.make_triggers(regclass, text) IS
'For attach(): puts the triggers of a structure (text) on a table (regclass), its partitions and children where they are missing, and back on where they were changed. Raises 42501 unless the caller owns the table.';

CREATE FUNCTION smartwf.missing_triggers(relation regclass, structure text) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: trigger "%s" %s', w.member, w.name,
		CASE WHEN t.name IS NULL THEN 'is missing' ELSE 'is not as attach() made it' END)
	FROM smartwf.wanted_triggers_of(relation) w
	LEFT JOIN LATERAL (SELECT x.name, x.is_sound FROM smartwf.triggers_of(w.member) x
		WHERE x.function = w.function AND x.structure = missing_triggers.structure ORDER BY NOT x.is_sound LIMIT 1) t ON true
	WHERE NOT coalesce(t.is_sound, false)
	ORDER BY w.member::text COLLATE "C", w.name COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.missing_triggers(regclass, text) IS
'Which triggers of a structure (text) a table (regclass), its partitions and children lack, or have in another form, a line each (set of text). Raises nothing.';

-- The rows, and what smartwf knows of them.

CREATE FUNCTION smartwf.rows_of_structure(structure text, OUT docid text, OUT state text) RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_rows_of_structure';
COMMENT ON FUNCTION smartwf.rows_of_structure(text) IS
'Document id and state (text) of every row of a structure (text), whatever policies say. Raises 42P01 if no table carries its triggers, 42501 for whom is neither the owner of the table nor an administrator.';

CREATE FUNCTION smartwf.record_end(docid text, workflow_id int) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
	SELECT record_end.docid, coalesce(max(h.revision), -1) + 1, clock_timestamp(), smartwf.actor(),
		(array_agg(h.to_state ORDER BY h.revision DESC))[1], record_end.workflow_id
	FROM smartwf.history h WHERE h.docid = record_end.docid
$$;
COMMENT ON FUNCTION smartwf.record_end(text, int) IS
'Writes the last line of history of a document (text) whose row is gone. Raises nothing.';

CREATE FUNCTION smartwf.is_replicated() RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid IN ('smartwf.history'::regclass, 'smartwf.elements'::regclass))
$$;
COMMENT ON FUNCTION smartwf.is_replicated() IS
'True if elements and history come from a publisher: whatever this database added to them would be in the way of what comes. Raises nothing.';

-- As the lock of an element says it, for many of them.
CREATE FUNCTION smartwf.require_unlocked(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	e smartwf.elements;
BEGIN
	FOR e IN SELECT x.* FROM smartwf.elements x
		WHERE x.structure = require_unlocked.structure AND x.deleted_at IS NULL AND x.locked_by IS NOT NULL
			AND NOT (x.locked_by = smartwf.actor() AND coalesce(x.locked_by_person, false) = smartwf.actor_is_person())
			AND NOT EXISTS (SELECT FROM smartwf.rows_of_structure(require_unlocked.structure) r WHERE r.docid = x.docid)
		ORDER BY x.docid LIMIT 1
	LOOP
		PERFORM smartwf.refuse_locked(e.docid, e.locked_by);
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.require_unlocked(text) IS
'Raises WF300 if a document of a structure (text) whose row is gone is locked by somebody else than the caller.';

CREATE FUNCTION smartwf.refuse_locked(docid text, holder text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_refuse_locked';
COMMENT ON FUNCTION smartwf.refuse_locked(text, text) IS
'Raises WF300: a document (text) cannot be deleted, since it is locked by its holder (text).';

-- Documents that an old snapshot does not see would live on without their rows.
CREATE FUNCTION smartwf.require_read_committed() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
		RAISE EXCEPTION 'rows of an attached table come and go by DDL or TRUNCATE in READ COMMITTED only'
			USING ERRCODE = 'invalid_transaction_state', HINT = 'Begin a transaction of that isolation level.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_read_committed() IS
'Raises 25000 in a transaction that sees what was, not what is.';

CREATE FUNCTION smartwf.end_without_rows(structure text) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ended bigint;
BEGIN
	PERFORM smartwf.require_read_committed();
	PERFORM smartwf.require_unlocked(structure);
	WITH gone AS (
		UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
		WHERE e.structure = end_without_rows.structure AND e.deleted_at IS NULL
			AND e.docid NOT IN (SELECT r.docid FROM smartwf.rows_of_structure(end_without_rows.structure) r WHERE r.docid IS NOT NULL)
		RETURNING e.docid, e.workflow_id)
	SELECT count(*) INTO ended FROM (SELECT smartwf.record_end(docid, workflow_id) FROM gone) line;
	RETURN ended;
END
$$;
COMMENT ON FUNCTION smartwf.end_without_rows(text) IS
'Ends the documents of a structure (text) that have no row any more; how many (bigint). Raises WF300 if one is locked by somebody else than the caller.';

-- Rows that came without triggers.  Whoever is no administrator brings documents into the
-- initial state, by whatever way.
CREATE FUNCTION smartwf.row_faults(s smartwf.structures, version_id int, is_trusted boolean) RETURNS text[]
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(fault) FROM (
		SELECT CASE WHEN x.name IS NULL THEN format('CRUD0228 %s: state %s is not available for workflow "%s"',
				r.docid, CASE WHEN r.state IS NULL THEN 'null' ELSE format('"%s"', r.state) END, s.workflow)
			ELSE format('CRUD0235 %s: a new document does not start in state "%s"', r.docid, r.state) END AS fault
		FROM smartwf.rows_of_structure(s.name) r
		LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
		LEFT JOIN smartwf.states x ON x.workflow_id = version_id AND x.name = r.state
		WHERE e.docid IS NULL AND (r.docid IS NULL OR x.name IS NULL OR NOT (is_trusted OR x.is_initial))
		UNION ALL
		-- a living document has no row of its own any more, and this one takes its place
		SELECT format('CRUD0235 %s: its history says that it is in state "%s", not "%s"', r.docid, h.to_state, r.state)
		FROM smartwf.rows_of_structure(s.name) r JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL,
			LATERAL (SELECT x.to_state FROM smartwf.history x WHERE x.docid = r.docid ORDER BY x.revision DESC LIMIT 1) h
		WHERE NOT is_trusted AND h.to_state IS DISTINCT FROM r.state
		ORDER BY 1 LIMIT 100) f
$$;
COMMENT ON FUNCTION smartwf.row_faults(smartwf.structures, int, boolean) IS
'Which new rows of a structure (row of structures) cannot be documents of a workflow version (int), the first hundred (text[], null: none): those in no known state, and, unless the caller is trusted (boolean), in another than the initial one, or than the history of a living document says. Raises nothing.';

CREATE FUNCTION smartwf.require_free_names(s smartwf.structures) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[];
BEGIN
	SELECT array_agg(format('%s (structure "%s")', taken.docid, taken.structure)) INTO faults FROM (
		SELECT r.docid, e.structure FROM smartwf.rows_of_structure(s.name) r JOIN smartwf.elements e ON e.docid = r.docid
		WHERE e.structure <> s.name AND e.deleted_at IS NULL
		UNION ALL
		SELECT r.docid, s.name FROM smartwf.rows_of_structure(s.name) r GROUP BY r.docid HAVING count(*) > 1
		ORDER BY 1 LIMIT 100) taken;
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'documents of structure "%" exist already', s.name
			USING ERRCODE = 'unique_violation', DETAIL = array_to_string(faults, E'\n'),
			HINT = 'Attach the tables with different values of docid_prefix, or choose a docid_column that is unique.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_free_names(smartwf.structures) IS
'Raises 23505 with the document ids of a structure (row of structures) that another structure has, or that it has twice.';

CREATE FUNCTION smartwf.register_rows(s smartwf.structures, version_id int, OUT registered bigint, OUT with_timer text[])
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	WITH missing AS (
		SELECT r.* FROM smartwf.rows_of_structure(s.name) r
		LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
		WHERE e.docid IS NULL
	), born AS (
		INSERT INTO smartwf.elements AS e (docid, structure, workflow_id, created_at)
		SELECT docid, s.name, version_id, clock_timestamp() FROM missing
		ON CONFLICT (docid) DO UPDATE SET structure = EXCLUDED.structure, workflow_id = EXCLUDED.workflow_id,
			created_at = CASE WHEN e.structure = EXCLUDED.structure THEN e.created_at ELSE EXCLUDED.created_at END,
			deleted_at = NULL, locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
	), line AS (
		INSERT INTO smartwf.history (docid, revision, at, actor, to_state, workflow_id)
		SELECT docid, (SELECT coalesce(max(revision), -1) + 1 FROM smartwf.history h WHERE h.docid = missing.docid),
			clock_timestamp(), smartwf.actor(), state, version_id FROM missing
		RETURNING docid, to_state)
	SELECT count(*), array_agg(docid) FILTER (WHERE to_state IN (SELECT x.name FROM smartwf.states x WHERE x.workflow_id = version_id AND x.timer IS NOT NULL))
	FROM line
$$;
COMMENT ON FUNCTION smartwf.register_rows(smartwf.structures, int) IS
'Makes documents of the new rows of a structure (row of structures), by a workflow version (int): how many (bigint), and those whose state has a timer (text[]). Raises nothing.';

CREATE FUNCTION smartwf.reconcile_rows(structure text, is_trusted boolean, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	version_id int;
	with_timer text[];
BEGIN
	PERFORM smartwf.require_read_committed();
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	SELECT id INTO version_id FROM smartwf.workflows w
		WHERE w.name = s.workflow AND status = 'published' ORDER BY version DESC LIMIT 1;
	PERFORM smartwf.refuse(format('definition of structure "%s"', structure), smartwf.row_faults(s, version_id, is_trusted));
	PERFORM smartwf.require_free_names(s);
	SELECT * INTO registered, with_timer FROM smartwf.register_rows(s, version_id);
	PERFORM smartwf.start_state_timer(docid) FROM unnest(with_timer) AS docid;
	ended := smartwf.end_without_rows(structure);
END
$$;
COMMENT ON FUNCTION smartwf.reconcile_rows(text, boolean) IS
'What reconcile() does, for an attached structure (text). is_trusted (boolean): new documents may be in any state of the workflow, not in the initial one alone.';

CREATE FUNCTION smartwf.reconcile(structure text, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := smartwf.attached_relation(structure);
BEGIN
	IF relation IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	ELSIF smartwf.is_replicated() THEN
		RAISE EXCEPTION 'documents of structure "%" come from a publisher', structure USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'A subscription applies to smartwf.elements or smartwf.history; lines that are written here would stop it.',
			HINT = 'Call smartwf.reconcile() on the publisher, or after the subscription is dropped.';
	END IF;
	-- changes of rows wait: what is found here must be what is written
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
	SELECT * INTO registered, ended FROM smartwf.reconcile_rows(structure, true);
END
$$;
COMMENT ON FUNCTION smartwf.reconcile(text) IS
'Makes the elements of a structure (text) agree with the rows of its table where the triggers could not: after a restore, replication, or work with triggers disabled. Returns how many it registered and how many it ended (bigint each). Raises WF001 for rows in no known state, 23505 for document ids that are taken, WF300 if it would end a document that somebody else has locked, 55000 on a subscriber.';

CREATE FUNCTION smartwf.base_type(type oid) RETURNS oid
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE base (oid) AS (
		SELECT type
		UNION ALL
		SELECT d.typbasetype FROM base JOIN pg_type d ON d.oid = base.oid AND d.typtype = 'd')
	SELECT b.oid FROM base JOIN pg_type b ON b.oid = base.oid WHERE b.typtype <> 'd'
$$;
COMMENT ON FUNCTION smartwf.base_type(oid) IS
'The type (oid) that a domain (oid) is made of; another type itself. Raises nothing.';

-- Types whose values change their text when something else is renamed.
CREATE FUNCTION smartwf.names_no_document(type oid) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.typtype = 'c' OR (t.typnamespace = 'pg_catalog'::regnamespace AND t.typname ~ '^reg')
		OR (e.oid IS NOT NULL AND (e.typtype = 'e' OR smartwf.names_no_document(e.oid)))
	FROM pg_type t LEFT JOIN pg_type e ON e.oid = smartwf.base_type(t.typelem) AND t.typcategory = 'A'
	WHERE t.oid = smartwf.base_type(type)
$$;
COMMENT ON FUNCTION smartwf.names_no_document(oid) IS
'True for a type (oid) whose values change their text when an attribute, an enum''s value or an object is renamed: composites, reg*, arrays of these and of enums. Raises nothing.';

-- Why a table cannot be attached with these columns: a row a fault.
CREATE FUNCTION smartwf.attachment_faults(relation regclass, workflow_id int, state_column text, docid_column text)
	RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH state_type AS (
		SELECT t.*, a.attgenerated, a.atttypmod,
			coalesce((WITH RECURSIVE base (oid) AS (
				SELECT t.oid UNION ALL
				SELECT d.typbasetype FROM base JOIN pg_type d ON d.oid = base.oid AND d.typtype = 'd')
				SELECT b.oid FROM base JOIN pg_type b ON b.oid = base.oid WHERE b.typtype <> 'd'), t.oid) AS base
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		WHERE a.attrelid = relation AND a.attname = state_column AND a.attnum > 0 AND NOT a.attisdropped
	), columns AS (
		SELECT attname, attgenerated FROM pg_attribute
		WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped)
	SELECT format('WFL0301 %s: column "%s" does not exist', relation, wanted.name)
		FROM unnest(ARRAY[state_column, docid_column]) AS wanted (name)
		WHERE NOT EXISTS (SELECT FROM columns WHERE attname = wanted.name)
	UNION ALL
	SELECT format('WFL0302 %s: state column "%s" is generated', relation, state_column)
		FROM state_type WHERE attgenerated <> ''
	UNION ALL
	SELECT format('WFL0302 %s: document id column "%s" is generated, but not stored', relation, docid_column)
		FROM columns WHERE attname = docid_column AND attgenerated = 'v'
	UNION ALL
	SELECT format('WFL0302 %s: document id column "%s" is of type %s, whose values change their names', relation, docid_column, format_type(a.atttypid, NULL))
		FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = docid_column AND a.attnum > 0 AND smartwf.names_no_document(a.atttypid)
	UNION ALL
	SELECT format('WFL0302 %s: state column "%s" is of type %s, not text, varchar, an enum or a domain of these',
			relation, state_column, format_type(oid, NULL))
		FROM state_type
		WHERE base NOT IN ('text'::regtype, 'varchar'::regtype)
			AND NOT EXISTS (SELECT FROM pg_type b WHERE b.oid = base AND b.typtype = 'e')
	UNION ALL
	SELECT format('WFL0303 %s: state "%s" is no value of %s', relation, x.name, format_type(base, NULL))
		FROM state_type JOIN smartwf.states x ON x.workflow_id = attachment_faults.workflow_id
		WHERE EXISTS (SELECT FROM pg_enum WHERE enumtypid = base)
			AND NOT EXISTS (SELECT FROM pg_enum WHERE enumtypid = base AND enumlabel = x.name)
	UNION ALL
	SELECT format('WFL0303 %s: state "%s" is longer than column "%s" can hold', relation, x.name, state_column)
		FROM state_type JOIN smartwf.states x ON x.workflow_id = attachment_faults.workflow_id
		WHERE base = 'varchar'::regtype AND atttypmod > 4 AND length(x.name) > atttypmod - 4
	UNION ALL
	SELECT format('WFL0120 transition %s: column "%s" of a grant does not exist in %s', g.transition, g.grantee, relation)
		FROM smartwf.transition_grants g
		WHERE g.workflow_id = attachment_faults.workflow_id AND g.kind = 'column'
			AND NOT EXISTS (SELECT FROM columns WHERE attname = g.grantee)
	UNION ALL
	SELECT format('WFL0120 timer %s: column "%s" of %s is no date or time', t.name, t.reference_column, relation)
		FROM smartwf.workflow_timers t
		WHERE t.workflow_id = attachment_faults.workflow_id AND t.reference_column IS NOT NULL
			AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
				WHERE a.attrelid = relation AND a.attname = t.reference_column AND a.attnum > 0 AND NOT a.attisdropped
					AND coalesce(nullif(y.typbasetype, 0), y.oid) IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype))
	UNION ALL
	SELECT format('WFL0110 transition %s: %s', t.name, smartwf.guard_fault(t.guard, relation))
		FROM smartwf.transitions t
		WHERE t.workflow_id = attachment_faults.workflow_id
			AND smartwf.guard_fault(t.guard, relation) IS NOT NULL
	UNION ALL
	SELECT format('WFL0113 transition %s: parameter "%s" has the name of the column that holds the %s',
			p.transition, p.name, CASE p.name WHEN state_column THEN 'state' ELSE 'document id' END)
		FROM smartwf.transition_parameters p
		WHERE p.workflow_id = attachment_faults.workflow_id AND p.name IN (state_column, docid_column)
$$;
COMMENT ON FUNCTION smartwf.attachment_faults(regclass, int, text, text) IS
'Every reason why a workflow version (int) cannot govern a table (regclass) with these columns for state and document id (text), a line each (set of text). Raises nothing.';

CREATE FUNCTION smartwf.key_column(relation regclass) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.attname::text
	FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1
$$;
COMMENT ON FUNCTION smartwf.key_column(regclass) IS
'The column (text) that is the primary key of a table (regclass), null if there is none or it has several. Raises nothing.';

CREATE FUNCTION smartwf.check_relation(relation regclass) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c pg_class;
BEGIN
	SELECT * INTO c FROM pg_class WHERE oid = relation;
	IF c.oid IS NULL THEN
		RAISE EXCEPTION 'relation must not be null and must exist' USING ERRCODE = 'WF400';
	ELSIF c.relkind IN ('v', 'm') THEN
		RAISE EXCEPTION '"%" is a view, which has no rows of its own', relation
			USING ERRCODE = 'wrong_object_type',
			HINT = 'Attach the table behind it; changes through the view then obey the rules too.';
	ELSIF c.relkind NOT IN ('r', 'p') THEN
		RAISE EXCEPTION '"%" is not an ordinary or partitioned table', relation
			USING ERRCODE = 'wrong_object_type';
	ELSIF c.relpersistence = 't' THEN
		RAISE EXCEPTION '"%" is a temporary table', relation USING ERRCODE = 'wrong_object_type',
			HINT = 'Its documents would outlive it.';
	ELSIF c.relispartition THEN
		RAISE EXCEPTION '"%" is a partition', relation USING ERRCODE = 'wrong_object_type',
			HINT = 'Attach the partitioned table; that covers its partitions.';
	ELSIF EXISTS (SELECT FROM smartwf.family(relation) f JOIN pg_class x ON x.oid = f WHERE x.relkind = 'f') THEN
		RAISE EXCEPTION '"%" has a foreign table as a partition or child', relation USING ERRCODE = 'wrong_object_type',
			HINT = 'What is changed on the foreign server passes no trigger here.';
	ELSIF c.relnamespace IN ('smartwf'::regnamespace, 'pg_catalog'::regnamespace) THEN
		RAISE EXCEPTION '"%" is a system table', relation USING ERRCODE = 'wrong_object_type';
	ELSIF EXISTS (SELECT FROM smartwf.ancestors(relation) a, smartwf.triggers_of(a)) THEN
		RAISE EXCEPTION '"%" is attached already, as a child', relation USING ERRCODE = 'wrong_object_type';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.check_relation(regclass) IS
'Raises 42809 with the reason if a relation (regclass) is of a kind that cannot be attached.';

CREATE FUNCTION smartwf.strayed_documents(structure text) RETURNS bigint
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*) FROM smartwf.rows_of_structure(structure) r
	WHERE r.state IS DISTINCT FROM (SELECT h.to_state FROM smartwf.history h WHERE h.docid = r.docid ORDER BY h.revision DESC LIMIT 1)
$$;
COMMENT ON FUNCTION smartwf.strayed_documents(text) IS
'How many documents of a structure (text) are in another state than their last line of history says (bigint). Raises nothing.';

CREATE FUNCTION smartwf.attach(relation regclass, workflow text, state_column name DEFAULT 'state',
		docid_column name DEFAULT NULL, docid_prefix text DEFAULT '', structure text DEFAULT NULL)
	RETURNS text
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
	known smartwf.structures;
	missing text[];
	strayed bigint;
	key_column text := coalesce(docid_column::text, smartwf.key_column(relation));
	version_id int;
BEGIN
	PERFORM smartwf.check_relation(relation);
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
	SELECT nspname, relname INTO c FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
		WHERE pg_class.oid = relation;
	structure := coalesce(structure, c.relname);
	SELECT id INTO version_id FROM smartwf.workflows w
		WHERE w.name = workflow AND status = 'published' ORDER BY version DESC LIMIT 1;
	IF version_id IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version', workflow USING ERRCODE = 'undefined_object',
			HINT = 'Define it with smartwf.define_workflow() or smartwf.import_workflow().';
	ELSIF key_column IS NULL THEN
		RAISE EXCEPTION 'table "%" has no primary key of one column', relation USING ERRCODE = 'WF400',
			HINT = 'Say with docid_column which column names the document.';
	END IF;
	SELECT * INTO known FROM smartwf.structures s
		WHERE s.name = structure OR s.name IN (SELECT t.structure FROM smartwf.triggers_of(relation) t)
			OR (s.relation_schema, s.relation_name) = (c.nspname, c.relname)
		ORDER BY s.name = structure DESC LIMIT 1;
	-- a table of the same name is not the table
	IF smartwf.attached_relation(known.name) <> relation THEN
		RAISE EXCEPTION 'structure "%" is attached already: table "%", which carries its triggers', known.name, smartwf.attached_relation(known.name)
			USING ERRCODE = 'duplicate_object', HINT = 'Call smartwf.detach() first, or choose another structure.';
	END IF;
	IF (known.name, known.relation_schema, known.relation_name, known.workflow, known.docid_prefix)
			<> (structure, c.nspname, c.relname, workflow, docid_prefix) THEN
		RAISE EXCEPTION 'structure "%" is attached already: table "%.%", workflow "%", docid_prefix "%"',
			known.name, known.relation_schema, known.relation_name, known.workflow, known.docid_prefix
			USING ERRCODE = 'duplicate_object', HINT = 'Call smartwf.detach() first, or choose another structure.';
	END IF;
	PERFORM smartwf.refuse(format('definition of structure "%s"', structure), ARRAY(
		SELECT fault FROM smartwf.attachment_faults(relation, version_id, attach.state_column, key_column) AS fault
		ORDER BY fault COLLATE "C"));

	INSERT INTO smartwf.structures VALUES (structure, c.nspname, c.relname, workflow,
			attach.state_column, key_column, docid_prefix)
		ON CONFLICT (name) DO UPDATE SET state_column = EXCLUDED.state_column, docid_column = EXCLUDED.docid_column;
	missing := ARRAY(SELECT * FROM smartwf.missing_triggers(relation, structure));
	PERFORM smartwf.make_triggers(relation, structure);
	PERFORM smartwf.reconcile(structure);
	IF known.name IS NOT NULL AND cardinality(missing) > 0 THEN
		RAISE WARNING 'triggers of structure "%" were not as they must be, and are again', structure
			USING DETAIL = array_to_string(missing, E'\n');
		strayed := smartwf.strayed_documents(structure);
		IF strayed > 0 THEN
			RAISE WARNING '% documents of structure "%" are in another state than their history says', strayed, structure
				USING HINT = 'They were changed while the triggers were not there.';
		END IF;
	END IF;
	RETURN structure;
END
$$;
COMMENT ON FUNCTION smartwf.attach(regclass, text, name, name, text, text) IS
'Attaches a table (regclass) to a workflow (text): every row is a document from now on, whose state column (name) only changes by the rules. docid_column (name, default: the primary key) and docid_prefix (text) make the document id; structure (text) is the name of the family, default: the table''s name. Returns it (text). Idempotent: on an attached table it puts back the triggers that are missing or were changed, and warns of what it found. Raises WF001 with every fault, 42809 for a view, 42704 for an unknown workflow, 42710 if attached otherwise, 23505 for document ids that are taken, 42501 unless the caller owns the table.';

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
'Takes our triggers off a table (regclass), its partitions and children. Raises 42501 unless the caller owns them.';

CREATE FUNCTION smartwf.detach(relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM smartwf.structures s WHERE smartwf.attached_relation(s.name) = relation;
	PERFORM smartwf.drop_triggers(relation);
END
$$;
COMMENT ON FUNCTION smartwf.detach(regclass) IS
'Takes the triggers off a table (regclass); elements and history are kept, and attach() takes them up again. Idempotent. Raises 42501 unless the caller owns the table.';

-- DDL.  The event triggers call these as our owner, since whoever may alter a table need
-- not have rights on our own; nothing of his is evaluated on the way, not even a cast.
-- After each command the triggers of every table that it could concern are looked at, and
-- the columns that these need: whichever command it was, and whatever it did.

CREATE FUNCTION smartwf.replaced_columns(command pg_ddl_command) RETURNS text[]
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_replaced_columns';
COMMENT ON FUNCTION smartwf.replaced_columns(pg_ddl_command) IS
'The columns (text[]) that an ALTER TABLE command drops or gives another type. Raises nothing.';

CREATE FUNCTION smartwf.changes_family(command pg_ddl_command) RETURNS boolean
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_changes_family';
COMMENT ON FUNCTION smartwf.changes_family(pg_ddl_command) IS
'True if a command can give a table partitions or children, or take them; false for triggers, constraints and the like, which is what a restore adds to tables that have all of these. Raises nothing.';

CREATE FUNCTION smartwf.touched_relations() RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE object (classid, objid) AS (
		SELECT classid, objid FROM pg_event_trigger_ddl_commands()
		UNION
		-- a type, and what it is the type of
		SELECT d.classid, d.objid FROM object o JOIN pg_depend d ON (d.refclassid, d.refobjid) = (o.classid, o.objid)
		WHERE o.classid = 'pg_type'::regclass AND d.classid IN ('pg_type'::regclass, 'pg_class'::regclass)
	), relation (oid) AS (
		SELECT objid FROM object WHERE classid = 'pg_class'::regclass
		UNION
		-- a trigger, a constraint, a rule, and its table
		SELECT d.refobjid FROM object o JOIN pg_depend d ON (d.classid, d.objid) = (o.classid, o.objid)
		WHERE o.classid <> 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
		UNION
		-- a composite type, and the tables of that type
		SELECT c.oid FROM object o JOIN pg_class t ON t.oid = o.objid AND t.relkind = 'c' JOIN pg_class c ON c.reloftype = t.reltype
		WHERE o.classid = 'pg_class'::regclass
		UNION
		SELECT c.oid FROM object o JOIN pg_class c ON c.relnamespace = o.objid
		WHERE o.classid = 'pg_namespace'::regclass AND c.relhastriggers)
	SELECT c.oid::regclass FROM relation r JOIN pg_class c ON c.oid = r.oid WHERE c.relkind IN ('r', 'p', 'f')
$$;
COMMENT ON FUNCTION smartwf.touched_relations() IS
'Within follow_ddl(): the tables (set of regclass) that the command concerns, directly or by a trigger, a constraint, a type or a schema. Raises 39P03 elsewhere.';

CREATE FUNCTION smartwf.structures_of(relations regclass[]) RETURNS SETOF smartwf.structures
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT s.* FROM smartwf.structures s WHERE s.name IN (
		SELECT t.structure FROM unnest(relations) r, smartwf.family(r) f, smartwf.triggers_of(f) t
		UNION
		SELECT t.structure FROM unnest(relations) r, smartwf.ancestors(r) a, smartwf.triggers_of(a) t)
	ORDER BY s.name
$$;
COMMENT ON FUNCTION smartwf.structures_of(regclass[]) IS
'The structures whose triggers some tables (regclass[]) carry, or those above or below them: what is done to a table is done to its children. Raises nothing.';

CREATE FUNCTION smartwf.follow_name(s smartwf.structures, relation regclass) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.structures x SET relation_schema = n.nspname, relation_name = c.relname
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid = relation AND x.name = s.name AND (x.relation_schema, x.relation_name) <> (n.nspname, c.relname)
$$;
COMMENT ON FUNCTION smartwf.follow_name(smartwf.structures, regclass) IS
'Notes the name that the table (regclass) of a structure (row of structures) has now. Raises nothing.';

-- What nobody may do, for whatever reason.
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
'Which partitions or children the table (regclass) of a structure (row of structures) cannot have, a line each (set of text). Raises nothing.';

CREATE FUNCTION smartwf.sources_of_columns(relation regclass) RETURNS SETOF oid
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH member (oid) AS (
		SELECT f::oid FROM smartwf.family(relation) f
		UNION
		SELECT a::oid FROM smartwf.family(relation) f, smartwf.ancestors(f) a)
	SELECT oid FROM member
	UNION
	-- the type of a typed table
	SELECT t.oid FROM member m JOIN pg_class c ON c.oid = m.oid JOIN pg_class t ON t.reltype = c.reloftype WHERE c.reloftype <> 0
$$;
COMMENT ON FUNCTION smartwf.sources_of_columns(regclass) IS
'The tables and types (set of oid, pg_class) whose columns a table (regclass), its partitions and children follow. Raises nothing.';

-- What only an administrator may do.
CREATE FUNCTION smartwf.column_faults(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: column "%s" is dropped or gets another type', relation, c.name)
	FROM pg_event_trigger_ddl_commands() d, unnest(smartwf.replaced_columns(d.command)) AS c (name)
	WHERE d.classid = 'pg_class'::regclass AND d.objid IN (SELECT smartwf.sources_of_columns(relation)) AND c.name IN (s.state_column, s.docid_column)
	UNION ALL
	SELECT substr(f.fault, 9) FROM smartwf.workflows w, smartwf.attachment_faults(relation, w.id, s.state_column, s.docid_column) AS f (fault)
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
'Within follow_ddl(): what the command does to the columns that the table (regclass) of a structure (row of structures) keeps states and document ids in, a line each (set of text). Raises 39P03 elsewhere.';

CREATE FUNCTION smartwf.changed_triggers(s smartwf.structures, relation regclass) RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('table %s: trigger "%s" is not as attach() made it', f, t.name)
	FROM smartwf.family(relation) f, smartwf.triggers_of(f) t WHERE t.structure = s.name AND NOT t.is_sound
	UNION ALL
	-- another one has taken the place of ours
	SELECT format('table %s: trigger "%s" is not ours', w.member, t.tgname)
	FROM smartwf.wanted_triggers_of(relation) w JOIN pg_trigger t ON t.tgrelid = w.member AND t.tgname = w.name
	WHERE t.tgfoid <> w.function
$$;
COMMENT ON FUNCTION smartwf.changed_triggers(smartwf.structures, regclass) IS
'Which triggers of a structure (row of structures) on its table (regclass), the partitions and children were disabled, renamed or replaced, a line each (set of text). Raises nothing.';

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
'Raises 42501 with a line of DETAIL for each fault (text[]); returns nothing if there is none.';

CREATE FUNCTION smartwf.refuse_members(s smartwf.structures, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION 'structure "%" cannot have such a partition or child', s.name USING ERRCODE = 'wrong_object_type',
			DETAIL = array_to_string(faults, E'\n');
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse_members(smartwf.structures, text[]) IS
'Raises 42809 with a line of DETAIL for each fault (text[]); returns nothing if there is none.';

-- New partitions and children get the triggers, those that left lose them.
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
		WHERE r NOT IN (SELECT smartwf.family(relation)) AND EXISTS (SELECT FROM smartwf.triggers_of(r) t WHERE t.structure = s.name)
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
'Within follow_ddl(): puts the triggers of a structure (row of structures) on new partitions and children of its table (regclass), takes them off those that left, and registers or ends their documents. Raises what reconcile() raises, and WF001 for rows that are not in the initial state unless the caller is an administrator.';

CREATE FUNCTION smartwf.left_behind(structure text, relation regclass) RETURNS SETOF regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT DISTINCT t.tgrelid::regclass
	FROM smartwf.wanted_triggers() w
	JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = w.function AND d.classid = 'pg_trigger'::regclass
	JOIN pg_trigger t ON t.oid = d.objid
	WHERE w.name = '!smartwf_truncate' AND t.tgnargs = 1 AND smartwf.structure_of_trigger(t.tgargs) = left_behind.structure
		AND t.tgrelid NOT IN (SELECT smartwf.family(relation))
$$;
COMMENT ON FUNCTION smartwf.left_behind(text, regclass) IS
'Tables (set of regclass) that carry triggers of a structure (text) and are not of the family of its table (regclass) any more. Raises nothing.';

-- Our functions are for our triggers: on the table that a structure names, in their form.
CREATE FUNCTION smartwf.require_own_triggers() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	made record;
	attached regclass;
BEGIN
	FOR made IN SELECT t.tgname, t.tgrelid::regclass AS relation, t.tgnargs, f.structure, f.is_sound
		FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
		JOIN smartwf.wanted_triggers() w ON w.function = t.tgfoid
		LEFT JOIN smartwf.triggers_of(t.tgrelid) f ON f.name = t.tgname
		WHERE d.command_tag = 'CREATE TRIGGER'
	LOOP
		-- a restore may make them before it has loaded the structures
		attached := smartwf.attached_relation(made.structure);
		IF made.is_sound IS NOT TRUE OR (attached IS NOT NULL AND made.relation NOT IN (SELECT smartwf.family(attached))) THEN
			RAISE EXCEPTION 'trigger "%" on table "%" cannot call a function of smartwf', made.tgname, made.relation
				USING ERRCODE = 'insufficient_privilege', HINT = 'smartwf.attach() makes the triggers.';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.require_own_triggers() IS
'Within follow_ddl(): raises 42501 for a trigger that calls one of our trigger functions and is not as attach() makes it, or on another table than the structure''s.';

-- Whoever writes our tables does so as our owner: no code of somebody else's may hang on them.
CREATE FUNCTION smartwf.protect_own_tables() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found record;
BEGIN
	FOR found IN
		SELECT t.tgrelid::regclass AS relation
		FROM pg_event_trigger_ddl_commands() d JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
		JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'smartwf'::regnamespace
		UNION ALL
		SELECT k.confrelid::regclass
		FROM smartwf.touched_relations() r JOIN pg_constraint k ON k.conrelid = r AND k.contype = 'f'
		JOIN pg_class c ON c.oid = k.confrelid JOIN pg_class o ON o.oid = r
		WHERE c.relnamespace = 'smartwf'::regnamespace AND o.relnamespace <> 'smartwf'::regnamespace
	LOOP
		IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = smartwf.acting_role()) THEN
			RAISE EXCEPTION 'only a superuser may let a trigger or a foreign key watch table "%"', found.relation
				USING ERRCODE = 'insufficient_privilege', DETAIL = 'What it calls would run with the rights of the owner of smartwf.';
		END IF;
	END LOOP;
	-- ENABLE TRIGGER ALL, after data were loaded without triggers, makes all of them ordinary ones
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
'Within follow_ddl(): raises 42501 for a trigger or a foreign key on a table of smartwf by anybody but a superuser, and keeps the triggers that tell sessions of changes firing for replicated rows.';

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
'For the event trigger ddl_command_end: follows renamed tables, covers new partitions and children, lets go of those that left, and refuses (42501) whatever would take the triggers or their columns away, but to administrators.';

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
		FROM gone g, LATERAL (SELECT x.revision, x.to_state FROM smartwf.history x WHERE x.docid = g.docid ORDER BY x.revision DESC LIMIT 1) h;
	END IF;
	DELETE FROM smartwf.structures x WHERE x.name = structure;
END
$$;
COMMENT ON FUNCTION smartwf.end_structure(text) IS
'Ends all documents of a structure (text) whose table is gone, and the structure. Raises nothing.';

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
		-- a table, or its triggers alone
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
		-- a partition or a child, and its rows with it
		IF relation IS NOT NULL AND is_gone AND NOT smartwf.is_replicated() THEN
			PERFORM smartwf.end_without_rows(s.name);
		END IF;
	END LOOP;
	FOR s IN SELECT x.* FROM smartwf.structures x JOIN pg_event_trigger_dropped_objects() o ON o.object_type = 'table column'
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
'For the event trigger sql_drop: our triggers that were dropped, by structure (text[]) and table (oid[]). A dropped table detaches itself and its documents end; dropping the triggers alone, or the columns that they need, is refused (42501), but to administrators.';

CREATE FUNCTION smartwf.follow() RETURNS event_trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_follow';
COMMENT ON FUNCTION smartwf.follow() IS
'Event trigger: runs follow_ddl() or follow_drop() as the owner of the extension. Raises what these raise.';

CREATE EVENT TRIGGER smartwf_watch ON ddl_command_start
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_ddl ON ddl_command_end
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_drop ON sql_drop
	EXECUTE FUNCTION smartwf.follow();
COMMENT ON EVENT TRIGGER smartwf_watch IS
'Has the library there before a command drops anything.';
COMMENT ON EVENT TRIGGER smartwf_follow_ddl IS
'Follows attached tables through every command, and keeps their triggers on.';
COMMENT ON EVENT TRIGGER smartwf_follow_drop IS
'Detaches a dropped table, and keeps the triggers of an attached one from being dropped.';
