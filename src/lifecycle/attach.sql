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

CREATE FUNCTION smartwf.attached_relation(structure text) RETURNS regclass
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid::regclass
	FROM smartwf.structures s
	JOIN pg_namespace n ON n.nspname = s.relation_schema
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.relation_name
	WHERE s.name = structure
$$;
COMMENT ON FUNCTION smartwf.attached_relation(text) IS
'The table (regclass) of a structure (text), null if it is gone or not attached. Raises nothing.';

CREATE FUNCTION smartwf.make_triggers(relation regclass, structure text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	member regclass;
	wanted record;
	made int := 0;
BEGIN
	FOR member IN SELECT * FROM smartwf.family(relation) LOOP
		FOR wanted IN
			SELECT * FROM (VALUES
				('~smartwf_judge', 'BEFORE INSERT OR UPDATE', 'ROW', 'judge_change'),
				('!smartwf_record', 'AFTER INSERT OR UPDATE OR DELETE', 'ROW', 'record_change'),
				('!smartwf_truncate', 'AFTER TRUNCATE', 'STATEMENT', 'record_truncate'))
				AS t (name, event, level, function)
			WHERE NOT EXISTS (SELECT FROM pg_trigger
				WHERE tgrelid = member AND tgname = t.name)
		LOOP
			EXECUTE format('CREATE TRIGGER %I %s ON %s FOR EACH %s EXECUTE FUNCTION smartwf.%I(%L)',
				wanted.name, wanted.event, member, wanted.level, wanted.function, structure);
			made := made + 1;
		END LOOP;
	END LOOP;
	RETURN made;
END
$$;
COMMENT ON FUNCTION smartwf.make_triggers(regclass, text) IS
'Puts the triggers of a structure (text) on a table (regclass), its partitions and children where they are missing; returns how many it made (int). Raises 42501 unless the caller owns the tables.';

CREATE FUNCTION smartwf.reconcile(structure text, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	relation regclass := smartwf.attached_relation(structure);
	version_id int;
	faults text[];
	rows_of_table text;
	with_timer text[];
BEGIN
	SELECT * INTO s FROM smartwf.structures WHERE name = structure;
	IF relation IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	SELECT id INTO version_id FROM smartwf.workflows w
		WHERE w.name = s.workflow AND status = 'published' ORDER BY version DESC LIMIT 1;
	rows_of_table := format('(SELECT smartwf.docid(%L, t.%I) AS docid, smartwf.docid('''', t.%I) AS state FROM %s t)',
		s.docid_prefix, s.docid_column, s.state_column, relation);

	EXECUTE format('SELECT array_agg(fault) FROM (
			SELECT format(''CRUD0228 %%s: state %%s is not available for workflow "%%s"'',
				r.docid, CASE WHEN r.state IS NULL THEN ''null'' ELSE format(''"%%s"'', r.state) END, $3) AS fault
			FROM %s r LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
			WHERE e.docid IS NULL AND (r.docid IS NULL OR NOT EXISTS
				(SELECT FROM smartwf.states x WHERE x.workflow_id = $2 AND x.name = r.state))
			ORDER BY r.docid LIMIT 100) f', rows_of_table)
		INTO faults USING structure, version_id, s.workflow;
	PERFORM smartwf.refuse(format('definition of structure "%s"', structure), faults);

	EXECUTE format('SELECT array_agg(format(''%%s (structure "%%s")'', docid, structure)) FROM (
			SELECT r.docid, e.structure FROM %s r JOIN smartwf.elements e ON e.docid = r.docid
			WHERE e.structure <> $1
			UNION ALL
			SELECT r.docid, $1 FROM %1$s r GROUP BY r.docid HAVING count(*) > 1
			ORDER BY 1 LIMIT 100) f', rows_of_table)
		INTO faults USING structure;
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'documents of structure "%" exist already', structure
			USING ERRCODE = 'unique_violation', DETAIL = array_to_string(faults, E'\n'),
			HINT = 'Attach the tables with different values of docid_prefix, or choose a docid_column that is unique.';
	END IF;

	EXECUTE format('WITH missing AS (
			SELECT r.* FROM %s r LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
			WHERE e.docid IS NULL
		), born AS (
			INSERT INTO smartwf.elements (docid, structure, workflow_id, created_at)
			SELECT docid, $1, $2, clock_timestamp() FROM missing
			ON CONFLICT (docid) DO UPDATE SET workflow_id = EXCLUDED.workflow_id,
				created_at = EXCLUDED.created_at, deleted_at = NULL, locked_by = NULL
		), line AS (
			INSERT INTO smartwf.history (docid, revision, at, actor, to_state, workflow_id)
			SELECT docid, (SELECT coalesce(max(revision), -1) + 1 FROM smartwf.history h WHERE h.docid = missing.docid),
				clock_timestamp(), smartwf.actor(), state, $2 FROM missing
			RETURNING docid, to_state)
		SELECT count(*), array_agg(docid) FILTER (WHERE to_state IN (SELECT x.name FROM smartwf.states x WHERE x.workflow_id = $2 AND x.timer IS NOT NULL))
		FROM line', rows_of_table)
		INTO registered, with_timer USING structure, version_id;
	PERFORM smartwf.start_state_timer(docid) FROM unnest(with_timer) AS docid;

	EXECUTE format('WITH gone AS (
			UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
			WHERE e.structure = $1 AND e.deleted_at IS NULL
				AND NOT EXISTS (SELECT FROM %s r WHERE r.docid = e.docid)
			RETURNING e.docid, e.workflow_id)
		SELECT smartwf.record_end(docid, workflow_id) FROM gone', rows_of_table)
		USING structure;
	GET DIAGNOSTICS ended = ROW_COUNT;
END
$$;
COMMENT ON FUNCTION smartwf.reconcile(text) IS
'Makes the elements of a structure (text) agree with the rows of its table where the triggers could not: after a restore, replication, or work with triggers disabled. Returns how many it registered and how many it ended (bigint each). Raises WF001 for rows in no known state, 23505 for document ids that are taken.';

CREATE FUNCTION smartwf.record_end(docid text, workflow_id int) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
	SELECT record_end.docid, coalesce(max(h.revision), -1) + 1, clock_timestamp(), smartwf.actor(),
		(array_agg(h.to_state ORDER BY h.revision DESC))[1], record_end.workflow_id
	FROM smartwf.history h WHERE h.docid = record_end.docid
$$;
COMMENT ON FUNCTION smartwf.record_end(text, int) IS
'Writes the last line of history of a document (text) whose row is gone. Raises nothing.';

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
	ELSIF c.relnamespace IN ('smartwf'::regnamespace, 'pg_catalog'::regnamespace) THEN
		RAISE EXCEPTION '"%" is a system table', relation USING ERRCODE = 'wrong_object_type';
	ELSIF EXISTS (SELECT FROM pg_inherits i JOIN smartwf.structures s
			ON smartwf.attached_relation(s.name) = i.inhparent WHERE i.inhrelid = relation) THEN
		RAISE EXCEPTION '"%" is attached already, as a child', relation USING ERRCODE = 'wrong_object_type';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.check_relation(regclass) IS
'Raises 42809 with the reason if a relation (regclass) is of a kind that cannot be attached.';

CREATE FUNCTION smartwf.attach(relation regclass, workflow text, state_column name DEFAULT 'state',
		docid_column name DEFAULT NULL, docid_prefix text DEFAULT '', structure text DEFAULT NULL)
	RETURNS text
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	c record;
	known smartwf.structures;
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
		WHERE s.name = structure OR (s.relation_schema, s.relation_name) = (c.nspname, c.relname);
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
	PERFORM smartwf.make_triggers(relation, structure);
	PERFORM smartwf.reconcile(structure);
	RETURN structure;
END
$$;
COMMENT ON FUNCTION smartwf.attach(regclass, text, name, name, text, text) IS
'Attaches a table (regclass) to a workflow (text): every row is a document from now on, whose state column (name) only changes by the rules. docid_column (name, default: the primary key) and docid_prefix (text) make the document id; structure (text) is the name of the family, default: the table''s name. Returns it (text). Idempotent. Raises WF001 with every fault, 42809 for a view, 42704 for an unknown workflow, 42710 if attached otherwise, 23505 for document ids that are taken.';

CREATE FUNCTION smartwf.detach(relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	member regclass;
	trigger_name text;
BEGIN
	DELETE FROM smartwf.structures s WHERE smartwf.attached_relation(s.name) = relation;
	FOR member IN SELECT * FROM smartwf.family(relation) LOOP
		FOR trigger_name IN SELECT tgname FROM pg_trigger
			WHERE tgrelid = member AND tgparentid = 0
				AND tgname IN ('~smartwf_judge', '!smartwf_record', '!smartwf_truncate')
		LOOP
			EXECUTE format('DROP TRIGGER %I ON %s', trigger_name, member);
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.detach(regclass) IS
'Takes the triggers off a table (regclass); elements and history are kept, and attach() takes them up again. Idempotent. Raises 42501 unless the caller owns the table.';

-- DDL on an attached table.  The event trigger calls these as our owner, since
-- whoever may alter a table need not have rights on our own; nothing of his is
-- executed on the way, not even a cast.

CREATE FUNCTION smartwf.structure_of_trigger(arguments bytea) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT convert_from(substr(arguments, 1, length(arguments) - 1), getdatabaseencoding())
$$;
COMMENT ON FUNCTION smartwf.structure_of_trigger(bytea) IS
'The structure (text) that one of our triggers names as its only argument (bytea, pg_trigger.tgargs). Raises nothing.';

-- The structures that a DDL command concerns: its tables, those above them, and
-- those that they carry the triggers of.
CREATE FUNCTION smartwf.concerned_structures() RETURNS TABLE (name text, relation regclass)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE touched (oid) AS (
		SELECT objid FROM pg_event_trigger_ddl_commands() WHERE classid = 'pg_class'::regclass
		UNION
		SELECT i.inhparent FROM pg_inherits i JOIN touched t ON i.inhrelid = t.oid)
	SELECT s.name, c.oid::regclass
	FROM touched t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN smartwf.structures s ON (s.relation_schema, s.relation_name) = (n.nspname, c.relname)
	UNION
	SELECT s.name, smartwf.attached_relation(s.name)
	FROM touched t JOIN pg_trigger g ON g.tgrelid = t.oid AND g.tgname = '!smartwf_truncate'
	JOIN smartwf.structures s ON s.name = smartwf.structure_of_trigger(g.tgargs)
$$;
COMMENT ON FUNCTION smartwf.concerned_structures() IS
'Within follow_ddl(): the structures (text) that the DDL command concerns, and their tables (regclass). Raises 39P03 elsewhere.';

CREATE FUNCTION smartwf.follow_renames() RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.structures s SET relation_schema = n.nspname, relation_name = c.relname
	FROM pg_event_trigger_ddl_commands() d, pg_trigger t, pg_class c, pg_namespace n
	WHERE t.tgname = '~smartwf_judge' AND t.tgparentid = 0 AND c.oid = t.tgrelid AND n.oid = c.relnamespace
		AND (d.objid = c.oid OR d.objid = n.oid) AND s.name = smartwf.structure_of_trigger(t.tgargs)
		-- not a child, which carries the same triggers
		AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_trigger u ON u.tgrelid = i.inhparent
			WHERE i.inhrelid = c.oid AND u.tgname = t.tgname)
		AND (s.relation_schema, s.relation_name) <> (n.nspname, c.relname)
$$;
COMMENT ON FUNCTION smartwf.follow_renames() IS
'Within follow_ddl(): finds attached tables that were renamed or moved to another schema by the triggers that went along. Raises 39P03 elsewhere.';

CREATE FUNCTION smartwf.follow_ddl() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s record;
	left_behind regclass;
	changed boolean;
BEGIN
	PERFORM smartwf.follow_renames();
	FOR s IN SELECT * FROM smartwf.concerned_structures() LOOP
		IF NOT smartwf.is_administrator() AND EXISTS (
			SELECT FROM pg_trigger t WHERE t.tgrelid IN (SELECT smartwf.family(s.relation))
				AND t.tgname IN ('~smartwf_judge', '!smartwf_record', '!smartwf_truncate')
				AND t.tgenabled = 'D')
		THEN
			RAISE EXCEPTION 'triggers of structure "%" cannot be disabled', s.name
				USING ERRCODE = 'insufficient_privilege', HINT = 'An administrator can, or can call smartwf.detach().';
		END IF;
		changed := smartwf.make_triggers(s.relation, s.name) > 0;
		FOR left_behind IN
			SELECT t.tgrelid FROM pg_trigger t
			WHERE t.tgname = '!smartwf_truncate' AND smartwf.structure_of_trigger(t.tgargs) = s.name
				AND t.tgrelid NOT IN (SELECT smartwf.family(s.relation))
		LOOP
			PERFORM smartwf.detach(left_behind);
			changed := true;
		END LOOP;
		IF changed THEN
			PERFORM smartwf.reconcile(s.name);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.follow_ddl() IS
'For the event trigger ddl_command_end: follows renamed tables, covers new partitions and children, lets go of those that left, and refuses (42501) to have the triggers disabled by anybody but an administrator.';

CREATE FUNCTION smartwf.follow_drop() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	dropped record;
	s record;
BEGIN
	FOR dropped IN
		SELECT x.name, o.object_type FROM pg_event_trigger_dropped_objects() o
		JOIN smartwf.structures x
			ON (x.relation_schema, x.relation_name) = (o.address_names[1], o.address_names[2])
		WHERE (o.object_type = 'table' AND o.objsubid = 0)
			OR (o.object_type = 'trigger' AND o.address_names[3] IN ('~smartwf_judge', '!smartwf_record', '!smartwf_truncate'))
	LOOP
		IF smartwf.attached_relation(dropped.name) IS NOT NULL THEN
			RAISE EXCEPTION 'triggers of structure "%" cannot be dropped', dropped.name
				USING ERRCODE = 'insufficient_privilege', HINT = 'Call smartwf.detach().';
		END IF;
		WITH gone AS (
			UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
			WHERE e.structure = dropped.name AND e.deleted_at IS NULL RETURNING e.docid, e.workflow_id),
		ended AS (
			SELECT smartwf.record_end(docid, workflow_id) FROM gone)
		SELECT count(*) INTO s FROM ended;
		DELETE FROM smartwf.structures x WHERE x.name = dropped.name;
	END LOOP;
	-- a partition or a child is gone, and its rows with it
	IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() o
			WHERE o.object_type = 'trigger' AND o.address_names[3] = '!smartwf_truncate') THEN
		FOR s IN SELECT x.name FROM smartwf.structures x
			JOIN pg_class c ON c.oid = smartwf.attached_relation(x.name)
			WHERE c.relkind = 'p' OR c.relhassubclass
		LOOP
			PERFORM smartwf.reconcile(s.name);
		END LOOP;
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.follow_drop() IS
'For the event trigger sql_drop: a dropped table detaches itself and its documents end; dropping the triggers alone is refused (42501).';

CREATE FUNCTION smartwf.follow() RETURNS event_trigger
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_follow';
COMMENT ON FUNCTION smartwf.follow() IS
'Event trigger: runs follow_ddl() or follow_drop() as the owner of the extension. Raises what these raise.';

CREATE EVENT TRIGGER smartwf_follow_ddl ON ddl_command_end
	WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'ALTER SCHEMA')
	EXECUTE FUNCTION smartwf.follow();
CREATE EVENT TRIGGER smartwf_follow_drop ON sql_drop
	EXECUTE FUNCTION smartwf.follow();
COMMENT ON EVENT TRIGGER smartwf_follow_ddl IS
'Follows renamed attached tables and covers their new partitions and children.';
COMMENT ON EVENT TRIGGER smartwf_follow_drop IS
'Detaches a dropped table, and keeps the triggers of an attached one from being dropped.';
