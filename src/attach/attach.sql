-- Attaching and detaching tables.

CREATE FUNCTION smartwf.base_type(type oid) RETURNS oid
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE base (oid) AS (
		SELECT type
		UNION ALL
		SELECT d.typbasetype FROM base JOIN pg_type d ON d.oid = base.oid AND d.typtype = 'd')
	SELECT b.oid FROM base JOIN pg_type b ON b.oid = base.oid WHERE b.typtype <> 'd'
$$;
COMMENT ON FUNCTION smartwf.base_type(oid) IS
'Returns the base type (oid) of a domain (oid), or the argument itself for any other type.';

-- Types whose values change their text when an object is renamed.
CREATE FUNCTION smartwf.names_no_document(type oid) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT t.typtype = 'c' OR (t.typnamespace = 'pg_catalog'::regnamespace AND t.typname ~ '^reg')
		OR (e.oid IS NOT NULL AND (e.typtype = 'e' OR smartwf.names_no_document(e.oid)))
	FROM pg_type t LEFT JOIN pg_type e ON e.oid = smartwf.base_type(t.typelem) AND t.typcategory = 'A'
	WHERE t.oid = smartwf.base_type(type)
$$;
COMMENT ON FUNCTION smartwf.names_no_document(oid) IS
'Returns true for types (oid) that cannot be used for document ids, because the text of their values changes when '
'something is renamed: composite types, reg* types, and arrays of these or of enums.';

-- Reasons why a table cannot be attached with these columns.
CREATE FUNCTION smartwf.table_faults(relation regclass, workflow_id int, state_column text, docid_column text)
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
	SELECT format('WFL0302 %s: document id column "%s" is of type %s, whose values change their names', relation,
		docid_column, format_type(a.atttypid, NULL))
		FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = docid_column AND a.attnum > 0
			AND smartwf.names_no_document(a.atttypid)
	UNION ALL
	SELECT format('WFL0302 %s: document id column "%s" belongs to a key WITHOUT OVERLAPS, '
			'which lets several rows have one id', relation, docid_column)
		FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attname = docid_column
			AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indisunique AND i.indisexclusion
				AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
			AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indisunique AND i.indnkeyatts = 1
				AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
	UNION ALL
	SELECT format('WFL0302 %s: state column "%s" is of type %s, not text, varchar, an enum or a domain of these',
			relation, state_column, format_type(oid, NULL))
		FROM state_type
		WHERE base NOT IN ('text'::regtype, 'varchar'::regtype)
			AND NOT EXISTS (SELECT FROM pg_type b WHERE b.oid = base AND b.typtype = 'e')
	UNION ALL
	SELECT format('WFL0303 %s: state "%s" is no value of %s', relation, x.name, format_type(base, NULL))
		FROM state_type JOIN smartwf.states x ON x.workflow_id = table_faults.workflow_id
		WHERE EXISTS (SELECT FROM pg_enum WHERE enumtypid = base)
			AND NOT EXISTS (SELECT FROM pg_enum WHERE enumtypid = base AND enumlabel = x.name)
	UNION ALL
	SELECT format('WFL0303 %s: state "%s" is longer than column "%s" can hold', relation, x.name, state_column)
		FROM state_type JOIN smartwf.states x ON x.workflow_id = table_faults.workflow_id
		WHERE base = 'varchar'::regtype AND atttypmod > 4 AND length(x.name) > atttypmod - 4
	UNION ALL
	SELECT format('WFL0120 transition %s: column "%s" of a grant does not exist in %s', g.transition, g.grantee,
		relation)
		FROM smartwf.transition_grants g
		WHERE g.workflow_id = table_faults.workflow_id AND g.kind = 'column'
			AND NOT EXISTS (SELECT FROM columns WHERE attname = g.grantee)
	UNION ALL
	SELECT format('WFL0120 timer %s: column "%s" of %s is no date or time', t.name, t.reference_column, relation)
		FROM smartwf.workflow_timers t
		WHERE t.workflow_id = table_faults.workflow_id AND t.reference_column IS NOT NULL
			AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
				WHERE a.attrelid = relation AND a.attname = t.reference_column AND a.attnum > 0 AND NOT a.attisdropped
					AND coalesce(nullif(y.typbasetype, 0), y.oid) IN ('date'::regtype, 'timestamp'::regtype,
						'timestamptz'::regtype))
	UNION ALL
	SELECT format('WFL0113 transition %s: parameter "%s" has the name of the column that holds the %s',
			p.transition, p.name, CASE p.name WHEN state_column THEN 'state' ELSE 'document id' END)
		FROM smartwf.transition_parameters p
		WHERE p.workflow_id = table_faults.workflow_id AND p.name IN (state_column, docid_column)
$$;
COMMENT ON FUNCTION smartwf.table_faults(regclass, int, text, text) IS
'Returns one line (setof text) for each column of a table (regclass) that is missing or unsuitable for a workflow '
'version (int, its id), including the columns of state and document id (text).';
INSERT INTO smartwf.checkers VALUES ('attachment', 'smartwf.table_faults');

CREATE FUNCTION smartwf.attachment_faults(relation regclass, workflow_id int, state_column text, docid_column text)
	RETURNS SETOF text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY EXECUTE (
		SELECT format('SELECT * FROM (%s) AS fault (message) ORDER BY message COLLATE "C"',
			string_agg(format('SELECT * FROM %s($1, $2, $3, $4)', c.function), ' UNION ALL ' ORDER BY c.function))
		FROM smartwf.checkers c WHERE c.subject = 'attachment') USING relation, workflow_id, state_column, docid_column;
END
$$;
COMMENT ON FUNCTION smartwf.attachment_faults(regclass, int, text, text) IS
'Returns one line (setof text) for each reason why a table (regclass) cannot be attached to a workflow version (int, '
'its id) with these columns for state and document id (text). Calls the functions for attachments in '
'smartwf.checkers.';

CREATE FUNCTION smartwf.key_column(relation regclass) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.attname::text
	FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1
$$;
COMMENT ON FUNCTION smartwf.key_column(regclass) IS
'Returns the primary key column (text) of a table (regclass), or null if there is no primary key, or if it has '
'several columns.';

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
'Checks whether a relation (regclass) can be attached. Raises 42809 with the reason if it cannot, and WF400 if it is '
'null or does not exist.';

CREATE FUNCTION smartwf.strayed_documents(structure text) RETURNS bigint
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT count(*) FROM smartwf.rows_of_structure(structure) r
	WHERE r.state IS DISTINCT FROM (SELECT h.to_state FROM smartwf.history h WHERE h.docid = r.docid
		ORDER BY h.revision DESC LIMIT 1)
$$;
COMMENT ON FUNCTION smartwf.strayed_documents(text) IS
'Returns the number of documents (bigint) of a structure (text) that are in a state other than the last one in their '
'history.';

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
	-- another table can have the recorded name by now
	IF smartwf.attached_relation(known.name) <> relation THEN
		RAISE EXCEPTION 'structure "%" is attached already: table "%", which carries its triggers', known.name,
			smartwf.attached_relation(known.name)
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
			RAISE WARNING '% documents of structure "%" are in another state than their history says', strayed,
				structure
				USING HINT = 'They were changed while the triggers were not there.';
		END IF;
	END IF;
	RETURN structure;
END
$$;
COMMENT ON FUNCTION smartwf.attach(regclass, text, name, name, text, text) IS
'Attaches a table to a workflow: each of its rows becomes a document, whose state can only be changed by transitions. '
'relation (regclass): an ordinary or partitioned table; workflow (text): the workflow, whose newest published version '
'new documents follow; state_column (name): the column that contains the state, by default state; docid_column '
'(name): the column that identifies the document, by default the primary key; docid_prefix (text): the prefix of the '
'document ids, by default empty; structure (text): the name of the structure, by default that of the table. Returns '
'the name of the structure (text). If the table is already attached, triggers that are missing or were changed are '
'restored, with a warning. Raises WF001 with one line of DETAIL for each fault, WF400 if no docid_column is given and '
'the primary key is not a single column, 42809 for views and other relations that cannot be attached, 42704 if there '
'is no published version of the workflow, 42710 if the table or structure is attached differently, 23505 if document '
'ids are already in use, and 42501 unless the caller owns the table.';

CREATE FUNCTION smartwf.detach(relation regclass) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM smartwf.structures s WHERE smartwf.attached_relation(s.name) = relation;
	PERFORM smartwf.drop_triggers(relation);
END
$$;
COMMENT ON FUNCTION smartwf.detach(regclass) IS
'Detaches a table (regclass) from its workflow: its triggers are dropped. Documents and history are kept, and a later '
'smartwf.attach() continues them. Does nothing if the table is not attached. Raises 42501 unless the caller owns the '
'table.';
