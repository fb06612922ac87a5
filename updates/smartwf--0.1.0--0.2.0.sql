-- From 0.1.0 to 0.2.0: definitions of any size, attach() and TRUNCATE by sets, history page by page.
-- What stands here is what src/ says today; test/upgrade compares the two catalogues.

-- the arcs of a transition, found by index
ALTER TABLE smartwf.arcs DROP CONSTRAINT arcs_pkey,
	ADD CONSTRAINT arcs_pkey PRIMARY KEY (workflow_id, transition, from_state);

-- TRUNCATE would tell no session that a right is gone
CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.transition_grants EXECUTE FUNCTION smartwf.refuse_truncate();
CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.translations EXECUTE FUNCTION smartwf.refuse_truncate();
CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.flow_grants EXECUTE FUNCTION smartwf.refuse_truncate();
CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.structures EXECUTE FUNCTION smartwf.refuse_truncate();

-- checks in linear time
CREATE FUNCTION smartwf.reachable(start text[], sources text[], targets text[]) RETURNS text[]
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_reachable';
COMMENT ON FUNCTION smartwf.reachable(text[], text[], text[]) IS
'Returns the states (text[]) that arcs lead to from the states of start (text[]), these included. Arc number n leads '
'from sources[n] to targets[n] (text[]); neither may be null.';
REVOKE ALL ON FUNCTION smartwf.reachable(text[], text[], text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION smartwf.form_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS MATERIALIZED (
		SELECT o.*, jsonb_typeof(value) AS type FROM smartwf.definition_objects(definition) o
	), form AS MATERIALIZED (
		SELECT * FROM smartwf.definition_keys())
	SELECT 'error', 'WFL0102', object, format('must be an object, not %s', type)
	FROM object WHERE type <> 'object'
	UNION ALL
	SELECT 'error', 'WFL0101', o.object, format('unknown property "%s"', key)
	FROM object o, jsonb_object_keys(CASE WHEN o.type = 'object' THEN o.value ELSE '{}' END) key
	WHERE (o.kind, key) NOT IN (SELECT k.kind, k.key FROM form k)
	UNION ALL
	SELECT 'error', k.code, o.object, format('"%s" must be %s %s, not %s', k.key,
		CASE WHEN k.type IN ('array', 'object') THEN 'an' ELSE 'a' END, k.type, o.value -> k.key)
	FROM object o JOIN form k USING (kind)
	WHERE o.type = 'object' AND jsonb_typeof(o.value -> k.key) NOT IN (k.type, 'null')
	UNION ALL
	SELECT 'error', k.code, o.object, format('"%s" is missing', k.key)
	FROM object o JOIN form k USING (kind)
	WHERE k.needed AND o.type = 'object' AND o.value ->> k.key IS NULL
	UNION ALL
	SELECT 'error', 'WFL0050', o.object,
		format('"%s" is no name: a letter or underscore, then letters, digits, "_" or ":", 49 characters at most',
			o.value ->> 'name')
	FROM object o
	WHERE jsonb_typeof(o.value -> 'name') = 'string' AND o.value ->> 'name' !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$'
$$;

CREATE OR REPLACE FUNCTION smartwf.state_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	-- IN is hashed, whatever the planner thinks of how many there are
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition)
	), state AS (
		SELECT object, value ->> 'name' AS name, value -> 'initial' = 'true' AS initial, value ->> 'color' AS color
		FROM object WHERE kind = 'state'
	), arc AS (
		SELECT a.object, a.parent, a.value ->> 'from' AS "from", a.value ->> 'to' AS "to"
		FROM object a WHERE kind = 'arc'
	), arcs AS (
		SELECT coalesce(array_agg("from"), '{}') AS sources, coalesce(array_agg("to"), '{}') AS targets
		FROM arc WHERE "from" IS NOT NULL AND "to" IS NOT NULL
	), reached (name) AS (
		SELECT unnest(smartwf.reachable(ARRAY(SELECT name FROM state WHERE initial), sources, targets)) FROM arcs
	), ending (name) AS (
		SELECT unnest(smartwf.reachable(
			ARRAY(SELECT name FROM state WHERE (name IN (SELECT "from" FROM arc)) IS NOT TRUE), targets, sources))
		FROM arcs)
	SELECT 'error', 'WFL0051', format('workflow %s', definition ->> 'name'),
		format('there must be one initial state, not %s', count(*) FILTER (WHERE initial))
	FROM state HAVING count(*) FILTER (WHERE initial) <> 1
	UNION ALL
	SELECT 'error', 'WFL0053', object, 'a state of that name is defined twice'
	FROM state GROUP BY object, name HAVING count(*) > 1 AND name IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0054', object, format('"%s" is no color: it must be #RRGGBB', color)
	FROM state WHERE color <> '' AND color !~ '^#[0-9A-Fa-f]{6}$'
	UNION ALL
	SELECT 'error', 'WFL0201', a.object, format('state "%s" is not defined', e.name)
	FROM arc a, unnest(ARRAY[a."from", a."to"]) AS e (name)
	WHERE e.name IS NOT NULL AND (e.name IN (SELECT name FROM state)) IS NOT TRUE
	UNION ALL
	SELECT 'error', 'WFL0203', parent, format('it leaves state "%s" twice', "from")
	FROM arc GROUP BY parent, "from" HAVING count(*) > 1
	UNION ALL
	SELECT 'warning', 'WFL0902', object, 'no transition reaches it'
	FROM state WHERE (name IN (SELECT name FROM reached)) IS NOT TRUE
	UNION ALL
	SELECT 'warning', 'WFL0903', object, 'no final state can be reached from it'
	FROM state WHERE (name IN (SELECT name FROM ending)) IS NOT TRUE
$$;

CREATE OR REPLACE FUNCTION smartwf.workflow_definition(name text, version int DEFAULT NULL) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.with_members(json_build_object(
		'name', w.name, 'label', w.label, 'description', w.description, 'locale', w.locale,
		-- keys about flows and timers are only shown if they are used
		'states', (SELECT coalesce(json_agg(CASE WHEN s.flow IS NULL AND s.timer IS NULL THEN usual
				ELSE smartwf.with_members(usual, json_build_object('flow', s.flow,
					'flowQueued', CASE WHEN s.flow IS NOT NULL THEN s.flow_queued END, 'timer', s.timer)) END
				ORDER BY s.position, s.name), '[]')
			FROM smartwf.states s, LATERAL (SELECT json_build_object('name', s.name, 'label', s.label,
				'activity', s.activity, 'color', s.color, 'initial', s.is_initial) AS usual) u
			WHERE s.workflow_id = w.id),
		'transitions', (SELECT coalesce(json_agg(CASE WHEN t.flow IS NULL AND NOT has_timers THEN usual
				ELSE smartwf.with_members(usual, json_build_object('flow', t.flow,
					'flowQueued', CASE WHEN t.flow IS NOT NULL THEN t.flow_queued END,
					'timers', (SELECT json_agg(json_build_object('timer', x.timer, 'action', x.action)
							ORDER BY x.position, x.timer)
						FROM smartwf.transition_timers x WHERE x.workflow_id = w.id AND x.transition = t.name))) END
				ORDER BY t.position, t.name), '[]')
			FROM smartwf.transitions t, LATERAL (SELECT EXISTS (
				SELECT FROM smartwf.transition_timers x
				WHERE x.workflow_id = w.id AND x.transition = t.name) AS has_timers,
				json_build_object('name', t.name, 'label', t.label,
				'askComment', t.ask_comment,
				'arcs', (SELECT coalesce(json_agg(json_build_object('from', a.from_state, 'to', a.to_state)
						ORDER BY a.position, a.from_state), '[]')
					FROM smartwf.arcs a WHERE a.workflow_id = w.id AND a.transition = t.name),
				'guard', t.guard, 'guardMessage', t.guard_message,
				'm0', t.m0, 'm1', t.m1, 'm2', t.m2, 'm3', t.m3,
				'parameters', (SELECT coalesce(json_agg(json_build_object('name', p.name, 'label', p.label,
						'type', p.type, 'needed', p.needed, 'multiple', p.multiple,
						'visibility', p.visibility, 'options', p.options) ORDER BY p.position, p.name), '[]')
					FROM smartwf.transition_parameters p WHERE p.workflow_id = w.id AND p.transition = t.name),
				'grants', (SELECT coalesce(json_agg(json_build_object(g.kind, g.grantee)
						ORDER BY g.position, g.grantee), '[]')
					FROM smartwf.transition_grants g WHERE g.workflow_id = w.id AND g.transition = t.name)) AS usual) u
			WHERE t.workflow_id = w.id),
		'translations', (SELECT coalesce(json_object_agg(l.locale, json_build_object(
				'states', smartwf.translations_of(w.id, 'state', l.locale),
				'activities', smartwf.translations_of(w.id, 'activity', l.locale),
				'transitions', smartwf.translations_of(w.id, 'transition', l.locale),
				'parameters', smartwf.translations_of(w.id, 'parameter', l.locale)) ORDER BY l.locale), '{}')
			FROM (SELECT DISTINCT locale FROM smartwf.translations WHERE workflow_id = w.id) l),
		'unsupported', w.unsupported),
		json_build_object('timers', smartwf.timers_of(w.id)))
	FROM smartwf.workflows w
	WHERE w.name = workflow_definition.name
		AND w.version = coalesce(workflow_definition.version, smartwf.newest_version(w.name))
$$;

CREATE OR REPLACE FUNCTION smartwf.check_workflow(name text, version int DEFAULT NULL)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH stored AS MATERIALIZED (
		SELECT smartwf.workflow_definition(name, version)::jsonb AS definition)
	SELECT f.* FROM stored s, smartwf.definition_faults(s.definition) f WHERE s.definition IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0003', format('workflow %s', name), 'it is not defined'
	FROM stored s WHERE s.definition IS NULL
$$;

CREATE OR REPLACE FUNCTION smartwf.check_flow(name text, version int DEFAULT NULL)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH stored AS MATERIALIZED (
		SELECT smartwf.flow_definition(name, version)::jsonb AS definition)
	SELECT f.* FROM stored s, smartwf.flow_faults(s.definition) f WHERE s.definition IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0003', format('flow %s', name), 'it is not defined'
	FROM stored s WHERE s.definition IS NULL
$$;

-- no document id of several rows
CREATE OR REPLACE FUNCTION smartwf.table_faults(relation regclass, workflow_id int, state_column text,
	docid_column text)
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

-- rows that come and go without their triggers
CREATE OR REPLACE FUNCTION smartwf.end_without_rows(structure text) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ended bigint;
BEGIN
	PERFORM smartwf.require_read_committed();
	PERFORM smartwf.require_unlocked(structure);
	WITH gone AS (
		UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
		WHERE e.structure = end_without_rows.structure AND e.deleted_at IS NULL
			AND e.docid NOT IN (SELECT r.docid FROM smartwf.rows_of_structure(end_without_rows.structure) r
				WHERE r.docid IS NOT NULL)
		RETURNING e.docid, e.workflow_id
	), line AS (
		INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
		SELECT g.docid, coalesce(last.revision, -1) + 1, clock_timestamp(), smartwf.actor(), last.to_state,
			g.workflow_id
		FROM gone g LEFT JOIN LATERAL (
			SELECT h.revision, h.to_state FROM smartwf.history h
			WHERE h.docid = g.docid ORDER BY h.revision DESC LIMIT 1) last ON true
		RETURNING docid)
	SELECT count(*) INTO ended FROM (SELECT smartwf.announce_end(docid) FROM line) announced;
	RETURN ended;
END
$$;

CREATE OR REPLACE FUNCTION smartwf.register_rows(s smartwf.structures, version_id int, OUT registered bigint,
	OUT with_timer text[])
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	-- in the order of the indexes, which then are written page by page
	WITH missing AS MATERIALIZED (
		SELECT r.docid, r.state, e.docid IS NOT NULL AS lived_before, clock_timestamp() AS at
		FROM smartwf.rows_of_structure(s.name) r LEFT JOIN smartwf.elements e ON e.docid = r.docid
		WHERE e.docid IS NULL OR e.deleted_at IS NOT NULL
		ORDER BY r.docid
	), born AS (
		INSERT INTO smartwf.elements (docid, structure, workflow_id, created_at)
		SELECT docid, s.name, version_id, at FROM missing WHERE NOT lived_before
	), born_again AS (
		UPDATE smartwf.elements e SET structure = s.name, workflow_id = version_id,
			created_at = CASE WHEN e.structure = s.name THEN e.created_at ELSE m.at END,
			deleted_at = NULL, locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
		FROM missing m WHERE m.lived_before AND e.docid = m.docid
	), line AS (
		INSERT INTO smartwf.history (docid, revision, at, actor, to_state, workflow_id)
		SELECT docid, CASE WHEN lived_before
				THEN (SELECT coalesce(max(revision), -1) + 1 FROM smartwf.history h WHERE h.docid = missing.docid)
				ELSE 0 END,
			at, smartwf.actor(), state, version_id FROM missing
		RETURNING docid, to_state)
	SELECT count(*), array_agg(docid) FILTER (WHERE to_state IN (SELECT x.name FROM smartwf.states x
		WHERE x.workflow_id = version_id AND x.timer IS NOT NULL))
	FROM line
$$;

DROP FUNCTION smartwf.record_end(text, int);

-- history, page by page
DROP FUNCTION smartwf.get_history(text, text);
CREATE FUNCTION smartwf.get_history(docid text, structure text DEFAULT NULL, before int DEFAULT NULL,
	most int DEFAULT 1000) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_get_history';
COMMENT ON FUNCTION smartwf.get_history(text, text, int, int) IS
'Returns the history of a document, the latest change first (json): revision, date (ISO 8601), actor, transition, '
'states, comment, parameters and messages. docid (text): the document; structure (text): if given, the structure to '
'which the document must belong; before (int): if given, only changes of an earlier revision; most (int): the number '
'of changes at most. Raises WF400 if most is not positive, and the errors of get_states().';
REVOKE ALL ON FUNCTION smartwf.get_history(text, text, int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.get_history(text, text, int, int) TO PUBLIC;

DROP FUNCTION smartwf_api.get_history(text, text);
CREATE FUNCTION smartwf_api.get_history(docid text, structure text DEFAULT NULL, before int DEFAULT NULL,
	most int DEFAULT 1000) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_api_get_history';

-- the comments of the functions of the same names in schema smartwf
DO $install$
BEGIN
	EXECUTE format('COMMENT ON FUNCTION smartwf_api.get_history(text, text, int, int) IS %L', regexp_replace(
		pg_catalog.obj_description('smartwf.get_history(text, text, int, int)'::regprocedure, 'pg_proc'),
		'Raises (.*)$', 'Failures, as HTTP status and code: \1'));
END
$install$;

-- sessions ask again which version they serve
ALTER TABLE smartwf.workflows ALTER COLUMN id SET STATISTICS -1;
