-- From 0.1.0 to 0.2.0: definitions of any size, attach() and TRUNCATE by sets, history page by page, notifications
-- of workflows, XML in several files, views for PostgREST.
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
		-- those of imported definitions have hyphens
		AND NOT (o.kind = 'timer' AND o.value ->> 'name' ~ '^[A-Za-z_][A-Za-z0-9_:-]{0,48}$')
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
		-- keys about flows, timers and notifications are only shown if they are used
		'states', (SELECT coalesce(json_agg(CASE WHEN s.flow IS NULL AND s.timer IS NULL AND s.notifications = '[]'
				THEN usual
				ELSE smartwf.with_members(usual, json_build_object('flow', s.flow,
					'flowQueued', CASE WHEN s.flow IS NOT NULL THEN s.flow_queued END, 'timer', s.timer,
					'notifications', nullif(s.notifications, '[]'))) END
				ORDER BY s.position, s.name), '[]')
			FROM smartwf.states s, LATERAL (SELECT json_build_object('name', s.name, 'label', s.label,
				'activity', s.activity, 'color', s.color, 'initial', s.is_initial) AS usual) u
			WHERE s.workflow_id = w.id),
		'transitions', (SELECT coalesce(json_agg(CASE WHEN t.flow IS NULL AND NOT has_timers
				AND t.notifications = '[]' THEN usual
				ELSE smartwf.with_members(usual, json_build_object('flow', t.flow,
					'flowQueued', CASE WHEN t.flow IS NOT NULL THEN t.flow_queued END,
					'timers', (SELECT json_agg(json_build_object('timer', x.timer, 'action', x.action)
							ORDER BY x.position, x.timer)
						FROM smartwf.transition_timers x WHERE x.workflow_id = w.id AND x.transition = t.name),
					'notifications', nullif(t.notifications, '[]'))) END
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
CREATE OR REPLACE FUNCTION smartwf.table_faults(relation regclass, workflow_id int, state_column text, docid_column text)
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

-- notifications of workflows
ALTER TABLE smartwf.states ADD COLUMN notifications jsonb NOT NULL DEFAULT '[]'
	CHECK (jsonb_typeof(notifications) = 'array');
ALTER TABLE smartwf.transitions ADD COLUMN notifications jsonb NOT NULL DEFAULT '[]'
	CHECK (jsonb_typeof(notifications) = 'array');
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.notification_faults');

-- XML in several files, and back
DROP FUNCTION smartwf.import_namespaces();
DROP FUNCTION smartwf.imported_unsupported(xml);

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

-- Functions that are new or have changed.

CREATE OR REPLACE FUNCTION smartwf.workflow_shape(workflow int) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(
		(SELECT jsonb_agg(jsonb_build_array(name, is_initial, timer, flow, flow_queued)
			|| CASE notifications WHEN '[]' THEN '[]' ELSE jsonb_build_array(notifications) END ORDER BY name)
			FROM smartwf.states WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(name, ask_comment, guard, m0, m1, m2, m3, flow, flow_queued)
			|| CASE notifications WHEN '[]' THEN '[]' ELSE jsonb_build_array(notifications) END ORDER BY name)
			FROM smartwf.transitions WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(from_state, to_state, transition) ORDER BY from_state, transition)
			FROM smartwf.arcs WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(transition, name, type, needed, multiple, visibility, options)
			ORDER BY transition, name)
			FROM smartwf.transition_parameters WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(name, reference_column, delta) ORDER BY name)
			FROM smartwf.workflow_timers WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(timer, position, delta, kind, settings) ORDER BY timer, position)
			FROM smartwf.timer_tasks WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(transition, timer, action) ORDER BY transition, timer)
			FROM smartwf.transition_timers WHERE workflow_id = workflow))::text, 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION smartwf.definition_objects(definition jsonb)
	RETURNS TABLE (kind text, object text, value jsonb, parent text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH state AS (
		SELECT format('state %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'states')
	), transition AS (
		SELECT format('transition %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'transitions')
	), timer AS (
		SELECT format('timer %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'timers'))
	SELECT 'workflow', format('workflow %s', definition ->> 'name'), definition, NULL
	UNION ALL
	SELECT 'state', object, item, NULL FROM state
	UNION ALL
	SELECT 'transition', object, item, NULL FROM transition
	UNION ALL
	SELECT 'arc', format('%s arc %s', t.object, a.number), a.item, t.object
	FROM transition t, smartwf.items(t.item, 'arcs') a
	UNION ALL
	SELECT 'parameter', format('%s parameter %s', t.object, coalesce(p.item ->> 'name', '#' || p.number)), p.item,
		t.object
	FROM transition t, smartwf.items(t.item, 'parameters') p
	UNION ALL
	SELECT 'grant', format('%s grant %s', t.object, g.number), g.item, t.object
	FROM transition t, smartwf.items(t.item, 'grants') g
	UNION ALL
	SELECT 'transition timer', format('%s timer %s', t.object, x.number), x.item, t.object
	FROM transition t, smartwf.items(t.item, 'timers') x
	UNION ALL
	SELECT 'notification', format('%s notification %s', o.object, n.number), n.item, o.object
	FROM (SELECT * FROM state UNION ALL SELECT * FROM transition) o, smartwf.items(o.item, 'notifications') n
	UNION ALL
	SELECT 'timer', object, item, NULL FROM timer
	UNION ALL
	SELECT 'task', format('%s task %s', t.object, k.number), k.item, t.object
	FROM timer t, smartwf.items(t.item, 'tasks') k
$$;
COMMENT ON FUNCTION smartwf.definition_objects(jsonb) IS
'Returns one row for each object in the JSON form of a workflow (jsonb): its kind (text), its name in messages '
'(text), its JSON value (jsonb), and the state, transition or timer that contains it (text).';

CREATE OR REPLACE FUNCTION smartwf.definition_keys()
	RETURNS TABLE (kind text, key text, type text, needed boolean, code text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	VALUES
		('workflow', 'name', 'string', true, 'WFL0050'),
		('workflow', 'label', 'string', false, 'WFL0102'),
		('workflow', 'description', 'string', false, 'WFL0102'),
		('workflow', 'locale', 'string', false, 'WFL0056'),
		('workflow', 'states', 'array', true, 'WFL0102'),
		('workflow', 'transitions', 'array', false, 'WFL0102'),
		('workflow', 'translations', 'object', false, 'WFL0102'),
		('workflow', 'timers', 'array', false, 'WFL0102'),
		('workflow', 'unsupported', 'array', false, 'WFL0102'),
		('state', 'name', 'string', true, 'WFL0050'),
		('state', 'label', 'string', false, 'WFL0102'),
		('state', 'activity', 'string', false, 'WFL0102'),
		('state', 'color', 'string', false, 'WFL0054'),
		('state', 'initial', 'boolean', false, 'WFL0102'),
		('state', 'timer', 'string', false, 'WFL0102'),
		('state', 'flow', 'string', false, 'WFL0102'),
		('state', 'flowQueued', 'boolean', false, 'WFL0102'),
		('state', 'notifications', 'array', false, 'WFL0102'),
		('transition', 'name', 'string', true, 'WFL0202'),
		('transition', 'label', 'string', false, 'WFL0102'),
		('transition', 'askComment', 'boolean', false, 'WFL0107'),
		('transition', 'arcs', 'array', true, 'WFL0102'),
		('transition', 'guard', 'string', false, 'WFL0110'),
		('transition', 'guardMessage', 'string', false, 'WFL0102'),
		('transition', 'm0', 'string', false, 'WFL0108'),
		('transition', 'm1', 'string', false, 'WFL0105'),
		('transition', 'm2', 'string', false, 'WFL0106'),
		('transition', 'm3', 'string', false, 'WFL0109'),
		('transition', 'parameters', 'array', false, 'WFL0103'),
		('transition', 'grants', 'array', false, 'WFL0102'),
		('transition', 'timers', 'array', false, 'WFL0102'),
		('transition', 'flow', 'string', false, 'WFL0102'),
		('transition', 'flowQueued', 'boolean', false, 'WFL0102'),
		('transition', 'notifications', 'array', false, 'WFL0102'),
		('notification', 'template', 'string', true, 'WFL0102'),
		('notification', 'channel', 'string', true, 'WFL0102'),
		('notification', 'users', 'array', false, 'WFL0102'),
		('notification', 'userField', 'string', false, 'WFL0102'),
		('notification', 'renderType', 'string', false, 'WFL0102'),
		('notification', 'properties', 'object', false, 'WFL0102'),
		('transition timer', 'timer', 'string', true, 'WFL0130'),
		('transition timer', 'action', 'string', true, 'WFL0131'),
		('timer', 'name', 'string', true, 'WFL0050'),
		('timer', 'label', 'string', false, 'WFL0102'),
		('timer', 'column', 'string', false, 'WFL0120'),
		('timer', 'delta', 'string', false, 'WFL0132'),
		('timer', 'tasks', 'array', true, 'WFL0102'),
		('task', 'delta', 'string', false, 'WFL0132'),
		('task', 'kind', 'string', true, 'WFL0133'),
		('task', 'settings', 'object', false, 'WFL0102'),
		('arc', 'from', 'string', true, 'WFL0102'),
		('arc', 'to', 'string', true, 'WFL0102'),
		('parameter', 'name', 'string', true, 'WFL0050'),
		('parameter', 'label', 'string', false, 'WFL0102'),
		('parameter', 'type', 'string', false, 'WFL0111'),
		('parameter', 'needed', 'boolean', false, 'WFL0102'),
		('parameter', 'multiple', 'boolean', false, 'WFL0102'),
		('parameter', 'visibility', 'string', false, 'WFL0102'),
		('parameter', 'options', 'object', false, 'WFL0112'),
		('grant', 'role', 'string', false, 'WFL0121'),
		('grant', 'column', 'string', false, 'WFL0121')
$$;

CREATE OR REPLACE FUNCTION smartwf.unsupported_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'warning', 'WFL0904', coalesce(item ->> 'object', 'workflow'),
		format('element "%s" is kept, but has no effect yet', item ->> 'element')
	FROM smartwf.items(definition, 'unsupported')
	-- these are for the export
	WHERE item ->> 'element' NOT IN ('@name', '@label')
$$;

CREATE OR REPLACE FUNCTION smartwf.complete_optional_keys(item jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT item - 'flow' - 'flowQueued' - 'timer' - 'timers' - 'notifications'
		|| CASE WHEN item ->> 'flow' IS NULL THEN '{}'
			ELSE jsonb_build_object('flow', item -> 'flow', 'flowQueued', coalesce((item ->> 'flowQueued')::boolean,
				false)) END
		|| CASE WHEN item ->> 'timer' IS NULL THEN '{}' ELSE jsonb_build_object('timer', item -> 'timer') END
		|| CASE WHEN coalesce(item -> 'timers', '[]') IN ('[]', 'null') THEN '{}'
			ELSE jsonb_build_object('timers', item -> 'timers') END
		|| CASE WHEN coalesce(item -> 'notifications', '[]') IN ('[]', 'null') THEN '{}'
			ELSE jsonb_build_object('notifications', (SELECT jsonb_agg(jsonb_strip_nulls(n.item) ORDER BY n.number)
				FROM smartwf.items(item, 'notifications') n)) END
$$;
COMMENT ON FUNCTION smartwf.complete_optional_keys(jsonb) IS
'Returns a state or transition in JSON form (jsonb) with its keys about flows, timers and notifications filled in, or '
'removed if they are not used.';

CREATE OR REPLACE FUNCTION smartwf.store_definition(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	new smartwf.workflows;
BEGIN
	INSERT INTO smartwf.workflows (name, version, label, description, locale, unsupported)
		VALUES (definition ->> 'name', coalesce(smartwf.newest_version(definition ->> 'name'), 0) + 1,
			definition ->> 'label', definition ->> 'description', definition ->> 'locale',
			definition -> 'unsupported')
		RETURNING * INTO new;
	INSERT INTO smartwf.workflow_timers (workflow_id, name, label, reference_column, delta, position)
		SELECT new.id, item ->> 'name', item ->> 'label', item ->> 'column', item ->> 'delta', number
		FROM smartwf.items(definition, 'timers');
	INSERT INTO smartwf.timer_tasks (workflow_id, timer, position, delta, kind, settings)
		SELECT new.id, t.item ->> 'name', k.number, k.item ->> 'delta', k.item ->> 'kind', k.item -> 'settings'
		FROM smartwf.items(definition, 'timers') t, smartwf.items(t.item, 'tasks') k;
	INSERT INTO smartwf.states (workflow_id, name, label, activity, color, is_initial, timer, flow, flow_queued,
		notifications, position)
		SELECT new.id, item ->> 'name', item ->> 'label', item ->> 'activity', item ->> 'color',
			(item ->> 'initial')::boolean, item ->> 'timer', item ->> 'flow', coalesce((item ->> 'flowQueued')::boolean,
				false), coalesce(item -> 'notifications', '[]'), number
		FROM smartwf.items(definition, 'states');
	INSERT INTO smartwf.transitions (workflow_id, name, label, ask_comment, guard, guard_message, m0, m1, m2, m3, flow,
		flow_queued, notifications, position)
		SELECT new.id, item ->> 'name', item ->> 'label', (item ->> 'askComment')::boolean, item ->> 'guard',
			item ->> 'guardMessage', item ->> 'm0', item ->> 'm1', item ->> 'm2', item ->> 'm3', item ->> 'flow',
			coalesce((item ->> 'flowQueued')::boolean, false), coalesce(item -> 'notifications', '[]'), number
		FROM smartwf.items(definition, 'transitions');
	INSERT INTO smartwf.transition_timers (workflow_id, transition, timer, action, position)
		SELECT new.id, t.item ->> 'name', x.item ->> 'timer', x.item ->> 'action', x.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'timers') x;
	INSERT INTO smartwf.arcs (workflow_id, from_state, to_state, transition, position)
		SELECT new.id, a.item ->> 'from', a.item ->> 'to', t.item ->> 'name', a.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'arcs') a;
	INSERT INTO smartwf.transition_parameters (workflow_id, transition, name, label, type, needed, multiple, visibility,
		options, position)
		SELECT new.id, t.item ->> 'name', p.item ->> 'name', p.item ->> 'label', p.item ->> 'type',
			(p.item ->> 'needed')::boolean, (p.item ->> 'multiple')::boolean, p.item ->> 'visibility',
				p.item -> 'options', p.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'parameters') p;
	INSERT INTO smartwf.transition_grants (workflow_id, transition, kind, grantee, position)
		SELECT new.id, t.item ->> 'name', m.key, m.value #>> '{}', g.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'grants') g, smartwf.members(g.item) m;
	INSERT INTO smartwf.translations (workflow_id, kind, name, locale, label)
		SELECT new.id, k.kind, m.key, l.key, m.value #>> '{}'
		FROM smartwf.members(definition -> 'translations') l,
			(VALUES ('states', 'state'), ('activities', 'activity'), ('transitions', 'transition'),
				('parameters', 'parameter')) AS k (key, kind),
			smartwf.members(l.value -> k.key) m;
	RETURN new.version;
END
$$;

CREATE OR REPLACE FUNCTION smartwf.codes_of_surroundings() RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY['WFL0105', 'WFL0106', 'WFL0108', 'WFL0109', 'WFL0110', 'WFL0120', 'WFL0510', 'WFL0516']
$$;

CREATE OR REPLACE FUNCTION smartwf.imported_unsupported(definition xml, workflow jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH kept AS MATERIALIZED (
		SELECT x.number, x.element, x.kind, CASE x.kind WHEN 'task' THEN x.timer ELSE x.ref END AS ref,
			x.source::text AS source
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow,
			'https://platform.anakeen.com/4/schemas/timer/1.0' AS timer,
			'https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//workflow:graph/*[not(self::workflow:steps or self::workflow:transitions)]
		| //workflow:graph/workflow:steps/*[not(self::workflow:step)]
		| //workflow:graph/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:graph/*/workflow:transition[@name and not(@from and @to)]
		| //workflow:graph/*/*[self::workflow:step or self::workflow:transition]/*
		| //workflow:config/*[not(self::workflow:steps or self::workflow:transitions or self::workflow:description)]
		| //workflow:config/workflow:steps/*[not(self::workflow:step)]
		| //workflow:config/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:config/*/workflow:step/*[not(self::workflow:color or self::workflow:timer
			or self::workflow:mailtemplate)]
		| //workflow:config/*/workflow:transition/*[not(self::workflow:timer or self::workflow:mailtemplate)]
		| //mail:mailtemplate/*[not(self::mail:recipients or self::mail:subject or self::mail:body)]
		| //timer:task/timer:process
		| //timer:task/timer:sendmail[not(@ref = //mail:mailtemplate/@name)]
		| /*[not(self::workflow:graph or self::workflow:config)]/*[not(self::workflow:graph or self::workflow:config
			or self::timer:timer or self::mail:mailtemplate)]'
		PASSING definition
		COLUMNS number FOR ORDINALITY, element text PATH 'local-name(.)', kind text PATH 'local-name(..)',
			ref text PATH 'string((../@ref | ../@name)[1])', timer text PATH '../../../@name', source xml PATH '.') x
	), named AS (
		SELECT r.number, r.name FROM (SELECT array_agg(kind ORDER BY number) AS kinds, array_agg(ref ORDER BY number) AS refs
			FROM kept) k, smartwf.references_of(workflow, k.kinds, k.refs) r)
	SELECT coalesce(jsonb_agg(smartwf.kept(btrim(concat_ws(' ', k.kind, coalesce(n.name, k.ref))), k.element, k.source)
		ORDER BY k.number), '[]')
	FROM (SELECT *, row_number() OVER (ORDER BY number) AS place FROM kept) k LEFT JOIN named n ON n.number = k.place
$$;
COMMENT ON FUNCTION smartwf.imported_unsupported(xml, jsonb) IS
'Returns the elements in XML form (xml) that have no effect in smartwf, as entries of workflows.unsupported (jsonb). '
'workflow (jsonb): the workflow in JSON form, which knows the names that references mean.';
REVOKE ALL ON FUNCTION smartwf.imported_unsupported(xml, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION smartwf.imported_states(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', g.name, 'label', g.label, 'activity',
		g.activity, 'initial', lower(g.initial) IN ('true', '1'))) ORDER BY g.number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph/workflow:steps/workflow:step' PASSING definition
		COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@state-label',
			activity text PATH '@activity-label', initial text PATH '@initial') g
$$;

CREATE OR REPLACE FUNCTION smartwf.imported_transitions(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH element AS (
		SELECT DISTINCT ON (name, "from", "to", unnamed) * FROM (
			SELECT x.*, CASE WHEN x.name IS NULL THEN x.number END AS unnamed FROM xmltable(
				XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
				'//workflow:graph/workflow:transitions/workflow:transition[not(@name) or (@from and @to)]'
				PASSING definition
				COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@label',
					"from" text PATH '@from', "to" text PATH '@to') x) e
		ORDER BY name, "from", "to", unnamed, number
	), named AS (
		SELECT CASE WHEN row_number() OVER (PARTITION BY name, "from" ORDER BY number) > 1
			THEN format('%s:%s', name, "to") ELSE name END AS name, label, "from", "to", number, unnamed FROM element)
	SELECT coalesce(jsonb_agg(transition ORDER BY number), '[]') FROM (
		SELECT min(number) AS number, jsonb_strip_nulls(jsonb_build_object('name', name,
			'label', (array_agg(label ORDER BY number) FILTER (WHERE label IS NOT NULL))[1],
			'arcs', jsonb_agg(jsonb_build_object('from', "from", 'to', "to") ORDER BY number))) AS transition
		FROM named GROUP BY name, unnamed) t
$$;
COMMENT ON FUNCTION smartwf.imported_transitions(xml) IS
'Returns the transitions of a workflow in XML form (xml) in JSON form (jsonb). Transitions of the same name become '
'arcs of one transition, unless they leave the same state.';

CREATE OR REPLACE FUNCTION smartwf.import_workflow(definition xml) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ns text[] := ARRAY[['workflow', 'https://platform.anakeen.com/4/schemas/workflow/1.0']];
	graphs int := cardinality(xpath('//workflow:graph', definition, ns));
	part record;
	base record;
	mails jsonb;
	workflow jsonb;
	faults text[] := '{}';
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	END IF;
	LOCK TABLE smartwf.workflows IN SHARE ROW EXCLUSIVE MODE;	-- another import adds to what this one leaves
	SELECT count(DISTINCT name) AS names, min(name) AS name, min(model) AS model, min(label) AS label,
		min(description) AS description, min(graph) AS graph, min(graph_label) AS graph_label INTO part
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:config | //workflow:graph' PASSING definition
			COLUMNS name text PATH 'self::workflow:config/@name', model text PATH 'self::workflow:config/@model',
				label text PATH 'self::workflow:config/@label', description text PATH 'workflow:description',
				graph text PATH 'self::workflow:graph/@name', graph_label text PATH 'self::workflow:graph/@label');
	IF graphs > 1 OR graphs = 0 AND part.names = 0 THEN
		RAISE EXCEPTION 'document must hold one workflow:graph or configurations of one, not %', graphs
			USING ERRCODE = 'WF400', HINT = format('Elements belong to the namespace %s.', ns[1][2]);
	ELSIF part.names > 1 THEN
		RAISE EXCEPTION 'configurations must be of one workflow, not of %', part.names USING ERRCODE = 'WF400';
	ELSIF graphs = 1 AND lower(part.model) <> lower(part.graph) THEN
		faults := ARRAY[format('WFL0207 configuration %s: it is of graph "%s", not "%s"', part.name, part.model,
			part.graph)];
	END IF;
	part.name := coalesce(part.name, part.graph);
	base := smartwf.import_base(part.name, part.model, graphs = 1);
	faults := array_remove(faults || base.fault, NULL);
	IF graphs = 0 AND base.base IS NULL THEN
		PERFORM smartwf.refuse(format('definition of workflow "%s"', part.name), faults);
	END IF;
	workflow := base.base;
	IF graphs = 1 THEN
		workflow := smartwf.with_graph(base.base, jsonb_strip_nulls(jsonb_build_object('name', part.name, 'label',
			part.graph_label, 'states', smartwf.imported_states(definition),
			'transitions', smartwf.imported_transitions(definition))));
	END IF;
	workflow := smartwf.with_kept(workflow || jsonb_strip_nulls(jsonb_build_object('label', part.label, 'description',
		part.description)), smartwf.imported_attributes(definition)
			|| smartwf.imported_unsupported(definition, workflow), graphs = 1);
	mails := smartwf.known_mails(definition, base.base);
	workflow := smartwf.with_timers(workflow, smartwf.imported_timers(definition, mails));
	faults := faults || smartwf.reference_faults(workflow, definition) || smartwf.mail_faults(definition);
	workflow := smartwf.with_settings(workflow, definition, mails);
	IF cardinality(faults) > 0 THEN
		PERFORM smartwf.refuse(format('definition of workflow "%s"', part.name), faults || ARRAY(
			SELECT format('%s %s: %s', code, object, message) FROM smartwf.definition_faults(workflow)
				WHERE severity = 'error' AND code <> 'WFL0510'));
	END IF;
	IF cardinality(xpath('//mail:mailtemplate', definition, ARRAY[['mail',
			'https://platform.anakeen.com/4/schemas/mailtemplate/1.0']])) > 0 THEN
		PERFORM smartwf.store_templates(definition);
	END IF;
	RETURN smartwf.define_workflow(workflow);
END
$$;
COMMENT ON FUNCTION smartwf.import_workflow(xml) IS
'Creates a workflow, or its next version, from its XML form, and publishes it. definition (xml): a graph, '
'configurations of it, or both, with the timers and mail templates that they name. The name of the workflow is that '
'of the configuration or, without one, that of the graph. What the document says replaces what the workflow has; the '
'rest stays, so that graph and configurations can be imported one after the other. Returns the version number (int). '
'What has no effect is kept, and reported as warnings. Raises WF001 with one line of DETAIL for each fault, and '
'WF400 if the document contains neither graph nor configuration, or several graphs or workflows.';

CREATE OR REPLACE FUNCTION smartwf.timer_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY
	WITH object AS (
		SELECT o.* FROM smartwf.definition_objects(definition) o
	), use (object, timer) AS (
		SELECT o.object, o.value ->> 'timer' FROM object o WHERE o.kind IN ('state', 'transition timer')
			AND jsonb_typeof(o.value -> 'timer') = 'string'
	), as_flow AS (
		SELECT smartwf.flow_of_steps(jsonb_agg(jsonb_build_object('name', o.object, 'kind', o.value -> 'kind',
			'settings', o.value -> 'settings'))) AS flow
		FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' IN ('send_notification',
			'send_templated_notification')
	), relation AS (
		SELECT smartwf.attached_relation(s.name) AS relation FROM smartwf.structures s
			WHERE s.workflow = definition ->> 'name'
	)
	SELECT 'error', 'WFL0130', o.object, 'a timer of that name is defined twice'
	FROM object o WHERE o.kind = 'timer' GROUP BY o.object HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0130', u.object, format('timer "%s" is not defined', u.timer) FROM use u
	WHERE NOT EXISTS (SELECT FROM object o WHERE o.kind = 'timer' AND o.value ->> 'name' = u.timer)
	UNION ALL
	SELECT 'error', 'WFL0131', o.parent, format('timer "%s" is named twice', o.value ->> 'timer')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'timer' IS NOT NULL GROUP BY o.parent,
		o.value ->> 'timer' HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0131', o.object, format('action "%s" must be one of volatile, persistent, unattach',
		o.value ->> 'action')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'action' NOT IN ('volatile', 'persistent',
		'unattach')
	UNION ALL
	SELECT 'error', 'WFL0132', o.object, format('delta "%s" is no interval', o.value ->> 'delta')
	FROM object o WHERE o.kind IN ('timer', 'task') AND jsonb_typeof(o.value -> 'delta') = 'string'
		AND NOT smartwf.is_signed_interval(o.value ->> 'delta')
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, 'it has no task' FROM object o WHERE o.kind = 'timer'
		AND o.value -> 'tasks' = '[]'
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, format('unknown kind "%s"', o.value ->> 'kind') FROM object o
	WHERE o.kind = 'task' AND o.value ->> 'kind' NOT IN ('send_notification', 'send_templated_notification')
		AND o.value ->> 'kind' NOT IN (SELECT k.kind FROM smartwf.task_settings() k)
	UNION ALL
	SELECT 'error', 'WFL0134', o.object, format('a task of kind "%s" needs the setting "%s", a string, and no other',
		k.kind, k.setting)
	FROM object o JOIN smartwf.task_settings() k ON k.kind = o.value ->> 'kind'
	WHERE o.kind = 'task' AND (jsonb_typeof(o.value -> 'settings' -> k.setting) IS DISTINCT FROM 'string'
		OR EXISTS (SELECT FROM smartwf.members(o.value -> 'settings') m WHERE m.key <> k.setting))
	UNION ALL
	SELECT 'error', f.code, regexp_replace(f.object, '^step ', ''), f.message
	FROM as_flow a, LATERAL (SELECT * FROM smartwf.flow_form_faults(a.flow) UNION ALL SELECT *
		FROM smartwf.flow_setting_faults(a.flow)) f
	WHERE a.flow #> '{stages,0,steps}' <> 'null'
	UNION ALL
	SELECT 'error', 'WFL0201', o.object, format('state "%s" is not defined', o.value #>> '{settings,state}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'go_to_state'
		AND o.value #>> '{settings,state}' IS NOT NULL
		AND NOT EXISTS (SELECT FROM object s WHERE s.kind = 'state'
			AND s.value ->> 'name' = o.value #>> '{settings,state}')
	UNION ALL
	SELECT 'error', 'WFL0516', o.object, smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'call_function'
		AND smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb') IS NOT NULL
	UNION ALL
	SELECT 'warning', 'WFL0905', o.object, format('flow "%s" is not published', o.value #>> '{settings,flow}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'start_flow'
		AND o.value #>> '{settings,flow}' IS NOT NULL
		AND NOT smartwf.is_published_flow(o.value #>> '{settings,flow}')
	UNION ALL
	SELECT 'error', 'WFL0120', o.object, format('column "%s" of %s is no date or time', o.value ->> 'column',
		r.relation)
	FROM object o, relation r
	WHERE o.kind = 'timer' AND jsonb_typeof(o.value -> 'column') = 'string' AND r.relation IS NOT NULL
		AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			WHERE a.attrelid = r.relation AND a.attname = o.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped
				AND coalesce(nullif(t.typbasetype, 0), t.oid) IN ('date'::regtype, 'timestamp'::regtype,
					'timestamptz'::regtype))
	UNION ALL
	SELECT 'warning', 'WFL0906', o.object, 'nothing attaches it' FROM object o
	WHERE o.kind = 'timer' AND NOT EXISTS (SELECT FROM use u WHERE u.timer = o.value ->> 'name');
END
$$;

CREATE FUNCTION smartwf.equality_of(type regtype) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_equality_of';
COMMENT ON FUNCTION smartwf.equality_of(regtype) IS
'Returns the equality operator of a type (regtype) as schema.operator (text), as OPERATOR() takes it. Raises 42883 if '
'the type has none.';
REVOKE ALL ON FUNCTION smartwf.equality_of(regtype) FROM PUBLIC;

CREATE FUNCTION smartwf.document_state(docid text, OUT workflow text, OUT version int, OUT state text, OUT label text,
	OUT activity text, OUT color text, OUT since timestamptz, OUT actor text, OUT locked_by text) RETURNS SETOF record
	LANGUAGE c STABLE COST 20 ROWS 1 AS 'MODULE_PATHNAME', 'smartwf_document_state';
COMMENT ON FUNCTION smartwf.document_state(text) IS
'Returns the state of a document (docid, text) as one row: workflow (text), version (int), state, label, activity and '
'color (text) in the reader''s language, since when it is in this state (since, timestamptz), who has brought it '
'there (actor, text) and who has locked it (locked_by, text). since and actor are null if the state was changed while '
'the triggers did not fire. Returns no row of a document that the caller cannot see.';
REVOKE ALL ON FUNCTION smartwf.document_state(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.document_state(text) TO PUBLIC;

CREATE FUNCTION smartwf.document_next_states(docid text, OUT state text, OUT label text, OUT activity text,
	OUT color text, OUT transition text, OUT transition_label text, OUT error text) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 5 AS 'MODULE_PATHNAME', 'smartwf_document_next_states';
COMMENT ON FUNCTION smartwf.document_next_states(text) IS
'Returns the states that the caller may bring a document (docid, text) to, one row each: state, label, activity, '
'color, the transition that leads there (transition, transition_label), and what another''s lock, its guard or m0 '
'object to it (error) (text each). Returns no row of a document that the caller cannot see.';
REVOKE ALL ON FUNCTION smartwf.document_next_states(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.document_next_states(text) TO PUBLIC;

CREATE FUNCTION smartwf.document_transitions(docid text, OUT transition text, OUT label text, OUT valid boolean,
	OUT to_state text, OUT ask_comment boolean) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 10 AS 'MODULE_PATHNAME', 'smartwf_document_transitions';
COMMENT ON FUNCTION smartwf.document_transitions(text) IS
'Returns the transitions of the workflow of a document (docid, text), one row each: transition and label (text), '
'whether it leaves the current state (valid, boolean) and where it leads (to_state, text), and whether it accepts a '
'comment (ask_comment, boolean). Returns no row of a document that the caller cannot see.';
REVOKE ALL ON FUNCTION smartwf.document_transitions(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.document_transitions(text) TO PUBLIC;

CREATE FUNCTION smartwf.document_states(docid text) RETURNS SETOF text
	LANGUAGE c STABLE COST 20 ROWS 10 AS 'MODULE_PATHNAME', 'smartwf_document_states';
COMMENT ON FUNCTION smartwf.document_states(text) IS
'Returns the names (text) of the states of the workflow of a document (docid, text). Returns no row of a document '
'that the caller cannot see.';
REVOKE ALL ON FUNCTION smartwf.document_states(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.document_states(text) TO PUBLIC;

CREATE FUNCTION smartwf.document_history(docid text, OUT revision int, OUT at timestamptz, OUT actor text,
	OUT transition text, OUT from_state text, OUT to_state text, OUT comment text, OUT parameters jsonb,
	OUT messages text[]) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 20 AS 'MODULE_PATHNAME', 'smartwf_document_history';
COMMENT ON FUNCTION smartwf.document_history(text) IS
'Returns the history of a document (docid, text), the latest change first: revision (int), at (timestamptz), actor, '
'transition, from_state, to_state and comment (text), parameters (jsonb, without those of columns that the caller may '
'not select), and what the hooks returned (messages, text[]). Returns no row of a document that the caller cannot '
'see.';
REVOKE ALL ON FUNCTION smartwf.document_history(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.document_history(text) TO PUBLIC;

CREATE FUNCTION smartwf.visible_structures() RETURNS text[]
	LANGUAGE c STABLE COST 100 AS 'MODULE_PATHNAME', 'smartwf_visible_structures';
COMMENT ON FUNCTION smartwf.visible_structures() IS
'Returns the structures (text[]) of tables of which the caller may select the document ids.';
REVOKE ALL ON FUNCTION smartwf.visible_structures() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.visible_structures() TO PUBLIC;

CREATE FUNCTION smartwf.is_filtered() RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT row_security_active('smartwf.elements') AND NOT has_table_privilege('smartwf.elements', 'SELECT')
$$;
COMMENT ON FUNCTION smartwf.is_filtered() IS
'Returns true if the caller sees only those rows of smartwf.elements that are about documents whose rows the caller '
'can see.';
REVOKE ALL ON FUNCTION smartwf.is_filtered() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.is_filtered() TO PUBLIC;

CREATE FUNCTION smartwf.flow_of_steps(steps jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_build_object('name', 'x', 'stages', jsonb_build_array(jsonb_build_object('name', 'x', 'steps', steps)))
$$;
COMMENT ON FUNCTION smartwf.flow_of_steps(jsonb) IS
'Returns a flow in JSON form (jsonb) that has the given steps (jsonb: an array of steps in JSON form), so that they '
'can be checked.';
REVOKE ALL ON FUNCTION smartwf.flow_of_steps(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.notification_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'error', f.code, regexp_replace(f.object, '^step ', ''), f.message
	FROM smartwf.flow_setting_faults(smartwf.flow_of_steps((
		SELECT jsonb_agg(jsonb_build_object('name', o.object, 'kind', 'send_templated_notification', 'settings', o.value))
		FROM smartwf.definition_objects(definition) o
		WHERE o.kind = 'notification' AND jsonb_typeof(o.value) = 'object'))) f
$$;
COMMENT ON FUNCTION smartwf.notification_faults(jsonb) IS
'Returns the faults of the notifications in the JSON form of a workflow (jsonb): channels, templates, recipients.';
REVOKE ALL ON FUNCTION smartwf.notification_faults(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.color_code(color text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN color ~ '^#[0-9A-Fa-f]{3}$' THEN '#' || upper(regexp_replace(substr(color, 2), '(.)', '\1\1', 'g'))
		ELSE coalesce((SELECT '#' || upper(code) FROM smartwf.named_colors() WHERE name = lower(color)), color) END
$$;
COMMENT ON FUNCTION smartwf.color_code(text) IS
'Returns a color (text: a name of CSS, #RGB or #RRGGBB) in the form #RRGGBB (text); anything else as it is.';
REVOKE ALL ON FUNCTION smartwf.color_code(text) FROM PUBLIC;

CREATE FUNCTION smartwf.named_colors() RETURNS TABLE (name text, code text)
	LANGUAGE sql IMMUTABLE ROWS 148 SET search_path = pg_catalog, pg_temp AS $$
	SELECT word[1], word[2] FROM regexp_matches(
		'aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc bisque ffe4c4 '
		'black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a burlywood deb887 cadetblue '
		'5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50 cornflowerblue 6495ed cornsilk fff8dc crimson dc143c '
		'cyan 00ffff darkblue 00008b darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey '
		'a9a9a9 darkkhaki bdb76b darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred '
		'8b0000 darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f '
		'darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969 '
		'dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc '
		'ghostwhite f8f8ff gold ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 '
		'honeydew f0fff0 hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa '
		'lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan '
		'e0ffff lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1 '
		'lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899 lightslategrey 778899 '
		'lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6 magenta ff00ff maroon '
		'800000 mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3 mediumpurple 9370db mediumseagreen '
		'3cb371 mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise 48d1cc mediumvioletred c71585 '
		'midnightblue 191970 mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace '
		'fdf5e6 olive 808000 olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa '
		'palegreen 98fb98 paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru cd853f '
		'pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f '
		'royalblue 4169e1 saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna '
		'a0522d silver c0c0c0 skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa '
		'springgreen 00ff7f steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 '
		'violet ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32',
		'([a-z]+) ([0-9a-f]{6})', 'g') word
$$;
COMMENT ON FUNCTION smartwf.named_colors() IS
'Returns the names of colors in CSS (name, text), and their codes RRGGBB (code, text).';
REVOKE ALL ON FUNCTION smartwf.named_colors() FROM PUBLIC;

CREATE FUNCTION smartwf.kept(object text, element text, source text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_build_object('object', object, 'element', element, 'xml', source)
$$;
COMMENT ON FUNCTION smartwf.kept(text, text, text) IS
'Returns an entry (jsonb) of workflows.unsupported. object (text): what contains it; element (text): its name in XML, '
'attributes with @; source (text): the element as XML, or the value of the attribute.';
REVOKE ALL ON FUNCTION smartwf.kept(text, text, text) FROM PUBLIC;

CREATE FUNCTION smartwf.imported_attributes(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(smartwf.kept(x.kind, '@' || a.name, a.value) ORDER BY x.number, a.name), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph | //workflow:config' PASSING definition
		COLUMNS number FOR ORDINALITY, kind text PATH 'local-name(.)', ns text PATH '@ns', name text PATH '@name',
			label text PATH '@label', structure text PATH '@structure') x,
		LATERAL (VALUES ('ns', x.ns), ('name', CASE x.kind WHEN 'graph' THEN x.name END),
			('label', CASE x.kind WHEN 'graph' THEN x.label END), ('structure', x.structure)) a (name, value)
	WHERE a.value IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.imported_attributes(xml) IS
'Returns the attributes of graph and configurations in XML form (xml) that have no effect in smartwf, or are needed '
'to export the workflow, as entries of workflows.unsupported (jsonb).';
REVOKE ALL ON FUNCTION smartwf.imported_attributes(xml) FROM PUBLIC;

CREATE FUNCTION smartwf.imported_mails(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_object_agg(m.name, jsonb_strip_nulls(jsonb_build_object('template', m.name, 'channel', 'smtp',
		'renderType', CASE WHEN m.is_html THEN 'html' END,
		'users', (SELECT jsonb_agg(DISTINCT jsonb_build_object('person', btrim(r.address))) FROM xmltable(
			XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
			'//mail:recipient/mail:address' PASSING m.source COLUMNS address text PATH '.') r),
		'userField', nullif(m.field, '')))), '{}')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//mail:mailtemplate[@name]' PASSING definition
		COLUMNS name text PATH '@name', source xml PATH '.',
			is_html boolean PATH 'boolean(mail:body[@content-type = "html"])',
			field text PATH 'normalize-space((.//mail:recipient/*[self::mail:element-account-field
				or self::mail:element-field-value])[1])') m
$$;
COMMENT ON FUNCTION smartwf.imported_mails(xml) IS
'Returns the mail templates in XML form (xml) as a JSON object (jsonb): for each name, the settings of a '
'notification.';
REVOKE ALL ON FUNCTION smartwf.imported_mails(xml) FROM PUBLIC;

CREATE FUNCTION smartwf.mail_faults(definition xml) RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(format('WFL0510 mail template %s: it is defined twice', name) ORDER BY name) FROM (
		SELECT name FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
			'//mail:mailtemplate[@name]' PASSING definition COLUMNS name text PATH '@name')
		GROUP BY name HAVING count(*) > 1) twice
$$;
COMMENT ON FUNCTION smartwf.mail_faults(xml) IS
'Returns the faults of the mail templates in XML form (xml) (text[], null if there are none).';
REVOKE ALL ON FUNCTION smartwf.mail_faults(xml) FROM PUBLIC;

CREATE FUNCTION smartwf.store_templates(definition xml) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.templates AS t (name, description, subject, text_body, html_body)
	SELECT name, label, subject, CASE WHEN is_html THEN '' ELSE body END, CASE WHEN is_html THEN body ELSE '' END
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//mail:mailtemplate[@name]' PASSING definition
		COLUMNS name text PATH '@name', label text PATH '@label' DEFAULT '', subject text PATH 'mail:subject' DEFAULT '',
			body text PATH 'mail:body' DEFAULT '', is_html boolean PATH 'boolean(mail:body[@content-type = "html"])')
	-- a body of the other form, which the document does not have, stays
	ON CONFLICT (name) DO UPDATE SET description = excluded.description, subject = excluded.subject,
		text_body = CASE WHEN excluded.text_body = '' THEN t.text_body ELSE excluded.text_body END,
		html_body = CASE WHEN excluded.html_body = '' THEN t.html_body ELSE excluded.html_body END;
	INSERT INTO smartwf.contacts (name, channel, address)
	SELECT DISTINCT btrim(address), 'smtp', btrim(address)
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//mail:mailtemplate[@name]//mail:recipient/mail:address' PASSING definition COLUMNS address text PATH '.')
	ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION smartwf.store_templates(xml) IS
'Stores the mail templates in XML form (xml) in smartwf.templates, and the addresses that they name in '
'smartwf.contacts.';
REVOKE ALL ON FUNCTION smartwf.store_templates(xml) FROM PUBLIC;

CREATE FUNCTION smartwf.imported_timers(definition xml, mails jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', t.name, 'label', t.label,
		'column', nullif(t."column", ''), 'delta', nullif(t.delta, ''), 'tasks', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('delta', coalesce(nullif(k.delta, ''), '0'), 'kind', k.kind,
				'settings', k.settings) ORDER BY k.number), '[]') FROM (
				SELECT a.number, a.delta, CASE a.element WHEN 'setstate' THEN 'go_to_state'
					ELSE 'send_templated_notification' END AS kind,
					CASE a.element WHEN 'setstate' THEN jsonb_build_object('state', a.state)
						ELSE mails -> a.ref END AS settings
				FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/timer/1.0' AS timer),
					'//timer:task/*[self::timer:sendmail or self::timer:setstate]' PASSING t.source
					COLUMNS number FOR ORDINALITY, element text PATH 'local-name(.)', delta text PATH '../@delta',
						state text PATH '@state', ref text PATH '@ref') a) k
			WHERE k.settings IS NOT NULL))) ORDER BY t.number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/timer/1.0' AS timer),
		'//timer:timer[@name]' PASSING definition
		COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@label',
			"column" text PATH 'timer:field-date-reference/@ref',
			delta text PATH 'timer:field-date-reference/@delta', source xml PATH '.') t
$$;
COMMENT ON FUNCTION smartwf.imported_timers(xml, jsonb) IS
'Returns the timers in XML form (xml) in JSON form (jsonb). mails (jsonb): the settings of each notification, by the '
'name of its mail template.';
REVOKE ALL ON FUNCTION smartwf.imported_timers(xml, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.imported_settings(definition xml)
	RETURNS TABLE (number bigint, kind text, ref text, element text, value text, action text, source text)
	LANGUAGE sql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT number, rtrim(kind, 's'), ref, element, value, action, source::text
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:config/workflow:steps/workflow:step/*[self::workflow:color or self::workflow:timer
			or self::workflow:mailtemplate]
		| //workflow:config/workflow:transitions/workflow:transition/*[self::workflow:timer
			or self::workflow:mailtemplate]' PASSING definition
		COLUMNS number FOR ORDINALITY, kind text PATH 'local-name(../..)', ref text PATH '../@ref',
			element text PATH 'local-name(.)', value text PATH 'normalize-space(concat(@ref, self::workflow:color))',
			action text PATH '@type', source xml PATH '.')
$$;
COMMENT ON FUNCTION smartwf.imported_settings(xml) IS
'Returns colors, timers and mail templates that configurations in XML form (xml) give to steps and transitions: '
'number (bigint), kind (step or transition), ref, element, value (the color or the name), action (of the timer of a '
'transition) and source (the element) (text each).';
REVOKE ALL ON FUNCTION smartwf.imported_settings(xml) FROM PUBLIC;

CREATE FUNCTION smartwf.references_of(workflow jsonb, kinds text[], refs text[])
	RETURNS TABLE (number bigint, kind text, ref text, name text)
	LANGUAGE sql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH named AS MATERIALIZED (
		SELECT list.kind, item ->> 'name' AS name, lower(item ->> 'name') AS lower_name
		FROM (VALUES ('step', 'states'), ('transition', 'transitions')) list (kind, key), smartwf.items(workflow, list.key))
	SELECT DISTINCT ON (r.number) r.number, r.kind, r.ref, n.name
	FROM unnest(kinds, refs) WITH ORDINALITY r (kind, ref, number)
	LEFT JOIN named n ON n.kind = r.kind AND n.lower_name = lower(r.ref)
	ORDER BY r.number, n.name IS DISTINCT FROM r.ref, n.name
$$;
COMMENT ON FUNCTION smartwf.references_of(jsonb, text[], text[]) IS
'Returns what references mean: number (bigint), kind, ref and name (text), which is null if there is nothing of that '
'name. workflow (jsonb): the workflow in JSON form; kinds (text[]): step or transition; refs (text[]): names, perhaps '
'with other capitals.';
REVOKE ALL ON FUNCTION smartwf.references_of(jsonb, text[], text[]) FROM PUBLIC;

CREATE FUNCTION smartwf.with_graph(base jsonb, graph jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(base, '{}') || (graph - 'states' - 'transitions') || jsonb_build_object(key.states, merged.states,
		key.transitions, merged.transitions, 'translations', (
			SELECT coalesce(jsonb_object_agg(l.key, (SELECT jsonb_object_agg(part.key, (
					SELECT coalesce(jsonb_object_agg(m.key, m.value), '{}') FROM smartwf.members(part.value) m
					WHERE part.key = 'parameters' OR EXISTS (SELECT FROM smartwf.items(graph,
						CASE part.key WHEN 'transitions' THEN 'transitions' ELSE 'states' END)
						WHERE item ->> 'name' = m.key)))
				FROM smartwf.members(l.value) part)), '{}')
			FROM smartwf.members(base -> 'translations') l))
	FROM (VALUES ('states', 'transitions')) key (states, transitions), LATERAL (SELECT
		(SELECT coalesce(jsonb_agg(coalesce(b.item - 'label' - 'activity' - 'initial', '{}') || g.item
			ORDER BY g.number), '[]')
			FROM smartwf.items(graph, key.states) g
			LEFT JOIN smartwf.items(base, key.states) b ON b.item ->> 'name' = g.item ->> 'name') AS states,
		(SELECT coalesce(jsonb_agg(coalesce(b.item - 'label' - 'arcs', '{}') || g.item ORDER BY g.number), '[]')
			FROM smartwf.items(graph, key.transitions) g
			LEFT JOIN smartwf.items(base, key.transitions) b ON b.item ->> 'name' = g.item ->> 'name')
			AS transitions) merged
$$;
COMMENT ON FUNCTION smartwf.with_graph(jsonb, jsonb) IS
'Returns a workflow in JSON form (jsonb) with the states, transitions and labels of a graph (jsonb), which keep all '
'else that they have in the workflow (jsonb, null if there is none).';
REVOKE ALL ON FUNCTION smartwf.with_graph(jsonb, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.has_xml(item jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE coalesce(item ->> 'kind', 'send_templated_notification')
		WHEN 'go_to_state' THEN true
		WHEN 'send_templated_notification' THEN settings ->> 'channel' = 'smtp' AND NOT settings ? 'properties'
			AND NOT settings ? 'userRouting' AND NOT EXISTS (
				SELECT FROM smartwf.items(settings, 'users') u WHERE coalesce(u.item ->> 'person', '') NOT LIKE '%@%')
		ELSE false END
	FROM (SELECT coalesce(item -> 'settings', item) AS settings) s
$$;
COMMENT ON FUNCTION smartwf.has_xml(jsonb) IS
'Returns true if the XML form of workflows can express a notification or a task of a timer (jsonb): going to a '
'state, or mail from a template to people known by their addresses, or to those whom a field names.';
REVOKE ALL ON FUNCTION smartwf.has_xml(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.known_mails(definition xml, base jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_object_agg(n.item ->> 'template', n.item), '{}') || smartwf.imported_mails(definition)
	FROM (VALUES ('states'), ('transitions')) AS part (key), smartwf.items(base, part.key) o,
		smartwf.items(o.item, 'notifications') n
	WHERE smartwf.has_xml(n.item)
$$;
COMMENT ON FUNCTION smartwf.known_mails(xml, jsonb) IS
'Returns the settings of notifications by the name of their template, as a JSON object (jsonb): those of the mail '
'templates in XML form (xml), and of those that a workflow in JSON form (jsonb) uses.';
REVOKE ALL ON FUNCTION smartwf.known_mails(xml, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.imported_members(workflow jsonb, definition xml, mails jsonb)
	RETURNS TABLE (kind text, name text, members jsonb, left_over jsonb)
	LANGUAGE sql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH setting AS MATERIALIZED (
		SELECT x.*, row_number() OVER (ORDER BY x.number) AS place FROM smartwf.imported_settings(definition) x
	), timer AS MATERIALIZED (
		SELECT item ->> 'name' AS name FROM smartwf.items(workflow, 'timers')
	), judged AS MATERIALIZED (
		SELECT s.*, r.name, mails -> s.value AS mail, s.value <> '' AND CASE s.element
			WHEN 'mailtemplate' THEN NOT coalesce(mails -> s.value ?| ARRAY['users', 'userField'], false)
			WHEN 'timer' THEN s.value NOT IN (SELECT t.name FROM timer t WHERE t.name IS NOT NULL)
			ELSE false END AS is_left_over
		FROM setting s, (SELECT array_agg(kind ORDER BY place) AS kinds, array_agg(ref ORDER BY place) AS refs
			FROM setting) a, smartwf.references_of(workflow, a.kinds, a.refs) r
		WHERE r.number = s.place AND r.name IS NOT NULL)
	SELECT kind, name, jsonb_object_agg(key, value) FILTER (WHERE key IS NOT NULL),
		jsonb_agg(kept) FILTER (WHERE kept IS NOT NULL)
	FROM (
		SELECT kind, name, 'color' AS key, to_jsonb(smartwf.color_code((array_agg(value ORDER BY number DESC))[1])) AS value,
			NULL::jsonb AS kept
		FROM judged WHERE element = 'color' GROUP BY kind, name
		UNION ALL
		SELECT kind, name, 'timer', to_jsonb(nullif((array_agg(value ORDER BY number DESC))[1], '')), NULL
		FROM judged WHERE element = 'timer' AND kind = 'step' AND NOT is_left_over GROUP BY kind, name
		UNION ALL
		SELECT kind, name, 'timers', jsonb_agg(jsonb_build_object('timer', value, 'action', action) ORDER BY number)
			FILTER (WHERE value <> ''), NULL
		FROM judged WHERE element = 'timer' AND kind = 'transition' AND NOT is_left_over GROUP BY kind, name
		UNION ALL
		SELECT kind, name, 'notifications', coalesce(jsonb_agg(mail ORDER BY number) FILTER (WHERE mail IS NOT NULL), '[]'),
			NULL
		FROM judged WHERE element = 'mailtemplate' AND NOT is_left_over GROUP BY kind, name
		UNION ALL
		SELECT kind, name, NULL, NULL, smartwf.kept(format('%s %s', kind, name), element, source)
		FROM judged WHERE is_left_over) x
	GROUP BY kind, name
$$;
COMMENT ON FUNCTION smartwf.imported_members(jsonb, xml, jsonb) IS
'Returns what configurations in XML form (xml) say of the states and transitions of a workflow in JSON form (jsonb): '
'kind (step or transition) and name (text), their members in JSON form (members, jsonb), and entries of '
'workflows.unsupported for what names a timer or mail template that nobody knows (left_over, jsonb). mails (jsonb): '
'the settings of each notification, by the name of its mail template.';
REVOKE ALL ON FUNCTION smartwf.imported_members(jsonb, xml, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.with_settings(workflow jsonb, definition xml, mails jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH said AS MATERIALIZED (
		SELECT * FROM smartwf.imported_members(workflow, definition, mails))
	SELECT smartwf.with_kept(workflow || lists.changed, coalesce((
			SELECT jsonb_agg(e.item ORDER BY e.item) FROM said, jsonb_array_elements(said.left_over) e (item)), '[]'), false)
	FROM (SELECT jsonb_object_agg(list.key, (
			SELECT coalesce(jsonb_agg(i.item || coalesce(said.members, '{}') || CASE WHEN said.members ? 'notifications' THEN
					jsonb_build_object('notifications', (SELECT coalesce(jsonb_agg(n.item ORDER BY n.number), '[]')
						FROM smartwf.items(i.item, 'notifications') n WHERE NOT smartwf.has_xml(n.item))
						|| (said.members -> 'notifications')) ELSE '{}' END ORDER BY i.number), '[]')
			FROM smartwf.items(workflow, list.key) i
			LEFT JOIN said ON said.kind = list.kind AND said.name = i.item ->> 'name')) AS changed
		FROM (VALUES ('step', 'states'), ('transition', 'transitions')) list (kind, key)) lists
$$;
COMMENT ON FUNCTION smartwf.with_settings(jsonb, xml, jsonb) IS
'Returns a workflow in JSON form (jsonb) with the settings of configurations in XML form (xml). mails (jsonb): the '
'settings of each notification, by the name of its mail template.';
REVOKE ALL ON FUNCTION smartwf.with_settings(jsonb, xml, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.reference_faults(workflow jsonb, definition xml) RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(format('WFL0201 configuration: %s "%s" is not defined in the graph', r.kind, r.ref)
		ORDER BY r.number)
	FROM (SELECT array_agg(kind ORDER BY number) AS kinds, array_agg(ref ORDER BY number) AS refs
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:config/*/*[self::workflow:step or self::workflow:transition]' PASSING definition
			COLUMNS number FOR ORDINALITY, kind text PATH 'local-name(.)', ref text PATH '@ref')) c,
		smartwf.references_of(workflow, c.kinds, c.refs) r
	WHERE r.name IS NULL
$$;
COMMENT ON FUNCTION smartwf.reference_faults(jsonb, xml) IS
'Returns the faults (text[], null if there are none) of references in XML form (xml) to states and transitions that a '
'workflow in JSON form (jsonb) does not have.';
REVOKE ALL ON FUNCTION smartwf.reference_faults(jsonb, xml) FROM PUBLIC;

CREATE FUNCTION smartwf.with_timers(workflow jsonb, timers jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT workflow || jsonb_build_object('timers', (
		SELECT jsonb_agg(coalesce(new.item || jsonb_build_object('tasks', (new.item -> 'tasks') || (
				SELECT coalesce(jsonb_agg(k.item ORDER BY k.number), '[]') FROM smartwf.items(old.item, 'tasks') k
				WHERE NOT smartwf.has_xml(k.item))), new.item, old.item) ORDER BY old.number, new.number)
		FROM smartwf.items(workflow, 'timers') old
		FULL JOIN smartwf.items(jsonb_build_object('timers', timers), 'timers') new
			ON new.item ->> 'name' = old.item ->> 'name'))
$$;
COMMENT ON FUNCTION smartwf.with_timers(jsonb, jsonb) IS
'Returns a workflow in JSON form (jsonb) with the timers of an XML document in JSON form (jsonb, an array).';
REVOKE ALL ON FUNCTION smartwf.with_timers(jsonb, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.import_base(name text, model text, has_graph boolean, OUT base jsonb, OUT fault text)
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	graph text;
BEGIN
	base := smartwf.workflow_definition(name);
	IF has_graph THEN
		RETURN;
	END IF;
	SELECT item ->> 'xml' INTO graph FROM smartwf.items(base, 'unsupported')
		WHERE (item ->> 'object', item ->> 'element') = ('graph', '@name');
	IF base IS NULL THEN
		SELECT smartwf.workflow_definition(w.name)::jsonb INTO base FROM smartwf.workflows w
			WHERE lower(w.name) = lower(model) ORDER BY w.name <> model, w.name LIMIT 1;
		IF base IS NULL THEN
			fault := format('WFL0207 configuration %s: graph "%s" is not defined; import it first', name, model);
		END IF;
		base := smartwf.with_kept(base, jsonb_build_array(smartwf.kept('graph', '@name',
			coalesce((SELECT item ->> 'xml' FROM smartwf.items(base, 'unsupported')
				WHERE (item ->> 'object', item ->> 'element') = ('graph', '@name')), base ->> 'name'))), false)
			|| jsonb_build_object('name', name);
	ELSIF lower(coalesce(graph, name)) <> lower(model) THEN
		fault := format('WFL0207 configuration %s: it is of graph "%s", not "%s"', name, model, coalesce(graph, name));
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.import_base(text, text, boolean) IS
'Returns the workflow in JSON form (base, jsonb) that an XML file adds to, null if there is none, and the fault if '
'there must be one (fault, text). name (text): the workflow; model (text): the graph of its configuration; has_graph '
'(boolean): whether the file contains the graph.';
REVOKE ALL ON FUNCTION smartwf.import_base(text, text, boolean) FROM PUBLIC;

CREATE FUNCTION smartwf.with_kept(workflow jsonb, entries jsonb, has_graph boolean) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT workflow || jsonb_build_object('unsupported', (
		SELECT coalesce(jsonb_agg(item ORDER BY item ->> 'object', item ->> 'element', item ->> 'xml'), '[]') FROM (
			SELECT old.item FROM smartwf.items(workflow, 'unsupported') old
			WHERE NOT (has_graph AND old.item ->> 'object' ~ '^(graph( .*)?|steps|transitions)$')
				AND NOT EXISTS (SELECT FROM jsonb_array_elements(entries) new (item) WHERE
					(new.item ->> 'object', new.item ->> 'element') = (old.item ->> 'object', old.item ->> 'element'))
			UNION ALL
			SELECT new.item FROM jsonb_array_elements(entries) new (item)) kept))
$$;
COMMENT ON FUNCTION smartwf.with_kept(jsonb, jsonb, boolean) IS
'Returns a workflow in JSON form (jsonb) with more entries (jsonb, an array) in its key unsupported. They replace '
'entries about the same object and element and, if they come with a graph (has_graph, boolean), those of the former '
'graph.';
REVOKE ALL ON FUNCTION smartwf.with_kept(jsonb, jsonb, boolean) FROM PUBLIC;

CREATE FUNCTION smartwf.kept_attribute(workflow jsonb, object text, attribute text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT item ->> 'xml' FROM smartwf.items(workflow, 'unsupported')
	WHERE (item ->> 'object', item ->> 'element') = (object, '@' || attribute) ORDER BY number LIMIT 1
$$;
COMMENT ON FUNCTION smartwf.kept_attribute(jsonb, text, text) IS
'Returns the value (text) of an attribute that an import of a workflow in JSON form (jsonb) has kept, null if there '
'is none. object (text): graph or config; attribute (text): its name.';
REVOKE ALL ON FUNCTION smartwf.kept_attribute(jsonb, text, text) FROM PUBLIC;

CREATE FUNCTION smartwf.kept_elements(workflow jsonb, object text, elements text[] DEFAULT '{}',
	others boolean DEFAULT false) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlagg(xmlparse(CONTENT item ->> 'xml') ORDER BY number) FROM smartwf.items(workflow, 'unsupported')
	WHERE item ->> 'object' = object AND item ->> 'element' NOT LIKE '@%'
		AND (item ->> 'element' = ANY (elements)) <> others AND xml_is_well_formed_content(item ->> 'xml')
$$;
COMMENT ON FUNCTION smartwf.kept_elements(jsonb, text, text[], boolean) IS
'Returns the elements (xml) that an import of a workflow in JSON form (jsonb) has kept of an object (text, for '
'example "step sent"). elements (text[]): those of these names, or all others if others (boolean) is true.';
REVOKE ALL ON FUNCTION smartwf.kept_elements(jsonb, text, text[], boolean) FROM PUBLIC;

CREATE FUNCTION smartwf.exported_graph(workflow jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:graph", xmlattributes(smartwf.kept_attribute(workflow, 'graph', 'ns') AS ns,
			coalesce(smartwf.kept_attribute(workflow, 'graph', 'name'), workflow ->> 'name') AS name,
			coalesce(smartwf.kept_attribute(workflow, 'graph', 'label'), nullif(workflow ->> 'label', '')) AS label),
		smartwf.kept_elements(workflow, 'graph ' || coalesce(smartwf.kept_attribute(workflow, 'graph', 'name'),
			workflow ->> 'name'), others => true),
		xmlelement(NAME "workflow:steps", (
			SELECT xmlagg(xmlelement(NAME "workflow:step", xmlattributes(item ->> 'name' AS name,
				item ->> 'label' AS "state-label", nullif(item ->> 'activity', '') AS "activity-label",
				CASE item -> 'initial' WHEN 'true' THEN 'true' END AS initial)) ORDER BY number)
			FROM smartwf.items(workflow, 'states'))),
		xmlelement(NAME "workflow:transitions", (
			SELECT xmlagg(xmlelement(NAME "workflow:transition", xmlattributes(
				CASE WHEN right(t.item ->> 'name', length(a.item ->> 'to') + 1) = ':' || (a.item ->> 'to')
						AND EXISTS (SELECT FROM smartwf.items(workflow, 'transitions') o, smartwf.items(o.item, 'arcs') b
							WHERE o.item ->> 'name' || ':' || (a.item ->> 'to') = t.item ->> 'name'
								AND b.item -> 'from' = a.item -> 'from')
					THEN left(t.item ->> 'name', -length(a.item ->> 'to') - 1) ELSE t.item ->> 'name' END AS name,
				a.item ->> 'from' AS "from", a.item ->> 'to' AS "to",
				nullif(t.item ->> 'label', '') AS label)) ORDER BY t.number, a.number)
			FROM smartwf.items(workflow, 'transitions') t, smartwf.items(t.item, 'arcs') a),
			smartwf.kept_elements(workflow, 'transitions', others => true)))
$$;
COMMENT ON FUNCTION smartwf.exported_graph(jsonb) IS
'Returns the graph of a workflow in JSON form (jsonb) as XML (xml).';
REVOKE ALL ON FUNCTION smartwf.exported_graph(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.exported_step(workflow jsonb, state jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:step", xmlattributes(state ->> 'name' AS ref), content)
	FROM (SELECT xmlconcat(
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['element-access-configuration']),
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['field-access-configuration']),
		(SELECT xmlagg(xmlelement(NAME "workflow:mailtemplate", xmlattributes(item ->> 'template' AS ref))
			ORDER BY number) FROM smartwf.items(state, 'notifications') WHERE smartwf.has_xml(item)),
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['mailtemplate']),
		CASE WHEN state ->> 'timer' IS NOT NULL THEN
			xmlelement(NAME "workflow:timer", xmlattributes(state ->> 'timer' AS ref)) END,
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['timer']),
		CASE WHEN state ->> 'color' <> '' THEN xmlelement(NAME "workflow:color", state ->> 'color') END,
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['mailtemplate', 'timer',
			'element-access-configuration', 'field-access-configuration'], others => true)) AS content) c
	WHERE content IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.exported_step(jsonb, jsonb) IS
'Returns what the configuration of a workflow in JSON form (jsonb) says of a state in JSON form (jsonb) as XML (xml), '
'null if that is nothing.';
REVOKE ALL ON FUNCTION smartwf.exported_step(jsonb, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.exported_transition(workflow jsonb, transition jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:transition", xmlattributes(transition ->> 'name' AS ref), content)
	FROM (SELECT xmlconcat(
		(SELECT xmlagg(xmlelement(NAME "workflow:mailtemplate", xmlattributes(item ->> 'template' AS ref))
			ORDER BY number) FROM smartwf.items(transition, 'notifications') WHERE smartwf.has_xml(item)),
		smartwf.kept_elements(workflow, 'transition ' || (transition ->> 'name'), ARRAY['mailtemplate']),
		(SELECT xmlagg(xmlelement(NAME "workflow:timer", xmlattributes(item ->> 'timer' AS ref, item ->> 'action' AS type))
			ORDER BY number) FROM smartwf.items(transition, 'timers')),
		smartwf.kept_elements(workflow, 'transition ' || (transition ->> 'name'), ARRAY['mailtemplate'],
			others => true)) AS content) c
	WHERE content IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.exported_transition(jsonb, jsonb) IS
'Returns what the configuration of a workflow in JSON form (jsonb) says of a transition in JSON form (jsonb) as XML '
'(xml), null if that is nothing.';
REVOKE ALL ON FUNCTION smartwf.exported_transition(jsonb, jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.exported_config(workflow jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:config", xmlattributes(workflow ->> 'name' AS name,
			coalesce(smartwf.kept_attribute(workflow, 'graph', 'name'), workflow ->> 'name') AS model,
			smartwf.kept_attribute(workflow, 'config', 'structure') AS structure,
			nullif(workflow ->> 'label', '') AS label),
		CASE WHEN workflow ->> 'description' <> '' THEN
			xmlelement(NAME "workflow:description", workflow ->> 'description') END,
		smartwf.kept_elements(workflow, 'config ' || (workflow ->> 'name'), others => true),
		xmlelement(NAME "workflow:steps", (
			SELECT xmlagg(smartwf.exported_step(workflow, item) ORDER BY number) FROM smartwf.items(workflow, 'states')),
			smartwf.kept_elements(workflow, 'steps', others => true)),
		xmlelement(NAME "workflow:transitions", (
			SELECT xmlagg(smartwf.exported_transition(workflow, item) ORDER BY number)
			FROM smartwf.items(workflow, 'transitions'))))
$$;
COMMENT ON FUNCTION smartwf.exported_config(jsonb) IS
'Returns the configuration of a workflow in JSON form (jsonb) as XML (xml).';
REVOKE ALL ON FUNCTION smartwf.exported_config(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.exported_timers(workflow jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlagg(xmlelement(NAME "timer:timer", xmlattributes(t.item ->> 'name' AS name,
			nullif(t.item ->> 'label', '') AS label),
		xmlelement(NAME "timer:field-date-reference", xmlattributes(t.item ->> 'column' AS ref,
			nullif(t.item ->> 'delta', '0') AS delta)),
		xmlelement(NAME "timer:tasks", (
			SELECT xmlagg(xmlelement(NAME "timer:task", xmlattributes(nullif(k.item ->> 'delta', '0') AS delta),
				CASE k.item ->> 'kind'
					WHEN 'go_to_state' THEN xmlelement(NAME "timer:setstate",
						xmlattributes(k.item #>> '{settings,state}' AS state))
					WHEN 'send_templated_notification' THEN xmlelement(NAME "timer:sendmail",
						xmlattributes(k.item #>> '{settings,template}' AS ref)) END) ORDER BY k.number)
			FROM smartwf.items(t.item, 'tasks') k
			WHERE smartwf.has_xml(k.item)))) ORDER BY t.number)
	FROM smartwf.items(workflow, 'timers') t
$$;
COMMENT ON FUNCTION smartwf.exported_timers(jsonb) IS
'Returns the timers of a workflow in JSON form (jsonb) as XML (xml), null if it has none.';
REVOKE ALL ON FUNCTION smartwf.exported_timers(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.exported_mails(workflow jsonb) RETURNS xml
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH used AS (
		SELECT n.item FROM (VALUES ('states'), ('transitions')) AS part (key), smartwf.items(workflow, part.key) o,
			smartwf.items(o.item, 'notifications') n
		WHERE smartwf.has_xml(n.item)
		UNION ALL
		SELECT k.item -> 'settings' FROM smartwf.items(workflow, 'timers') t, smartwf.items(t.item, 'tasks') k
		WHERE k.item ->> 'kind' = 'send_templated_notification' AND smartwf.has_xml(k.item))
	SELECT xmlagg(xmlelement(NAME "mail:mailtemplate", xmlattributes(t.name AS name, '' AS structure,
			nullif(t.description, '') AS label),
		smartwf.kept_elements(workflow, 'mailtemplate ' || t.name, ARRAY['from']),
		xmlelement(NAME "mail:recipients",
			(SELECT xmlagg(xmlelement(NAME "mail:recipient", xmlattributes('to' AS dest),
				xmlelement(NAME "mail:address", u.item ->> 'person')))
				FROM smartwf.items(t.settings, 'users') u),
			CASE WHEN t.settings ->> 'userField' IS NOT NULL THEN
				xmlelement(NAME "mail:recipient", xmlattributes('to' AS dest),
					xmlelement(NAME "mail:element-account-field", t.settings ->> 'userField')) END),
		xmlelement(NAME "mail:subject", t.subject),
		smartwf.kept_elements(workflow, 'mailtemplate ' || t.name, ARRAY['savecopy', 'use-html-anchor']),
		CASE WHEN t.settings ->> 'renderType' = 'html'
			THEN xmlelement(NAME "mail:body", xmlattributes('html' AS "content-type"), t.html_body)
			ELSE xmlelement(NAME "mail:body", t.text_body) END,
		smartwf.kept_elements(workflow, 'mailtemplate ' || t.name, ARRAY['attachments'])) ORDER BY t.name)
	FROM (SELECT DISTINCT ON (x.name) x.*, used.item AS settings FROM used
		JOIN smartwf.templates x ON x.name = used.item ->> 'template' ORDER BY x.name, used.item) t
$$;
COMMENT ON FUNCTION smartwf.exported_mails(jsonb) IS
'Returns the mail templates that a workflow in JSON form (jsonb) uses, with their recipients, as XML (xml), null if '
'it uses none.';
REVOKE ALL ON FUNCTION smartwf.exported_mails(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.export_workflow(name text, version int DEFAULT NULL) RETURNS xml
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	workflow jsonb := smartwf.workflow_definition(name, version);
BEGIN
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" is not defined%', name,
			CASE WHEN version IS NULL THEN '' ELSE format(' in version %s', version) END USING ERRCODE = 'WF400';
	END IF;
	RETURN xmlelement(NAME "smart:config", xmlattributes(
			'https://platform.anakeen.com/4/schemas/smart/1.0' AS "xmlns:smart",
			'https://platform.anakeen.com/4/schemas/workflow/1.0' AS "xmlns:workflow",
			'https://platform.anakeen.com/4/schemas/timer/1.0' AS "xmlns:timer",
			'https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS "xmlns:mail"),
		smartwf.exported_graph(workflow), smartwf.exported_mails(workflow), smartwf.exported_timers(workflow),
		smartwf.exported_config(workflow),
		smartwf.kept_elements(workflow, 'config', others => true));
END
$$;
COMMENT ON FUNCTION smartwf.export_workflow(text, int) IS
'Returns a workflow in the XML form that import_workflow() reads (xml): graph, configuration, timers and mail '
'templates. name (text): the workflow; version (int): the version, by default the newest, including drafts. What has '
'no place in that form (guards, hooks, grants, parameters, translations, other tasks and notifications) is left out. '
'Raises WF400 if there is no such workflow or version.';
REVOKE ALL ON FUNCTION smartwf.export_workflow(text, int) FROM PUBLIC;

CREATE FUNCTION smartwf.typescript_of_parameter(parameter jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN (parameter ->> 'multiple')::boolean THEN format('(%s)[]', type) ELSE type END
	FROM (SELECT CASE parameter ->> 'type'
		WHEN 'int' THEN 'number' WHEN 'double' THEN 'number' WHEN 'money' THEN 'number | string'
		WHEN 'boolean' THEN 'boolean' WHEN 'json' THEN 'unknown'
		WHEN 'enum' THEN coalesce((SELECT string_agg(to_json(v.value)::text, ' | ' ORDER BY v.number) FROM (
			SELECT item #>> '{}', number FROM smartwf.items(parameter -> 'options', 'values')
			UNION ALL
			SELECT m.key, row_number() OVER (ORDER BY m.key) FROM smartwf.members(parameter #> '{options,values}') m)
			v (value, number)), 'never')
		ELSE 'string' END) t (type)
$$;
COMMENT ON FUNCTION smartwf.typescript_of_parameter(jsonb) IS
'Returns the type in TypeScript (text) of the values of a parameter in JSON form (jsonb).';
REVOKE ALL ON FUNCTION smartwf.typescript_of_parameter(jsonb) FROM PUBLIC;

CREATE FUNCTION smartwf.typescript(structure text) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	workflow text := (SELECT s.workflow FROM smartwf.structures s WHERE s.name = structure);
	definition jsonb := (SELECT smartwf.workflow_definition(w.name, max(w.version)) FROM smartwf.workflows w
		WHERE w.name = workflow AND w.status = 'published' GROUP BY w.name);
	-- an identifier, whatever the structure is called
	name text := (SELECT string_agg(upper(left(word, 1)) || substr(word, 2), '' ORDER BY number)
		FROM regexp_split_to_table(structure, '[^A-Za-z0-9]+') WITH ORDINALITY w (word, number));
BEGIN
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	ELSIF definition IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version', workflow USING ERRCODE = 'WF227';
	END IF;
	IF name !~ '^[A-Za-z]' THEN
		name := 'Structure' || name;
	END IF;
	-- these two end a line for JavaScript, where JSON lets them stand
	RETURN format('// Structure %s, workflow %s.', replace(replace(to_json(structure)::text, U&'\2028', '\u2028'),
			U&'\2029', '\u2029'), to_json(workflow)) || E'\n'
		|| format(E'export type %sState = %s;\n', name, (
			SELECT string_agg(to_json(item ->> 'name')::text, ' | ' ORDER BY number)
			FROM smartwf.items(definition, 'states')))
		|| format(E'\n// What each transition asks for.\nexport interface %sParameters {\n%s}\n', name, (
			SELECT string_agg(format(E'  %s: %s;\n', to_json(t.item ->> 'name'), coalesce((
				SELECT '{ ' || string_agg(format('%s%s: %s', to_json(p.item ->> 'name'),
					CASE WHEN (p.item ->> 'needed')::boolean THEN '' ELSE '?' END,
					smartwf.typescript_of_parameter(p.item)), '; ' ORDER BY p.number) || ' }'
				FROM smartwf.items(t.item, 'parameters') p WHERE p.item ->> 'visibility' = 'write'),
				'Record<string, never>')), '' ORDER BY t.number)
			FROM smartwf.items(definition, 'transitions') t))
		|| format(E'export type %sTransition = keyof %1$sParameters;\n', name)
		|| format(E'\n// From where to where each transition leads.\nexport interface %sArcs {\n%s}\n', name, (
			SELECT string_agg(format(E'  %s: %s;\n', to_json(t.item ->> 'name'), (
				SELECT string_agg(format('{ from: %s; to: %s }', a.item -> 'from', a.item -> 'to'), ' | ' ORDER BY a.number)
				FROM smartwf.items(t.item, 'arcs') a)), '' ORDER BY t.number)
			FROM smartwf.items(definition, 'transitions') t))
		|| format(E'\n// The argument of rpc(''pass_transition'').\nexport type %sCall =\n%s;\n', name, (
			SELECT coalesce(string_agg(format(
				'  | { docid: string; transition: %s; comment?: %s; parameters%s: %sParameters[%1$s] }',
				to_json(t.item ->> 'name'), CASE t.item -> 'askComment' WHEN 'false' THEN 'null' ELSE 'string | null' END,
				CASE WHEN EXISTS (SELECT FROM smartwf.items(t.item, 'parameters') p
					WHERE (p.item ->> 'needed')::boolean AND p.item ->> 'visibility' = 'write') THEN '' ELSE '?' END, name),
				E'\n' ORDER BY t.number), '  | never')
			FROM smartwf.items(definition, 'transitions') t));
END
$$;
COMMENT ON FUNCTION smartwf.typescript(text) IS
'Returns types in TypeScript (text) for clients: the states, the transitions and their parameters of the newest '
'published version of the workflow that an attached table follows. structure (text): the structure. Raises 42704 if '
'there is no such structure, and WF227 if its workflow has no published version.';
REVOKE ALL ON FUNCTION smartwf.typescript(text) FROM PUBLIC;

COMMENT ON TABLE smartwf.states IS
'States of workflows. label: for display; activity: what is being done while a document is in the state; color: '
'#RRGGBB, or empty; is_initial: true for exactly one state. timer: the timer that runs while a document is in the '
'state. flow: the flow that is started when a document enters the state, queued for the workers if flow_queued is '
'true. notifications: what is sent when a document has come into the state, an array of objects with the settings of '
'a step of kind send_templated_notification.';

COMMENT ON TABLE smartwf.transitions IS
'Transitions of workflows. ask_comment tells applications whether to ask for a comment: true, they should; null, a '
'comment is accepted; false, a comment is refused. A comment is never mandatory. guard: a boolean SQL expression over '
'the columns of the row; guard_message: the message if it is not fulfilled. m0, m1, m2, m3: hook functions, as '
'schema.function. flow: the flow that the transition starts, queued for the workers if flow_queued is true. '
'notifications: what is sent when the transition has been passed, as for a state.';

COMMENT ON FUNCTION smartwf.route(text, text, jsonb) IS
'Answers an HTTP request. method (text): GET, HEAD, POST or OPTIONS; uri (text): path and query, percent-encoded UTF-8; '
'body (jsonb): an object with comment and parameters, or null. Returns the HTTP status code (status, int) and the body of '
'the response (content, json). Failures are returned in the same form, and what the request has done is rolled back. '
'Raises WF400 if method or uri is null, and errors that concern the whole transaction.';

ALTER TABLE smartwf.elements ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.elements FOR SELECT USING (
	(SELECT NOT smartwf.is_filtered()) OR (deleted_at IS NULL
		AND structure = ANY ((SELECT smartwf.visible_structures())::text[]) AND smartwf.is_visible(docid)));
-- writing is a matter of privileges alone: of those who restore a dump
CREATE POLICY inserter ON smartwf.elements FOR INSERT WITH CHECK (true);
CREATE POLICY updater ON smartwf.elements FOR UPDATE USING (true);
CREATE POLICY deleter ON smartwf.elements FOR DELETE USING (true);
GRANT SELECT (docid, structure) ON smartwf.elements TO PUBLIC;

-- Views.  They read as the caller, whom the policy of smartwf.elements shows what is to be
-- seen; for roles to whom it shows more, the views ask themselves.  Nothing
-- comes between a query and the indexes of the tables, so that a page costs what it shows,
-- and who can see nothing is told so at once.

CREATE VIEW smartwf_api.documents WITH (security_invoker) AS
SELECT e.docid, e.structure, s.workflow, s.version, s.state, s.label, s.activity, s.color, s.since, s.actor,
	s.locked_by
FROM smartwf.elements e, LATERAL smartwf.document_state(e.docid) s
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.documents IS
'Documents that the caller can see, with their states. Each row is made when it is shown: filter by docid or '
'structure, and sort by docid.';
COMMENT ON COLUMN smartwf_api.documents.actor IS 'Name of the role or person that has brought the document there.';

CREATE VIEW smartwf_api.next_states WITH (security_invoker) AS
SELECT e.docid, e.structure, s.state, s.label, s.activity, s.color, s.transition, s.transition_label, s.error
FROM smartwf.elements e, LATERAL smartwf.document_next_states(e.docid) s
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.next_states IS
'States that the caller may bring documents to, with the transition that leads there. One row for each document and '
'state.';

CREATE VIEW smartwf_api.transitions WITH (security_invoker) AS
SELECT e.docid, e.structure, t.transition, t.label, t.valid, t.to_state, t.ask_comment
FROM smartwf.elements e, LATERAL smartwf.document_transitions(e.docid) t
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.transitions IS
'Transitions of the workflows of the documents that the caller can see. One row for each document and transition.';

CREATE VIEW smartwf_api.history WITH (security_invoker) AS
SELECT e.docid, h.revision, h.at, h.actor, h.transition, h.from_state, h.to_state, h.comment, h.parameters, h.messages
FROM smartwf.elements e, LATERAL smartwf.document_history(e.docid) h
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.history IS
'History of the documents that the caller can see, one row for each change. Filter by docid, and sort by revision.';
COMMENT ON COLUMN smartwf_api.history.actor IS 'Name of the role or person that has made the change.';
COMMENT ON COLUMN smartwf_api.history.at IS 'Time of the change.';

CREATE OR REPLACE VIEW smartwf_api.element_states WITH (security_invoker) AS
SELECT e.docid, e.structure, smartwf.element_document('states', e.docid) AS data
FROM smartwf.elements e
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0)
	AND ((SELECT smartwf.is_filtered()) OR smartwf.is_visible(e.docid));
COMMENT ON VIEW smartwf_api.element_states IS
'Documents that the caller can see, with the states that can be reached from the current state.';
COMMENT ON COLUMN smartwf_api.element_states.data IS 'Result of get_states().';

CREATE OR REPLACE VIEW smartwf_api.element_state WITH (security_invoker) AS
SELECT e.docid, e.structure, s.name COLLATE "C" AS state, smartwf.element_document('state', e.docid, s.name) AS data
FROM smartwf.elements e, LATERAL smartwf.document_states(e.docid) s (name)
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.element_state IS
'States of the workflows of the documents that the caller can see, with the transition that leads there from the '
'current state. One row for each document and state.';
COMMENT ON COLUMN smartwf_api.element_state.state IS 'Name of the state.';
COMMENT ON COLUMN smartwf_api.element_state.data IS 'Result of get_state().';

CREATE OR REPLACE VIEW smartwf_api.element_transitions WITH (security_invoker) AS
SELECT e.docid, e.structure, smartwf.element_document('transitions', e.docid) AS data
FROM smartwf.elements e
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0)
	AND ((SELECT smartwf.is_filtered()) OR smartwf.is_visible(e.docid));
COMMENT ON VIEW smartwf_api.element_transitions IS
'Documents that the caller can see, with all transitions of their workflows, and whether these leave the current '
'state.';
COMMENT ON COLUMN smartwf_api.element_transitions.data IS 'Result of get_transitions().';

CREATE OR REPLACE VIEW smartwf_api.element_transition WITH (security_invoker) AS
SELECT e.docid, e.structure, t.transition COLLATE "C" AS transition,
	smartwf.element_document('transition', e.docid, t.transition) AS data
FROM smartwf.elements e, LATERAL smartwf.document_transitions(e.docid) t
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0);
COMMENT ON VIEW smartwf_api.element_transition IS
'Transitions of the workflows of the documents that the caller can see, with the state to which they lead from the '
'current state, and their parameters. One row for each document and transition.';
COMMENT ON COLUMN smartwf_api.element_transition.transition IS 'Name of the transition.';
COMMENT ON COLUMN smartwf_api.element_transition.data IS 'Result of get_transition().';

CREATE OR REPLACE VIEW smartwf_api.element_history WITH (security_invoker) AS
SELECT e.docid, e.structure, smartwf.element_document('history', e.docid) AS data
FROM smartwf.elements e
WHERE (SELECT pg_catalog.cardinality(smartwf.visible_structures()) > 0)
	AND ((SELECT smartwf.is_filtered()) OR smartwf.is_visible(e.docid));
COMMENT ON VIEW smartwf_api.element_history IS
'Documents that the caller can see, with their history, the latest change first.';
COMMENT ON COLUMN smartwf_api.element_history.data IS 'Result of get_history().';

-- Relationships for PostgREST: from a user's table to its documents, and between the views.

-- Between the views.
CREATE FUNCTION smartwf_api.next_states(smartwf_api.documents) RETURNS SETOF smartwf_api.next_states
	LANGUAGE sql STABLE ROWS 5 AS
$$ SELECT n.* FROM smartwf_api.next_states n WHERE n.docid OPERATOR(pg_catalog.=) $1.docid $$;
COMMENT ON FUNCTION smartwf_api.next_states(smartwf_api.documents) IS
'Relationship: the rows of next_states about a document (a row of documents).';

CREATE FUNCTION smartwf_api.transitions(smartwf_api.documents) RETURNS SETOF smartwf_api.transitions
	LANGUAGE sql STABLE ROWS 10 AS
$$ SELECT t.* FROM smartwf_api.transitions t WHERE t.docid OPERATOR(pg_catalog.=) $1.docid $$;
COMMENT ON FUNCTION smartwf_api.transitions(smartwf_api.documents) IS
'Relationship: the rows of transitions about a document (a row of documents).';

CREATE FUNCTION smartwf_api.history(smartwf_api.documents) RETURNS SETOF smartwf_api.history
	LANGUAGE sql STABLE ROWS 10 AS
$$ SELECT h.* FROM smartwf_api.history h WHERE h.docid OPERATOR(pg_catalog.=) $1.docid $$;
COMMENT ON FUNCTION smartwf_api.history(smartwf_api.documents) IS
'Relationship: the rows of history about a document (a row of documents).';

CREATE FUNCTION smartwf.create_relationships(structure text, schema name DEFAULT NULL) RETURNS SETOF regprocedure
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	relation regclass;
	key_type text;
	place name;
	view name;
BEGIN
	SELECT x.* INTO s FROM smartwf.structures x WHERE x.name = structure;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	relation := format('%I.%I', s.relation_schema, s.relation_name)::regclass;
	place := coalesce(schema, s.relation_schema);
	SELECT format_type(a.atttypid, a.atttypmod) INTO key_type FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attname = s.docid_column;
	-- bodies in the form that PostgreSQL keeps right when something is renamed
	FOREACH view IN ARRAY ARRAY['documents', 'next_states', 'transitions', 'history']::name[] LOOP
		EXECUTE format('CREATE OR REPLACE FUNCTION %I.%I(d %s) RETURNS SETOF smartwf_api.%I LANGUAGE sql STABLE ROWS %s '
			'BEGIN ATOMIC SELECT v.* FROM smartwf_api.%I v WHERE v.docid OPERATOR(pg_catalog.=) smartwf.docid(%L, d.%I); END',
			place, view, relation, view, CASE view WHEN 'documents' THEN 1 ELSE 10 END, view, s.docid_prefix, s.docid_column);
		RETURN NEXT format('%I.%I(%s)', place, view, relation)::regprocedure;
	END LOOP;
	EXECUTE format('CREATE OR REPLACE FUNCTION %I.%I(d smartwf_api.documents) RETURNS SETOF %s LANGUAGE sql '
		'STABLE ROWS 1 BEGIN ATOMIC SELECT t.* FROM %s t WHERE t.%I OPERATOR(%s) CASE '
		'WHEN d.structure OPERATOR(pg_catalog.=) %L THEN CAST(pg_catalog.substr(d.docid, %s) AS %s) END; END', place, s.relation_name, relation, relation,
		s.docid_column, smartwf.equality_of(key_type::regtype), s.name, length(s.docid_prefix) + 1, key_type);
	RETURN NEXT format('%I.%I(smartwf_api.documents)', place, s.relation_name)::regprocedure;
END
$$;
COMMENT ON FUNCTION smartwf.create_relationships(text, name) IS
'Creates the functions by which PostgREST embeds the documents of an attached table, their next states, transitions '
'and history in its rows, and its rows in documents. structure (text): the structure; schema (name): an exposed '
'schema for the functions, by default that of the table. Returns the functions (regprocedure). They read as the '
'caller, and depend on the table: DROP TABLE takes CASCADE. Raises 42704 if there is no such structure, and 42501 if '
'the caller may not create functions in the schema.';
REVOKE ALL ON FUNCTION smartwf.create_relationships(text, name) FROM PUBLIC;

-- screens
ALTER TABLE smartwf.flows ADD COLUMN revision int NOT NULL DEFAULT 0, ADD COLUMN changed_by text,
	ADD COLUMN changed_at timestamptz;
CREATE INDEX answers_person ON smartwf.answers (person, answered_at);

CREATE TABLE smartwf.workflow_drafts (
	name text COLLATE "C" PRIMARY KEY,
	definition jsonb NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
	id int GENERATED ALWAYS AS IDENTITY,
	revision int NOT NULL DEFAULT 0,
	changed_by text NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE smartwf.workflow_drafts IS
'Drafts of workflows, at most one for each. definition: its JSON form, as for smartwf.define_workflow(), which need '
'not be valid yet. id, revision: which draft it is, and how often it was changed, last by changed_by at changed_at. '
'Nothing acts by a draft. Maintained by smartwf.draft_workflow() and the functions that change drafts.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.workflow_drafts', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.workflow_drafts_id_seq', '');

CREATE FUNCTION smartwf.expected_revision() RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT nullif(btrim(nullif(current_setting('request.headers', true), '')::json ->> 'if-match', ' "'), '*')
$$;

CREATE FUNCTION smartwf.reader_language(languages text[]) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_reader_language';

CREATE FUNCTION smartwf.operation() RETURNS boolean
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT true $$;

CREATE FUNCTION smartwf.is_operator() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_is_operator';

CREATE FUNCTION smartwf.workflow_draft_answer(workflow text) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT json_build_object('definition', d.definition,
		'faults', (SELECT coalesce(json_agg(json_build_object('severity', f.severity, 'code', f.code, 'object', f.object,
			'message', f.message)), '[]') FROM smartwf.definition_faults(d.definition) f),
		'version', coalesce(smartwf.newest_version(d.name), 0) + 1, 'revision', format('%s.%s', d.id, d.revision),
		'changedBy', d.changed_by, 'changedAt', d.changed_at)
	FROM smartwf.workflow_drafts d WHERE d.name = workflow
$$;

CREATE FUNCTION smartwf.begin_workflow_change(workflow text) RETURNS jsonb
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft smartwf.workflow_drafts;
BEGIN
	SELECT * INTO draft FROM smartwf.workflow_drafts d WHERE d.name = workflow FOR UPDATE;
	IF draft.name IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no draft', workflow USING ERRCODE = 'undefined_object',
			HINT = 'Make one with smartwf.draft_workflow().';
	ELSIF smartwf.expected_revision() <> format('%s.%s', draft.id, draft.revision) THEN
		RAISE EXCEPTION 'the draft of workflow "%" has been changed by "%"', workflow, draft.changed_by
			USING ERRCODE = 'WF412', DETAIL = format('It is at revision %s.%s now.', draft.id, draft.revision),
			HINT = 'Read it again, and repeat the change if it is still wanted.';
	END IF;
	RETURN draft.definition;
END
$$;

CREATE FUNCTION smartwf.keep_workflow_change(workflow text, definition jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE smartwf.workflow_drafts d SET definition = keep_workflow_change.definition, revision = d.revision + 1,
		changed_by = smartwf.actor(), changed_at = clock_timestamp()
		WHERE d.name = workflow;
	RETURN smartwf.workflow_draft_answer(workflow);
END
$$;

CREATE FUNCTION smartwf.draft_workflow(workflow text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF workflow IS NULL OR workflow !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION '"%" is no name of a workflow', workflow USING ERRCODE = 'WF400',
			DETAIL = 'It must be a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	END IF;
	INSERT INTO smartwf.workflow_drafts (name, definition, changed_by)
		VALUES (workflow, coalesce(smartwf.workflow_definition(workflow)::jsonb,
			smartwf.complete_definition(jsonb_build_object('name', workflow))), smartwf.actor())
		ON CONFLICT ON CONSTRAINT workflow_drafts_pkey DO NOTHING;
	RETURN smartwf.workflow_draft_answer(workflow);
END
$$;

CREATE FUNCTION smartwf.discard_workflow(workflow text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM smartwf.begin_workflow_change(workflow);
	DELETE FROM smartwf.workflow_drafts d WHERE d.name = workflow;
END
$$;

CREATE FUNCTION smartwf.publish_workflow(workflow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	published int := smartwf.define_workflow(smartwf.begin_workflow_change(workflow));
BEGIN
	DELETE FROM smartwf.workflow_drafts d WHERE d.name = workflow;
	RETURN published;
END
$$;

CREATE FUNCTION smartwf.replace_workflow(workflow text, definition jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM smartwf.begin_workflow_change(workflow);
	IF jsonb_typeof(definition) IS DISTINCT FROM 'object' OR definition ->> 'name' IS DISTINCT FROM workflow THEN
		RAISE EXCEPTION 'that is no definition of workflow "%"', workflow USING ERRCODE = 'WF400',
			DETAIL = 'It must be a JSON object with the name of the workflow.';
	END IF;
	RETURN smartwf.keep_workflow_change(workflow, definition);
END
$$;

CREATE FUNCTION smartwf.update_workflow(workflow text, settings jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
BEGIN
	IF jsonb_typeof(settings) IS DISTINCT FROM 'object' OR settings ?| ARRAY['name', 'states', 'transitions'] THEN
		RAISE EXCEPTION 'settings must be a JSON object of what a workflow has beside name, states and transitions'
			USING ERRCODE = 'WF400';
	END IF;
	RETURN smartwf.keep_workflow_change(workflow, draft || settings);
END
$$;

CREATE FUNCTION smartwf.list_position(list jsonb, name text, what text) RETURNS int
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found int := (SELECT (i.number - 1)::int FROM smartwf.items(jsonb_build_object('list', list), 'list') i
		WHERE i.item ->> 'name' = list_position.name LIMIT 1);
BEGIN
	IF found IS NULL THEN
		RAISE EXCEPTION 'the workflow has no % "%"', what, name USING ERRCODE = 'undefined_object';
	END IF;
	RETURN found;
END
$$;

CREATE FUNCTION smartwf.list_insert(list jsonb, item jsonb, at_position int) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(i.item ORDER BY i.number, i.is_old), '[]')
	FROM (SELECT o.item, o.number, true AS is_old FROM smartwf.items(jsonb_build_object('list', list), 'list') o
		UNION ALL SELECT list_insert.item, greatest(coalesce(at_position, 2147483647), 1), false) i
$$;

CREATE FUNCTION smartwf.require_object_name(list jsonb, item jsonb, what text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF jsonb_typeof(item) IS DISTINCT FROM 'object'
		OR coalesce(item ->> 'name', '') !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION 'a % must be a JSON object with a name', what USING ERRCODE = 'WF400',
			DETAIL = 'A name is a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	ELSIF EXISTS (SELECT FROM smartwf.items(jsonb_build_object('list', list), 'list') i
		WHERE i.item ->> 'name' = require_object_name.item ->> 'name') THEN
		RAISE EXCEPTION 'the workflow has a % "%" already', what, item ->> 'name' USING ERRCODE = 'unique_violation';
	END IF;
END
$$;

CREATE FUNCTION smartwf.rename_labels(definition jsonb, kinds text[], old_name text, new_name text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT definition || jsonb_build_object('translations', (SELECT coalesce(jsonb_object_agg(l.key, l.value
		|| (SELECT coalesce(jsonb_object_agg(k.kind, (l.value -> k.kind) - old_name || CASE WHEN new_name IS NOT NULL
				AND l.value -> k.kind ? old_name THEN jsonb_build_object(new_name, l.value -> k.kind -> old_name)
				ELSE '{}' END), '{}')
			FROM unnest(kinds) AS k (kind) WHERE jsonb_typeof(l.value -> k.kind) = 'object')), '{}')
		FROM smartwf.members(definition -> 'translations') l WHERE jsonb_typeof(l.value) = 'object'))
$$;

CREATE FUNCTION smartwf.rename_arcs(definition jsonb, old_name text, new_name text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT definition || jsonb_build_object('transitions', (SELECT coalesce(jsonb_agg(t.item || jsonb_build_object('arcs',
		(SELECT coalesce(jsonb_agg(a.item || jsonb_build_object(
				'from', CASE a.item ->> 'from' WHEN old_name THEN to_jsonb(new_name) ELSE a.item -> 'from' END,
				'to', CASE a.item ->> 'to' WHEN old_name THEN to_jsonb(new_name) ELSE a.item -> 'to' END)
				ORDER BY a.number), '[]')
			FROM smartwf.items(t.item, 'arcs') a
			WHERE new_name IS NOT NULL OR old_name NOT IN (coalesce(a.item ->> 'from', ''), coalesce(a.item ->> 'to', ''))))
		ORDER BY t.number), '[]')
		FROM smartwf.items(definition, 'transitions') t))
$$;

CREATE FUNCTION smartwf.add_object(workflow text, list text, what text, item jsonb, at_position int) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
BEGIN
	PERFORM smartwf.require_object_name(draft -> list, item, what);
	RETURN smartwf.keep_workflow_change(workflow, draft || jsonb_build_object(list,
		smartwf.list_insert(draft -> list, item, at_position)));
END
$$;

CREATE FUNCTION smartwf.move_object(workflow text, list text, what text, name text, at_position int) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
	old int := smartwf.list_position(draft -> list, name, what);
BEGIN
	RETURN smartwf.keep_workflow_change(workflow, draft || jsonb_build_object(list,
		smartwf.list_insert((draft -> list) - old, draft -> list -> old, at_position)));
END
$$;

CREATE FUNCTION smartwf.changed_object(definition jsonb, list text, what text, name text, changes jsonb) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	place int := smartwf.list_position(definition -> list, name, what);
BEGIN
	IF jsonb_typeof(changes) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'changes must be a JSON object, not %', changes USING ERRCODE = 'WF400';
	ELSIF changes ? 'name' AND changes ->> 'name' IS DISTINCT FROM name THEN
		PERFORM smartwf.require_object_name(definition -> list, changes, what);
	END IF;
	RETURN jsonb_set(definition, ARRAY[list, place::text], (definition -> list -> place) || changes);
END
$$;

CREATE FUNCTION smartwf.add_state(workflow text, state jsonb, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.add_object(workflow, 'states', 'state', state, at_position) $$;

CREATE FUNCTION smartwf.update_state(workflow text, state text, changes jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.changed_object(smartwf.begin_workflow_change(workflow), 'states', 'state', state, changes);
BEGIN
	IF changes ->> 'name' <> state THEN
		draft := smartwf.rename_arcs(draft, state, changes ->> 'name');
		draft := smartwf.rename_labels(draft, '{states,activities}', state, changes ->> 'name');
	END IF;
	RETURN smartwf.keep_workflow_change(workflow, draft);
END
$$;

CREATE FUNCTION smartwf.move_state(workflow text, state text, at_position int) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.move_object(workflow, 'states', 'state', state, at_position) $$;

CREATE FUNCTION smartwf.remove_state(workflow text, state text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
	place int := smartwf.list_position(draft -> 'states', state, 'state');
BEGIN
	draft := smartwf.rename_arcs(draft #- ARRAY['states', place::text], state, NULL);
	RETURN smartwf.keep_workflow_change(workflow, smartwf.rename_labels(draft, '{states,activities}', state, NULL));
END
$$;

CREATE FUNCTION smartwf.add_transition(workflow text, transition jsonb, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.add_object(workflow, 'transitions', 'transition', transition, at_position) $$;

CREATE FUNCTION smartwf.update_transition(workflow text, transition text, changes jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.changed_object(smartwf.begin_workflow_change(workflow), 'transitions', 'transition',
		transition, changes);
BEGIN
	IF changes ->> 'name' <> transition THEN
		draft := smartwf.rename_labels(draft, '{transitions}', transition, changes ->> 'name');
	END IF;
	RETURN smartwf.keep_workflow_change(workflow, draft);
END
$$;

CREATE FUNCTION smartwf.move_transition(workflow text, transition text, at_position int) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.move_object(workflow, 'transitions', 'transition', transition, at_position) $$;

CREATE FUNCTION smartwf.remove_transition(workflow text, transition text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
	place int := smartwf.list_position(draft -> 'transitions', transition, 'transition');
BEGIN
	RETURN smartwf.keep_workflow_change(workflow, smartwf.rename_labels(draft #- ARRAY['transitions', place::text],
		'{transitions}', transition, NULL));
END
$$;

CREATE FUNCTION smartwf.add_arc(workflow text, transition text, from_state text, to_state text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
	place int := smartwf.list_position(draft -> 'transitions', transition, 'transition');
BEGIN
	PERFORM smartwf.list_position(draft -> 'states', s.name, 'state')
		FROM unnest(ARRAY[from_state, to_state]) AS s (name);
	IF EXISTS (SELECT FROM smartwf.items(draft -> 'transitions' -> place, 'arcs') a
		WHERE a.item ->> 'from' = from_state) THEN
		RAISE EXCEPTION 'transition "%" leaves state "%" already', transition, from_state
			USING ERRCODE = 'unique_violation';
	END IF;
	RETURN smartwf.keep_workflow_change(workflow, jsonb_set(draft, ARRAY['transitions', place::text, 'arcs'],
		smartwf.list_insert(draft -> 'transitions' -> place -> 'arcs',
			jsonb_build_object('from', from_state, 'to', to_state), NULL)));
END
$$;

CREATE FUNCTION smartwf.remove_arc(workflow text, transition text, from_state text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft jsonb := smartwf.begin_workflow_change(workflow);
	place int := smartwf.list_position(draft -> 'transitions', transition, 'transition');
	arcs jsonb := (SELECT coalesce(jsonb_agg(a.item ORDER BY a.number), '[]')
		FROM smartwf.items(draft -> 'transitions' -> place, 'arcs') a WHERE a.item ->> 'from' IS DISTINCT FROM from_state);
BEGIN
	IF jsonb_array_length(arcs) = (SELECT count(*) FROM smartwf.items(draft -> 'transitions' -> place, 'arcs')) THEN
		RAISE EXCEPTION 'transition "%" does not leave state "%"', transition, from_state
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN smartwf.keep_workflow_change(workflow, jsonb_set(draft, ARRAY['transitions', place::text, 'arcs'], arcs));
END
$$;

CREATE FUNCTION smartwf.lifecycle(structure text DEFAULT NULL, docid text DEFAULT NULL) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_lifecycle';

CREATE FUNCTION smartwf.document_row(docid text) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_document_row';

CREATE OR REPLACE FUNCTION smartwf.diagram(name text, format text DEFAULT 'mermaid', docid text DEFAULT NULL,
	version int DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	workflow int;
	nodes text;
	edges text;
BEGIN
	SELECT w.id INTO workflow FROM smartwf.workflows w
		WHERE w.name = diagram.name AND (diagram.version IS NULL OR w.version = diagram.version)
			AND (diagram.docid IS NULL OR w.id = (SELECT v.id FROM smartwf.document_state(diagram.docid) d
				JOIN smartwf.workflows v ON (v.name, v.version) = (d.workflow, d.version)))
		ORDER BY w.version DESC LIMIT 1;
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no such version, or that is no document of it', name
			USING ERRCODE = 'undefined_object';
	END IF;
	WITH state AS (
		SELECT s.*, row_number() OVER (ORDER BY s.position, s.name) AS n FROM smartwf.states s
			WHERE s.workflow_id = workflow
	), line AS (
		SELECT h.*, row_number() OVER (ORDER BY h.revision DESC) AS age FROM smartwf.document_history(diagram.docid) h
			WHERE diagram.docid IS NOT NULL
	), shown AS (
		SELECT s.n, s.name, smartwf.diagram_text(coalesce(nullif(s.label, ''), s.name), format) AS label,
			CASE WHEN EXISTS (SELECT FROM line l WHERE l.age = 1 AND l.to_state = s.name) THEN 'waiting'
				WHEN EXISTS (SELECT FROM line l WHERE l.to_state = s.name) THEN 'done' END AS status
		FROM state s)
	SELECT (SELECT string_agg(format(CASE WHEN s.status IS NULL THEN form.node ELSE form.marked END, s.n, s.label,
		smartwf.diagram_mark(format, s.status)), '' ORDER BY s.n) FROM shown s),
		(SELECT string_agg(format(CASE WHEN EXISTS (SELECT FROM line l
			WHERE (l.from_state, l.to_state, l.transition) = (a.from_state, a.to_state, a.transition))
				THEN form.marked_edge ELSE form.edge END, 'n' || f.n, 'n' || t.n,
					smartwf.diagram_text(coalesce(nullif(tr.label, ''), tr.name), format)),
				'' ORDER BY tr.position, tr.name, a.position, a.from_state)
			FROM smartwf.arcs a JOIN shown f ON f.name = a.from_state JOIN shown t ON t.name = a.to_state
			JOIN smartwf.transitions tr ON tr.workflow_id = a.workflow_id AND tr.name = a.transition
				WHERE a.workflow_id = workflow)
		INTO nodes, edges;
	RETURN form.head || coalesce(nodes, '') || coalesce(edges, '') || form.foot;
END
$$;

CREATE FUNCTION smartwf.model_options(flow int, field text) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT f.options FROM smartwf.flows w, smartwf.flow_fields(jsonb_build_object('model', w.model)) f
	WHERE w.id = flow AND f.field = model_options.field
$$;

CREATE FUNCTION smartwf.flow_size_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'WFL0504', format('flow %s', definition ->> 'name'), s.message
	FROM (SELECT CASE WHEN count(*) > 3000 THEN 'it has more than 3,000 steps'
		WHEN max(cardinality(path)) > 80 THEN 'its steps are nested more than 40 deep' END AS message
		FROM smartwf.flow_steps(definition)) s
	WHERE s.message IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION smartwf.flow_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT * FROM (
		SELECT 'error', f.* FROM smartwf.flow_form_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_size_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_setting_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_order_faults(definition) f
		UNION ALL
		SELECT * FROM smartwf.flow_field_faults(definition)
		UNION ALL
		SELECT * FROM smartwf.flow_reference_faults(definition)
		UNION ALL
		SELECT 'warning', 'WFL0901', format('%s %s', g.word, number), format('role "%s" does not exist',
			item ->> 'role')
		FROM (VALUES ('grants', 'grant'), ('start', 'start'), ('managers', 'manager')) AS g (key, word),
			smartwf.items(definition, g.key)
		WHERE jsonb_typeof(item -> 'role') = 'string' AND NOT EXISTS (SELECT FROM pg_roles
			WHERE rolname = item ->> 'role')
	) AS fault (severity, code, object, message)
	ORDER BY severity, object COLLATE "C", code COLLATE "C", message COLLATE "C"
$$;

CREATE OR REPLACE FUNCTION smartwf.store_flow(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	stored smartwf.flows;
BEGIN
	INSERT INTO smartwf.flows (name, version, is_paused, changed_by, changed_at)
		VALUES (definition ->> 'name',
			(SELECT coalesce(max(version), 0) + 1 FROM smartwf.flows f WHERE f.name = definition ->> 'name'),
			(SELECT coalesce(bool_or(is_paused), false) FROM smartwf.flows f WHERE f.name = definition ->> 'name'),
			smartwf.actor(), clock_timestamp())
		RETURNING * INTO stored;
	PERFORM smartwf.store_flow_settings(stored.id, definition);
	PERFORM smartwf.store_flow_steps(stored.id, definition);
	RETURN stored.id;
END
$$;

CREATE FUNCTION smartwf.step_groups()
	RETURNS TABLE (number int, name text, language text, label text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
	VALUES (1, 'notifications', 'en', 'Notifications'), (1, 'notifications', 'fr', 'Notifications'),
		(2, 'integrations', 'en', 'Integrations'), (2, 'integrations', 'fr', 'Intégrations'),
		(3, 'common', 'en', 'Common'), (3, 'common', 'fr', 'Courants'),
		(4, 'conditions', 'en', 'Conditions'), (4, 'conditions', 'fr', 'Conditions'),
		(5, 'lifecycle', 'en', 'Lifecycle and time'), (5, 'lifecycle', 'fr', 'Cycle de vie et temps')
$$;

CREATE FUNCTION smartwf.step_words()
	RETURNS TABLE (number int, kind text, "group" text, language text, label text, help text)
	LANGUAGE sql IMMUTABLE ROWS 24 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		(1, 'send_notification', 'notifications', 'en', 'Send notification', 'Sends a message to people.'),
		(1, 'send_notification', 'notifications', 'fr', 'Envoyer une notification', 'Envoie un message à des personnes.'),
		(2, 'send_templated_notification', 'notifications', 'en', 'Send templated notification',
			'Sends a message whose text is a template.'),
		(2, 'send_templated_notification', 'notifications', 'fr', 'Envoyer une notification modèle',
			'Envoie un message dont le texte vient d''un modèle.'),
		(3, 'get_user_confirmation', 'notifications', 'en', 'Get user confirmation',
			'Asks people, waits for the answer, and stores it in a field.'),
		(3, 'get_user_confirmation', 'notifications', 'fr', 'Demander une confirmation',
			'Pose une question, attend la réponse et la range dans un champ.'),
		(4, 'execute_data_flow', 'integrations', 'en', 'Execute data flow', 'Calls a registered function with the model.'),
		(4, 'execute_data_flow', 'integrations', 'fr', 'Exécuter un flux de données',
			'Appelle une fonction enregistrée avec le modèle.'),
		(5, 'update_model', 'common', 'en', 'Update model', 'Saves the model to its document.'),
		(5, 'update_model', 'common', 'fr', 'Enregistrer le modèle', 'Enregistre le modèle dans son document.'),
		(6, 'update_model_field', 'common', 'en', 'Update model field',
			'Sets a field to a value, or to what another field holds.'),
		(6, 'update_model_field', 'common', 'fr', 'Modifier un champ du modèle',
			'Donne à un champ une valeur, ou celle d''un autre champ.'),
		(7, 'finish', 'common', 'en', 'Finish', 'Ends the run here.'),
		(7, 'finish', 'common', 'fr', 'Terminer', 'Termine l''exécution ici.'),
		(8, 'reset_to_draft', 'common', 'en', 'Reset to draft', 'Puts the run back to draft, so that it can start again.'),
		(8, 'reset_to_draft', 'common', 'fr', 'Remettre en brouillon',
			'Remet l''exécution en brouillon ; elle pourra recommencer.'),
		(9, 'if_condition', 'conditions', 'en', 'If condition',
			'Goes on if a field fulfils a condition; else, its branch runs instead.'),
		(9, 'if_condition', 'conditions', 'fr', 'Condition si',
			'Continue si un champ remplit une condition ; sinon, sa branche est suivie.'),
		(10, 'switch_case', 'conditions', 'en', 'Switch case', 'Goes on with the branch of a field''s value.'),
		(10, 'switch_case', 'conditions', 'fr', 'Selon la valeur', 'Continue par la branche de la valeur d''un champ.'),
		(11, 'pass_transition', 'lifecycle', 'en', 'Pass transition', 'Passes a transition of the document.'),
		(11, 'pass_transition', 'lifecycle', 'fr', 'Passer une transition', 'Fait passer une transition au document.'),
		(12, 'wait', 'lifecycle', 'en', 'Wait', 'Waits for some time, or until the time in a field.'),
		(12, 'wait', 'lifecycle', 'fr', 'Attendre', 'Attend un certain temps, ou l''heure que contient un champ.')
$$;

CREATE FUNCTION smartwf.setting_inputs()
	RETURNS TABLE (number int, setting text, input text, choices text[], is_rare boolean, default_value jsonb,
		replaces text)
	LANGUAGE sql IMMUTABLE ROWS 40 SET search_path = pg_catalog, pg_temp AS $$
	VALUES (1, 'field', 'field', NULL::text[], false, NULL::jsonb, NULL),
		(2, 'operator', 'choice', '{equal,notEqual,greater,less}', false, NULL::jsonb, NULL),
		(3, 'compareWithNull', 'boolean', NULL, false, NULL::jsonb, 'value'),
		(4, 'value', 'value', NULL, false, NULL::jsonb, 'source'),
		(5, 'source', 'field', NULL, false, NULL::jsonb, 'value'),
		(6, 'dataflow', 'dataflow', NULL, false, NULL::jsonb, NULL),
		(7, 'transition', 'transition', NULL, false, NULL::jsonb, NULL),
		(8, 'parameters', 'parameters', NULL, true, NULL::jsonb, NULL),
		(9, 'comment', 'text', NULL, true, NULL::jsonb, NULL),
		(10, 'duration', 'interval', NULL, false, NULL::jsonb, 'until'),
		(11, 'until', 'field', NULL, false, NULL::jsonb, 'duration'),
		(12, 'channel', 'choice', '{mail,smtp,signalr}', false, NULL::jsonb, NULL),
		(13, 'userField', 'field', NULL, false, NULL::jsonb, NULL),
		(14, 'users', 'users', NULL, false, NULL::jsonb, NULL),
		(15, 'userRouting', 'routing', NULL, true, NULL::jsonb, NULL),
		(16, 'template', 'template', NULL, false, NULL::jsonb, NULL),
		(17, 'renderType', 'choice', '{text,html}', false, '"text"'::jsonb, NULL),
		(18, 'properties', 'properties', NULL, false, NULL::jsonb, NULL),
		(19, 'subject', 'text', NULL, true, NULL::jsonb, NULL),
		(20, 'message', 'message', NULL, false, NULL::jsonb, NULL),
		(21, 'options', 'options', NULL, false, NULL::jsonb, NULL),
		(22, 'answersNeeded', 'number', NULL, true, '1'::jsonb, NULL),
		(23, 'due', 'interval', NULL, false, NULL::jsonb, NULL),
		(24, 'dueChoice', 'option', NULL, true, NULL::jsonb, NULL),
		(25, 'excludeStarter', 'boolean', NULL, false, 'false'::jsonb, NULL),
		(26, 'excludeAnswerersOf', 'question', NULL, true, NULL::jsonb, NULL),
		(27, 'as', 'choice', '{answerer}', true, NULL::jsonb, NULL),
		(28, 'timeout', 'interval', NULL, true, NULL::jsonb, NULL),
		(29, 'retries', 'number', NULL, false, NULL::jsonb, NULL),
		(30, 'backoff', 'interval', NULL, false, NULL::jsonb, NULL),
		(31, 'maximumBackoff', 'interval', NULL, false, NULL::jsonb, NULL),
		(32, 'then', 'choice', '{fail,skip,branch}', false, NULL::jsonb, NULL)
$$;

CREATE FUNCTION smartwf.setting_words()
	RETURNS TABLE (setting text, language text, label text, help text)
	LANGUAGE sql IMMUTABLE ROWS 70 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		('field', 'en', 'Field', ''), ('field', 'fr', 'Champ', ''),
		('operator', 'en', 'Operator', ''), ('operator', 'fr', 'Opérateur', ''),
		('compareWithNull', 'en', 'Compare with null', 'Tests whether the field is empty.'),
		('compareWithNull', 'fr', 'Comparer avec nul', 'Vérifie si le champ est vide.'),
		('value', 'en', 'Value', ''), ('value', 'fr', 'Valeur', ''),
		('source', 'en', 'Source field', 'The field to copy.'), ('source', 'fr', 'Champ source', 'Le champ à copier.'),
		('dataflow', 'en', 'Data flow', ''), ('dataflow', 'fr', 'Flux de données', ''),
		('transition', 'en', 'Transition', ''), ('transition', 'fr', 'Transition', ''),
		('parameters', 'en', 'Parameters', 'Each parameter takes the value of a field.'),
		('parameters', 'fr', 'Paramètres', 'Chaque paramètre prend la valeur d''un champ.'),
		('comment', 'en', 'Comment', ''), ('comment', 'fr', 'Commentaire', ''),
		('duration', 'en', 'Duration', 'For example 2 days, or 1 hour 30 minutes.'),
		('duration', 'fr', 'Durée', 'Par exemple 2 days, ou 1 hour 30 minutes.'),
		('until', 'en', 'Until', 'A field with the time.'), ('until', 'fr', 'Jusqu''à', 'Un champ qui contient l''heure.'),
		('channel', 'en', 'Channel', ''), ('channel', 'fr', 'Canal', ''),
		('userField', 'en', 'User info field', 'A field that names a user, or a list of users.'),
		('userField', 'fr', 'Champ des destinataires', 'Un champ qui nomme un utilisateur ou une liste d''utilisateurs.'),
		('users', 'en', 'Users', ''), ('users', 'fr', 'Destinataires', ''),
		('userRouting', 'en', 'User routing', 'A function that picks the users.'),
		('userRouting', 'fr', 'Routage', 'Une fonction qui choisit les destinataires.'),
		('template', 'en', 'Template', ''), ('template', 'fr', 'Modèle de texte', ''),
		('renderType', 'en', 'Render type', ''), ('renderType', 'fr', 'Type de rendu', ''),
		('properties', 'en', 'Template properties', 'Each property takes the value of a field.'),
		('properties', 'fr', 'Propriétés du modèle', 'Chaque propriété prend la valeur d''un champ.'),
		('subject', 'en', 'Subject', ''), ('subject', 'fr', 'Objet', ''),
		('message', 'en', 'Message', 'Fields in double braces are filled in: {{title}}.'),
		('message', 'fr', 'Message', 'Les champs entre doubles accolades sont remplis : {{title}}.'),
		('options', 'en', 'Choices', 'By default, the values that the field can hold.'),
		('options', 'fr', 'Choix', 'Par défaut, les valeurs possibles du champ.'),
		('answersNeeded', 'en', 'Answers needed', 'How many people must give the same answer.'),
		('answersNeeded', 'fr', 'Réponses requises', 'Combien de personnes doivent donner la même réponse.'),
		('due', 'en', 'Due after', 'For example 3 days.'), ('due', 'fr', 'Échéance', 'Par exemple 3 days.'),
		('dueChoice', 'en', 'Answer when due', 'Counts if nobody answers in time.'),
		('dueChoice', 'fr', 'Réponse à l''échéance', 'Vaut si personne ne répond à temps.'),
		('excludeStarter', 'en', 'Not the starter', 'Whoever started the run cannot answer.'),
		('excludeStarter', 'fr', 'Pas l''initiateur', 'Qui a lancé l''exécution ne peut pas répondre.'),
		('excludeAnswerersOf', 'en', 'Not those who answered', 'An earlier question.'),
		('excludeAnswerersOf', 'fr', 'Pas ceux qui ont répondu à', 'Une question antérieure.'),
		('as', 'en', 'With the rights of', ''), ('as', 'fr', 'Avec les droits de', ''),
		('timeout', 'en', 'Time limit', 'How long the step may take.'),
		('timeout', 'fr', 'Durée maximale', 'Combien de temps l''étape peut durer.'),
		('retries', 'en', 'Retries', 'How often a worker tries again.'),
		('retries', 'fr', 'Nouveaux essais', 'Combien de fois on réessaie.'),
		('backoff', 'en', 'First pause', 'Doubles with each retry.'),
		('backoff', 'fr', 'Première pause', 'Double à chaque essai.'),
		('maximumBackoff', 'en', 'Longest pause', ''), ('maximumBackoff', 'fr', 'Pause la plus longue', ''),
		('then', 'en', 'Then', ''), ('then', 'fr', 'Ensuite', '')
$$;

CREATE FUNCTION smartwf.choice_words()
	RETURNS TABLE (setting text, choice text, language text, label text)
	LANGUAGE sql IMMUTABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
	VALUES ('operator', 'equal', 'en', 'is equal to'), ('operator', 'equal', 'fr', 'est égal à'),
		('operator', 'notEqual', 'en', 'is not equal to'), ('operator', 'notEqual', 'fr', 'est différent de'),
		('operator', 'greater', 'en', 'is greater than'), ('operator', 'greater', 'fr', 'est supérieur à'),
		('operator', 'less', 'en', 'is less than'), ('operator', 'less', 'fr', 'est inférieur à'),
		('channel', 'mail', 'en', 'Inbox'), ('channel', 'mail', 'fr', 'Boîte de réception'),
		('channel', 'smtp', 'en', 'E-mail'), ('channel', 'smtp', 'fr', 'Courriel'),
		('channel', 'signalr', 'en', 'Live push'), ('channel', 'signalr', 'fr', 'Notification en direct'),
		('renderType', 'text', 'en', 'Text'), ('renderType', 'text', 'fr', 'Texte'),
		('renderType', 'html', 'en', 'HTML'), ('renderType', 'html', 'fr', 'HTML'),
		('as', 'answerer', 'en', 'whoever answered last'), ('as', 'answerer', 'fr', 'qui a répondu en dernier'),
		('then', 'fail', 'en', 'the run fails'), ('then', 'fail', 'fr', 'l''exécution échoue'),
		('then', 'skip', 'en', 'go on with the next step'), ('then', 'skip', 'fr', 'passer à l''étape suivante'),
		('then', 'branch', 'en', 'run the steps of its branch'), ('then', 'branch', 'fr', 'suivre les étapes de sa branche')
$$;

CREATE FUNCTION smartwf.setting_catalogue(of_kind text, language text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT coalesce(json_agg(json_build_object('name', i.setting, 'label', w.label, 'help', w.help, 'input', i.input,
		'type', coalesce(f.type, CASE i.input WHEN 'number' THEN 'number' ELSE 'string' END),
		'needed', coalesce(f.needed, false), 'rare', i.is_rare AND f.needed IS NOT TRUE,
		'default', coalesce(i.default_value, CASE WHEN of_kind IS NULL THEN smartwf.complete_failure('{}') -> i.setting END),
		'replaces', (SELECT o.setting FROM smartwf.flow_settings() o WHERE (o.setting, o.kind) = (i.replaces, of_kind)),
		'choices', (SELECT json_agg(json_build_object('value', c.value, 'label', v.label) ORDER BY c.n)
			FROM unnest(i.choices) WITH ORDINALITY AS c (value, n)
			LEFT JOIN smartwf.choice_words() v ON (v.setting, v.choice, v.language) = (i.setting, c.value,
				setting_catalogue.language))) ORDER BY i.number), '[]')
	FROM smartwf.setting_inputs() i
	JOIN smartwf.setting_words() w ON (w.setting, w.language) = (i.setting, setting_catalogue.language)
	LEFT JOIN smartwf.flow_settings() f ON (f.setting, f.kind) = (i.setting, of_kind)
	WHERE CASE WHEN of_kind IS NULL THEN i.setting IN ('retries', 'backoff', 'maximumBackoff', 'then')
		ELSE f.setting IS NOT NULL END
$$;

CREATE FUNCTION smartwf.step_catalogue(language text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT json_agg(json_build_object('name', w.kind, 'group', w."group", 'label', w.label, 'help', w.help,
		'settings', smartwf.setting_catalogue(w.kind, w.language)) ORDER BY w.number)
	FROM smartwf.step_words() w WHERE w.language = step_catalogue.language
$$;

CREATE FUNCTION smartwf.field_catalogue(structure text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(json_agg(json_build_object('name', a.attname, 'label', coalesce(col_description(a.attrelid,
		a.attnum), ''), 'type', format_type(a.atttypid, a.atttypmod), 'input', CASE
			WHEN o.options IS NOT NULL AND t.typcategory <> 'B' THEN 'choice' WHEN t.typcategory = 'N' THEN 'number'
			WHEN t.typcategory = 'B' THEN 'boolean' WHEN t.typname = 'date' THEN 'date'
			WHEN t.typcategory = 'D' THEN 'datetime' ELSE 'text' END,
		'options', o.options, 'nullable', NOT a.attnotnull) ORDER BY a.attnum), '[]')
	FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid
	JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid),
		LATERAL smartwf.field_options(structure, a.attname) o (options)
	WHERE a.attrelid = smartwf.attached_relation(structure) AND a.attnum > 0 AND NOT a.attisdropped
$$;

CREATE FUNCTION smartwf.draft_revision(draft smartwf.flows) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%s.%s', draft.id, draft.revision)
$$;

CREATE OR REPLACE FUNCTION smartwf.builder_answer(flow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH form AS MATERIALIZED (
		SELECT smartwf.flow_form(flow_id) AS definition)
	SELECT json_build_object('definition', form.definition,
		'faults', (SELECT coalesce(json_agg(json_build_object('severity', f.severity, 'code', f.code, 'object',
			f.object, 'message', f.message)), '[]')
			FROM smartwf.flow_faults(form.definition::jsonb) f),
		'version', f.version, 'revision', smartwf.draft_revision(f), 'changedBy', f.changed_by, 'changedAt', f.changed_at)
	FROM form, smartwf.flows f WHERE f.id = flow_id
$$;

CREATE FUNCTION smartwf.begin_change(flow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft smartwf.flows;
BEGIN
	SELECT * INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft' FOR UPDATE;
	IF draft.id IS NULL THEN
		RAISE EXCEPTION 'flow "%" has no draft', flow USING ERRCODE = 'undefined_object',
			HINT = 'Make one with smartwf.draft_flow().';
	ELSIF smartwf.expected_revision() <> smartwf.draft_revision(draft) THEN
		RAISE EXCEPTION 'the draft of flow "%" has been changed by "%"', flow, draft.changed_by USING ERRCODE = 'WF412',
			DETAIL = format('It is at revision %s now.', smartwf.draft_revision(draft)),
			HINT = 'Read it again, and repeat the change if it is still wanted.';
	END IF;
	UPDATE smartwf.flows f SET revision = f.revision + 1, changed_by = smartwf.actor(), changed_at = clock_timestamp()
		WHERE f.id = draft.id;
	RETURN draft.id;
END
$$;

CREATE OR REPLACE FUNCTION smartwf.draft_flow(flow text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int;
BEGIN
	IF flow IS NULL OR flow !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION '"%" is no name of a flow', flow USING ERRCODE = 'WF400',
			DETAIL = 'It must be a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	END IF;
	SELECT f.id INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft';
	IF draft IS NULL THEN
		LOCK TABLE smartwf.flows IN SHARE ROW EXCLUSIVE MODE;
		SELECT f.id INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft';
	END IF;
	IF draft IS NULL THEN
		draft := smartwf.store_flow(coalesce(smartwf.flow_definition(flow)::jsonb,
			smartwf.complete_flow(jsonb_build_object('name', flow, 'stages', '[]'::jsonb)) || '{"stages": []}'));
	END IF;
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.discard_flow(flow text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
BEGIN
	DELETE FROM smartwf.flows f WHERE f.id = draft;
END
$$;

CREATE OR REPLACE FUNCTION smartwf.publish_flow(flow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	published int;
BEGIN
	UPDATE smartwf.flows f SET status = 'published' WHERE f.id = draft RETURNING f.version INTO published;
	RETURN published;
END
$$;

CREATE OR REPLACE FUNCTION smartwf.update_flow(flow text, settings jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	changed jsonb;
	faults text[];
BEGIN
	IF jsonb_typeof(settings) IS DISTINCT FROM 'object' OR settings ? 'stages' THEN
		RAISE EXCEPTION 'settings must be a JSON object of what a flow has beside its stages, not %', settings
			USING ERRCODE = 'WF400';
	END IF;
	changed := smartwf.complete_flow(smartwf.flow_form(draft)::jsonb || settings);
	-- only settings that cannot be stored are refused; other faults are returned
	SELECT array_agg(format('%s: %s', f.object, f.message) ORDER BY f.object, f.message) INTO faults
		FROM (SELECT * FROM smartwf.flow_form_faults(changed
			|| '{"stages": [{"name": "s", "steps": [{"name": "x", "kind": "finish"}]}]}')
			UNION ALL SELECT * FROM smartwf.flow_setting_faults(changed || '{"stages": []}')) f
		WHERE f.code IN ('WFL0500', 'WFL0502', 'WFL0503', 'WFL0504');
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'settings of flow "%" are not valid', flow USING ERRCODE = 'WF400',
			DETAIL = array_to_string(faults, E'\n');
	END IF;
	IF changed ->> 'name' <> flow THEN
		UPDATE smartwf.flows f SET name = changed ->> 'name',
			version = (SELECT coalesce(max(o.version), 0) + 1 FROM smartwf.flows o WHERE o.name = changed ->> 'name')
			WHERE f.id = draft;
	END IF;
	PERFORM smartwf.store_flow_settings(draft, changed);
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE FUNCTION smartwf.replace_flow(flow text, definition jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	complete jsonb;
	faults text[];
BEGIN
	-- a draft may have steps that are not ready; what has no place in the tables is refused
	SELECT array_agg(format('%s: %s', f.object, f.message) ORDER BY f.object, f.message) INTO faults
		FROM (SELECT * FROM smartwf.flow_form_faults(definition) x
			WHERE x.code IN ('WFL0500', 'WFL0502', 'WFL0503', 'WFL0504') AND x.message !~ '^(setting|a step of kind) '
			UNION ALL SELECT * FROM smartwf.flow_size_faults(definition)) f;
	IF jsonb_typeof(definition) IS DISTINCT FROM 'object' OR definition ->> 'name' IS DISTINCT FROM flow
		OR faults IS NOT NULL THEN
		RAISE EXCEPTION 'that is no definition of flow "%"', flow USING ERRCODE = 'WF400',
			DETAIL = coalesce(array_to_string(faults, E'\n'), 'It must be a JSON object with the name of the flow.');
	END IF;
	complete := smartwf.complete_flow(definition) || jsonb_build_object('stages',
		coalesce(smartwf.complete_flow(definition) -> 'stages', '[]'));
	DELETE FROM smartwf.steps s WHERE s.flow_id = draft;
	DELETE FROM smartwf.stages s WHERE s.flow_id = draft;
	PERFORM smartwf.store_flow_settings(draft, complete);
	PERFORM smartwf.store_flow_steps(draft, complete);
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.add_stage(flow text, name text, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	last int := (SELECT count(*) FROM smartwf.stages s WHERE s.flow_id = draft);
	place int := greatest(1, least(coalesce(at_position, last + 1), last + 1));
BEGIN
	PERFORM smartwf.require_name(draft, name, 'stage');
	UPDATE smartwf.stages s SET position = s.position + 1 WHERE s.flow_id = draft AND s.position >= place;
	INSERT INTO smartwf.stages VALUES (draft, name, place);
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.rename_stage(flow text, stage text, name text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
BEGIN
	PERFORM smartwf.require_stage(draft, stage);
	IF name IS DISTINCT FROM stage THEN
		PERFORM smartwf.require_name(draft, name, 'stage');
	END IF;
	UPDATE smartwf.stages s SET name = rename_stage.name WHERE s.flow_id = draft AND s.name = stage;
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.move_stage(flow text, stage text, at_position int) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	old int := smartwf.require_stage(draft, stage);
	place int := greatest(1, least(at_position, (SELECT count(*) FROM smartwf.stages s WHERE s.flow_id = draft)));
BEGIN
	UPDATE smartwf.stages s SET position = CASE WHEN s.name = stage THEN place
		ELSE s.position + sign(old - place)::int END
		WHERE s.flow_id = draft AND s.position BETWEEN least(old, place) AND greatest(old, place);
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.remove_stage(flow text, stage text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	old int := smartwf.require_stage(draft, stage);
BEGIN
	DELETE FROM smartwf.stages s WHERE s.flow_id = draft AND s.name = stage;
	UPDATE smartwf.stages s SET position = s.position - 1 WHERE s.flow_id = draft AND s.position > old;
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.add_step(flow text, stage text, step jsonb, at_position int DEFAULT NULL,
		parent text DEFAULT NULL, branch text DEFAULT NULL, branch_value text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	place smartwf.steps;
	fault record;
BEGIN
	IF jsonb_typeof(step) IS DISTINCT FROM 'object' OR step ->> 'kind' IS NULL THEN
		RAISE EXCEPTION 'a step must be a JSON object with name and kind, not %', step USING ERRCODE = 'WF400';
	END IF;
	place := smartwf.place_for_step(draft, stage, at_position, parent, branch, branch_value);
	PERFORM smartwf.shift_steps(place, 1);
	INSERT INTO smartwf.steps (flow_id, name, stage, parent, branch, branch_value, position, kind, settings, cases,
		failure)
		SELECT draft, s.name, place.stage, coalesce(s.parent, place.parent), coalesce(s.branch, place.branch),
			CASE WHEN s.branch IS NULL THEN place.branch_value ELSE s.branch_value END,
			CASE WHEN s.branch IS NULL THEN place.position ELSE s.number END, s.kind,
			coalesce(nullif(s.item -> 'settings', 'null'), '{}'),
			CASE WHEN s.kind = 'switch_case' THEN (SELECT coalesce(jsonb_agg(m.key ORDER BY m.key), '[]')
				FROM smartwf.members(s.item -> 'cases') m) END,
			smartwf.complete_failure(s.item -> 'failure')
		FROM smartwf.flow_steps(jsonb_build_object('stages',
			jsonb_build_array(jsonb_build_object('name', place.stage, 'steps', jsonb_build_array(step))))) s,
			LATERAL smartwf.require_name(draft, s.name, 'step')
		ORDER BY s.path;
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.update_step(flow text, step text, changes jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
	new smartwf.steps := old;
BEGIN
	IF jsonb_typeof(changes) IS DISTINCT FROM 'object'
		OR EXISTS (SELECT FROM smartwf.members(changes) m WHERE (m.key, jsonb_typeof(m.value)) NOT IN
			(('name', 'string'), ('kind', 'string'), ('settings', 'object'), ('cases', 'array'), ('failure', 'object'),
				('failure', 'null'))) THEN
		RAISE EXCEPTION 'changes must be a JSON object of name and kind (strings), settings and failure (objects) '
			'and cases (a list), not %', changes USING ERRCODE = 'WF400';
	END IF;
	new.name := coalesce(changes ->> 'name', old.name);
	new.kind := coalesce(changes ->> 'kind', old.kind);
	new.settings := coalesce(changes -> 'settings', old.settings);
	new.cases := CASE WHEN new.kind = 'switch_case' THEN coalesce(changes -> 'cases', old.cases, '[]') END;
	new.failure := CASE WHEN changes ? 'failure' THEN smartwf.complete_failure(changes -> 'failure')
		ELSE old.failure END;
	IF new.name <> old.name THEN
		PERFORM smartwf.require_name(draft, new.name, 'step');
	END IF;
	IF EXISTS (SELECT FROM smartwf.steps s WHERE s.flow_id = draft AND s.parent = old.name
		AND ((new.kind <> old.kind AND s.branch <> 'failure') OR (s.branch = 'failure'
			AND new.failure ->> 'then' IS DISTINCT FROM 'branch')
			OR (s.branch = 'case' AND NOT new.cases ? s.branch_value))) THEN
		RAISE EXCEPTION 'step "%" still has steps in that branch', step USING ERRCODE = 'WF400',
			HINT = 'Move or remove them first.';
	END IF;
	UPDATE smartwf.steps s SET name = new.name, kind = new.kind, settings = new.settings, cases = new.cases,
		failure = new.failure
		WHERE s.flow_id = draft AND s.name = old.name;
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.move_step(flow text, step text, stage text DEFAULT NULL, at_position int DEFAULT NULL,
		parent text DEFAULT NULL, branch text DEFAULT NULL, branch_value text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
	place smartwf.steps;
BEGIN
	IF EXISTS (WITH RECURSIVE inside AS (
			SELECT s.name FROM smartwf.steps s WHERE s.flow_id = draft AND s.name = step
			UNION ALL
			SELECT s.name FROM smartwf.steps s JOIN inside i ON s.parent = i.name WHERE s.flow_id = draft)
		SELECT FROM inside WHERE name = parent) THEN
		RAISE EXCEPTION 'step "%" cannot move into its own branch', step USING ERRCODE = 'WF400';
	END IF;
	PERFORM smartwf.shift_steps(old, -1);
	place := smartwf.place_for_step(draft, CASE WHEN parent IS NULL THEN coalesce(stage, old.stage) ELSE stage END,
		at_position, parent, branch, branch_value, step);
	PERFORM smartwf.shift_steps(place, 1);
	UPDATE smartwf.steps s SET stage = place.stage, position = place.position, parent = place.parent,
		branch = place.branch, branch_value = place.branch_value
		WHERE s.flow_id = draft AND s.name = step;
	WITH RECURSIVE inside AS (
		SELECT s.name FROM smartwf.steps s WHERE s.flow_id = draft AND s.parent = step
		UNION ALL
		SELECT s.name FROM smartwf.steps s JOIN inside i ON s.parent = i.name WHERE s.flow_id = draft)
	UPDATE smartwf.steps s SET stage = place.stage FROM inside i WHERE s.flow_id = draft AND s.name = i.name;
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE OR REPLACE FUNCTION smartwf.remove_step(flow text, step text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
BEGIN
	DELETE FROM smartwf.steps s WHERE s.flow_id = draft AND s.name = step;
	PERFORM smartwf.shift_steps(old, -1);
	RETURN smartwf.builder_answer(draft);
END
$$;

CREATE FUNCTION smartwf.steer_runs(runs bigint[], action text)
	RETURNS TABLE (run bigint, ok boolean, status text, message text)
	LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF runs IS NULL THEN
		RAISE EXCEPTION 'runs must not be null' USING ERRCODE = 'WF400';
	ELSIF coalesce(action NOT IN ('restart', 'skip', 'cancel', 'reset'), true) THEN
		RAISE EXCEPTION 'action must be restart, skip, cancel or reset, not "%"', action USING ERRCODE = 'WF400';
	END IF;
	FOREACH run IN ARRAY runs LOOP
		BEGIN
			status := CASE action WHEN 'restart' THEN smartwf.restart_run(run) WHEN 'skip' THEN smartwf.skip_step(run)
				WHEN 'cancel' THEN smartwf.cancel_run(run) ELSE smartwf.reset_run(run) END;
			ok := true;
			message := (SELECT r.message FROM smartwf.runs r WHERE r.id = steer_runs.run AND r.status = 'failed');
		EXCEPTION
			WHEN transaction_rollback OR out_of_memory THEN RAISE;
			WHEN OTHERS THEN
				ok := false;
				status := NULL;
				message := SQLERRM;
		END;
		RETURN NEXT;
	END LOOP;
END
$$;

CREATE FUNCTION smartwf.builder_catalogue(structure text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	reader text := smartwf.reader_language('{en,fr}');
	of_workflow int;
BEGIN
	IF structure <> '' AND NOT EXISTS (SELECT FROM smartwf.structures s WHERE s.name = structure) THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	SELECT w.id INTO of_workflow FROM smartwf.structures s JOIN smartwf.workflows w ON w.name = s.workflow
		WHERE s.name = structure AND w.status = 'published' ORDER BY w.version DESC LIMIT 1;
	RETURN json_build_object('language', reader,
		'groups', (SELECT json_agg(json_build_object('name', g.name, 'label', g.label) ORDER BY g.number)
			FROM smartwf.step_groups() g WHERE g.language = reader),
		'kinds', smartwf.step_catalogue(reader),
		'failure', smartwf.setting_catalogue(NULL, reader),
		'structures', (SELECT coalesce(json_agg(s.name ORDER BY s.name), '[]') FROM smartwf.structures s),
		'fields', smartwf.field_catalogue(structure),
		'roles', (SELECT json_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.rolname !~ '^pg_'),
		'people', (SELECT coalesce(json_agg(DISTINCT c.name), '[]') FROM smartwf.contacts c
			WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = c.name)),
		'templates', (SELECT coalesce(json_agg(json_build_object('name', t.name, 'description', t.description,
			'properties', t.properties) ORDER BY t.name), '[]') FROM smartwf.templates t),
		'dataflows', (SELECT coalesce(json_agg(json_build_object('name', d.name, 'description', d.description)
			ORDER BY d.name), '[]') FROM smartwf.dataflows d),
		'routings', (SELECT coalesce(json_agg(format('%I.%I', n.nspname, p.proname) ORDER BY n.nspname, p.proname),
			'[]')
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.proargtypes::text = '3802 20' AND p.prorettype = 'text[]'::regtype AND p.prokind = 'f'
				AND NOT p.proretset AND n.nspname NOT IN ('pg_catalog', 'smartwf', 'smartwf_api')),
		'transitions', (SELECT coalesce(json_agg(json_build_object('name', t.name, 'label', coalesce(
				(SELECT x.label FROM smartwf.translations x WHERE (x.workflow_id, x.kind, x.name, x.locale)
					= (of_workflow, 'transition', t.name, reader)), t.label),
			'parameters', (SELECT coalesce(json_agg(json_build_object('name', p.name, 'label', p.label, 'type', p.type,
				'needed', p.needed) ORDER BY p.position, p.name), '[]') FROM smartwf.transition_parameters p
				WHERE p.workflow_id = t.workflow_id AND p.transition = t.name)) ORDER BY t.position, t.name), '[]')
			FROM smartwf.transitions t WHERE t.workflow_id = of_workflow));
END
$$;

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
			'update_transition', 'move_transition', 'remove_transition', 'add_arc', 'remove_arc')
			OR format('smartwf.%s', o.proname) IN (SELECT c.function FROM smartwf.checkers c)
			OR o.oid IN (SELECT t.tgfoid FROM pg_trigger t
				JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'smartwf'::regnamespace)
		UNION
		SELECT o.oid, o.prosrc
		FROM needed n, LATERAL (SELECT DISTINCT m[1] AS name FROM regexp_matches(n.prosrc, 'smartwf\.(\w+)\(', 'g') m) called
		JOIN ours o ON o.proname = called.name)
	SELECT n.oid::regprocedure FROM needed n JOIN pg_proc p USING (oid) WHERE p.prorettype <> 'trigger'::regtype
$$;

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

CREATE FUNCTION smartwf.grant_design(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('GRANT', 'design', role) $$;

CREATE FUNCTION smartwf.revoke_design(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('REVOKE', 'design', role) $$;

CREATE FUNCTION smartwf.grant_operation(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('GRANT', 'operate', role) $$;

CREATE FUNCTION smartwf.revoke_operation(role name) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.change_privileges('REVOKE', 'operate', role) $$;

COMMENT ON FUNCTION smartwf.expected_revision() IS
'Returns the revision of a draft that the header If-Match of an HTTP request names (text), or null if it names none.';
COMMENT ON FUNCTION smartwf.reader_language(text[]) IS
'Returns which of some languages (text[], as in en) the reader wants most (text), by smartwf.locale, Accept-Language '
'or lc_messages; the first of them if the reader wants none.';
COMMENT ON FUNCTION smartwf.operation() IS
'Returns true (boolean). EXECUTE on this function is the privilege to operate: to see all runs, to restart, skip and '
'cancel them, and to have notifications delivered again. Granted by smartwf.grant_operation().';
COMMENT ON FUNCTION smartwf.is_operator() IS
'Returns true if the caller may operate runs and deliveries: an administrator, or a role that has the privileges of '
'smartwf.grant_operation().';
COMMENT ON TABLE smartwf.workflow_drafts IS
'Drafts of workflows, at most one for each. definition: its JSON form, as for smartwf.define_workflow(), which need '
'not be valid yet. id, revision: which draft it is, and how often it was changed, last by changed_by at changed_at. '
'Nothing acts by a draft. Maintained by smartwf.draft_workflow() and the functions that change drafts.';
COMMENT ON FUNCTION smartwf.workflow_draft_answer(text) IS
'Returns what every function of the workflow editor returns about the draft of a workflow (text): a JSON object '
'{"definition", "faults": [{"severity", "code", "object", "message"}], "version", "revision", "changedBy", '
'"changedAt"} (json).';
COMMENT ON FUNCTION smartwf.begin_workflow_change(text) IS
'Returns the definition (jsonb) of the draft of a workflow (text) that is about to be changed, and locks the draft '
'until the end of the transaction. Raises 42704 if the workflow has no draft, and WF412 if an HTTP request expects '
'another revision in its header If-Match.';
COMMENT ON FUNCTION smartwf.keep_workflow_change(text, jsonb) IS
'Stores what the draft of a workflow (text) has become (jsonb), counts its revision up, and returns '
'smartwf.workflow_draft_answer() (json).';
COMMENT ON FUNCTION smartwf.draft_workflow(text) IS
'Creates a draft of a workflow (text): a copy of its newest version, or an empty draft if there is no such workflow. '
'If the workflow has a draft already, it is left unchanged. Returns the draft and its faults (json), as '
'smartwf.workflow_draft_answer() does. Raises WF400 if the name of the workflow is malformed.';
COMMENT ON FUNCTION smartwf.discard_workflow(text) IS
'Deletes the draft of a workflow (text). Raises WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the workflow has no draft.';
COMMENT ON FUNCTION smartwf.publish_workflow(text) IS
'Publishes the draft of a workflow (text), as smartwf.define_workflow() does. Returns its version number (int). '
'Raises WF001 with one line of DETAIL for each fault, WF412 if an HTTP request expects another revision in its '
'header If-Match, and 42704 if the workflow has no draft.';
COMMENT ON FUNCTION smartwf.replace_workflow(text, jsonb) IS
'Replaces the draft of a workflow by another definition, for example that of an earlier version. workflow (text): '
'the workflow; definition (jsonb): all of it, as for smartwf.define_workflow(), except that it need not be valid. '
'Returns the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if the definition is '
'no object with the name of the workflow, WF412 if an HTTP request expects another revision in its header If-Match, '
'and 42704 if the workflow has no draft.';
COMMENT ON FUNCTION smartwf.update_workflow(text, jsonb) IS
'Changes the draft of a workflow, except for its name, states and transitions. workflow (text): the workflow; '
'settings (jsonb): an object with the keys to change (label, description, locale, timers, translations). Returns the '
'draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if settings is no such object, '
'WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the workflow has no draft.';
COMMENT ON FUNCTION smartwf.list_position(jsonb, text, text) IS
'Returns the place, from 0, of the object of a name (text) in a list (jsonb) of states or transitions (what, text). '
'Raises 42704 if there is none.';
COMMENT ON FUNCTION smartwf.list_insert(jsonb, jsonb, int) IS
'Returns a list (jsonb) with an item (jsonb) inserted at a position (int), from 1, by default the last.';
COMMENT ON FUNCTION smartwf.require_object_name(jsonb, jsonb, text) IS
'Checks a new state or transition (item, jsonb; what, text) for a list (jsonb). Raises WF400 if it is no object with '
'a name, and 23505 if the name is already in use.';
COMMENT ON FUNCTION smartwf.rename_labels(jsonb, text[], text, text) IS
'Returns the JSON form of a workflow (jsonb) in which translations of some kinds (text[]) have another name '
'(old_name, new_name, text), or, if that is null, are gone.';
COMMENT ON FUNCTION smartwf.rename_arcs(jsonb, text, text) IS
'Returns the JSON form of a workflow (jsonb) in which the arcs from and to a state (old_name, text) lead from and to '
'another (new_name, text), or, if that is null, are gone.';
COMMENT ON FUNCTION smartwf.add_object(text, text, text, jsonb, int) IS
'Adds an object (item, jsonb; what, text: state or transition) to a list (text: states or transitions) of the draft '
'of a workflow (text), at a position (int), from 1, by default the last. Returns and raises what smartwf.add_state() '
'does.';
COMMENT ON FUNCTION smartwf.move_object(text, text, text, text, int) IS
'Moves the object of a name (text; what, text: state or transition) in a list (text: states or transitions) of the '
'draft of a workflow (text) to a position (int), from 1, by default the last. Returns and raises what '
'smartwf.move_state() does.';
COMMENT ON FUNCTION smartwf.changed_object(jsonb, text, text, text, jsonb) IS
'Returns the JSON form of a workflow (jsonb) with changes (jsonb) of the object of a name (text; what, text: state or '
'transition) in a list (text: states or transitions). Raises WF400 if changes is no object or has a malformed name, '
'23505 if the new name is in use, and 42704 if there is no such object.';
COMMENT ON FUNCTION smartwf.add_state(text, jsonb, int) IS
'Adds a state to the draft of a workflow. workflow (text): the workflow; state (jsonb): an object with name, and '
'what else a state has; at_position (int): its position, from 1, by default the last. Returns the draft and its '
'faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if the state is no object with a name, 23505 '
'if the name is already in use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 '
'if the workflow has no draft.';
COMMENT ON FUNCTION smartwf.update_state(text, text, jsonb) IS
'Changes a state of the draft of a workflow; arcs and translations follow a new name. workflow (text): the workflow; '
'state (text): the state; changes (jsonb): an object with the keys to change. Returns the draft and its faults '
'(json), as smartwf.workflow_draft_answer() does. Raises WF400 if changes is no object or has a malformed name, '
'23505 if the new name is already in use, WF412 if an HTTP request expects another revision in its header If-Match, '
'and 42704 if the workflow has no draft, or the draft no such state.';
COMMENT ON FUNCTION smartwf.move_state(text, text, int) IS
'Moves a state (text) of the draft of a workflow (text) to another position (at_position, int), from 1. Returns the '
'draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such state.';
COMMENT ON FUNCTION smartwf.remove_state(text, text) IS
'Removes a state (text), the arcs from and to it and its translations from the draft of a workflow (text). Returns '
'the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such state.';
COMMENT ON FUNCTION smartwf.add_transition(text, jsonb, int) IS
'Adds a transition to the draft of a workflow. workflow (text): the workflow; transition (jsonb): an object with '
'name, and what else a transition has; at_position (int): its position, from 1, by default the last. Returns the '
'draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if the transition is no object '
'with a name, 23505 if the name is already in use, WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the workflow has no draft.';
COMMENT ON FUNCTION smartwf.update_transition(text, text, jsonb) IS
'Changes a transition of the draft of a workflow; translations follow a new name. workflow (text): the workflow; '
'transition (text): the transition; changes (jsonb): an object with the keys to change. Returns the draft and its '
'faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if changes is no object or has a malformed '
'name, 23505 if the new name is already in use, WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the workflow has no draft, or the draft no such transition.';
COMMENT ON FUNCTION smartwf.move_transition(text, text, int) IS
'Moves a transition (text) of the draft of a workflow (text) to another position (at_position, int), from 1. Returns '
'the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such transition.';
COMMENT ON FUNCTION smartwf.remove_transition(text, text) IS
'Removes a transition (text) and its translations from the draft of a workflow (text). Returns the draft and its '
'faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects another revision in '
'its header If-Match, and 42704 if the workflow has no draft, or the draft no such transition.';
COMMENT ON FUNCTION smartwf.add_arc(text, text, text, text) IS
'Adds an arc to a transition (text) of the draft of a workflow (text): from a state (from_state, text) to another '
'(to_state, text). Returns the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises 23505 if '
'the transition leaves that state already, WF412 if an HTTP request expects another revision in its header If-Match, '
'and 42704 if the workflow has no draft, or the draft no such transition or state.';
COMMENT ON FUNCTION smartwf.remove_arc(text, text, text) IS
'Removes the arc of a transition (text) from a state (from_state, text) in the draft of a workflow (text). Returns '
'the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such transition or '
'arc.';
COMMENT ON FUNCTION smartwf.lifecycle(text, text) IS
'Returns a workflow for those who look at its documents, as a JSON object with workflow, version, states and arcs, '
'labels in the reader''s language (json). structure (text): the structure whose new documents follow the workflow; '
'docid (text): a document, for the workflow in the version that it follows. Raises 42704 if there is no such '
'structure, or the caller cannot see its documents; WF200, WF201, WF219, WF220 or WF227 if there is no such '
'document; and WF400 if both arguments are null.';
COMMENT ON FUNCTION smartwf.document_row(text) IS
'Returns the row of a document (docid, text) in its table as a JSON object, with those columns that the caller may '
'select (json), or null if the caller cannot see the document. Raises WF400 if docid is null.';
COMMENT ON FUNCTION smartwf.deliver_again(text) IS
'Queues notifications again whose delivery has failed. error_like (text): a pattern, as for LIKE, for the error of '
'the notifications; by default, all failed notifications. Returns the number of notifications that were queued '
'(bigint). Raises 42501 unless the caller is an operator, and WF400 if the pattern is null.';
COMMENT ON TABLE smartwf.flows IS
'Flows, one row for each version. status: draft or published; the stages and steps of a published version cannot be '
'changed. structure: the structure on whose documents the flow works; empty for documents of any structure, or free '
'JSON. restrict_access: if true, a run can be seen by its starter, those whom it asks, and the roles in flow_grants '
'with the privilege read or manage. max_runs: the number of runs that workers execute at the same time; null: no '
'limit; 0: none. run_as: whether steps have the rights of the starter of the run, or of owner, the role that '
'published the version. is_paused: set by smartwf.pause_flow(). model: the fields of the free JSON on which the flow '
'works, if declared. shape: checksum of stages and steps, as in smartwf.workflows. revision: how often the draft was '
'changed, last by changed_by at changed_at.';
COMMENT ON FUNCTION smartwf.model_options(int, text) IS
'Returns the values (text[]) that a field (text) can have by the model that a flow version (flow, int, its id) declares; '
'null if the model does not restrict it.';
COMMENT ON FUNCTION smartwf.flow_size_faults(jsonb) IS
'Returns a fault (code, object and message, text each) if the JSON form of a flow (jsonb) has more than 3,000 steps, or '
'nests them more than 40 deep.';
COMMENT ON FUNCTION smartwf.step_groups() IS
'Returns the groups in which a builder lists the kinds of steps: number (int), name, language and label (text).';
COMMENT ON FUNCTION smartwf.step_words() IS
'Returns what a builder calls the kinds of steps: number (int, their order), kind, group, language, label and help '
'(text).';
COMMENT ON FUNCTION smartwf.setting_inputs() IS
'Returns how a builder lets people enter each setting of a step: number (int, their order), setting and input (text: '
'text, message, number, boolean, interval, choice with choices (text[]), or a list of what exists: field, value, '
'dataflow, transition, parameters, users, routing, template, properties, options, option, question); whether it is '
'seldom wanted (is_rare, boolean); its default (default_value, jsonb); and the setting that cannot be given beside it '
'(replaces, text).';
COMMENT ON FUNCTION smartwf.setting_words() IS
'Returns what a builder calls the settings of steps: setting, language, label and help (text).';
COMMENT ON FUNCTION smartwf.choice_words() IS
'Returns what a builder calls the choices of settings: setting, choice, language and label (text).';
COMMENT ON FUNCTION smartwf.setting_catalogue(text, text) IS
'Returns the settings of a kind of step (of_kind, text), or those of the failure of any step if it is null, with '
'labels in a language (text), as smartwf_api.builder_catalogue() shows them (json).';
COMMENT ON FUNCTION smartwf.step_catalogue(text) IS
'Returns the kinds of steps with their settings, and labels in a language (text), as smartwf_api.builder_catalogue() '
'shows them (json).';
COMMENT ON FUNCTION smartwf.field_catalogue(text) IS
'Returns the fields of a structure (text), its columns: name, label (the comment on the column), type, how a value is '
'entered (input: number, boolean, date, datetime, choice or text), options and whether it can be null (json).';
COMMENT ON FUNCTION smartwf.draft_revision(smartwf.flows) IS
'Returns the revision (text) of a draft (a row of smartwf.flows), which changes with each change of it.';
COMMENT ON FUNCTION smartwf.builder_answer(int) IS
'Returns what every function of the flow builder returns about a flow version (int, its id): a JSON object '
'{"definition", "faults": [{"severity", "code", "object", "message"}], "version", "revision", "changedBy", '
'"changedAt"} (json).';
COMMENT ON FUNCTION smartwf.begin_change(text) IS
'Returns the id (int) of the draft of a flow (text) that is about to be changed: locks it until the end of the '
'transaction, and counts its revision up. Raises 42704 if the flow has no draft, and WF412 if an HTTP request expects '
'another revision in its header If-Match.';
COMMENT ON FUNCTION smartwf.draft_flow(text) IS
'Creates a draft of a flow (text): a copy of its newest version, or an empty draft if there is no such flow. If the '
'flow has a draft already, it is left unchanged. Returns the definition of the draft, its faults and its revision '
'(json), as smartwf.builder_answer() does. Raises WF400 if the name of the flow is malformed.';
COMMENT ON FUNCTION smartwf.discard_flow(text) IS
'Deletes the draft of a flow (text). Raises WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the flow has no draft.';
COMMENT ON FUNCTION smartwf.publish_flow(text) IS
'Publishes the draft of a flow (text). Returns its version number (int). Raises WF001 with one line of DETAIL for '
'each fault, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no '
'draft.';
COMMENT ON FUNCTION smartwf.update_flow(text, jsonb) IS
'Changes the properties of the draft of a flow, except for its stages. flow (text): the flow; settings (jsonb): an '
'object with the keys to change (name, label, structure, restrictAccess, runAs, maxRuns, grants, start, managers, '
'model). Returns the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. '
'Raises WF400 with one line of DETAIL for each setting that cannot be stored, 23505 if another flow of the new name '
'has a draft, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no '
'draft.';
COMMENT ON FUNCTION smartwf.replace_flow(text, jsonb) IS
'Replaces the draft of a flow by another definition, for example that of an earlier version. flow (text): the flow; '
'definition (jsonb): all of it, as for smartwf.define_flow(), except that its steps need not be complete. Returns '
'the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. Raises WF400 '
'with one line of DETAIL for each part that cannot be stored, WF412 if an HTTP request expects another revision in '
'its header If-Match, and 42704 if the flow has no draft.';
COMMENT ON FUNCTION smartwf.add_stage(text, text, int) IS
'Adds a stage to the draft of a flow. flow (text): the flow; name (text): the name of the stage; at_position (int): '
'its position, starting with 1, by default the last. Returns the definition of the draft, its faults and its '
'revision (json), as smartwf.builder_answer() does. Raises WF400 if the name is malformed, 23505 if it is already in '
'use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no draft.';
COMMENT ON FUNCTION smartwf.rename_stage(text, text, text) IS
'Renames a stage of the draft of a flow. flow (text): the flow; stage (text): the stage; name (text): its new name. '
'Returns the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. Raises '
'WF400 if the name is malformed, 23505 if it is already in use, WF412 if an HTTP request expects another revision in '
'its header If-Match, and 42704 if the flow has no draft, or the draft no such stage.';
COMMENT ON FUNCTION smartwf.move_stage(text, text, int) IS
'Moves a stage of the draft of a flow to another position. flow (text): the flow; stage (text): the stage; '
'at_position (int): its new position, starting with 1. Returns the definition of the draft, its faults and its '
'revision (json), as smartwf.builder_answer() does. Raises WF412 if an HTTP request expects another revision in its '
'header If-Match, and 42704 if the flow has no draft, or the draft no such stage.';
COMMENT ON FUNCTION smartwf.remove_stage(text, text) IS
'Removes a stage (text) and its steps from the draft of a flow (text). Returns the definition of the draft, its '
'faults and its revision (json), as smartwf.builder_answer() does. Raises WF412 if an HTTP request expects another '
'revision in its header If-Match, and 42704 if the flow has no draft, or the draft no such stage.';
COMMENT ON FUNCTION smartwf.add_step(text, text, jsonb, int, text, text, text) IS
'Adds a step to the draft of a flow. flow (text): the flow; stage (text): the stage; step (jsonb): an object with '
'name, kind, settings and branches; at_position (int): its position, starting with 1, by default the last; parent '
'(text): the step to a branch of which it is added; branch (text): else, case, default or failure; branch_value '
'(text): the value of a case. Returns the definition of the draft, its faults and its revision (json), as '
'smartwf.builder_answer() does. Raises WF400 if the step or its place is not valid, 23505 if its name is already in '
'use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no draft, '
'or the draft no such stage or parent.';
COMMENT ON FUNCTION smartwf.update_step(text, text, jsonb) IS
'Changes a step of the draft of a flow. flow (text): the flow; step (text): the step; changes (jsonb): an object '
'with the keys to change: name, kind, settings, cases (an array of values), and failure (an object without steps, or '
'null). Returns the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. '
'Raises WF400 if the changes are not valid, or would remove a branch that contains steps, 23505 if the new name is '
'already in use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has '
'no draft, or the draft no such step.';
COMMENT ON FUNCTION smartwf.move_step(text, text, text, int, text, text, text) IS
'Moves a step of the draft of a flow, with all steps in its branches. flow (text): the flow; step (text): the step; '
'stage (text): the stage to which it is moved, by default its own; at_position (int): its new position, starting '
'with 1, by default the last; parent, branch, branch_value (text): the branch to which it is moved, as for '
'smartwf.add_step(). Returns the definition of the draft, its faults and its revision (json), as '
'smartwf.builder_answer() does. Raises WF400 if the place is not valid, or is in a branch of the step itself, WF412 '
'if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no draft, or the '
'draft no such step, stage or parent.';
COMMENT ON FUNCTION smartwf.remove_step(text, text) IS
'Removes a step (text) and all steps in its branches from the draft of a flow (text). Returns the definition of the '
'draft, its faults and its revision (json), as smartwf.builder_answer() does. Raises WF412 if an HTTP request '
'expects another revision in its header If-Match, and 42704 if the flow has no draft, or the draft no such step.';
COMMENT ON FUNCTION smartwf.sees_run(bigint) IS
'Returns true if the caller may see a run (bigint): as an operator, if access to its flow is not restricted, if '
'they have started it, if it asks them, or if they have the privilege read or manage on its flow.';
COMMENT ON FUNCTION smartwf.restart_run(bigint, text) IS
'Continues a failed or cancelled run at the step where it stopped, starts a draft from the beginning, or starts a '
'queued run at once. run (bigint): the run; from_step (text): continue at this step instead, which the run must have '
'reached before. Fields of the document that the run has not changed are read again. The run is executed in the '
'current transaction; if it is executed by workers, or the flow is paused, it is queued instead. Returns the status '
'of the run (text). Raises WF410 if the run is running, waiting or finished, 42501 unless the caller has started it, '
'may manage the flow or is an operator, 42704 if there is no such run or the caller may not see it, or if the '
'run has not reached from_step, and WF400 if run is null.';
COMMENT ON FUNCTION smartwf.restart_all(text, text) IS
'Queues all failed runs of a flow again, to continue at the step that failed. flow (text): the flow; error_like '
'(text): a pattern, as for LIKE, for the error message of the runs; by default, all failed runs. Returns the number '
'of runs that were queued (bigint). Raises 42501 unless the caller is an operator, and WF400 if an argument is '
'null.';
COMMENT ON FUNCTION smartwf.cancel_run(bigint) IS
'Cancels a run (bigint) that has not ended, and its open questions. Returns the status of the run (text). Raises '
'WF410 if the run is finished or already cancelled, 42501 unless the caller has started it, may manage the flow or is '
'an operator, 42704 if there is no such run or the caller may not see it, and WF400 if run is null.';
COMMENT ON FUNCTION smartwf.reset_run(bigint) IS
'Makes a run (bigint) that is not finished a draft, and cancels its open questions. The document can then be edited, '
'and restart_run() starts the run from the beginning. Returns the status of the run (text). Raises WF410 if the run '
'is finished, 42501 unless the caller has started it, may manage the flow or is an operator, 42704 if there is '
'no such run or the caller may not see it, and WF400 if run is null.';
COMMENT ON FUNCTION smartwf.skip_step(bigint) IS
'Continues a failed or waiting run (bigint) with the step after the one where it stopped. Open questions of that step '
'are cancelled. Returns the status of the run (text). Raises WF410 if the run is neither failed nor waiting, 42501 '
'unless the caller may manage the flow or is an operator, 42704 if there is no such run or the caller may not '
'see it, and WF400 if run is null.';
COMMENT ON FUNCTION smartwf.steer_runs(bigint[], text) IS
'Restarts, skips, cancels or resets many runs, each in a subtransaction: what fails for one leaves the others alone. '
'runs (bigint[]): the runs; action (text): restart, skip, cancel or reset, for what smartwf.restart_run(), '
'skip_step(), cancel_run() or reset_run() do. Returns one row for each run: run (bigint), whether it was done (ok, '
'boolean), the new status of the run (status, text), and why it was not done or has failed again (message, text). '
'Raises WF400 if action is another, or an argument is null.';
COMMENT ON FUNCTION smartwf.pause_flow(text) IS
'Pauses a flow (text): none of its runs continues until resume_flow() is called, and runs that are started or '
'answered in the meantime are queued. Steps that are being executed are completed. Raises 42501 unless the caller may '
'manage the flow or is an operator, 42704 if the flow is not published, and WF400 if flow is null.';
COMMENT ON FUNCTION smartwf.resume_flow(text) IS
'Resumes a flow (text) that was paused by pause_flow(): workers continue its runs. Raises 42501 unless the caller may '
'manage the flow or is an operator, 42704 if the flow is not published, and WF400 if flow is null.';
COMMENT ON FUNCTION smartwf.builder_catalogue(text) IS
'Returns what a builder of flows offers, with labels in the reader''s language (json). structure (text): the '
'structure whose documents the flow works on, null or empty for none. The keys: groups; kinds, with their settings; '
'failure, the settings of a failing step; structures; fields of the structure, with types and options; roles; '
'people; templates, with their properties; dataflows; routings, functions that pick users; transitions, with their '
'parameters. Raises 42704 if there is no such structure, and 42501 unless the caller may read the definitions.';
COMMENT ON FUNCTION smartwf.functions_of_designers() IS
'Returns the functions (regprocedure) that roles need which define workflows and flows, and those that these call.';
COMMENT ON FUNCTION smartwf.role_privileges(text) IS
'Returns the privileges that a task (text: design or operate) takes, in the form that GRANT and REVOKE accept (text).';
COMMENT ON FUNCTION smartwf.change_privileges(text, text, name) IS
'Grants a role (name) what a task (text: design or operate) takes, or revokes it (verb, text: GRANT or REVOKE).';
COMMENT ON FUNCTION smartwf.grant_design(name) IS
'Grants a role (name) what it takes to design: to define workflows, flows and templates. It can '
'neither attach tables nor register data flows. Repeat it after an update of the extension. Raises 42501 unless the '
'caller is a superuser or the owner of the extension, and 42704 if there is no such role.';
COMMENT ON FUNCTION smartwf.revoke_design(name) IS
'Revokes from a role (name) what smartwf.grant_design() has granted. Raises 42501 unless the caller is a superuser '
'or the owner of the extension, and 42704 if there is no such role.';
COMMENT ON FUNCTION smartwf.grant_operation(name) IS
'Grants a role (name) what it takes to operate: to see all runs, to restart, skip, reset and cancel them, to pause '
'and resume flows, to have notifications delivered again, and to see workers and metrics. Models of runs and '
'documents are shown to it only where it may read the document. Raises 42501 unless the caller is a superuser or the '
'owner of the extension, and 42704 if there is no such role.';
COMMENT ON FUNCTION smartwf.revoke_operation(name) IS
'Revokes from a role (name) what smartwf.grant_operation() has granted. Raises 42501 unless the caller is a '
'superuser or the owner of the extension, and 42704 if there is no such role.';
REVOKE ALL ON FUNCTION smartwf.expected_revision() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.reader_language(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.reader_language(text[]) TO PUBLIC;
REVOKE ALL ON FUNCTION smartwf.operation() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.is_operator() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.is_operator() TO PUBLIC;
REVOKE ALL ON FUNCTION smartwf.workflow_draft_answer(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.begin_workflow_change(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.keep_workflow_change(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.draft_workflow(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.discard_workflow(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.publish_workflow(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.replace_workflow(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.update_workflow(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.list_position(jsonb, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.list_insert(jsonb, jsonb, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.require_object_name(jsonb, jsonb, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.rename_labels(jsonb, text[], text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.rename_arcs(jsonb, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.add_object(text, text, text, jsonb, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.move_object(text, text, text, text, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.changed_object(jsonb, text, text, text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.add_state(text, jsonb, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.update_state(text, text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.move_state(text, text, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.remove_state(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.add_transition(text, jsonb, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.update_transition(text, text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.move_transition(text, text, int) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.remove_transition(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.add_arc(text, text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.remove_arc(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.lifecycle(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.lifecycle(text, text) TO PUBLIC;
REVOKE ALL ON FUNCTION smartwf.document_row(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.document_row(text) TO PUBLIC;
REVOKE ALL ON FUNCTION smartwf.model_options(int, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.flow_size_faults(jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.step_groups() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.step_words() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.setting_inputs() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.setting_words() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.choice_words() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.setting_catalogue(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.step_catalogue(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.field_catalogue(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.draft_revision(smartwf.flows) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.begin_change(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.replace_flow(text, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.steer_runs(bigint[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION smartwf.steer_runs(bigint[], text) TO PUBLIC;
REVOKE ALL ON FUNCTION smartwf.builder_catalogue(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.functions_of_designers() FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.role_privileges(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.change_privileges(text, text, name) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.grant_design(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.revoke_design(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.grant_operation(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION smartwf.revoke_operation(name) FROM PUBLIC;

CREATE VIEW smartwf.activity WITH (security_barrier) AS
SELECT date_bin('1 hour', s.started_at, 'epoch') AS at, s.outcome, count(*) AS steps,
	avg(extract(epoch FROM s.duration))::double precision AS seconds
FROM smartwf.run_steps s
WHERE s.started_at > date_bin('1 hour', now(), 'epoch') - interval '23 hours'
GROUP BY 1, 2;
COMMENT ON VIEW smartwf.activity IS
'Steps that runs have executed in each of the last 24 hours, by outcome.';
COMMENT ON COLUMN smartwf.activity.at IS 'Beginning of the hour.';
COMMENT ON COLUMN smartwf.activity.outcome IS 'Outcome of the steps, as in smartwf.run_steps.';
COMMENT ON COLUMN smartwf.activity.steps IS 'Number of steps.';
COMMENT ON COLUMN smartwf.activity.seconds IS 'Average duration of the steps, in seconds.';
GRANT SELECT ON smartwf.activity TO pg_monitor;

DROP FUNCTION smartwf.draft_of(text);

CREATE OR REPLACE VIEW smartwf_api.runs WITH (security_barrier) AS
SELECT r.id AS run, r.flow, r.docid, r.status, r.step, r.actor, smartwf.run_model(r.id) AS model, r.sqlstate, r.message,
	r.started_at, r.changed_at, f.version, f.label AS flow_label, r.attempt, r.due_at, r.priority,
	smartwf.names_caller(ARRAY[r.starter]) AND r.actor = (SELECT smartwf.actor()) AS is_mine
FROM smartwf.runs r JOIN smartwf.flows f ON f.id = r.flow_id WHERE smartwf.sees_run(r.id);

CREATE OR REPLACE VIEW smartwf_api.inbox WITH (security_barrier) AS
SELECT i.*, r.flow, f.label AS flow_label, r.docid, c.field, c.answers_needed,
	(SELECT pg_catalog.count(*) FROM smartwf.answers a WHERE a.confirmation = i.confirmation) AS answers,
	ARRAY(SELECT u FROM pg_catalog.unnest(c.users) AS u WHERE smartwf.names_caller(ARRAY[u], c.people)) AS asked_as
FROM smartwf.inbox i LEFT JOIN smartwf.runs r ON r.id = i.run LEFT JOIN smartwf.flows f ON f.id = r.flow_id
LEFT JOIN smartwf.confirmations c ON c.id = i.confirmation;

-- What screens need of the database, beside what other clients use: who the reader is and
-- what they may do, lists, and the functions of those who design and operate.  All of it
-- under the rights of the caller.

CREATE FUNCTION smartwf_api.whoami() RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('actor', smartwf.actor(), 'role', CURRENT_USER, 'person', smartwf.person(),
		'language', smartwf.reader_language('{en,fr}'), 'isAdministrator', smartwf.is_administrator(),
		'mayDesign', has_function_privilege('smartwf.draft_flow(text)', 'EXECUTE')
			AND has_table_privilege('smartwf.flows', 'INSERT'),
		'mayOperate', smartwf.is_operator() AND has_table_privilege('smartwf.workers', 'SELECT'))
$$;
COMMENT ON FUNCTION smartwf_api.whoami() IS
'Returns who the caller is, and what they may do: actor, role, person, language (en or fr), isAdministrator, '
'mayDesign and mayOperate (json).';

-- Lists.  Those of flows and structures show what the caller may see, start or manage.

CREATE VIEW smartwf_api.flows WITH (security_barrier) AS
SELECT f.name AS flow, f.label, f.structure, f.version, f.is_paused, f.max_runs, p.may_start, p.may_manage
FROM smartwf.flows f, LATERAL (
	SELECT (SELECT smartwf.is_administrator()) OR coalesce(bool_or(g.holds) FILTER (WHERE g.privilege = 'start'),
			f.structure = ANY ((SELECT smartwf.visible_structures())::text[])) AS may_start,
		(SELECT smartwf.is_operator()) OR coalesce(bool_or(g.holds) FILTER (WHERE g.privilege = 'manage'), false)
			AS may_manage,
		has_table_privilege('smartwf.flows', 'SELECT') OR coalesce(bool_or(g.holds), false) AS may_see
	FROM (SELECT x.privilege, smartwf.names_caller(ARRAY[x.role]) AS holds FROM smartwf.flow_grants x
		WHERE x.flow_id = f.id) g) p
WHERE f.status = 'published' AND f.version = (SELECT max(n.version) FROM smartwf.flows n
	WHERE n.name = f.name AND n.status = 'published')
	AND (p.may_start OR p.may_manage OR p.may_see);
COMMENT ON VIEW smartwf_api.flows IS
'Published flows that the caller may start, manage or see, in their newest version.';

CREATE VIEW smartwf_api.flow_versions WITH (security_invoker) AS
SELECT f.name AS flow, f.version, f.label, f.structure, f.status, f.owner, smartwf.draft_revision(f) AS revision,
	f.changed_by, f.changed_at
FROM smartwf.flows f;
COMMENT ON VIEW smartwf_api.flow_versions IS
'All versions of flows, drafts too, for roles that design.';

CREATE VIEW smartwf_api.workflow_versions WITH (security_invoker) AS
SELECT w.name AS workflow, w.version, w.label, w.description, w.status
FROM smartwf.workflows w;
COMMENT ON VIEW smartwf_api.workflow_versions IS
'All versions of workflows, for roles that design.';

CREATE VIEW smartwf_api.templates WITH (security_invoker) AS
SELECT t.name, t.description, t.subject, t.text_body, t.html_body, t.properties FROM smartwf.templates t;
COMMENT ON VIEW smartwf_api.templates IS
'Templates of notifications, for roles that design, who may change them here.';
GRANT INSERT, UPDATE, DELETE ON smartwf_api.templates TO PUBLIC;

CREATE VIEW smartwf_api.structures WITH (security_barrier) AS
SELECT s.name AS structure, s.workflow
FROM smartwf.structures s WHERE s.name = ANY ((SELECT smartwf.visible_structures())::text[]);
COMMENT ON VIEW smartwf_api.structures IS
'Structures whose documents the caller can see, if their rows allow it.';

CREATE VIEW smartwf_api.answers WITH (security_barrier) AS
SELECT a.confirmation, c.run, r.flow, r.docid, c.step, c.message, a.choice, a.comment, a.answered_at, c.status,
	c.choice AS outcome
FROM smartwf.answers a JOIN smartwf.confirmations c ON c.id = a.confirmation LEFT JOIN smartwf.runs r ON r.id = c.run
WHERE a.person = (SELECT smartwf.person()) AND smartwf.names_caller(c.users, c.people);
COMMENT ON VIEW smartwf_api.answers IS
'Answers that the caller has given, as a person.';

CREATE VIEW smartwf_api.timers WITH (security_barrier) AS
SELECT t.docid, t.timer, t.task, t.kind, t.settings, t.action, t.reference_column, t.due_at, t.attempt, t.sqlstate,
	t.message, t.attached_at
FROM smartwf.timers t;
COMMENT ON VIEW smartwf_api.timers IS
'Scheduled tasks of timers of the documents that the caller can see.';

CREATE VIEW smartwf_api.deliveries WITH (security_barrier) AS
SELECT n.id AS notification, n.run, n.step, n.channel, n.recipient, n.status, n.attempt, n.error, n.due_at,
	n.created_at, n.delivered_at
FROM smartwf.notifications n
WHERE n.channel <> 'mail' AND (SELECT smartwf.is_operator());
COMMENT ON VIEW smartwf_api.deliveries IS
'E-mails and pushes without their texts, for operators.';

CREATE VIEW smartwf_api.workers WITH (security_invoker) AS SELECT * FROM smartwf.workers;
COMMENT ON VIEW smartwf_api.workers IS
'Workers of the database, for operators.';

CREATE VIEW smartwf_api.metrics WITH (security_invoker) AS SELECT * FROM smartwf.metrics;
COMMENT ON VIEW smartwf_api.metrics IS
'Metrics for monitoring, one row for each value, for operators.';

CREATE VIEW smartwf_api.activity WITH (security_invoker) AS SELECT * FROM smartwf.activity;
COMMENT ON VIEW smartwf_api.activity IS
'Steps that runs have executed in each of the last 24 hours, by outcome, for operators.';

-- A browser that looks every few seconds is told 304 while nothing has changed.
CREATE FUNCTION smartwf_api.inbox_tag() RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	tag text := (SELECT '"' || md5(coalesce(string_agg(concat_ws(' ', i.notification, i.confirmation, i.read_at), ','
		ORDER BY i.notification, i.confirmation), '')) || '"' FROM smartwf.inbox i);
BEGIN
	PERFORM set_config('response.headers', json_build_array(json_build_object('ETag', tag),
		json_build_object('Cache-Control', 'private, no-cache'))::text, true);
	IF strpos(nullif(current_setting('request.headers', true), '')::json ->> 'if-none-match', tag) > 0 THEN
		PERFORM set_config('response.status', '304', true);
	END IF;
	RETURN btrim(tag, '"');
END
$$;
COMMENT ON FUNCTION smartwf_api.inbox_tag() IS
'Returns a text that changes whenever the inbox of the caller does (text), also as ETag; over HTTP, 304 if the '
'request has it as If-None-Match.';

-- Functions of schema smartwf, with their arguments, results and comments, and with errors
-- in the form that PostgREST understands.  The caller must be allowed to call the original.
DO $install$
DECLARE
	original record;
BEGIN
	FOR original IN
		SELECT p.proname, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
			CASE p.provolatile WHEN 'v' THEN 'VOLATILE' ELSE 'STABLE' END AS volatility,
			CASE WHEN p.proisstrict THEN 'STRICT' ELSE '' END AS strictness
		FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'smartwf'::regnamespace AND p.proname IN (
			'draft_flow', 'publish_flow', 'discard_flow', 'update_flow', 'replace_flow', 'add_stage',
			'rename_stage', 'move_stage', 'remove_stage', 'add_step', 'update_step', 'move_step', 'remove_step',
			'define_flow', 'flow_definition', 'flow_diagram', 'draft_workflow', 'publish_workflow',
			'discard_workflow', 'replace_workflow', 'update_workflow', 'add_state', 'update_state', 'move_state',
			'remove_state', 'add_transition', 'update_transition', 'move_transition', 'remove_transition',
			'add_arc', 'remove_arc', 'builder_catalogue', 'define_workflow', 'workflow_definition', 'diagram',
			'export_workflow', 'import_workflow', 'lifecycle', 'document_row', 'steer_runs', 'pause_flow',
			'resume_flow', 'restart_all', 'deliver_again', 'run_model')
		ORDER BY p.proname
	LOOP
		EXECUTE format('CREATE FUNCTION smartwf_api.%I(%s) RETURNS %s LANGUAGE c %s %s '
			'AS ''MODULE_PATHNAME'', ''smartwf_api_namesake''', original.proname, original.arguments, original.result,
			original.volatility, original.strictness);
	END LOOP;
END
$install$;

-- Comments and privileges of what smartwf_api has.

DO $install$
DECLARE
	place record;
BEGIN
	FOR place IN
		SELECT c.oid::regclass AS view, a.attname, a.attnum, w.words
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		LEFT JOIN (VALUES ('docid', 'Document id.'), ('structure',
			'Name of the structure that the document belongs to.'),
			('run', 'Id of the run.'), ('flow', 'Name of the flow.'), ('status', 'Status of the run or question.'),
				('step', 'Name of the step.'), ('actor', 'Name of the role or person that has started the run.'),
			('model', 'Fields on which the run works; null if the caller may not see them.'),
				('sqlstate', 'SQLSTATE of the error.'), ('message', 'Text of the question, or message of the error.'),
			('started_at', 'Time at which the run was started.'), ('changed_at', 'Time of the last change.'),
				('confirmation', 'Id of the question, to be answered by answer_confirmation().'),
			('field', 'Field of the model in which the answer is stored.'), ('options', 'Possible answers.'),
				('users', 'Roles and persons that are asked.'),
			('answers_needed', 'Number of persons that must give the same answer.'),
				('due_at', 'Time at which the question expires.'), ('choice', 'Answer that was taken.'),
				('asked_at', 'Time at which the question was asked.'),
			('closed_at', 'Time at which the question was closed.'), ('at', 'Time of the notification or question.'),
				('notification', 'Id of the notification.'), ('subject', 'Subject of the notification.'),
				('body', 'Text of the notification or question.'),
				('read_at', 'Time at which the notification was marked as read; see mark_read().'),
			('workflow', 'Name of the workflow.'), ('version', 'Version of the workflow.'), ('state', 'Name of the state.'),
			('label', 'Label in the reader''s language.'), ('activity', 'What is being done in the state.'),
			('color', 'Color of the state, as #RRGGBB.'), ('since', 'Time since which the document is in the state.'),
			('locked_by', 'Role or person that has locked the document.'), ('transition', 'Name of the transition.'),
			('transition_label', 'Label of the transition in the reader''s language.'),
			('error', 'Why the transition would be refused now; null if it would not.'),
			('valid', 'Whether the transition leaves the current state.'),
			('to_state', 'State that the transition leads to, or has led to.'),
			('from_state', 'State before the change.'), ('ask_comment', 'Whether the transition accepts a comment.'),
			('reference_column', 'Column from which the time is computed; null: from attached_at.'),
			('timer', 'Name of the timer.'), ('task', 'Number of the task in the timer, from 1.'),
			('kind', 'Kind of the task.'), ('settings', 'Settings of the task.'),
			('action', 'volatile, or persistent: whether the next transition detaches the timer.'),
			('attempt', 'Number of attempts.'), ('attached_at', 'Time at which the timer was attached.'),
			('may_start', 'Whether the caller may start the flow.'),
			('may_manage', 'Whether the caller may manage the flow and its runs.'),
			('is_paused', 'Whether the flow is paused.'), ('owner', 'Role that has published the version.'),
			('max_runs', 'Number of runs that workers execute at the same time; null: no limit.'),
			('changed_by', 'Who has changed the draft last.'), ('description', 'Description, for display.'),
			('answered_at', 'Time of the answer.'), ('channel', 'smtp or signalr.'),
			('recipient', 'Role or person to whom it is sent.'), ('created_at', 'Time at which it was sent.'),
			('delivered_at', 'Time at which it was delivered.'), ('outcome', 'Answer that was taken, or outcome of the steps.'),
			('pid', 'Process id, as in pg_stat_activity.'), ('work', 'Kind of work.'), ('doing', 'Run, timer or delivery at present.'),
			('done', 'Number of transactions that were committed.'), ('failed', 'Number of transactions that failed.'),
			('metric', 'Name of the metric, with its unit.'), ('value', 'Value of the metric.'),
			('steps', 'Number of steps.'), ('seconds', 'Average duration of the steps, in seconds.'),
			('flow_label', 'Label of the flow.'), ('name', 'Name.'), ('text_body', 'Text, as plain text.'),
			('html_body', 'Text, as HTML.'), ('properties', 'Properties that a step has to provide.'), ('asked_as', 'Names by which the caller is asked.'),
			('answers', 'Number of persons that have answered.'), ('is_mine', 'Whether the caller has started the run.'),
			('context', 'Where the error was raised.'), ('priority', 'Priority of the run, 0 to 9.'),
			('revision', 'Number of the change, from 0.'), ('comment', 'Comment that was given.'),
			('parameters', 'Parameters that were given.'), ('messages', 'What the hooks m2 and m3 returned.')
			) AS w (name, words) ON w.name = a.attname
		WHERE c.relnamespace = 'smartwf_api'::regnamespace
	LOOP
		IF place.words IS NOT NULL AND pg_catalog.col_description(place.view, place.attnum) IS NULL THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view, place.attname, place.words);
		END IF;
		EXECUTE format('GRANT SELECT ON %s TO PUBLIC', place.view);
	END LOOP;
END
$install$;

-- the comments of the functions of the same names in schema smartwf, with failures as clients see them
DO $install$
DECLARE
	api record;
	f record;
	words text;
BEGIN
	FOR api IN
		SELECT p.oid::regprocedure AS function, p.proname, pg_catalog.obj_description(original.oid, 'pg_proc') AS comment
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_proc original
			ON original.proname = p.proname AND original.pronamespace = 'smartwf'::regnamespace
		WHERE p.pronamespace = 'smartwf_api'::regnamespace
	LOOP
		words := regexp_replace(api.comment, 'Raises (.*)$', 'Failures, as HTTP status and code: \1');
		FOR f IN SELECT * FROM smartwf.failures() LOOP
			words := replace(words, f.sqlstate, format('%s %s', f.http_status, f.code));
		END LOOP;
		IF api.proname IN ('pass_transition', 'set_state') THEN
			words := regexp_replace(words, '(Returns the URI of the document''s state and the new state) \(json\)',
				'\1, and what the hooks m2 and m3 have said (json)');
		END IF;
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', api.function, words);
	END LOOP;
END
$install$;

-- definitions that change while documents live
ALTER TABLE smartwf.workflows ADD COLUMN keep_refusals boolean NOT NULL DEFAULT false;
ALTER TABLE smartwf.states ADD COLUMN stale_after text;
ALTER TABLE smartwf.transitions ADD COLUMN undo boolean NOT NULL DEFAULT false;
DROP FUNCTION smartwf_api.diagram(text, text, text, int);
DROP FUNCTION smartwf.diagram(text, text, text, int);
DROP FUNCTION smartwf.diagram_forms();
DROP FUNCTION smartwf.check_workflow(text, int);
DROP TRIGGER protect ON smartwf.workflows;
CREATE TRIGGER protect BEFORE INSERT OR UPDATE OR DELETE ON smartwf.workflows
	FOR EACH ROW EXECUTE FUNCTION smartwf.protect_definition('label', 'description', 'locale', 'unsupported',
	'keep_refusals');
DROP TRIGGER protect ON smartwf.states;
CREATE TRIGGER protect BEFORE INSERT OR UPDATE OR DELETE ON smartwf.states
	FOR EACH ROW EXECUTE FUNCTION smartwf.protect_definition('label', 'activity', 'color', 'position', 'stale_after');

COMMENT ON TABLE smartwf.workflows IS
'Workflows, one row for each version. status: draft or published; a draft is not checked, a published version is '
'checked at commit, and its frozen part cannot be changed any more. label, description: for display; locale: the '
'language of the labels, empty if unspecified. keep_refusals: whether refused attempts are kept. unsupported: elements '
'of an imported definition that have no effect. '
'shape: checksum of the frozen part, set when the version is published. A published version whose rows do not match '
'its shape is still being loaded, for example by a restore, and accepts no documents until it is complete.';
COMMENT ON TABLE smartwf.states IS
'States of workflows. label: for display; activity: what is being done while a document is in the state; color: '
'#RRGGBB, or empty; is_initial: true for exactly one state. timer: the timer that runs while a document is in the '
'state. flow: the flow that is started when a document enters the state, queued for the workers if flow_queued is '
'true. notifications: what is sent when a document has come into the state, an array of objects with the settings of '
'a step of kind send_templated_notification. stale_after: after that time (an interval) in the state, a document '
'counts as stuck; null if never.';
COMMENT ON TABLE smartwf.transitions IS
'Transitions of workflows. ask_comment tells applications whether to ask for a comment: true, they should; null, a '
'comment is accepted; false, a comment is refused. A comment is never mandatory. guard: a boolean SQL expression over '
'the columns of the row; guard_message: the message if it is not fulfilled. m0, m1, m2, m3: hook functions, as '
'schema.function. flow: the flow that the transition starts, queued for the workers if flow_queued is true. '
'notifications: what is sent when the transition has been passed, as for a state. undo: whether those who may pass the '
'transition may undo it.';
CREATE OR REPLACE FUNCTION smartwf.workflow_shape(workflow int) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(
		(SELECT jsonb_agg(jsonb_build_array(name, is_initial, timer, flow, flow_queued)
			|| CASE notifications WHEN '[]' THEN '[]' ELSE jsonb_build_array(notifications) END ORDER BY name)
			FROM smartwf.states WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(name, ask_comment, guard, m0, m1, m2, m3, flow, flow_queued)
			|| CASE notifications WHEN '[]' THEN '[]' ELSE jsonb_build_array(notifications) END
			|| CASE WHEN undo THEN '["undo"]'::jsonb ELSE '[]' END ORDER BY name)
			FROM smartwf.transitions WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(from_state, to_state, transition) ORDER BY from_state, transition)
			FROM smartwf.arcs WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(transition, name, type, needed, multiple, visibility, options)
			ORDER BY transition, name)
			FROM smartwf.transition_parameters WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(name, reference_column, delta) ORDER BY name)
			FROM smartwf.workflow_timers WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(timer, position, delta, kind, settings) ORDER BY timer, position)
			FROM smartwf.timer_tasks WHERE workflow_id = workflow),
		(SELECT jsonb_agg(jsonb_build_array(transition, timer, action) ORDER BY transition, timer)
			FROM smartwf.transition_timers WHERE workflow_id = workflow))::text, 'UTF8')), 'hex')
$$;
CREATE TABLE smartwf.refusals (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	docid text COLLATE "C" NOT NULL,
	structure text COLLATE "C" NOT NULL,
	workflow text COLLATE "C" NOT NULL,
	version int NOT NULL,
	transition text COLLATE "C",
	from_state text COLLATE "C",
	to_state text COLLATE "C",
	actor text NOT NULL,
	actor_is_person boolean NOT NULL,
	code text NOT NULL,
	message text NOT NULL
);
CREATE INDEX refusals_docid ON smartwf.refusals (docid, at);
COMMENT ON TABLE smartwf.refusals IS
'Attempts to change the state of documents that were refused, if their workflow keeps them ("keepRefusals": true): at, '
'docid, structure, workflow, version, transition (null if none was named), from_state, to_state, actor and '
'actor_is_person, and the code and message of the refusal, in the language of whoever was refused. Workers store them a '
'moment later, outside of the transaction that failed. Operators see all rows. Deleted by smartwf.purge().';
ALTER TABLE smartwf.refusals ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.refusals FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.refusals FOR INSERT WITH CHECK (true);
GRANT SELECT ON smartwf.refusals TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('smartwf.refusals', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.refusals_id_seq', '');
CREATE FUNCTION smartwf.last_line(docid text, OUT revision int, OUT version_id int, OUT state text,
	OUT at timestamptz) RETURNS record
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_last_line';
COMMENT ON FUNCTION smartwf.last_line(text) IS
'Returns the last line in the history of a document (text): its revision (int), the version that it names (int, its '
'id), its state (text), and when it was written (at, timestamptz); nulls if there is no such document.';
CREATE TABLE smartwf.successions (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	structure text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	successor_id int NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	actor text NOT NULL,
	ended_at timestamptz,
	ended_by text
);
CREATE INDEX successions_structure ON smartwf.successions (structure);
COMMENT ON TABLE smartwf.successions IS
'How structures have moved to other versions of their workflows: documents of the structure whose last line of history '
'names the version version_id follow the version successor_id since the time at, if that has their state. Of several '
'rows the latest one that has it counts. actor: who has moved the structure; ended_at, ended_by: when and by whom it '
'was undone, null if it was not. Maintained by the functions for migrations.';
CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.successions
	FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition();
ALTER TABLE smartwf.successions ENABLE ALWAYS TRIGGER signal;
SELECT pg_catalog.pg_extension_config_dump('smartwf.successions', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.successions_id_seq', '');
CREATE FUNCTION smartwf.followed_version(structure text, version_id int, state text) RETURNS int
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_followed_version';
COMMENT ON FUNCTION smartwf.followed_version(text, int, text) IS
'Returns the workflow version (int, its id) that documents follow which have a state (text) of a structure (text), and '
'whose last line of history names a version (version_id, int). Returns version_id if nothing succeeds it.';
CREATE OR REPLACE FUNCTION smartwf.definition_keys()
	RETURNS TABLE (kind text, key text, type text, needed boolean, code text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	VALUES
		('workflow', '$schema', 'string', false, 'WFL0102'),
		('workflow', 'name', 'string', true, 'WFL0050'),
		('workflow', 'label', 'string', false, 'WFL0102'),
		('workflow', 'description', 'string', false, 'WFL0102'),
		('workflow', 'locale', 'string', false, 'WFL0056'),
		('workflow', 'states', 'array', true, 'WFL0102'),
		('workflow', 'transitions', 'array', false, 'WFL0102'),
		('workflow', 'translations', 'object', false, 'WFL0102'),
		('workflow', 'timers', 'array', false, 'WFL0102'),
		('workflow', 'keepRefusals', 'boolean', false, 'WFL0102'),
		('workflow', 'unsupported', 'array', false, 'WFL0102'),
		('state', 'name', 'string', true, 'WFL0050'),
		('state', 'label', 'string', false, 'WFL0102'),
		('state', 'activity', 'string', false, 'WFL0102'),
		('state', 'color', 'string', false, 'WFL0054'),
		('state', 'initial', 'boolean', false, 'WFL0102'),
		('state', 'staleAfter', 'string', false, 'WFL0132'),
		('state', 'timer', 'string', false, 'WFL0102'),
		('state', 'flow', 'string', false, 'WFL0102'),
		('state', 'flowQueued', 'boolean', false, 'WFL0102'),
		('state', 'notifications', 'array', false, 'WFL0102'),
		('transition', 'name', 'string', true, 'WFL0202'),
		('transition', 'label', 'string', false, 'WFL0102'),
		('transition', 'askComment', 'boolean', false, 'WFL0107'),
		('transition', 'undo', 'boolean', false, 'WFL0102'),
		('transition', 'arcs', 'array', true, 'WFL0102'),
		('transition', 'guard', 'string', false, 'WFL0110'),
		('transition', 'guardMessage', 'string', false, 'WFL0102'),
		('transition', 'm0', 'string', false, 'WFL0108'),
		('transition', 'm1', 'string', false, 'WFL0105'),
		('transition', 'm2', 'string', false, 'WFL0106'),
		('transition', 'm3', 'string', false, 'WFL0109'),
		('transition', 'parameters', 'array', false, 'WFL0103'),
		('transition', 'grants', 'array', false, 'WFL0102'),
		('transition', 'timers', 'array', false, 'WFL0102'),
		('transition', 'flow', 'string', false, 'WFL0102'),
		('transition', 'flowQueued', 'boolean', false, 'WFL0102'),
		('transition', 'notifications', 'array', false, 'WFL0102'),
		('notification', 'template', 'string', true, 'WFL0102'),
		('notification', 'channel', 'string', true, 'WFL0102'),
		('notification', 'users', 'array', false, 'WFL0102'),
		('notification', 'userField', 'string', false, 'WFL0102'),
		('notification', 'renderType', 'string', false, 'WFL0102'),
		('notification', 'properties', 'object', false, 'WFL0102'),
		('transition timer', 'timer', 'string', true, 'WFL0130'),
		('transition timer', 'action', 'string', true, 'WFL0131'),
		('timer', 'name', 'string', true, 'WFL0050'),
		('timer', 'label', 'string', false, 'WFL0102'),
		('timer', 'column', 'string', false, 'WFL0120'),
		('timer', 'delta', 'string', false, 'WFL0132'),
		('timer', 'tasks', 'array', true, 'WFL0102'),
		('task', 'delta', 'string', false, 'WFL0132'),
		('task', 'kind', 'string', true, 'WFL0133'),
		('task', 'settings', 'object', false, 'WFL0102'),
		('arc', 'from', 'string', true, 'WFL0102'),
		('arc', 'to', 'string', true, 'WFL0102'),
		('parameter', 'name', 'string', true, 'WFL0050'),
		('parameter', 'label', 'string', false, 'WFL0102'),
		('parameter', 'type', 'string', false, 'WFL0111'),
		('parameter', 'needed', 'boolean', false, 'WFL0102'),
		('parameter', 'multiple', 'boolean', false, 'WFL0102'),
		('parameter', 'visibility', 'string', false, 'WFL0102'),
		('parameter', 'options', 'object', false, 'WFL0112'),
		('grant', 'role', 'string', false, 'WFL0121'),
		('grant', 'column', 'string', false, 'WFL0121')
$$;
CREATE FUNCTION smartwf.risk_warnings(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS MATERIALIZED (
		SELECT * FROM smartwf.definition_objects(definition)
	), state AS (
		SELECT o.object, o.value ->> 'name' AS name FROM object o WHERE o.kind = 'state' AND o.value ->> 'name' IS NOT NULL
	), arc AS (
		SELECT DISTINCT a.parent, a.value ->> 'from' AS "from", a.value ->> 'to' AS "to"
		FROM object a WHERE a.kind = 'arc' AND a.value ->> 'from' IS NOT NULL AND a.value ->> 'to' IS NOT NULL
	), arcs AS (
		SELECT coalesce(array_agg("from"), '{}') AS sources, coalesce(array_agg("to"), '{}') AS targets FROM arc
	), caught AS MATERIALIZED (
		-- from which no final state can be reached, with what can
		SELECT s.name, (SELECT array_agg(DISTINCT r COLLATE "C" ORDER BY r COLLATE "C")
			FROM unnest(smartwf.reachable(ARRAY[s.name], a.sources, a.targets)) AS r) AS reach
		FROM state s, arcs a WHERE s.name <> ALL (smartwf.reachable(
			ARRAY(SELECT f.name FROM state f WHERE f.name NOT IN (SELECT x."from" FROM arc x)), a.targets, a.sources))
	), granted AS (
		SELECT o.parent, bool_or(o.value ->> 'column' IS NOT NULL OR p.is_held IS NOT FALSE) AS is_held,
			string_agg(format('"%s"', o.value ->> 'role'), ', ' ORDER BY o.value ->> 'role') AS roles
		FROM object o LEFT JOIN LATERAL (
			WITH RECURSIVE member (oid) AS (
				SELECT r.oid FROM pg_roles r WHERE r.rolname = o.value ->> 'role'
				UNION
				SELECT x.member FROM member m JOIN pg_auth_members x ON x.roleid = m.oid)
			SELECT bool_or(r.rolcanlogin) AS is_held FROM member m JOIN pg_roles r USING (oid)) p ON true
		WHERE o.kind = 'grant' AND jsonb_typeof(o.value) = 'object' GROUP BY o.parent
	), translated AS (
		SELECT l.key AS locale, t.object FROM smartwf.members(definition -> 'translations') l,
			(SELECT object, kind, value ->> 'name' AS name FROM object WHERE kind IN ('state', 'transition')) t
		WHERE jsonb_typeof(l.value) = 'object' AND l.value -> (t.kind || 's') ->> t.name IS NULL)
	SELECT 'warning', 'WFL0907', format('state %s', min(c.name COLLATE "C")),
		CASE WHEN cardinality(c.reach) = 1 THEN 'its transitions only lead back to it'
			ELSE format('%s form a circle that no transition leaves',
				array_to_string(ARRAY(SELECT format('"%s"', r) FROM unnest(c.reach) AS r), ', ')) END
	FROM caught c WHERE (SELECT bool_and(d.reach = c.reach) FROM caught d WHERE d.name = ANY (c.reach))
	GROUP BY c.reach
	UNION ALL
	SELECT 'warning', 'WFL0908', g.parent, format('nobody can pass it: no role that can log in is, or is a member of, %s',
		g.roles)
	FROM granted g WHERE g.is_held IS NOT TRUE
	UNION ALL
	SELECT 'warning', 'WFL0909', format('state %s', a."from"),
		format('%s lead from it to state "%s": an UPDATE of the state takes the first that its user may pass',
			string_agg(format('"%s"', substr(a.parent, 12)), ' and ' ORDER BY a.parent), a."to")
	FROM arc a GROUP BY a."from", a."to" HAVING count(*) > 1
	UNION ALL
	SELECT 'warning', 'WFL0911', format('translation %s', t.locale), format('it has no label for %s',
		array_to_string((array_agg(t.object ORDER BY t.object COLLATE "C"))[1:5] || CASE WHEN count(*) > 5
			THEN ARRAY[format('%s more', count(*) - 5)] END, ', '))
	FROM translated t GROUP BY t.locale
$$;
COMMENT ON FUNCTION smartwf.risk_warnings(jsonb) IS
'Returns warnings about the JSON form of a workflow (jsonb): circles that nothing leaves, transitions that nobody can '
'pass, two transitions between the same states, and labels that a translation lacks.';
CREATE FUNCTION smartwf.fault_hint(code text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT h.hint FROM (VALUES
		('WFL0101', 'docs/workflows.md lists all keys; workflow.schema.json describes them for editors.'),
		('WFL0105', 'Create the function, or remove the hook.'), ('WFL0106', 'Create the function, or remove the hook.'),
		('WFL0108', 'Create the function, or remove the hook.'), ('WFL0109', 'Create the function, or remove the hook.'),
		('WFL0110', 'A guard is a boolean expression over the columns of the table, without subqueries.'),
		('WFL0120', 'Add the column to the table, or name another one.'),
		('WFL0201', 'Add the state, or remove the arc.'),
		('WFL0901', 'Create the role, or name another one.'),
		('WFL0902', 'Add an arc that leads to the state, or remove it.'),
		('WFL0903', 'If documents of this workflow never come to an end, that is as it should be.'),
		('WFL0907', 'Add an arc that leaves it, unless documents are meant to stay there.'),
		('WFL0908', 'Grant the role to somebody, or grant the transition to another role.'),
		('WFL0909', 'Applications should pass one of them by name.'),
		('WFL0910', 'Change the guard, or the constraint.'),
		('WFL0911', 'Readers of that language are shown the label of the definition itself.'),
		('WFL0912', 'Change the type of the column or of the parameter, or the name of one of them.')) AS h (code, hint)
	WHERE h.code = fault_hint.code
$$;
COMMENT ON FUNCTION smartwf.fault_hint(text) IS
'Returns what can be done about faults of a code (text), or null.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.risk_warnings');
CREATE FUNCTION smartwf.guard_contradiction(guard text, relation regclass) RETURNS text
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_guard_contradiction';
COMMENT ON FUNCTION smartwf.guard_contradiction(text, regclass) IS
'Returns what makes a guard (text) false for every row of a table (regclass): itself, or a constraint of the table '
'(text); null if nothing is known to do so.';
CREATE FUNCTION smartwf.column_holds(type text, multiple boolean, column_type oid) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN multiple THEN b.typcategory = 'A' OR b.oid IN ('json'::regtype, 'jsonb'::regtype)
		ELSE CASE type WHEN 'text' THEN b.typcategory IN ('S', 'E', 'U') WHEN 'enum' THEN b.typcategory IN ('S', 'E')
			WHEN 'int' THEN b.typcategory = 'N' WHEN 'double' THEN b.typcategory = 'N' WHEN 'money' THEN b.typcategory = 'N'
			WHEN 'boolean' THEN b.typcategory = 'B' WHEN 'json' THEN b.oid IN ('json'::regtype, 'jsonb'::regtype)
			WHEN 'time' THEN b.oid IN ('time'::regtype, 'timetz'::regtype)
			ELSE b.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) END
		OR b.typcategory = 'S' END
	FROM pg_type t JOIN pg_type b ON b.oid = smartwf.base_type(t.oid) WHERE t.oid = column_type
$$;
COMMENT ON FUNCTION smartwf.column_holds(text, boolean, oid) IS
'Returns true if a column of a type (column_type, oid) can hold the values of a parameter of a type (type, text), or '
'lists of them if multiple (boolean) is true.';
CREATE FUNCTION smartwf.table_warnings(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition) WHERE kind IN ('transition', 'parameter')
	), attached AS (
		SELECT r.relation, s.state_column, s.docid_column FROM smartwf.structures s,
			LATERAL (SELECT smartwf.attached_relation(s.name) AS relation) r
		WHERE s.workflow = definition ->> 'name' AND r.relation IS NOT NULL)
	SELECT 'warning', 'WFL0910', o.object, format('guard "%s" is never fulfilled by a row of %s: it contradicts %s',
		o.value ->> 'guard', a.relation, smartwf.guard_contradiction(o.value ->> 'guard', a.relation))
	FROM object o, attached a
	WHERE o.kind = 'transition' AND jsonb_typeof(o.value -> 'guard') = 'string'
		AND smartwf.guard_contradiction(o.value ->> 'guard', a.relation) IS NOT NULL
	UNION ALL
	SELECT 'warning', 'WFL0912', o.object, format('column "%s" of %s, which holds its value, is of type %s, not %s',
		c.attname, a.relation, format_type(c.atttypid, c.atttypmod), coalesce(o.value ->> 'type', 'text'))
	FROM object o, attached a JOIN pg_attribute c ON c.attrelid = a.relation AND c.attnum > 0 AND NOT c.attisdropped
	WHERE o.kind = 'parameter' AND o.value ->> 'name' = c.attname
		AND coalesce(o.value ->> 'type', 'text') = ANY (smartwf.parameter_types())
		AND c.attname NOT IN (a.state_column, a.docid_column)
		AND NOT smartwf.column_holds(coalesce(o.value ->> 'type', 'text'), coalesce(o.value -> 'multiple', 'false') = 'true',
			c.atttypid)
$$;
COMMENT ON FUNCTION smartwf.table_warnings(jsonb) IS
'Returns warnings about guards and parameters in the JSON form of a workflow (jsonb) that do not fit the tables which '
'are attached to it.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.table_warnings');
CREATE FUNCTION smartwf.rows_in_states(structure text, states text[], OUT docid text, OUT state text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_rows_of_structure';
COMMENT ON FUNCTION smartwf.rows_in_states(text, text[]) IS
'Returns the same as smartwf.rows_of_structure() of those rows of a structure (text) that are in one of the states '
'(text[]), with the same errors.';
CREATE OR REPLACE FUNCTION smartwf.workflow_definition(name text, version int DEFAULT NULL) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.with_members(json_build_object(
		'name', w.name, 'label', w.label, 'description', w.description, 'locale', w.locale,
		-- keys about flows, timers and notifications are only shown if they are used
		'states', (SELECT coalesce(json_agg(CASE WHEN s.flow IS NULL AND s.timer IS NULL AND s.notifications = '[]'
				AND s.stale_after IS NULL THEN usual
				ELSE smartwf.with_members(usual, json_build_object('flow', s.flow,
					'flowQueued', CASE WHEN s.flow IS NOT NULL THEN s.flow_queued END, 'timer', s.timer,
					'notifications', nullif(s.notifications, '[]'), 'staleAfter', s.stale_after)) END
				ORDER BY s.position, s.name), '[]')
			FROM smartwf.states s, LATERAL (SELECT json_build_object('name', s.name, 'label', s.label,
				'activity', s.activity, 'color', s.color, 'initial', s.is_initial) AS usual) u
			WHERE s.workflow_id = w.id),
		'transitions', (SELECT coalesce(json_agg(CASE WHEN t.flow IS NULL AND NOT has_timers
				AND t.notifications = '[]' AND NOT t.undo THEN usual
				ELSE smartwf.with_members(usual, json_build_object('flow', t.flow,
					'flowQueued', CASE WHEN t.flow IS NOT NULL THEN t.flow_queued END,
					'timers', (SELECT json_agg(json_build_object('timer', x.timer, 'action', x.action)
							ORDER BY x.position, x.timer)
						FROM smartwf.transition_timers x WHERE x.workflow_id = w.id AND x.transition = t.name),
					'notifications', nullif(t.notifications, '[]'), 'undo', nullif(t.undo, false))) END
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
		json_build_object('timers', smartwf.timers_of(w.id), 'keepRefusals', nullif(w.keep_refusals, false)))
	FROM smartwf.workflows w
	WHERE w.name = workflow_definition.name
		AND w.version = coalesce(workflow_definition.version, smartwf.newest_version(w.name))
$$;
CREATE OR REPLACE FUNCTION smartwf.complete_optional_keys(item jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT item - '{flow,flowQueued,timer,timers,notifications,staleAfter,undo}'::text[]
		|| CASE WHEN item ->> 'flow' IS NULL THEN '{}'
			ELSE jsonb_build_object('flow', item -> 'flow', 'flowQueued', coalesce((item ->> 'flowQueued')::boolean,
				false)) END
		|| CASE WHEN item ->> 'timer' IS NULL THEN '{}' ELSE jsonb_build_object('timer', item -> 'timer') END
		|| CASE WHEN coalesce(item -> 'timers', '[]') IN ('[]', 'null') THEN '{}'
			ELSE jsonb_build_object('timers', item -> 'timers') END
		|| CASE WHEN coalesce(item -> 'notifications', '[]') IN ('[]', 'null') THEN '{}'
			ELSE jsonb_build_object('notifications', (SELECT jsonb_agg(jsonb_strip_nulls(n.item) ORDER BY n.number)
				FROM smartwf.items(item, 'notifications') n)) END
		|| CASE WHEN item ->> 'staleAfter' IS NULL THEN '{}' ELSE jsonb_build_object('staleAfter', item -> 'staleAfter') END
		|| CASE WHEN item ->> 'undo' = 'true' THEN '{"undo": true}'::jsonb ELSE '{}' END
$$;
COMMENT ON FUNCTION smartwf.complete_optional_keys(jsonb) IS
'Returns a state or transition in JSON form (jsonb) with its keys about flows, timers, notifications, time and undo '
'filled in, or removed if they are not used.';
CREATE OR REPLACE FUNCTION smartwf.complete_definition(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"label": "", "description": "", "locale": "", "transitions": [], "unsupported": []}'
		|| jsonb_strip_nulls(definition - '{unsupported,timers,keepRefusals,$schema}'::text[])
		|| coalesce(smartwf.complete_timers(definition), '{}')
		|| CASE WHEN definition ->> 'keepRefusals' = 'true' THEN '{"keepRefusals": true}'::jsonb ELSE '{}' END || jsonb_build_object(
		'unsupported', CASE jsonb_typeof(definition -> 'unsupported') WHEN 'array' THEN definition -> 'unsupported'
			ELSE '[]' END,
		'states', (SELECT coalesce(jsonb_agg('{"label": "", "activity": "", "color": "", "initial": false}'
				|| smartwf.complete_optional_keys(jsonb_strip_nulls(item)) ORDER BY number), '[]')
			FROM smartwf.items(definition, 'states')),
		'transitions', (SELECT coalesce(jsonb_agg(
				'{"label": "", "askComment": null, "guard": null, "guardMessage": null, '
				'"m0": null, "m1": null, "m2": null, "m3": null}'
				|| smartwf.complete_optional_keys(item) || jsonb_build_object(
					'label', coalesce(item ->> 'label', ''),
					'parameters', (SELECT coalesce(jsonb_agg(
							'{"label": "", "type": "text", "needed": false, "multiple": false, "visibility": "write"}'
							|| jsonb_strip_nulls(p.item - 'options')
							|| jsonb_build_object('options', CASE jsonb_typeof(p.item -> 'options') WHEN 'object'
								THEN p.item -> 'options' ELSE '{}' END)
							ORDER BY p.number), '[]')
						FROM smartwf.items(item, 'parameters') p),
					'grants', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(g.item) ORDER BY g.number), '[]')
						FROM smartwf.items(item, 'grants') g))
				ORDER BY number), '[]')
			FROM smartwf.items(definition, 'transitions')),
		'translations', (SELECT coalesce(jsonb_object_agg(key,
				'{"states": {}, "activities": {}, "transitions": {}, "parameters": {}}' || jsonb_strip_nulls(value)),
					'{}')
			FROM smartwf.members(definition -> 'translations')
			-- a locale without labels is not stored
			WHERE EXISTS (SELECT FROM smartwf.members(value) part, smartwf.members(part.value))))
$$;
CREATE OR REPLACE FUNCTION smartwf.store_definition(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	new smartwf.workflows;
BEGIN
	INSERT INTO smartwf.workflows (name, version, label, description, locale, unsupported, keep_refusals)
		VALUES (definition ->> 'name', coalesce(smartwf.newest_version(definition ->> 'name'), 0) + 1,
			definition ->> 'label', definition ->> 'description', definition ->> 'locale',
			definition -> 'unsupported', coalesce((definition ->> 'keepRefusals')::boolean, false))
		RETURNING * INTO new;
	INSERT INTO smartwf.workflow_timers (workflow_id, name, label, reference_column, delta, position)
		SELECT new.id, item ->> 'name', item ->> 'label', item ->> 'column', item ->> 'delta', number
		FROM smartwf.items(definition, 'timers');
	INSERT INTO smartwf.timer_tasks (workflow_id, timer, position, delta, kind, settings)
		SELECT new.id, t.item ->> 'name', k.number, k.item ->> 'delta', k.item ->> 'kind', k.item -> 'settings'
		FROM smartwf.items(definition, 'timers') t, smartwf.items(t.item, 'tasks') k;
	INSERT INTO smartwf.states (workflow_id, name, label, activity, color, is_initial, timer, flow, flow_queued,
		notifications, stale_after, position)
		SELECT new.id, item ->> 'name', item ->> 'label', item ->> 'activity', item ->> 'color',
			(item ->> 'initial')::boolean, item ->> 'timer', item ->> 'flow', coalesce((item ->> 'flowQueued')::boolean,
				false), coalesce(item -> 'notifications', '[]'), item ->> 'staleAfter', number
		FROM smartwf.items(definition, 'states');
	INSERT INTO smartwf.transitions (workflow_id, name, label, ask_comment, guard, guard_message, m0, m1, m2, m3, flow,
		flow_queued, notifications, undo, position)
		SELECT new.id, item ->> 'name', item ->> 'label', (item ->> 'askComment')::boolean, item ->> 'guard',
			item ->> 'guardMessage', item ->> 'm0', item ->> 'm1', item ->> 'm2', item ->> 'm3', item ->> 'flow',
			coalesce((item ->> 'flowQueued')::boolean, false), coalesce(item -> 'notifications', '[]'),
			coalesce((item ->> 'undo')::boolean, false), number
		FROM smartwf.items(definition, 'transitions');
	INSERT INTO smartwf.transition_timers (workflow_id, transition, timer, action, position)
		SELECT new.id, t.item ->> 'name', x.item ->> 'timer', x.item ->> 'action', x.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'timers') x;
	INSERT INTO smartwf.arcs (workflow_id, from_state, to_state, transition, position)
		SELECT new.id, a.item ->> 'from', a.item ->> 'to', t.item ->> 'name', a.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'arcs') a;
	INSERT INTO smartwf.transition_parameters (workflow_id, transition, name, label, type, needed, multiple, visibility,
		options, position)
		SELECT new.id, t.item ->> 'name', p.item ->> 'name', p.item ->> 'label', p.item ->> 'type',
			(p.item ->> 'needed')::boolean, (p.item ->> 'multiple')::boolean, p.item ->> 'visibility',
				p.item -> 'options', p.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'parameters') p;
	INSERT INTO smartwf.transition_grants (workflow_id, transition, kind, grantee, position)
		SELECT new.id, t.item ->> 'name', m.key, m.value #>> '{}', g.number
		FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'grants') g, smartwf.members(g.item) m;
	INSERT INTO smartwf.translations (workflow_id, kind, name, locale, label)
		SELECT new.id, k.kind, m.key, l.key, m.value #>> '{}'
		FROM smartwf.members(definition -> 'translations') l,
			(VALUES ('states', 'state'), ('activities', 'activity'), ('transitions', 'transition'),
				('parameters', 'parameter')) AS k (key, kind),
			smartwf.members(l.value -> k.key) m;
	RETURN new.version;
END
$$;
CREATE FUNCTION smartwf.check_workflow(name text, version int DEFAULT NULL)
	RETURNS TABLE (severity text, code text, object text, message text, hint text)
	LANGUAGE plpgsql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	stored jsonb := smartwf.workflow_definition(name, version)::jsonb;
BEGIN
	IF stored IS NULL THEN
		RETURN QUERY SELECT 'error', 'WFL0003', format('workflow %s', name), 'it is not defined', NULL::text;
	END IF;
	RETURN QUERY SELECT f.*, smartwf.fault_hint(f.code) FROM smartwf.definition_faults(stored) f WHERE stored IS NOT NULL;
END
$$;
COMMENT ON FUNCTION smartwf.check_workflow(text, int) IS
'Checks a stored workflow. name (text): the workflow; version (int): the version, by default the newest, including '
'drafts. Returns one row for each fault (severity error) and warning (severity warning): severity, code, object, '
'message and hint (text each).';
CREATE OR REPLACE FUNCTION smartwf.workflow_draft_answer(workflow text) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT json_build_object('definition', d.definition,
		'faults', (SELECT coalesce(json_agg(json_build_object('severity', f.severity, 'code', f.code, 'object', f.object,
			'message', f.message, 'hint', smartwf.fault_hint(f.code))), '[]') FROM smartwf.definition_faults(d.definition) f),
		'version', coalesce(smartwf.newest_version(d.name), 0) + 1, 'revision', format('%s.%s', d.id, d.revision),
		'changedBy', d.changed_by, 'changedAt', d.changed_at)
	FROM smartwf.workflow_drafts d WHERE d.name = workflow
$$;
COMMENT ON FUNCTION smartwf.workflow_draft_answer(text) IS
'Returns what every function of the workflow editor returns about the draft of a workflow (text): a JSON object '
'{"definition", "faults": [{"severity", "code", "object", "message", "hint"}], "version", "revision", "changedBy", '
'"changedAt"} (json).';
CREATE FUNCTION smartwf.diagram_forms()
	RETURNS TABLE (format text, head text, stage text, node text, marked text, stage_end text, edge text,
		marked_edge text, removed_edge text, foot text, stop text)
	LANGUAGE sql IMMUTABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		('mermaid',
			E'flowchart TD\n  classDef done fill:#dfd\n  classDef waiting fill:#ffd\n  classDef failed fill:#fdd\n',
			E'  subgraph s%1$s ["%2$s"]\n', E'    n%1$s["%2$s"]\n', E'    n%1$s["%2$s"]:::%3$s\n', E'  end\n',
			E'  %1$s -->|"%3$s"| %2$s\n', E'  %1$s ==>|"%3$s"| %2$s\n', E'  %1$s -.->|"%3$s"| %2$s\n', '', E'  stop(("end"))\n'),
		('dot', E'digraph {\n  node [shape=box, style=filled, fillcolor=white];\n',
			E'  subgraph cluster_%1$s {\n    label="%2$s";\n', E'    n%1$s [label="%2$s"];\n',
			E'    n%1$s [label="%2$s", fillcolor=%3$s];\n', E'  }\n',
			E'  %1$s -> %2$s [label="%3$s"];\n', E'  %1$s -> %2$s [label="%3$s", penwidth=3];\n',
			E'  %1$s -> %2$s [label="%3$s", style=dashed];\n', E'}\n',
				E'  stop [shape=circle, label="end"];\n'),
		('plantuml', E'@startuml\n', E'package "%2$s" {\n', E'  rectangle "%2$s" as n%1$s\n',
			E'  rectangle "%2$s" as n%1$s %3$s\n', E'}\n',
			E'%1$s --> %2$s : %3$s\n', E'%1$s -[bold]-> %2$s : %3$s\n', E'%1$s -[dashed]-> %2$s : %3$s\n', E'@enduml\n', E'circle "end" as stop\n')
$$;
COMMENT ON FUNCTION smartwf.diagram_forms() IS
'Returns one row for each format of diagrams: the templates for its head, groups, nodes, marked nodes, edges, marked '
'edges, edges that were removed, foot, and the end of a flow (text each).';
CREATE OR REPLACE FUNCTION smartwf.diagram_text(name text, format text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'dot' THEN replace(replace(replace(l.label, '&', '&amp;'), '\', '\\'), '"', '\"')
		WHEN 'mermaid' THEN (SELECT string_agg(CASE WHEN c.c ~ '[]["#$%&*+.:<>@\\^`{|}~]'
				OR c.c ~ '[-)]' AND substr(l.label, 1, c.n::int - 1) ~ '^[0-9]*$'
				OR c.c = '_' AND substr(' ' || l.label || ' ', c.n::int, 3) !~ '[[:alnum:]]_[[:alnum:]]'
			THEN format('#%s;', ascii(c.c)) ELSE c.c END, '' ORDER BY c.n)
			FROM regexp_split_to_table(l.label, '') WITH ORDINALITY AS c (c, n))
		ELSE replace(l.label, '"', '''''') END
	FROM regexp_replace(name, '[[:cntrl:]]+', ' ', 'g') AS l (label)
$$;
CREATE OR REPLACE FUNCTION smartwf.diagram_mark(format text, status text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'mermaid' THEN m.class WHEN 'dot' THEN lower(m.color) ELSE '#' || m.color END
	FROM (VALUES ('done', 'done', 'PaleGreen'), ('waiting', 'waiting', 'Khaki'), ('failed', 'failed', 'Salmon'),
		('added', 'done', 'PaleGreen'), ('changed', 'waiting', 'Khaki'), ('removed', 'failed', 'Salmon'))
		AS m (status, class, color)
	WHERE m.status = diagram_mark.status
$$;
COMMENT ON FUNCTION smartwf.diagram_mark(text, text) IS
'Returns the color or class (text) by which a diagram of the given format (text) marks a node of the given status '
'(text: done, waiting or failed, or added, changed or removed).';
CREATE FUNCTION smartwf.definition_to_compare(name text, version int) RETURNS jsonb
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	definition jsonb;
BEGIN
	IF version = 0 THEN
		SELECT d.definition INTO definition FROM smartwf.workflow_drafts d WHERE d.name = definition_to_compare.name;
	ELSE
		definition := smartwf.workflow_definition(name, version)::jsonb;
	END IF;
	IF definition IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no %', name, CASE WHEN version = 0 THEN 'draft'
			ELSE concat_ws(' ', 'version', version) END USING ERRCODE = 'undefined_object';
	END IF;
	RETURN definition;
END
$$;
COMMENT ON FUNCTION smartwf.definition_to_compare(text, int) IS
'Returns the JSON form (jsonb) of a version (int, by default the newest) of a workflow (text); version 0 is its draft. '
'Raises 42704 if there is none.';
CREATE FUNCTION smartwf.definition_parts(definition jsonb) RETURNS TABLE (kind text, object text, value jsonb)
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH item AS MATERIALIZED (
		SELECT l.list, l.kind, i.item, i.number, format('%s %s', l.kind, i.item ->> 'name') AS object
		FROM (VALUES ('states', 'state'), ('transitions', 'transition'), ('timers', 'timer')) AS l (list, kind),
			smartwf.items(definition, l.list) i
		WHERE jsonb_typeof(i.item) = 'object'
	), label AS (
		SELECT l.key AS locale, k.key AS list, m.key AS name, m.value
		FROM smartwf.members(definition -> 'translations') l, smartwf.members(l.value) k, smartwf.members(k.value) m)
	SELECT 'workflow', format('workflow %s', definition ->> 'name'),
		definition - '{states,transitions,timers,translations,unsupported}'::text[] WHERE definition IS NOT NULL
	UNION ALL
	SELECT i.kind, i.object, i.item - '{arcs,parameters,grants,timers,tasks,notifications}'::text[] FROM item i
	UNION ALL
	SELECT 'arc', format('%s from %s', i.object, a.item ->> 'from'), a.item
	FROM item i, smartwf.items(i.item, 'arcs') a
	UNION ALL
	SELECT 'parameter', format('%s parameter %s', i.object, p.item ->> 'name'), p.item
	FROM item i, smartwf.items(i.item, 'parameters') p
	UNION ALL
	SELECT 'grant', format('%s %s %s', i.object, m.key, m.value #>> '{}'), '{}'
	FROM item i, smartwf.items(i.item, 'grants') g, smartwf.members(g.item) m
	UNION ALL
	SELECT 'transition timer', format('%s timer %s', i.object, t.item ->> 'timer'), t.item
	FROM item i, smartwf.items(i.item, 'timers') t WHERE i.kind = 'transition'
	UNION ALL
	SELECT 'notification', format('%s notification %s', i.object, n.number), n.item
	FROM item i, smartwf.items(i.item, 'notifications') n
	UNION ALL
	SELECT 'task', format('%s task %s', i.object, k.number), k.item
	FROM item i, smartwf.items(i.item, 'tasks') k WHERE i.kind = 'timer'
	UNION ALL
	SELECT 'translation', format('translation %s %s %s', l.locale, l.list, l.name), jsonb_build_object('label', l.value)
	FROM label l
$$;
COMMENT ON FUNCTION smartwf.definition_parts(jsonb) IS
'Returns the parts of the JSON form of a workflow (jsonb), each without the parts that it contains: its kind and name '
'(object) (text), and its JSON value (jsonb).';
CREATE FUNCTION smartwf.compare_completed(before_ jsonb, after_ jsonb)
	RETURNS TABLE (change text, kind text, object text, property text, before jsonb, after jsonb)
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH pair AS MATERIALIZED (
		SELECT coalesce(b.kind, a.kind) AS kind, coalesce(b.object, a.object) AS object, b.value AS before,
			a.value AS after
		FROM smartwf.definition_parts(before_) b FULL JOIN smartwf.definition_parts(after_) a USING (kind, object)
	), listed AS (
		SELECT l.list, d.side, i.number, i.item ->> 'name' AS name
		FROM (VALUES ('states'), ('transitions'), ('timers')) AS l (list),
			(VALUES ('before', before_), ('after', after_)) AS d (side, definition), smartwf.items(d.definition, l.list) i
		UNION ALL
		SELECT format('%s of transition %s', l.list, t.item ->> 'name'), d.side, i.number,
			CASE l.list WHEN 'arcs' THEN i.item ->> 'from' WHEN 'parameters' THEN i.item ->> 'name' ELSE i.item::text END
		FROM (VALUES ('arcs'), ('parameters'), ('grants')) AS l (list),
			(VALUES ('before', before_), ('after', after_)) AS d (side, definition),
			smartwf.items(d.definition, 'transitions') t, smartwf.items(t.item, l.list) i
	), common AS (
		-- the order of those that both have
		SELECT x.list, x.side, jsonb_agg(x.name ORDER BY x.number) AS names
		FROM listed x WHERE EXISTS (SELECT FROM listed y WHERE (y.list, y.name) = (x.list, x.name) AND y.side <> x.side)
		GROUP BY x.list, x.side
	), difference AS (
		SELECT CASE WHEN p.before IS NULL THEN 'added' ELSE 'removed' END AS change, p.kind, p.object,
			NULL::text AS property, p.before, p.after
		FROM pair p WHERE p.before IS NULL OR p.after IS NULL
		UNION ALL
		SELECT 'changed', p.kind, p.object, k.key, p.before -> k.key, p.after -> k.key
		FROM pair p, LATERAL (SELECT jsonb_object_keys(p.before || p.after) AS key) k
		WHERE p.before IS NOT NULL AND p.after IS NOT NULL
			AND nullif(p.before -> k.key, 'null') IS DISTINCT FROM nullif(p.after -> k.key, 'null')
		UNION ALL
		SELECT 'changed', 'workflow', format('workflow %s', after_ ->> 'name'), format('order of %s', b.list), b.names,
			a.names
		FROM common b JOIN common a USING (list) WHERE b.side = 'before' AND a.side = 'after' AND b.names <> a.names)
	SELECT * FROM difference d ORDER BY d.kind <> 'workflow', d.object COLLATE "C", d.kind, d.property COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.compare_completed(jsonb, jsonb) IS
'Returns what differs between two complete JSON forms of a workflow (jsonb), as smartwf.compare_workflows() does.';
CREATE FUNCTION smartwf.compare_definitions(definition jsonb, with_definition jsonb)
	RETURNS TABLE (change text, kind text, object text, property text, before jsonb, after jsonb)
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF coalesce(jsonb_typeof(definition), 'object') <> 'object' OR jsonb_typeof(with_definition) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'a definition must be a JSON object' USING ERRCODE = 'WF400';
	END IF;
	RETURN QUERY SELECT * FROM smartwf.compare_completed(smartwf.complete_definition(definition),
		smartwf.complete_definition(with_definition));
END
$$;
COMMENT ON FUNCTION smartwf.compare_definitions(jsonb, jsonb) IS
'Returns what differs between two JSON forms of a workflow, for example the published one and that of a file. definition '
'(jsonb): the one before, null if there is none; with_definition (jsonb): the one after. Returns the same as '
'smartwf.compare_workflows(). Raises WF400 if one of them is no JSON object.';
CREATE FUNCTION smartwf.compare_workflows(name text, from_version int DEFAULT NULL, to_version int DEFAULT 0)
	RETURNS TABLE (change text, kind text, object text, property text, before jsonb, after jsonb)
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT * FROM smartwf.compare_definitions(smartwf.definition_to_compare(name, from_version),
		smartwf.definition_to_compare(name, to_version));
END
$$;
COMMENT ON FUNCTION smartwf.compare_workflows(text, int, int) IS
'Returns what differs between two versions of a workflow (name, text). from_version (int): by default the newest one; '
'to_version (int): by default 0, which is the draft. One row for each difference: change (text: added, removed or '
'changed), kind (text: workflow, state, transition, arc, parameter, grant, timer, transition timer, task, notification '
'or translation) and object (text) of what differs, the property that has changed (text), and its values before and '
'after (jsonb). Raises 42704 if there is no such workflow, version or draft.';
CREATE FUNCTION smartwf.compared_diagram(format text, before_ jsonb, after_ jsonb) RETURNS text
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	nodes text;
	edges text;
BEGIN
	WITH difference AS MATERIALIZED (
		SELECT * FROM smartwf.compare_completed(before_, after_)
	), side AS (
		SELECT s.item, s.number + 1000 * d.rank AS number, d.rank
		FROM (VALUES (1, after_), (2, before_)) AS d (rank, definition), smartwf.items(d.definition, 'states') s
	), state AS MATERIALIZED (
		SELECT x.*, row_number() OVER (ORDER BY x.number) AS n FROM (
			SELECT DISTINCT ON (s.item ->> 'name') s.item ->> 'name' AS name, s.item, s.number
			FROM side s WHERE s.item ->> 'name' IS NOT NULL ORDER BY s.item ->> 'name', s.rank) x
	), arc AS MATERIALIZED (
		SELECT DISTINCT ON (t.item ->> 'name', a.item ->> 'from', a.item ->> 'to') t.item ->> 'name' AS transition,
			coalesce(nullif(t.item ->> 'label', ''), t.item ->> 'name') AS label, a.item ->> 'from' AS "from",
			a.item ->> 'to' AS "to", d.rank, t.number
		FROM (VALUES (1, after_), (2, before_)) AS d (rank, definition), smartwf.items(d.definition, 'transitions') t,
			smartwf.items(t.item, 'arcs') a
		ORDER BY t.item ->> 'name', a.item ->> 'from', a.item ->> 'to', d.rank
	), shown AS (
		SELECT a.*, CASE WHEN a.rank = 2 THEN 'removed'
			WHEN NOT jsonb_path_exists(before_, '$.transitions[*] ? (@.name == $t).arcs[*] ? (@.from == $f && @.to == $g)',
				jsonb_build_object('t', a.transition, 'f', a."from", 'g', a."to")) THEN 'added'
			WHEN EXISTS (SELECT FROM difference d WHERE d.object = 'transition ' || a.transition
				OR d.object LIKE 'transition ' || replace(replace(a.transition, '_', '\_'), '%', '\%') || ' %'
					AND d.kind <> 'arc') THEN 'changed' END AS change
		FROM arc a
	), marked AS (
		SELECT s.n, smartwf.diagram_text(concat_ws(' ', c.sign, coalesce(nullif(s.item ->> 'label', ''), s.name)), format)
			AS label, c.change
		FROM state s LEFT JOIN LATERAL (SELECT d.change FROM difference d WHERE d.object = 'state ' || s.name
				AND d.kind = 'state' LIMIT 1) d ON true
			LEFT JOIN (VALUES ('added', '+'), ('removed', '−'), ('changed', '~')) AS c (change, sign) USING (change))
	SELECT (SELECT string_agg(format(CASE WHEN m.change IS NULL THEN form.node ELSE form.marked END, m.n, m.label,
			smartwf.diagram_mark(format, m.change)), '' ORDER BY m.n) FROM marked m),
		(SELECT string_agg(format(CASE a.change WHEN 'added' THEN form.marked_edge WHEN 'removed' THEN form.removed_edge
				ELSE form.edge END, 'n' || f.n, 'n' || t.n,
				smartwf.diagram_text(concat_ws(' ', c.sign, a.label), format)), '' ORDER BY a.rank, a.number, f.n)
			FROM shown a JOIN state f ON f.name = a."from" JOIN state t ON t.name = a."to"
			LEFT JOIN (VALUES ('added', '+'), ('removed', '−'), ('changed', '~')) AS c (change, sign) USING (change))
		INTO nodes, edges;
	RETURN form.head || coalesce(nodes, '') || coalesce(edges, '') || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.compared_diagram(text, jsonb, jsonb) IS
'Returns two JSON forms of a workflow (jsonb) as the source text of one diagram (text) of a format (text), in which '
'what was added, removed and changed is marked, with +, − and ~ before the labels. Raises WF400 if the format is '
'unknown.';
CREATE FUNCTION smartwf.undo_transition(docid text, comment text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_undo_transition';
COMMENT ON FUNCTION smartwf.undo_transition(text, text) IS
'Undoes the last transition of a document: it goes back to the state that it came from. docid (text): the document; '
'comment (text): an optional comment. Allowed where the transition says so ("undo": true) to those who may pass it, and '
'to administrators. Only the state is undone, not what parameters and hooks have written; no guard or hook is asked, '
'and the history gets one line more. Returns the same as smartwf.set_state() (json). Raises WF235 if the last change of '
'the document was no transition, WF300 if it may not be undone or the document is locked, WF228 if the document follows '
'a version meanwhile that does not have the state, WF412 if somebody changes the document at the same time, and the '
'errors of smartwf.pass_transition() if there is no such document.';
CREATE FUNCTION smartwf.diagram(name text, format text DEFAULT 'mermaid', docid text DEFAULT NULL,
	version int DEFAULT NULL, compare_with int DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	workflow int;
	nodes text;
	edges text;
BEGIN
	IF compare_with IS NOT NULL THEN
		RETURN smartwf.compared_diagram(format,
			smartwf.complete_definition(smartwf.definition_to_compare(name, compare_with)),
			smartwf.complete_definition(smartwf.definition_to_compare(name, version)));
	END IF;
	SELECT w.id INTO workflow FROM smartwf.workflows w
		WHERE w.name = diagram.name AND (diagram.version IS NULL OR w.version = diagram.version)
			AND (diagram.docid IS NULL OR w.id = (SELECT v.id FROM smartwf.document_state(diagram.docid) d
				JOIN smartwf.workflows v ON (v.name, v.version) = (d.workflow, d.version)))
		ORDER BY w.version DESC LIMIT 1;
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no such version, or that is no document of it', name
			USING ERRCODE = 'undefined_object';
	END IF;
	WITH state AS (
		SELECT s.*, row_number() OVER (ORDER BY s.position, s.name) AS n FROM smartwf.states s
			WHERE s.workflow_id = workflow
	), line AS (
		SELECT h.*, row_number() OVER (ORDER BY h.revision DESC) AS age FROM smartwf.document_history(diagram.docid) h
			WHERE diagram.docid IS NOT NULL
	), shown AS (
		SELECT s.n, s.name, smartwf.diagram_text(coalesce(nullif(s.label, ''), s.name), format) AS label,
			CASE WHEN EXISTS (SELECT FROM line l WHERE l.age = 1 AND l.to_state = s.name) THEN 'waiting'
				WHEN EXISTS (SELECT FROM line l WHERE l.to_state = s.name) THEN 'done' END AS status
		FROM state s)
	SELECT (SELECT string_agg(format(CASE WHEN s.status IS NULL THEN form.node ELSE form.marked END, s.n, s.label,
		smartwf.diagram_mark(format, s.status)), '' ORDER BY s.n) FROM shown s),
		(SELECT string_agg(format(CASE WHEN EXISTS (SELECT FROM line l
			WHERE (l.from_state, l.to_state, l.transition) = (a.from_state, a.to_state, a.transition))
				THEN form.marked_edge ELSE form.edge END, 'n' || f.n, 'n' || t.n,
					smartwf.diagram_text(coalesce(nullif(tr.label, ''), tr.name), format)),
				'' ORDER BY tr.position, tr.name, a.position, a.from_state)
			FROM smartwf.arcs a JOIN shown f ON f.name = a.from_state JOIN shown t ON t.name = a.to_state
			JOIN smartwf.transitions tr ON tr.workflow_id = a.workflow_id AND tr.name = a.transition
				WHERE a.workflow_id = workflow)
		INTO nodes, edges;
	RETURN form.head || coalesce(nodes, '') || coalesce(edges, '') || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.diagram(text, text, text, int, int) IS
'Returns a workflow as the source text of a diagram (text). name (text): the workflow; format (text): mermaid (the '
'default), dot or plantuml; docid (text): a document of the workflow, whose current state, past states and '
'transitions are marked in the version that it follows; version (int): the version, by default the newest; '
'compare_with (int): another version, by which what was added since, removed and changed is marked. Version 0 is the '
'draft, where two are compared. Raises WF400 if the format is unknown, and 42704 if there is no such workflow, version, '
'or document of the workflow.';
CREATE OR REPLACE FUNCTION smartwf.flow_form_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH flow AS (
		SELECT format('flow %s', definition ->> 'name') AS object
	), stage AS (
		SELECT format('stage %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'stages')
	), step AS (
		SELECT * FROM smartwf.flow_steps(definition)
	), form (kind, key, type, needed) AS (
		VALUES ('flow', '$schema', 'string', false), ('flow', 'name', 'string', true), ('flow', 'label', 'string', false),
			('flow', 'structure', 'string', false),
			('flow', 'restrictAccess', 'boolean', false), ('flow', 'runAs', 'string', false),
				('flow', 'maxRuns', 'number', false),
			('flow', 'grants', 'array', false), ('flow', 'start', 'array', false), ('flow', 'managers', 'array', false),
			('flow', 'model', 'object', false), ('flow', 'stages', 'array', true),
			('model', 'fields', 'array', true),
			('field', 'name', 'string', true), ('field', 'label', 'string', false), ('field', 'type', 'string', false),
				('field', 'options', 'array', false),
			('stage', 'name', 'string', true), ('stage', 'steps', 'array', true),
			('step', 'name', 'string', true), ('step', 'kind', 'string', true), ('step', 'settings', 'object', false),
			('step', 'else', 'array', false), ('step', 'cases', 'object', false), ('step', 'default', 'array', false),
				('step', 'failure', 'object', false),
			('failure', 'retries', 'number', false), ('failure', 'backoff', 'string', false),
				('failure', 'maximumBackoff', 'string', false),
			('failure', 'then', 'string', false), ('failure', 'steps', 'array', false),
			('grant', 'role', 'string', true)
	), part AS (
		SELECT 'flow' AS kind, object, definition AS item FROM flow
		UNION ALL
		SELECT 'stage', object, item FROM stage
		UNION ALL
		SELECT 'step', object, item FROM step
		UNION ALL
		SELECT 'failure', object, item -> 'failure' FROM step WHERE jsonb_typeof(item -> 'failure') = 'object'
		UNION ALL
		SELECT 'grant', format('%s %s', g.word, number), item
		FROM (VALUES ('grants', 'grant'), ('start', 'start'), ('managers', 'manager')) AS g (key, word),
			smartwf.items(definition, g.key)
		UNION ALL
		SELECT 'model', 'model', definition -> 'model' WHERE jsonb_typeof(definition -> 'model') = 'object'
		UNION ALL
		SELECT 'field', format('field %s', coalesce(item ->> 'name', '#' || number)), item
			FROM smartwf.items(definition -> 'model', 'fields'))
	SELECT 'WFL0504', p.object, format('must be an object, not %s', jsonb_typeof(p.item)) FROM part p
		WHERE jsonb_typeof(p.item) <> 'object'
	UNION ALL
	SELECT 'WFL0502', p.object, format('unknown property "%s"', m.key)
	FROM part p, smartwf.members(p.item) m WHERE NOT EXISTS (SELECT FROM form f WHERE (f.kind, f.key) = (p.kind, m.key))
	UNION ALL
	SELECT 'WFL0504', p.object, format('"%s" must be %s %s, not %s', f.key, CASE WHEN f.type IN ('array', 'object')
		THEN 'an' ELSE 'a' END, f.type, m.value)
	FROM part p JOIN form f USING (kind) JOIN LATERAL smartwf.members(p.item) m ON m.key = f.key
	WHERE jsonb_typeof(m.value) NOT IN (f.type, 'null')
	UNION ALL
	SELECT 'WFL0504', s.object, format('the steps of case "%s" must be an array, not %s', c.key, c.value)
	FROM step s, smartwf.members(s.item -> 'cases') c WHERE jsonb_typeof(c.value) NOT IN ('array', 'null')
	UNION ALL
	SELECT CASE f.key WHEN 'name' THEN 'WFL0500' ELSE 'WFL0503' END, p.object, format('"%s" is missing', f.key)
	FROM part p JOIN form f USING (kind) WHERE f.needed AND jsonb_typeof(p.item) = 'object' AND p.item ->> f.key IS NULL
	UNION ALL
	SELECT 'WFL0500', object,
		format('"%s" is no name: a letter or underscore, then letters, digits, "_" or ":", 49 characters at most',
		definition ->> 'name')
	FROM flow WHERE jsonb_typeof(definition -> 'name') = 'string'
		AND definition ->> 'name' !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$'
	UNION ALL
	SELECT 'WFL0500', p.object, 'a name must not be empty, begin or end with a blank, or be longer than 100 characters'
	FROM part p WHERE p.kind IN ('stage', 'step', 'field') AND jsonb_typeof(p.item -> 'name') = 'string'
		AND p.item ->> 'name' !~ '^\S([^\r\n]{0,98}\S)?$'
	UNION ALL
	SELECT 'WFL0500', object, format('a %s of that name is defined twice', kind) FROM part
	WHERE kind IN ('stage', 'step', 'field') AND item ->> 'name' IS NOT NULL GROUP BY kind, object HAVING count(*) > 1
	UNION ALL
	SELECT 'WFL0505', object, 'it has no stage' FROM flow WHERE definition -> 'stages' = '[]'
	UNION ALL
	SELECT 'WFL0505', object, 'it has no step' FROM stage WHERE item -> 'steps' = '[]'
	UNION ALL
	SELECT 'WFL0501', object, format('unknown kind "%s"', kind) FROM step s
	WHERE kind IS NOT NULL AND NOT EXISTS (SELECT FROM smartwf.flow_settings() f WHERE f.kind = s.kind)
	UNION ALL
	SELECT 'WFL0502', s.object, format('a step of kind "%s" has no setting "%s"', s.kind, m.key)
	FROM step s, smartwf.members(s.item -> 'settings') m
	WHERE EXISTS (SELECT FROM smartwf.flow_settings() f WHERE f.kind = s.kind)
		AND NOT EXISTS (SELECT FROM smartwf.flow_settings() f WHERE (f.kind, f.setting) = (s.kind, m.key))
	UNION ALL
	SELECT 'WFL0503', s.object, format('setting "%s" is missing', f.setting)
	FROM step s JOIN smartwf.flow_settings() f ON f.kind = s.kind AND f.needed
	WHERE s.item -> 'settings' ->> f.setting IS NULL
	UNION ALL
	SELECT 'WFL0504', s.object, format('setting "%s" must be %s %s, not %s', f.setting, CASE
		WHEN f.type IN ('array', 'object') THEN 'an' ELSE 'a' END, f.type, m.value)
	FROM step s, smartwf.members(s.item -> 'settings') m, smartwf.flow_settings() f
	WHERE (f.kind, f.setting) = (s.kind, m.key) AND f.type <> 'any' AND jsonb_typeof(m.value) NOT IN (f.type, 'null')
	UNION ALL
	SELECT 'WFL0502', object, format('a step of kind "%s" has no "%s"', kind, b.key)
	FROM step s, (VALUES ('else', 'if_condition'), ('cases', 'switch_case'), ('default', 'switch_case'))
		AS b (key, of_kind)
	WHERE s.kind <> b.of_kind AND s.item ? b.key
$$;
CREATE OR REPLACE FUNCTION smartwf.complete_flow(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"label": "", "structure": "", "restrictAccess": true, "runAs": "starter", "maxRuns": null,
			"grants": [], "start": [], "managers": [], "model": null}'
		|| jsonb_strip_nulls(definition - '{stages,$schema}'::text[])
		|| jsonb_build_object('stages', (SELECT jsonb_agg(jsonb_build_object('name', item -> 'name', 'steps',
			smartwf.complete_flow_list(item -> 'steps')) ORDER BY number)
			FROM smartwf.items(definition, 'stages')))
$$;
CREATE OR REPLACE FUNCTION smartwf.timer_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY
	WITH object AS (
		SELECT o.* FROM smartwf.definition_objects(definition) o
	), use (object, timer) AS (
		SELECT o.object, o.value ->> 'timer' FROM object o WHERE o.kind IN ('state', 'transition timer')
			AND jsonb_typeof(o.value -> 'timer') = 'string'
	), as_flow AS (
		SELECT smartwf.flow_of_steps(jsonb_agg(jsonb_build_object('name', o.object, 'kind', o.value -> 'kind',
			'settings', o.value -> 'settings'))) AS flow
		FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' IN ('send_notification',
			'send_templated_notification')
	), relation AS (
		SELECT smartwf.attached_relation(s.name) AS relation FROM smartwf.structures s
			WHERE s.workflow = definition ->> 'name'
	)
	SELECT 'error', 'WFL0130', o.object, 'a timer of that name is defined twice'
	FROM object o WHERE o.kind = 'timer' GROUP BY o.object HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0130', u.object, format('timer "%s" is not defined', u.timer) FROM use u
	WHERE NOT EXISTS (SELECT FROM object o WHERE o.kind = 'timer' AND o.value ->> 'name' = u.timer)
	UNION ALL
	SELECT 'error', 'WFL0131', o.parent, format('timer "%s" is named twice', o.value ->> 'timer')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'timer' IS NOT NULL GROUP BY o.parent,
		o.value ->> 'timer' HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0131', o.object, format('action "%s" must be one of volatile, persistent, unattach',
		o.value ->> 'action')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'action' NOT IN ('volatile', 'persistent',
		'unattach')
	UNION ALL
	SELECT 'error', 'WFL0132', o.object, format('delta "%s" is no interval', o.value ->> 'delta')
	FROM object o WHERE o.kind IN ('timer', 'task') AND jsonb_typeof(o.value -> 'delta') = 'string'
		AND NOT smartwf.is_signed_interval(o.value ->> 'delta')
	UNION ALL
	SELECT 'error', 'WFL0132', o.object, format('staleAfter "%s" is no interval above 0', o.value ->> 'staleAfter')
	FROM object o WHERE o.kind = 'state' AND jsonb_typeof(o.value -> 'staleAfter') = 'string'
		AND CASE WHEN smartwf.is_signed_interval(o.value ->> 'staleAfter')
			THEN (o.value ->> 'staleAfter')::interval <= '0' ELSE true END
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, 'it has no task' FROM object o WHERE o.kind = 'timer'
		AND o.value -> 'tasks' = '[]'
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, format('unknown kind "%s"', o.value ->> 'kind') FROM object o
	WHERE o.kind = 'task' AND o.value ->> 'kind' NOT IN ('send_notification', 'send_templated_notification')
		AND o.value ->> 'kind' NOT IN (SELECT k.kind FROM smartwf.task_settings() k)
	UNION ALL
	SELECT 'error', 'WFL0134', o.object, format('a task of kind "%s" needs the setting "%s", a string, and no other',
		k.kind, k.setting)
	FROM object o JOIN smartwf.task_settings() k ON k.kind = o.value ->> 'kind'
	WHERE o.kind = 'task' AND (jsonb_typeof(o.value -> 'settings' -> k.setting) IS DISTINCT FROM 'string'
		OR EXISTS (SELECT FROM smartwf.members(o.value -> 'settings') m WHERE m.key <> k.setting))
	UNION ALL
	SELECT 'error', f.code, regexp_replace(f.object, '^step ', ''), f.message
	FROM as_flow a, LATERAL (SELECT * FROM smartwf.flow_form_faults(a.flow) UNION ALL SELECT *
		FROM smartwf.flow_setting_faults(a.flow)) f
	WHERE a.flow #> '{stages,0,steps}' <> 'null'
	UNION ALL
	SELECT 'error', 'WFL0201', o.object, format('state "%s" is not defined', o.value #>> '{settings,state}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'go_to_state'
		AND o.value #>> '{settings,state}' IS NOT NULL
		AND NOT EXISTS (SELECT FROM object s WHERE s.kind = 'state'
			AND s.value ->> 'name' = o.value #>> '{settings,state}')
	UNION ALL
	SELECT 'error', 'WFL0516', o.object, smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'call_function'
		AND smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb') IS NOT NULL
	UNION ALL
	SELECT 'warning', 'WFL0905', o.object, format('flow "%s" is not published', o.value #>> '{settings,flow}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'start_flow'
		AND o.value #>> '{settings,flow}' IS NOT NULL
		AND NOT smartwf.is_published_flow(o.value #>> '{settings,flow}')
	UNION ALL
	SELECT 'error', 'WFL0120', o.object, format('column "%s" of %s is no date or time', o.value ->> 'column',
		r.relation)
	FROM object o, relation r
	WHERE o.kind = 'timer' AND jsonb_typeof(o.value -> 'column') = 'string' AND r.relation IS NOT NULL
		AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			WHERE a.attrelid = r.relation AND a.attname = o.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped
				AND coalesce(nullif(t.typbasetype, 0), t.oid) IN ('date'::regtype, 'timestamp'::regtype,
					'timestamptz'::regtype))
	UNION ALL
	SELECT 'warning', 'WFL0906', o.object, 'nothing attaches it' FROM object o
	WHERE o.kind = 'timer' AND NOT EXISTS (SELECT FROM use u WHERE u.timer = o.value ->> 'name');
END
$$;
CREATE TABLE smartwf.migrations (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	structure text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	version int NOT NULL,
	states jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(states) = 'object'),
	by_docid boolean NOT NULL DEFAULT false,
	undoes bigint,
	status text NOT NULL DEFAULT 'running'
		CHECK (status IN ('running', 'paused', 'finished', 'failed', 'cancelled', 'undone')),
	documents bigint NOT NULL DEFAULT 0,
	done bigint NOT NULL DEFAULT 0,
	failed bigint NOT NULL DEFAULT 0,
	message text,
	actor text NOT NULL,
	actor_is_person boolean NOT NULL DEFAULT false,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	due_at timestamptz,
	pass int NOT NULL DEFAULT 0,
	position text COLLATE "C" NOT NULL DEFAULT '',
	writers text[]
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX migrations_structure ON smartwf.migrations (structure) WHERE status IN ('running', 'paused');
CREATE INDEX migrations_due ON smartwf.migrations (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.migrations IS
'Migrations of structures to another version of their workflow. version_id, version: that version; states: where '
'documents go whose state it does not have; by_docid: whether only certain documents are moved; undoes: the migration '
'that this one undoes. status: running, paused, finished, failed (some documents could not be moved), cancelled or '
'undone. documents: how many had to be looked at one by one, done and failed: how many of them were. message: why it '
'does not go on. actor, started_at, changed_at, finished_at: by whom and when. due_at, pass, position, writers: what '
'the workers need to know. Administrators and operators see all rows. Maintained by the functions for migrations.';
CREATE TABLE smartwf.migration_documents (
	migration bigint NOT NULL,
	docid text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	to_state text COLLATE "C",
	at_revision int,
	pass int NOT NULL DEFAULT 0,
	status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
	from_id int,
	from_state text COLLATE "C",
	revision int,
	sqlstate text,
	message text,
	PRIMARY KEY (migration, docid)
) WITH (fillfactor = 50);
COMMENT ON TABLE smartwf.migration_documents IS
'Documents that a migration looks at one by one. version_id: the version that the document goes to; to_state: the '
'state that it goes back to, if it is still at_revision; pass: of the migration, in which it is looked at. status: '
'failed; done, if there is something to say about it; otherwise pending, until the migration has ended. from_id, '
'from_state: the version and the state in which it was; revision: that of its line of history, null if it has none. '
'sqlstate, message: why it could not be moved, or which timers have ended. Maintained by the functions for migrations.';
ALTER TABLE smartwf.migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.migrations FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.migrations FOR INSERT WITH CHECK (true);
ALTER TABLE smartwf.migration_documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.migration_documents FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.migration_documents FOR INSERT WITH CHECK (true);
GRANT SELECT ON smartwf.migrations, smartwf.migration_documents TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('smartwf.migrations', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.migrations_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.migration_documents', '');
CREATE FUNCTION smartwf.states_elsewhere(version_id int) RETURNS TABLE (state text, timer text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT DISTINCT s.name, s.timer
	FROM smartwf.workflows w JOIN smartwf.workflows o ON o.name = w.name AND o.id <> w.id AND o.status = 'published'
		JOIN smartwf.states s ON s.workflow_id = o.id
	WHERE w.id = states_elsewhere.version_id
$$;
COMMENT ON FUNCTION smartwf.states_elsewhere(int) IS
'Returns the states (text) that published versions of a workflow other than this one (int, its id) have, with their '
'timers (text).';
CREATE FUNCTION smartwf.changing_states(version_id int, states jsonb) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT e.state), '{}') FROM smartwf.states_elsewhere(version_id) e
	WHERE states ->> e.state <> e.state OR NOT EXISTS (SELECT FROM smartwf.states s
		WHERE (s.workflow_id, s.name) = (changing_states.version_id, e.state))
$$;
COMMENT ON FUNCTION smartwf.changing_states(int, jsonb) IS
'Returns the states (text[]) that documents cannot keep when they go to a workflow version (int, its id): those that it '
'does not have, and those that states (jsonb) maps.';
CREATE FUNCTION smartwf.states_with_other_timer(version_id int) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT e.state), '{}')
	FROM smartwf.states_elsewhere(version_id) e
		JOIN smartwf.states s ON (s.workflow_id, s.name) = (states_with_other_timer.version_id, e.state)
	WHERE s.timer IS NOT NULL AND s.timer IS DISTINCT FROM e.timer
$$;
COMMENT ON FUNCTION smartwf.states_with_other_timer(int) IS
'Returns the states (text[]) whose documents get a timer when they go to a workflow version (int, its id), because '
'other versions do not have it in that state.';
CREATE FUNCTION smartwf.timers_exist(workflow text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM smartwf.workflow_timers t JOIN smartwf.workflows w ON w.id = t.workflow_id
		WHERE w.name = workflow)
$$;
COMMENT ON FUNCTION smartwf.timers_exist(text) IS
'Returns true if any version of a workflow (text) has timers.';
CREATE FUNCTION smartwf.version_before(m smartwf.migrations, version_id int, state text) RETURNS int
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((SELECT x.successor_id FROM smartwf.successions x
			JOIN smartwf.states s ON (s.workflow_id, s.name) = (x.successor_id, version_before.state)
			WHERE x.structure = m.structure AND x.version_id = version_before.version_id AND x.at < m.started_at
				AND (x.ended_at IS NULL OR x.ended_at >= m.started_at)
			ORDER BY x.id DESC LIMIT 1),
		(SELECT s.workflow_id FROM smartwf.states s
			WHERE (s.workflow_id, s.name) = (version_before.version_id, version_before.state)))
$$;
COMMENT ON FUNCTION smartwf.version_before(smartwf.migrations, int, text) IS
'Returns the version (int, its id) that documents followed before a migration (a row of smartwf.migrations) which have '
'a state (text) and whose line of history names a version (version_id, int); null if that version does not have it.';
CREATE FUNCTION smartwf.versions_published_since(m smartwf.migrations) RETURNS int[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(o.id), '{}')
	FROM smartwf.workflows w JOIN smartwf.workflows o ON o.name = w.name AND o.id <> w.id AND o.status = 'published'
	WHERE w.id = m.version_id AND NOT EXISTS (SELECT FROM smartwf.successions x
		WHERE (x.structure, x.version_id, x.successor_id) = (m.structure, o.id, m.version_id) AND x.ended_at IS NULL)
$$;
COMMENT ON FUNCTION smartwf.versions_published_since(smartwf.migrations) IS
'Returns the versions (int[], their ids) from which a migration (a row of smartwf.migrations) does not lead, since they '
'were published after it had begun.';
CREATE FUNCTION smartwf.list_documents_to_move(m smartwf.migrations) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	gone text[] := smartwf.changing_states(m.version_id, '{}');
	-- that the version has, but that are mapped, or have another timer there
	others text[] := ARRAY(SELECT DISTINCT s FROM unnest(smartwf.changing_states(m.version_id, m.states)
		|| smartwf.states_with_other_timer(m.version_id)) AS s WHERE s <> ALL (gone));
	since int[] := smartwf.versions_published_since(m);
	listed bigint := 0;
	more bigint;
BEGIN
	IF m.by_docid OR m.undoes IS NOT NULL THEN
		RETURN 0;				-- they were listed when it began
	END IF;
	IF cardinality(gone) > 0 THEN
		INSERT INTO smartwf.migration_documents (migration, docid, version_id, pass)
			SELECT m.id, r.docid, m.version_id, m.pass + 1 FROM smartwf.rows_in_states(m.structure, gone) r
			WHERE r.docid IS NOT NULL
				AND (since = '{}' OR (SELECT l.version_id FROM smartwf.last_line(r.docid) l) <> ALL (since))
			ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS listed = ROW_COUNT;
	END IF;
	IF cardinality(others) > 0 THEN
		INSERT INTO smartwf.migration_documents (migration, docid, version_id, pass)
			SELECT m.id, r.docid, m.version_id, m.pass + 1 FROM smartwf.rows_in_states(m.structure, others) r
				CROSS JOIN LATERAL smartwf.last_line(r.docid) l
			-- not those that have come there since, by this version
			WHERE (l.version_id <> m.version_id OR l.at < m.started_at) AND l.version_id <> ALL (since)
				AND smartwf.version_before(m, l.version_id, r.state) IS DISTINCT FROM m.version_id
			ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS more = ROW_COUNT;
		listed := listed + more;
	END IF;
	INSERT INTO smartwf.migration_documents (migration, docid, version_id, pass)
		SELECT DISTINCT m.id, t.docid, m.version_id, m.pass + 1
		FROM smartwf.element_timers t JOIN smartwf.elements e ON e.docid = t.docid
		WHERE e.structure = m.structure AND t.workflow_id <> m.version_id
			AND (since = '{}' OR (SELECT l.version_id FROM smartwf.last_line(t.docid) l) <> ALL (since))
		ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS more = ROW_COUNT;
	RETURN listed + more;
END
$$;
COMMENT ON FUNCTION smartwf.list_documents_to_move(smartwf.migrations) IS
'Lists the documents that a migration (a row of smartwf.migrations) has to look at one by one and does not know yet. '
'Returns their number (bigint).';
CREATE FUNCTION smartwf.writers_of(structure text) RETURNS text[]
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}')
	FROM pg_locks l JOIN smartwf.family(smartwf.attached_relation(structure)) f ON l.relation = f
	WHERE l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
		AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
		AND l.pid IS DISTINCT FROM pg_backend_pid()
$$;
COMMENT ON FUNCTION smartwf.writers_of(text) IS
'Returns the virtual ids (text[]) of the transactions that are writing to the table of a structure (text).';
CREATE FUNCTION smartwf.end_migration(migration bigint) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations;
BEGIN
	UPDATE smartwf.migrations x SET status = CASE WHEN x.failed > 0 THEN 'failed' ELSE 'finished' END,
		finished_at = clock_timestamp(), changed_at = clock_timestamp(), due_at = NULL
		WHERE x.id = migration RETURNING * INTO m;
	IF m.undoes IS NOT NULL AND m.status = 'finished' THEN
		UPDATE smartwf.migrations x SET status = 'undone', changed_at = clock_timestamp() WHERE x.id = m.undoes;
	END IF;
	-- those of which there is nothing to say
	DELETE FROM smartwf.migration_documents d WHERE d.migration = end_migration.migration AND d.status = 'pending';
END
$$;
COMMENT ON FUNCTION smartwf.end_migration(bigint) IS
'Notes that a migration (bigint) has come to its end.';
CREATE FUNCTION smartwf.list_or_end_migration(migration bigint) RETURNS text
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations;
	present text[];
	listed bigint;
BEGIN
	SELECT * INTO m FROM smartwf.migrations x WHERE x.id = migration;
	-- whoever began to write after the migration had begun goes by the new version
	IF m.writers = '{}' OR m.by_docid OR m.undoes IS NOT NULL THEN
		PERFORM smartwf.end_migration(migration);
		RETURN 'ended';
	END IF;
	present := smartwf.writers_of(m.structure);
	listed := smartwf.list_documents_to_move(m);
	UPDATE smartwf.migrations x SET documents = x.documents + listed, pass = x.pass + 1, writers = coalesce(x.writers, present),
		changed_at = clock_timestamp(), due_at = clock_timestamp()
			+ CASE WHEN listed = 0 THEN interval '0.5 s' ELSE interval '0' END
		WHERE x.id = migration RETURNING * INTO m;
	IF listed > 0 THEN
		RETURN 'goes on';
	ELSIF m.writers && present THEN
		RETURN 'waits';
	END IF;
	PERFORM smartwf.end_migration(migration);
	RETURN 'ended';
END
$$;
COMMENT ON FUNCTION smartwf.list_or_end_migration(bigint) IS
'Looks for documents that a migration (bigint) has not listed yet. Returns (text) "goes on" if there are some, "waits" '
'if transactions are still open that may go by the version of before, and ends the migration and returns "ended" '
'otherwise.';
CREATE FUNCTION smartwf.refused_rows(structure text, from_states text[], to_states text[], OUT docid text,
	OUT reason text) RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_refused_rows';
COMMENT ON FUNCTION smartwf.refused_rows(text, text[], text[]) IS
'Returns the documents (docid, text) of a structure (text) whose rows cannot be in the state to_states[i] instead of '
'from_states[i] (text[] each), with the constraint of the table, or of the type of its column, that does not allow it '
'(reason, text). The constraints are evaluated as the owner of the table.';
CREATE FUNCTION smartwf.structure_to_move(structure text) RETURNS smartwf.structures
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
BEGIN
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	IF s.name IS NULL OR smartwf.attached_relation(structure) IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	RETURN s;
END
$$;
COMMENT ON FUNCTION smartwf.structure_to_move(text) IS
'Returns the row of smartwf.structures of a structure (text). Raises 42704 if it is not attached.';
CREATE FUNCTION smartwf.version_to_follow(workflow text, version int) RETURNS smartwf.workflows
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.workflows;
BEGIN
	SELECT * INTO target FROM smartwf.workflows w WHERE w.name = workflow AND w.status = 'published'
		AND (w.version = version_to_follow.version OR version_to_follow.version IS NULL)
		ORDER BY w.version DESC LIMIT 1;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version %', workflow, coalesce(version::text, '')
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN target;
END
$$;
COMMENT ON FUNCTION smartwf.version_to_follow(text, int) IS
'Returns the row of smartwf.workflows of a published version (int, by default the newest) of a workflow (text). Raises '
'42704 if there is none.';
CREATE FUNCTION smartwf.require_object(mapping jsonb, argument text, what text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF jsonb_typeof(mapping) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION '% must be a JSON object', argument USING ERRCODE = 'WF400',
			HINT = format('It maps each %s that the version does not have to one that it has: {"old": "new"}.', what);
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_object(jsonb, text, text) IS
'Raises WF400 unless an argument (its value, jsonb, and its name, text), which maps states or steps (what, text), is a '
'JSON object.';
CREATE FUNCTION smartwf.mapping_faults(version_id int, states jsonb) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(format('CRUD0228 states: state "%s", to which "%s" is mapped, is not available', m.value, m.key)
		ORDER BY m.key)
	FROM jsonb_each_text(states) m
	WHERE NOT EXISTS (SELECT FROM smartwf.states s WHERE (s.workflow_id, s.name) = (mapping_faults.version_id, m.value))
$$;
COMMENT ON FUNCTION smartwf.mapping_faults(int, jsonb) IS
'Returns one line (text[]) for each state that states (jsonb) maps to one which a workflow version (int, its id) does '
'not have; null if there are none.';
CREATE FUNCTION smartwf.plan_checksum(s smartwf.structures, version_id int, states jsonb, docids text[]) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(s.name, s.workflow, s.state_column, s.docid_column,
		s.docid_prefix, smartwf.attached_relation(s.name)::oid::bigint, version_id, states, docids,
		(SELECT jsonb_agg(jsonb_build_array(w.id, w.shape) ORDER BY w.id) FROM smartwf.workflows w
			WHERE w.name = s.workflow AND w.status = 'published'),
		(SELECT jsonb_agg(jsonb_build_array(x.id, x.ended_at) ORDER BY x.id) FROM smartwf.successions x
			WHERE x.structure = s.name),
		(SELECT jsonb_agg(jsonb_build_array(c.conrelid::bigint, c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.oid)
			FROM smartwf.family(smartwf.attached_relation(s.name)) f JOIN pg_constraint c ON c.conrelid = f
			WHERE c.contype = 'c'),
		(SELECT jsonb_agg(jsonb_build_array(c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.oid)
			FROM pg_attribute a JOIN pg_constraint c ON c.contypid = a.atttypid
			WHERE a.attrelid = smartwf.attached_relation(s.name) AND a.attname = s.state_column),
		(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
			WHERE a.attrelid = smartwf.attached_relation(s.name) AND a.attname = s.state_column))::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION smartwf.plan_checksum(smartwf.structures, int, jsonb, text[]) IS
'Returns a checksum (text) of what the plan of a migration rests on: the structure (a row of smartwf.structures) and '
'its table, the versions of its workflow and which of them are followed, the version (int, its id) that it goes to, '
'states (jsonb) and docids (text[]).';
CREATE FUNCTION smartwf.documents_to_move(s smartwf.structures, version_id int, states jsonb, docids text[])
	RETURNS TABLE (docid text, from_id int, state text, to_state text, is_locked boolean, refusal text)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	changing text[] := ARRAY(SELECT c.state FROM unnest(smartwf.changing_states(version_id, states)) AS c (state)
		WHERE states ? c.state);
BEGIN
	RETURN QUERY
	WITH moving AS MATERIALIZED (
		SELECT r.docid, smartwf.followed_version(s.name, l.version_id, r.state) AS from_id, r.state,
			coalesce(states ->> r.state, x.name) AS to_state,
			e.locked_by IS NOT NULL AND NOT (e.locked_by = smartwf.actor()
				AND coalesce(e.locked_by_person, false) = smartwf.actor_is_person()) AS is_locked
		FROM smartwf.rows_of_structure(s.name) r
			JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
			CROSS JOIN LATERAL smartwf.last_line(r.docid) l
			LEFT JOIN smartwf.states x ON (x.workflow_id, x.name) = (documents_to_move.version_id, r.state)
		WHERE docids IS NULL OR r.docid = ANY (docids))
	SELECT m.docid, m.from_id, m.state, m.to_state, m.is_locked, f.reason
	FROM moving m LEFT JOIN smartwf.refused_rows(s.name, changing, ARRAY(SELECT states ->> c FROM unnest(changing) c)) f
		ON f.docid = m.docid
	WHERE m.from_id <> documents_to_move.version_id;
END
$$;
COMMENT ON FUNCTION smartwf.documents_to_move(smartwf.structures, int, jsonb, text[]) IS
'Returns the documents of a structure (a row of smartwf.structures) that do not follow a workflow version (int, its '
'id) yet, or those among docids (text[]): the version that they follow (from_id, int), their state, the state that they '
'would get (to_state, text), null if there is none, whether somebody else has locked them (boolean), and the '
'constraint that the state would break (refusal, text).';
CREATE FUNCTION smartwf.ending_timers(docid text, from_id int, version_id int, state text) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(DISTINCT format('"%s"', e.timer), ', ') FROM smartwf.element_timers e
	WHERE e.docid = ending_timers.docid AND (
		NOT EXISTS (SELECT FROM smartwf.workflow_timers t
			WHERE (t.workflow_id, t.name) = (ending_timers.version_id, e.timer))
		OR e.action = 'volatile' AND EXISTS (SELECT FROM smartwf.states o JOIN smartwf.states n ON n.name = o.name
			WHERE (o.workflow_id, o.name, o.timer) = (ending_timers.from_id, ending_timers.state, e.timer)
				AND n.workflow_id = ending_timers.version_id AND n.timer IS DISTINCT FROM o.timer))
$$;
COMMENT ON FUNCTION smartwf.ending_timers(text, int, int, text) IS
'Returns the timers (text) of a document (docid, text) in a state (text) that end when it goes from one workflow version '
'(from_id, int) to another (version_id, int, its id), which does not have them, or not in that state; null if there are '
'none.';
CREATE FUNCTION smartwf.migration_plan_as_owner(structure text, version int, states jsonb, docids text[],
	OUT from_version int, OUT state text, OUT elements bigint, OUT to_state text, OUT verdict text, OUT reason text,
	OUT timers bigint, OUT locks bigint, OUT questions bigint, OUT runs bigint, OUT plan text) RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures := smartwf.structure_to_move(structure);
	target smartwf.workflows := smartwf.version_to_follow(s.workflow, version);
	has_timers boolean := smartwf.timers_exist(s.workflow);
	has_runs boolean := EXISTS (SELECT FROM smartwf.runs r WHERE r.docid IS NOT NULL);
BEGIN
	PERFORM smartwf.require_object(states, 'states', 'state');
	PERFORM smartwf.refuse(format('migration of structure "%s"', structure), smartwf.mapping_faults(target.id, states)
		|| ARRAY(SELECT smartwf.attachment_faults(smartwf.attached_relation(structure), target.id, s.state_column,
			s.docid_column)));
	RETURN QUERY
	WITH judged AS (
		SELECT d.docid, d.from_id, d.state, d.to_state,
			CASE WHEN d.to_state IS NULL THEN format('version %s does not have the state, and no other is given for it',
					target.version)
				WHEN d.refusal IS NOT NULL THEN d.refusal
				WHEN d.is_locked AND d.to_state <> d.state THEN 'somebody has locked the document' END AS obstacle,
			CASE WHEN has_timers THEN smartwf.ending_timers(d.docid, d.from_id, target.id, d.state) END AS ending, d.is_locked
		FROM smartwf.documents_to_move(s, target.id, states, docids) d)
	SELECT w.version, j.state, count(*), j.to_state,
		CASE WHEN j.obstacle IS NOT NULL THEN 'cannot' WHEN j.to_state <> j.state THEN 'changes' ELSE 'follows' END,
		coalesce(j.obstacle, 'timer ' || j.ending || format(' ends, since version %s does not have it there', target.version)),
		CASE WHEN has_timers THEN sum((SELECT count(DISTINCT t.timer) FROM smartwf.element_timers t
			WHERE t.docid = j.docid))::bigint ELSE 0 END,
		count(*) FILTER (WHERE j.is_locked),
		CASE WHEN has_runs THEN sum((SELECT count(*) FROM smartwf.runs r JOIN smartwf.confirmations c ON c.run = r.id
			WHERE r.docid = j.docid AND c.status = 'open'))::bigint ELSE 0 END,
		CASE WHEN has_runs THEN sum((SELECT count(*) FROM smartwf.runs r
			WHERE r.docid = j.docid AND r.status NOT IN ('finished', 'cancelled')))::bigint ELSE 0 END,
		smartwf.plan_checksum(s, target.id, states, docids)
	FROM judged j JOIN smartwf.workflows w ON w.id = j.from_id
	GROUP BY w.version, j.state, j.to_state, j.obstacle, j.ending
	ORDER BY w.version, j.state COLLATE "C", j.obstacle COLLATE "C" NULLS FIRST, j.ending COLLATE "C" NULLS FIRST;
END
$$;
COMMENT ON FUNCTION smartwf.migration_plan_as_owner(text, int, jsonb, text[]) IS
'What smartwf.migration_plan() does, as the owner of the extension.';
CREATE FUNCTION smartwf.migration_plan(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docids text[] DEFAULT NULL, OUT from_version int, OUT state text, OUT elements bigint, OUT to_state text,
	OUT verdict text, OUT reason text, OUT timers bigint, OUT locks bigint, OUT questions bigint, OUT runs bigint,
	OUT plan text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.migration_plan(text, int, jsonb, text[]) IS
'Returns what smartwf.start_migration() would do with the same arguments; nothing is written, and no writer has to '
'wait. One row for each version that documents follow (from_version, int), their state (text), the state that they '
'would be in (to_state, text) and what becomes of them: how many documents (elements, bigint), verdict (text: follows, '
'if they keep their state; changes, if they get another one; cannot, with the reason), reason (text: also timers that '
'would end), how many timers, locks, open questions and runs they have (timers, locks, questions, runs, bigint), and a '
'checksum of all that the plan rests on (plan, text). Raises 42501 unless the caller is an administrator, 42704 if '
'there is no such structure or published version, and WF001 if states maps to a state that the version does not have.';
CREATE FUNCTION smartwf.refuse_second_migration(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'migration % of structure "%" has not ended', (SELECT m.id FROM smartwf.migrations m
			WHERE m.structure = refuse_second_migration.structure AND m.status IN ('running', 'paused')), structure
		USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait for its end, or cancel it.';
END
$$;
COMMENT ON FUNCTION smartwf.refuse_second_migration(text) IS
'Raises 55000, since another migration of a structure (text) has not ended.';
CREATE FUNCTION smartwf.open_migration(structure text, target smartwf.workflows, states jsonb, by_docid boolean,
	undoes bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	opened bigint;
BEGIN
	INSERT INTO smartwf.migrations (structure, version_id, version, states, by_docid, undoes, actor, actor_is_person,
			due_at)
		VALUES (structure, target.id, target.version, states, by_docid, undoes, smartwf.actor(),
			smartwf.actor_is_person(), clock_timestamp())
		ON CONFLICT DO NOTHING RETURNING id INTO opened;
	IF opened IS NULL THEN
		PERFORM smartwf.refuse_second_migration(structure);
	END IF;
	RETURN opened;
END
$$;
COMMENT ON FUNCTION smartwf.open_migration(text, smartwf.workflows, jsonb, boolean, bigint) IS
'Stores a new migration of a structure (text) to a version (a row of smartwf.workflows), with states (jsonb), by_docid '
'(boolean), and the migration that it undoes (bigint). Returns its id (bigint). Raises 55000 if another migration of '
'the structure has not ended.';
CREATE FUNCTION smartwf.homeless_documents(s smartwf.structures, target smartwf.workflows, states jsonb, docids text[])
	RETURNS text[]
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	homeless text[] := ARRAY(SELECT c.state FROM unnest(smartwf.changing_states(target.id, states)) AS c (state)
		WHERE NOT states ? c.state);
BEGIN
	IF cardinality(homeless) = 0 THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT array_agg(format('CRUD0228 %s: state "%s" is not available for workflow "%s" version %s', r.docid,
			r.state, target.name, target.version) ORDER BY r.docid)
		FROM (SELECT x.docid, x.state FROM smartwf.rows_in_states(s.name, homeless) x
			WHERE docids IS NULL OR x.docid = ANY (docids) ORDER BY x.docid LIMIT 100) r);
END
$$;
COMMENT ON FUNCTION smartwf.homeless_documents(smartwf.structures, smartwf.workflows, jsonb, text[]) IS
'Returns one line (text[]), at most one hundred, for each document of a structure (a row of smartwf.structures), or '
'among docids (text[]), whose state a version (a row of smartwf.workflows) does not have and states (jsonb) does not '
'map; null if there are none.';
CREATE FUNCTION smartwf.move_structure(s smartwf.structures, target smartwf.workflows) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	moment timestamptz := clock_timestamp();
BEGIN
	INSERT INTO smartwf.successions (structure, version_id, successor_id, at, actor)
	SELECT s.name, w.id, target.id, moment, smartwf.actor() FROM smartwf.workflows w
	WHERE w.name = target.name AND w.status = 'published' AND w.id <> target.id
		AND target.id IS DISTINCT FROM (SELECT x.successor_id FROM smartwf.successions x
			WHERE x.structure = s.name AND x.version_id = w.id AND x.ended_at IS NULL ORDER BY x.id DESC LIMIT 1)
	ORDER BY w.id;
	-- a structure that had left the version comes back to it
	UPDATE smartwf.successions x SET ended_at = moment, ended_by = smartwf.actor()
	WHERE x.structure = s.name AND x.version_id = target.id AND x.ended_at IS NULL;
END
$$;
COMMENT ON FUNCTION smartwf.move_structure(smartwf.structures, smartwf.workflows) IS
'Has the documents of a structure (a row of smartwf.structures) follow another version (a row of smartwf.workflows), '
'as far as it has their states.';
CREATE FUNCTION smartwf.move_structure_back(m smartwf.migrations) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	moment timestamptz := clock_timestamp();
BEGIN
	UPDATE smartwf.successions x SET ended_at = moment, ended_by = smartwf.actor()
	WHERE x.structure = m.structure AND x.at >= m.started_at AND x.ended_at IS NULL;
	INSERT INTO smartwf.successions (structure, version_id, successor_id, at, actor)
	SELECT x.structure, x.version_id, x.successor_id, moment, smartwf.actor() FROM smartwf.successions x
	WHERE x.structure = m.structure AND x.at < m.started_at AND x.ended_at >= m.started_at
	ORDER BY x.id;
END
$$;
COMMENT ON FUNCTION smartwf.move_structure_back(smartwf.migrations) IS
'Has the documents of a structure follow the versions again that they followed before a migration (a row of '
'smartwf.migrations).';
CREATE FUNCTION smartwf.start_migration_as_owner(structure text, version int, states jsonb, docids text[], plan text)
	RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures := smartwf.structure_to_move(structure);
	target smartwf.workflows := smartwf.version_to_follow(s.workflow, version);
	started bigint;
	elsewhere int;
BEGIN
	PERFORM smartwf.require_object(states, 'states', 'state');
	PERFORM smartwf.refuse(format('migration of structure "%s"', structure), smartwf.mapping_faults(target.id, states)
		|| ARRAY(SELECT smartwf.attachment_faults(smartwf.attached_relation(structure), target.id, s.state_column,
			s.docid_column))
		|| smartwf.homeless_documents(s, target, states, docids));
	IF plan <> smartwf.plan_checksum(s, target.id, states, docids) THEN
		RAISE EXCEPTION 'the plan of this migration is out of date' USING ERRCODE = 'WF412',
			DETAIL = 'The structure, its table, or a version of its workflow has changed since, or the arguments differ.',
			HINT = 'Call smartwf.migration_plan() again.';
	END IF;
	started := smartwf.open_migration(structure, target, states, docids IS NOT NULL, NULL);
	IF docids IS NULL THEN
		PERFORM smartwf.move_structure(s, target);
	ELSE
		SELECT w.version INTO elsewhere FROM smartwf.successions x JOIN smartwf.workflows w ON w.id = x.successor_id
			WHERE x.structure = s.name AND x.version_id = target.id AND x.ended_at IS NULL ORDER BY x.id DESC LIMIT 1;
		IF elsewhere IS NOT NULL THEN
			RAISE EXCEPTION 'documents of version % of workflow "%" follow version %', target.version, target.name,
				elsewhere USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('Structure "%s" has been moved from the one to the other.', structure);
		END IF;
		PERFORM smartwf.list_named_documents(started, s, target, states, docids);
	END IF;
	IF docids IS NULL AND smartwf.changing_states(target.id, states) = '{}' AND NOT smartwf.timers_exist(s.workflow) THEN
		PERFORM smartwf.end_migration(started);
	END IF;
	RETURN started;
END
$$;
COMMENT ON FUNCTION smartwf.start_migration_as_owner(text, int, jsonb, text[], text) IS
'What smartwf.start_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.list_named_documents(migration bigint, s smartwf.structures, target smartwf.workflows,
	states jsonb, docids text[]) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	WITH listed AS (
		INSERT INTO smartwf.migration_documents (migration, docid, version_id)
		SELECT migration, e.docid, target.id
		FROM (SELECT DISTINCT d.docid FROM unnest(docids) AS d (docid)) d
			JOIN smartwf.elements e ON e.docid = d.docid AND e.structure = s.name AND e.deleted_at IS NULL
			CROSS JOIN LATERAL smartwf.last_line(e.docid) l
		WHERE smartwf.followed_version(s.name, l.version_id, l.state) <> target.id
		RETURNING 1)
	UPDATE smartwf.migrations m SET documents = (SELECT count(*) FROM listed) WHERE m.id = migration
$$;
COMMENT ON FUNCTION smartwf.list_named_documents(bigint, smartwf.structures, smartwf.workflows, jsonb, text[]) IS
'Lists those documents among docids (text[]) that a migration (bigint) of a structure (a row of smartwf.structures) to '
'a version (a row of smartwf.workflows) has to move.';
CREATE FUNCTION smartwf.start_migration(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docids text[] DEFAULT NULL, plan text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.start_migration(text, int, jsonb, text[], text) IS
'Moves the documents of a structure to another version of its workflow. structure (text): the structure; version '
'(int): a published version, by default the newest; states (jsonb): an object that maps states which the version does '
'not have to states that it has; docids (text[]): if given, only these documents are moved; plan (text): the checksum '
'that smartwf.migration_plan() has told, if the migration must be what it said. Documents whose state the version has '
'follow it as soon as the transaction commits, however many they are. Those that get another state, those with timers '
'and those named by docids are worked off in batches by the workers, or by CALL smartwf.work_migration(). Returns the id '
'of the migration (bigint), a row of smartwf.migrations that shows its progress. Documents that the plan says cannot '
'move, because of a constraint or a lock, do not keep it from starting: they stay where they are, and it ends as failed. '
'Raises 42501 unless the caller is an '
'administrator, 42704 if there is no such structure or published version, WF001 with one line of DETAIL for each '
'fault, such as a document whose state has no target, WF412 if what the plan rests on has changed, WF400 if states is '
'no object, and 55000 if another migration of the structure has not ended.';
CREATE FUNCTION smartwf.migration_to_steer(migration bigint) RETURNS smartwf.migrations
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations;
BEGIN
	-- waits for the end of the present batch
	SELECT * INTO m FROM smartwf.migrations x WHERE x.id = migration FOR UPDATE;
	IF m.id IS NULL THEN
		RAISE EXCEPTION 'there is no migration %', migration USING ERRCODE = 'undefined_object';
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION smartwf.migration_to_steer(bigint) IS
'Returns and locks a migration (bigint, its id; a row of smartwf.migrations). Raises 42704 if there is none.';
CREATE FUNCTION smartwf.require_last_migration(m smartwf.migrations) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	later bigint := (SELECT max(x.id) FROM smartwf.migrations x WHERE x.structure = m.structure AND x.id > m.id
		AND x.undoes IS NULL AND x.status <> 'undone');
BEGIN
	IF later IS NOT NULL THEN
		RAISE EXCEPTION 'migration % of structure "%" came later', later, m.structure
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Undo the last one first.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_last_migration(smartwf.migrations) IS
'Raises 55000 if a migration of the same structure came later than a migration (a row of smartwf.migrations), and has '
'not been undone.';
CREATE FUNCTION smartwf.steer_migration(migration bigint, verb text, wanted text[], status text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_steer(migration);
BEGIN
	IF m.status <> ALL (wanted) THEN
		RAISE EXCEPTION 'migration % cannot be %, since it is %', migration, verb, m.status
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	UPDATE smartwf.migrations x SET status = steer_migration.status, changed_at = clock_timestamp(), message = NULL,
		finished_at = CASE WHEN steer_migration.status = 'cancelled' THEN clock_timestamp() END,
		due_at = CASE WHEN steer_migration.status = 'running' THEN clock_timestamp() END,
		position = CASE m.status WHEN 'failed' THEN '' ELSE x.position END
		WHERE x.id = migration;
END
$$;
COMMENT ON FUNCTION smartwf.steer_migration(bigint, text, text[], text) IS
'Changes the status of a migration (bigint) that has one of some statuses (wanted, text[]) to another one (status, '
'text). verb (text) is for the message. Raises 42704 if there is no such migration, and 55000 if it has another '
'status.';
CREATE FUNCTION smartwf.pause_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.steer_migration(migration, 'paused', '{running}', 'paused')
$$;
COMMENT ON FUNCTION smartwf.pause_migration_as_owner(bigint) IS
'What smartwf.pause_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.resume_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_steer(migration);
BEGIN
	PERFORM smartwf.require_last_migration(m);
	BEGIN
		PERFORM smartwf.steer_migration(migration, 'resumed', '{paused,failed}', 'running');
	EXCEPTION WHEN unique_violation THEN
		PERFORM smartwf.refuse_second_migration(m.structure);
	END;
	UPDATE smartwf.migrations x SET failed = 0, finished_at = NULL WHERE x.id = migration RETURNING * INTO m;
	UPDATE smartwf.migration_documents d SET status = 'pending', sqlstate = NULL, message = NULL, pass = m.pass
		WHERE d.migration = m.id AND d.status = 'failed';
END
$$;
COMMENT ON FUNCTION smartwf.resume_migration_as_owner(bigint) IS
'What smartwf.resume_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.cancel_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.steer_migration(migration, 'cancelled', '{running,paused,failed}', 'cancelled');
	DELETE FROM smartwf.migration_documents d
		WHERE d.migration = cancel_migration_as_owner.migration AND d.status = 'pending'
$$;
COMMENT ON FUNCTION smartwf.cancel_migration_as_owner(bigint) IS
'What smartwf.cancel_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.pause_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.pause_migration(bigint) IS
'Pauses a running migration (bigint, its id) after the present batch. Documents that have moved follow the other '
'version, those that have not keep theirs. Raises 42501 unless the caller is an administrator, 42704 if there is no '
'such migration, and 55000 if it is not running.';
CREATE FUNCTION smartwf.resume_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.resume_migration(bigint) IS
'Goes on with a migration (bigint, its id) that was paused, or of which documents have failed: these are tried again. '
'Raises 42501 unless the caller is an administrator, 42704 if there is no such migration, and 55000 if it is neither '
'paused nor failed, or if a later one of the structure was not undone.';
CREATE FUNCTION smartwf.cancel_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.cancel_migration(bigint) IS
'Cancels a migration (bigint, its id) after the present batch. Documents that have moved stay where they are (see '
'smartwf.undo_migration()), those that have not keep their version and state. Raises 42501 unless the caller is an '
'administrator, 42704 if there is no such migration, and 55000 if it has ended.';
CREATE FUNCTION smartwf.migration_to_undo(migration bigint) RETURNS smartwf.migrations
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_steer(migration);
BEGIN
	PERFORM smartwf.require_last_migration(m);
	IF m.undoes IS NOT NULL OR m.status NOT IN ('finished', 'failed', 'cancelled') THEN
		RAISE EXCEPTION 'migration % cannot be undone, since it %', migration, CASE WHEN m.undoes IS NOT NULL
			THEN 'undoes another one' ELSE 'is ' || m.status END
			USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'A migration that runs can be cancelled, and then undone.';
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION smartwf.migration_to_undo(bigint) IS
'Returns and locks a migration (bigint, its id; a row of smartwf.migrations) that is to be undone. Raises 42704 if '
'there is none, and 55000 if it cannot be undone: it has not ended, was undone, or a later one was not.';
CREATE FUNCTION smartwf.documents_to_return(m smartwf.migrations)
	RETURNS TABLE (docid text, from_id int, state text, version_id int, to_state text, revision int, is_locked boolean,
		refusal text)
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	WITH known AS MATERIALIZED (
		SELECT e.docid, l.revision, l.workflow_id AS version_id, l.to_state AS state, d.from_id, p.workflow_id AS before_id,
			coalesce(d.from_state, l.from_state) AS from_state,
			CASE WHEN m.by_docid THEN d.revision = l.revision ELSE l.is_written END AS is_as_left,
			e.locked_by IS NOT NULL AND NOT (e.locked_by = smartwf.actor()
				AND coalesce(e.locked_by_person, false) = smartwf.actor_is_person()) AS is_locked
		FROM smartwf.elements e CROSS JOIN LATERAL (
				-- the migration has written it if it changed the state, without a transition, in its name and time
				SELECT h.*, h.transition IS NULL AND h.from_state <> h.to_state AND h.actor = m.actor
					AND h.comment = format('version %s', m.version) AND h.at BETWEEN m.started_at AND m.finished_at AS is_written
				FROM smartwf.history h WHERE h.docid = e.docid ORDER BY h.revision DESC LIMIT 1) l
			LEFT JOIN smartwf.migration_documents d ON m.by_docid AND (d.migration, d.docid, d.status) = (m.id, e.docid, 'done')
			LEFT JOIN LATERAL (
				-- the last line of before, unless the document was born since
				SELECT h.workflow_id, h.to_state FROM smartwf.history h WHERE h.docid = e.docid AND h.revision < l.revision
					AND (h.at < m.started_at OR h.to_state IS NULL OR h.workflow_id <> m.version_id AND h.at <= m.finished_at)
				ORDER BY h.revision DESC LIMIT 1) p ON l.at >= m.started_at
		WHERE e.structure = m.structure AND e.deleted_at IS NULL AND l.workflow_id = m.version_id
			AND CASE WHEN m.by_docid THEN d.docid IS NOT NULL ELSE p.to_state IS NOT NULL END
	), back AS MATERIALIZED (
		SELECT k.*, CASE WHEN k.is_as_left THEN k.from_state ELSE k.state END AS goes_to FROM known k
	), pair AS (
		SELECT array_agg(p.state) AS states, array_agg(p.goes_to) AS goals
		FROM (SELECT DISTINCT b.state, b.goes_to FROM back b WHERE b.state <> b.goes_to) p
	), refused AS (
		SELECT f.* FROM pair p, smartwf.refused_rows(m.structure, p.states, p.goals) f)
	SELECT b.docid, b.version_id, b.state, v.version_id, b.goes_to, b.revision, b.is_locked,
		(SELECT f.reason FROM refused f WHERE f.docid = b.docid AND b.is_as_left LIMIT 1)
	FROM back b CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN b.is_as_left THEN b.from_id END,
			smartwf.version_before(m, coalesce(b.from_id, b.before_id), b.goes_to)) AS version_id) v
	WHERE v.version_id IS DISTINCT FROM m.version_id OR b.goes_to <> b.state
$$;
COMMENT ON FUNCTION smartwf.documents_to_return(smartwf.migrations) IS
'Returns the documents that must be touched to undo a migration (a row of smartwf.migrations): the version that they '
'follow (from_id, int, its id) and their state, the version that they go back to (version_id, int, its id), null if it '
'does not have their state, the state that they go back to (to_state, text), their revision (int), whether somebody '
'else has locked them (boolean), and the constraint that the state would break (refusal, text).';
CREATE FUNCTION smartwf.migration_undo_plan_as_owner(migration bigint, OUT from_version int, OUT state text,
	OUT elements bigint, OUT to_version int, OUT to_state text, OUT verdict text, OUT reason text) RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_undo(migration);
BEGIN
	RETURN QUERY
	WITH judged AS (
		SELECT d.*, CASE WHEN d.version_id IS NULL
				THEN 'it has come to a state since that the version of before does not have'
			WHEN d.refusal IS NOT NULL THEN d.refusal
			WHEN d.is_locked AND d.to_state <> d.state THEN 'somebody has locked the document' END AS obstacle
		FROM smartwf.documents_to_return(m) d)
	SELECT f.version, j.state, count(*), t.version, j.to_state,
		CASE WHEN j.obstacle IS NOT NULL THEN 'cannot' WHEN j.to_state <> j.state THEN 'changes' ELSE 'follows' END,
		j.obstacle
	FROM judged j JOIN smartwf.workflows f ON f.id = j.from_id LEFT JOIN smartwf.workflows t ON t.id = j.version_id
	GROUP BY f.version, j.state, t.version, j.to_state, j.obstacle
	ORDER BY f.version, j.state COLLATE "C", t.version, j.to_state COLLATE "C", j.obstacle COLLATE "C" NULLS FIRST;
END
$$;
COMMENT ON FUNCTION smartwf.migration_undo_plan_as_owner(bigint) IS
'What smartwf.migration_undo_plan() does, as the owner of the extension.';
CREATE FUNCTION smartwf.migration_undo_plan(migration bigint, OUT from_version int, OUT state text,
	OUT elements bigint, OUT to_version int, OUT to_state text, OUT verdict text, OUT reason text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.migration_undo_plan(bigint) IS
'Returns what smartwf.undo_migration() would do with documents that it has to touch, because the migration (bigint, its '
'id) has changed their state or they have changed it since: the version that they follow (from_version, int), their '
'state (text), how many documents (elements, bigint), the version and state that they would go back to (to_version, '
'int, and to_state, text), verdict (text: follows, changes or cannot) and reason (text). All others follow the version '
'of before again. Nothing is written. Raises 42501 unless the caller is an administrator, 42704 if there is no such '
'migration, and 55000 if it cannot be undone: it has not ended, was undone, or a later one was not.';
CREATE FUNCTION smartwf.undo_migration_as_owner(migration bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_undo(migration);
	s smartwf.structures := smartwf.structure_to_move(m.structure);
	target smartwf.workflows;
	undo bigint;
	faults text[];
	listed bigint;
BEGIN
	SELECT array_agg(format('CRUD0228 %s documents in state "%s": %s', p.elements, p.state, p.reason)) INTO faults
		FROM smartwf.migration_undo_plan_as_owner(migration) p WHERE p.verdict = 'cannot';
	PERFORM smartwf.refuse(format('undo of migration %s', migration), faults);
	SELECT * INTO target FROM smartwf.workflows w WHERE w.id = m.version_id;
	undo := smartwf.open_migration(m.structure, target, '{}', m.by_docid, m.id);
	INSERT INTO smartwf.migration_documents (migration, docid, version_id, to_state, at_revision)
		SELECT undo, d.docid, d.version_id, d.to_state, d.revision FROM smartwf.documents_to_return(m) d;
	GET DIAGNOSTICS listed = ROW_COUNT;
	PERFORM smartwf.move_structure_back(m);
	-- timers go back, too
	INSERT INTO smartwf.migration_documents (migration, docid, version_id)
		SELECT DISTINCT undo, t.docid, smartwf.version_before(m, l.version_id, l.state)
		FROM smartwf.element_timers t JOIN smartwf.elements e ON e.docid = t.docid
			CROSS JOIN LATERAL smartwf.last_line(t.docid) l
		WHERE e.structure = m.structure AND t.workflow_id = m.version_id
			AND smartwf.version_before(m, l.version_id, l.state) <> m.version_id
		ON CONFLICT DO NOTHING;
	UPDATE smartwf.migrations x SET documents = (SELECT count(*) FROM smartwf.migration_documents d
		WHERE d.migration = undo) WHERE x.id = undo RETURNING x.documents INTO listed;
	IF listed = 0 THEN
		PERFORM smartwf.end_migration(undo);
	END IF;
	RETURN undo;
END
$$;
COMMENT ON FUNCTION smartwf.undo_migration_as_owner(bigint) IS
'What smartwf.undo_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.undo_migration(migration bigint) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.undo_migration(bigint) IS
'Undoes a migration (bigint, its id): its documents follow the version of before again, and those whose state it has '
'changed get that back, unless they have changed it since; then they keep it. Nothing is erased: the history shows '
'both. Documents that must be touched are worked off in batches, as smartwf.start_migration() does. Returns the id of '
'the migration that undoes (bigint). Raises 42501 unless the caller is an administrator, 42704 if there is no such '
'migration, WF001 with one line of DETAIL for each kind of documents that cannot go back (see '
'smartwf.migration_undo_plan()), and 55000 if the migration cannot be undone: it has not ended, was undone, or a later '
'one was not.';
CREATE FUNCTION smartwf.finish_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_finish_migration';
COMMENT ON FUNCTION smartwf.finish_migration(bigint) IS
'Carries out a migration (bigint, its id) in the transaction of the caller, as the owner of the table, waiting for rows '
'that others have locked. If it cannot come to its end, since others write by the version of before, it says so. Raises '
'the error of the first document that cannot be moved, 42501 unless the caller is an administrator, and 42704 if there '
'is no such migration.';
CREATE OR REPLACE FUNCTION smartwf.migrate(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docid text DEFAULT NULL)
	RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	docids text[] := CASE WHEN docid IS NOT NULL THEN ARRAY[docid] END;
	planned bigint;
	started bigint;
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may migrate elements' USING ERRCODE = 'insufficient_privilege';
	END IF;
	SELECT coalesce(sum(p.elements), 0) INTO planned FROM smartwf.migration_plan(structure, version, states, docids) p;
	IF planned > 0 THEN
		started := smartwf.start_migration(structure, version, states, docids);
		PERFORM smartwf.finish_migration(started);
	END IF;
	RETURN planned;
END
$$;
COMMENT ON FUNCTION smartwf.migrate(text, int, jsonb, text) IS
'Moves documents of a structure to another version of its workflow, as smartwf.start_migration() does, but all of it in '
'the transaction of the caller, except for what others still write by the version of before: the workers move that when '
'they have committed. structure (text): the structure; version (int): a published version, by default the '
'newest; states (jsonb): an object that maps states which the version does not have to states which it has; docid '
'(text): if given, only this document is moved. Documents that follow the version already are not changed. Returns the '
'number of documents that were moved (bigint). Raises 42501 unless the caller is an administrator, WF001 with one line '
'of DETAIL for each document whose state the version does not have, 42704 if there is no such structure or published '
'version, 55000 if another migration of the structure has not ended, and the error of a document that cannot be moved.';
CREATE TABLE smartwf.run_migrations (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	flow text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	version int NOT NULL,
	steps jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(steps) = 'object'),
	status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished', 'failed', 'cancelled')),
	runs bigint NOT NULL DEFAULT 0,
	done bigint NOT NULL DEFAULT 0,
	message text,
	actor text NOT NULL,
	actor_is_person boolean NOT NULL,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	due_at timestamptz
);
CREATE UNIQUE INDEX run_migrations_flow ON smartwf.run_migrations (flow) WHERE status = 'running';
CREATE INDEX run_migrations_due ON smartwf.run_migrations (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.run_migrations IS
'Migrations of the runs of flows to another version. version_id, version: that version; steps: where runs go whose step '
'it does not have. status: running, as long as some of the runs are executing a step; finished; cancelled; or failed, with the '
'message, if runs have come to a step meanwhile that has no counterpart. runs, done: how many runs there were, and how '
'many were moved. Operators see all rows. Maintained by smartwf.start_run_migration().';
ALTER TABLE smartwf.run_migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.run_migrations FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.run_migrations FOR INSERT WITH CHECK (true);
GRANT SELECT ON smartwf.run_migrations TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('smartwf.run_migrations', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.run_migrations_id_seq', '');
CREATE FUNCTION smartwf.flow_to_follow(flow text, version int) RETURNS smartwf.flows
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.flows;
BEGIN
	SELECT * INTO target FROM smartwf.flows f WHERE f.name = flow AND f.status = 'published'
		AND (f.version = flow_to_follow.version OR flow_to_follow.version IS NULL) ORDER BY f.version DESC LIMIT 1;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'flow "%" has no published version %', flow, coalesce(version::text, '')
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN target;
END
$$;
COMMENT ON FUNCTION smartwf.flow_to_follow(text, int) IS
'Returns the row of smartwf.flows of a published version (int, by default the newest) of a flow (text). Raises 42704 if '
'there is none.';
CREATE FUNCTION smartwf.runs_to_move(target smartwf.flows, steps jsonb)
	RETURNS TABLE (run bigint, from_id int, status text, step text, to_step text, obstacle text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT r.id, r.flow_id, r.status, r.step, t.name, CASE
		WHEN r.step IS NULL THEN NULL
		WHEN t.name IS NULL AND steps ? r.step THEN format('version %s does not have the step "%s" either', target.version,
			steps ->> r.step)
		WHEN t.name IS NULL THEN format('version %s does not have the step, and no other is given for it', target.version)
		WHEN r.status = 'waiting' AND t.kind <> o.kind THEN format('it waits at a step of kind %s, and "%s" is of kind %s',
			o.kind, t.name, t.kind) END
	FROM smartwf.runs r LEFT JOIN smartwf.steps o ON (o.flow_id, o.name) = (r.flow_id, r.step)
		LEFT JOIN smartwf.steps t ON (t.flow_id, t.name) = (target.id, coalesce(steps ->> r.step, r.step))
	WHERE r.flow = target.name AND r.flow_id <> target.id AND r.status NOT IN ('finished', 'cancelled')
$$;
COMMENT ON FUNCTION smartwf.runs_to_move(smartwf.flows, jsonb) IS
'Returns the unfinished runs of a flow that do not follow a version (a row of smartwf.flows): the version that they '
'follow (from_id, int, its id), their status and step, the step (to_step) that they would be at, by its name or by steps '
'(jsonb), and why that is not possible (obstacle) (text).';
CREATE FUNCTION smartwf.run_plan_checksum(target smartwf.flows, steps jsonb) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(steps, target.id, (SELECT jsonb_agg(jsonb_build_array(f.id,
		smartwf.flow_shape(f.id)) ORDER BY f.id) FROM smartwf.flows f
		WHERE f.name = target.name AND f.status = 'published'))::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION smartwf.run_plan_checksum(smartwf.flows, jsonb) IS
'Returns a checksum (text) of what the plan of a migration of runs rests on: the versions of the flow, the one that they '
'go to (a row of smartwf.flows), and steps (jsonb).';
CREATE FUNCTION smartwf.run_migration_plan_as_owner(flow text, version int, steps jsonb, OUT from_version int,
	OUT status text, OUT step text, OUT runs bigint, OUT to_step text, OUT verdict text, OUT reason text,
	OUT questions bigint, OUT plan text) RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.flows := smartwf.flow_to_follow(flow, version);
BEGIN
	PERFORM smartwf.require_object(steps, 'steps', 'step');
	RETURN QUERY
	SELECT f.version, r.status, r.step, count(*), r.to_step,
		CASE WHEN r.obstacle IS NOT NULL THEN 'cannot' WHEN r.to_step IS DISTINCT FROM r.step THEN 'changes' ELSE 'follows' END,
		r.obstacle, sum((SELECT count(*) FROM smartwf.confirmations c WHERE c.run = r.run AND c.status = 'open'))::bigint,
		smartwf.run_plan_checksum(target, steps)
	FROM smartwf.runs_to_move(target, steps) r JOIN smartwf.flows f ON f.id = r.from_id
	GROUP BY f.version, r.status, r.step, r.to_step, r.obstacle
	ORDER BY f.version, r.status COLLATE "C", r.step COLLATE "C", r.obstacle COLLATE "C" NULLS FIRST;
END
$$;
COMMENT ON FUNCTION smartwf.run_migration_plan_as_owner(text, int, jsonb) IS
'What smartwf.run_migration_plan() does, as the owner of the extension.';
CREATE FUNCTION smartwf.run_migration_plan(flow text, version int DEFAULT NULL, steps jsonb DEFAULT '{}',
	OUT from_version int, OUT status text, OUT step text, OUT runs bigint, OUT to_step text, OUT verdict text,
	OUT reason text, OUT questions bigint, OUT plan text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.run_migration_plan(text, int, jsonb) IS
'Returns what smartwf.start_run_migration() would do with the same arguments; nothing is written. One row for each '
'version that unfinished runs follow (from_version, int), their status and step (text), the step that they would be at '
'(to_step, text), and what becomes of them: how many there are (runs, bigint), verdict (text: follows, changes or '
'cannot), reason (text), how many open questions they have (questions, bigint), and a checksum of what the plan rests on '
'(plan, text). Raises 42501 unless the caller is an administrator, and 42704 if there is no such published version.';
CREATE FUNCTION smartwf.move_runs(migration bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.run_migrations;
	target smartwf.flows;
	free bigint[];
	faults text;
	moved bigint;
	remaining bigint;
BEGIN
	SELECT * INTO m FROM smartwf.run_migrations x WHERE x.id = migration AND x.status = 'running' FOR UPDATE SKIP LOCKED;
	IF m.id IS NULL THEN
		RETURN 0;				-- another worker is at it
	END IF;
	SELECT * INTO target FROM smartwf.flows f WHERE f.id = m.version_id;
	free := ARRAY(SELECT r.id FROM smartwf.runs r
		WHERE r.flow = m.flow AND r.flow_id <> m.version_id AND r.started_at < m.started_at
			AND r.status NOT IN ('finished', 'cancelled') LIMIT 1000 FOR UPDATE SKIP LOCKED);
	-- a statement of its own, which sees the runs as they are now that they are locked
	WITH place AS MATERIALIZED (
		SELECT t.* FROM smartwf.runs_to_move(target, m.steps) t WHERE t.run = ANY (free) AND t.obstacle IS NULL
	), asked AS (
		UPDATE smartwf.confirmations c SET step = p.to_step FROM place p
		WHERE c.run = p.run AND c.status = 'open' AND c.step <> p.to_step
	), gone AS (
		UPDATE smartwf.runs r SET flow_id = m.version_id, step = p.to_step FROM place p WHERE r.id = p.run RETURNING r.id)
	SELECT count(*) INTO moved FROM gone;
	SELECT count(*), string_agg(DISTINCT t.obstacle, '; ') INTO remaining, faults FROM smartwf.runs_to_move(target, m.steps) t
		JOIN smartwf.runs r ON r.id = t.run WHERE r.started_at < m.started_at;
	UPDATE smartwf.run_migrations x SET done = x.done + moved,
		status = CASE WHEN remaining = 0 THEN 'finished' WHEN faults IS NOT NULL AND moved = 0 THEN 'failed' ELSE 'running' END,
		message = faults
		WHERE x.id = migration RETURNING x.* INTO m;
	-- seldomer, the longer a step takes
	UPDATE smartwf.run_migrations x SET due_at = CASE WHEN m.status = 'running' THEN clock_timestamp() + CASE
			WHEN moved > 0 THEN interval '0' ELSE least(greatest((clock_timestamp() - m.started_at) / 4, interval '0.2 s'),
				interval '30 s') END END,
		finished_at = CASE WHEN m.status <> 'running' THEN clock_timestamp() END
		WHERE x.id = migration;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION smartwf.move_runs(bigint) IS
'Moves those runs of a migration (bigint, its id) that are not executing a step at present. Returns their number '
'(bigint).';
CREATE FUNCTION smartwf.move_due_runs() RETURNS bigint
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(sum(smartwf.move_runs(m.id)), 0)::bigint FROM smartwf.run_migrations m
	WHERE m.due_at <= clock_timestamp()
$$;
COMMENT ON FUNCTION smartwf.move_due_runs() IS
'Goes on with the migrations of runs that wait for steps to end, and returns how many runs were moved (bigint). Called by '
'workers.';
CREATE FUNCTION smartwf.cancel_run_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE smartwf.run_migrations x SET status = 'cancelled', due_at = NULL, finished_at = clock_timestamp()
		WHERE x.id = migration AND x.status = 'running';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no migration % of runs that is under way', migration USING ERRCODE = 'undefined_object';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.cancel_run_migration_as_owner(bigint) IS
'What smartwf.cancel_run_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.cancel_run_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.cancel_run_migration(bigint) IS
'Cancels a migration of runs (bigint, its id): runs that have moved stay where they are, those that execute a step keep '
'their version. Raises 42501 unless the caller is an administrator, and 42704 if no such migration is under way.';
CREATE FUNCTION smartwf.start_run_migration_as_owner(flow text, version int, steps jsonb, plan text) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.flows := smartwf.flow_to_follow(flow, version);
	started bigint;
BEGIN
	PERFORM smartwf.require_object(steps, 'steps', 'step');
	IF plan <> smartwf.run_plan_checksum(target, steps) THEN
		RAISE EXCEPTION 'the plan of this migration is out of date' USING ERRCODE = 'WF412',
			DETAIL = 'A version of the flow has been published since, or the arguments differ.',
			HINT = 'Call smartwf.run_migration_plan() again.';
	END IF;
	PERFORM smartwf.refuse(format('migration of runs of flow "%s"', flow), ARRAY(
		SELECT format('WFL0500 steps: step "%s", to which "%s" is mapped, is not available', s.value, s.key)
		FROM jsonb_each_text(steps) s
		WHERE NOT EXISTS (SELECT FROM smartwf.steps x WHERE (x.flow_id, x.name) = (target.id, s.value))
		UNION ALL
		SELECT format('WFL0500 %s runs at step "%s": %s', count(*), t.step, t.obstacle)
		FROM smartwf.runs_to_move(target, steps) t WHERE t.obstacle IS NOT NULL GROUP BY t.step, t.obstacle));
	INSERT INTO smartwf.run_migrations (flow, version_id, version, steps, runs, actor, actor_is_person)
		SELECT target.name, target.id, target.version, steps, count(*), smartwf.actor(), smartwf.actor_is_person()
		FROM smartwf.runs_to_move(target, steps)
		ON CONFLICT DO NOTHING RETURNING id INTO started;
	IF started IS NULL THEN
		RAISE EXCEPTION 'runs of flow "%" are being moved already', flow
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until that has ended, or cancel it.';
	END IF;
	PERFORM smartwf.move_runs(started);
	RETURN started;
END
$$;
COMMENT ON FUNCTION smartwf.start_run_migration_as_owner(text, int, jsonb, text) IS
'What smartwf.start_run_migration() does, as the owner of the extension.';
CREATE FUNCTION smartwf.start_run_migration(flow text, version int DEFAULT NULL, steps jsonb DEFAULT '{}',
	plan text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.start_run_migration(text, int, jsonb, text) IS
'Moves the unfinished runs of a flow to another version. flow (text): the flow; version (int): a published version, by '
'default the newest; steps (jsonb): an object that maps steps which the version does not have to steps that it has; plan '
'(text): the checksum that smartwf.run_migration_plan() has told, if the migration must be what it said. Each run goes '
'on at the step of the same name, or at the one that is given for it; open questions keep their answers. Runs that wait, '
'have failed or are queued are moved at once; those that are executing a step follow when it has ended, by the workers. '
'Returns the id of the migration (bigint), a row of smartwf.run_migrations. Raises 42501 unless the caller is an '
'administrator, 42704 if there is no such published version, WF001 with one line of DETAIL for each fault, such as runs '
'at a step that has no counterpart, WF412 if what the plan rests on has changed, WF400 if steps is no object, and 55000 '
'if runs of the flow are being moved already.';
CREATE VIEW smartwf.standings WITH (security_barrier) AS
SELECT e.docid, e.structure, w.name AS workflow, w.version, w.id AS version_id, l.state, l.at AS since
FROM smartwf.elements e CROSS JOIN LATERAL (
		SELECT h.workflow_id, h.to_state AS state, h.at FROM smartwf.history h WHERE h.docid = e.docid
		ORDER BY h.revision DESC LIMIT 1) l
	JOIN smartwf.workflows w ON w.id = smartwf.followed_version(e.structure, l.workflow_id, l.state)
WHERE e.deleted_at IS NULL AND (SELECT smartwf.is_operator());
COMMENT ON VIEW smartwf.standings IS
'Where the documents are, for operators: the version that each follows, its state, and since when it has been there or '
'was changed last, as history says.';
COMMENT ON COLUMN smartwf.standings.docid IS 'Document id.';
COMMENT ON COLUMN smartwf.standings.structure IS 'Structure of the document.';
COMMENT ON COLUMN smartwf.standings.workflow IS 'Workflow that the document follows.';
COMMENT ON COLUMN smartwf.standings.version IS 'Version of the workflow.';
COMMENT ON COLUMN smartwf.standings.version_id IS 'Id of that version.';
COMMENT ON COLUMN smartwf.standings.state IS 'State of the document.';
COMMENT ON COLUMN smartwf.standings.since IS 'Time of its last change.';
GRANT SELECT ON smartwf.standings TO PUBLIC;
CREATE VIEW smartwf.documents_by_state WITH (security_barrier) AS
SELECT s.structure, s.workflow, s.version, s.state, count(*) AS documents, min(s.since) AS oldest, max(s.since) AS newest
FROM smartwf.standings s GROUP BY s.structure, s.workflow, s.version, s.version_id, s.state;
COMMENT ON VIEW smartwf.documents_by_state IS
'How many documents are in each state of each version, for operators.';
COMMENT ON COLUMN smartwf.documents_by_state.structure IS 'Structure of the documents.';
COMMENT ON COLUMN smartwf.documents_by_state.workflow IS 'Workflow that they follow.';
COMMENT ON COLUMN smartwf.documents_by_state.version IS 'Version of the workflow.';
COMMENT ON COLUMN smartwf.documents_by_state.state IS 'State.';
COMMENT ON COLUMN smartwf.documents_by_state.documents IS 'Number of documents.';
COMMENT ON COLUMN smartwf.documents_by_state.oldest IS 'Time of the last change of the document that has not changed for longest.';
COMMENT ON COLUMN smartwf.documents_by_state.newest IS 'Time of the last change of all.';
GRANT SELECT ON smartwf.documents_by_state TO PUBLIC;
CREATE VIEW smartwf.state_durations WITH (security_barrier) AS
WITH stay AS (
	SELECT e.structure, w.name AS workflow, h.to_state AS state,
		lead(h.at) OVER (PARTITION BY h.docid ORDER BY h.revision) - h.at AS duration
	FROM smartwf.history h JOIN smartwf.elements e ON e.docid = h.docid JOIN smartwf.workflows w ON w.id = h.workflow_id
	WHERE h.at >= e.created_at)
SELECT s.structure, s.workflow, s.state, count(*) AS stays, avg(s.duration) AS average,
	percentile_cont(0.5) WITHIN GROUP (ORDER BY s.duration) AS median,
	percentile_cont(0.9) WITHIN GROUP (ORDER BY s.duration) AS ninth_decile, max(s.duration) AS longest
FROM stay s
WHERE s.state IS NOT NULL AND s.duration IS NOT NULL AND (SELECT smartwf.is_operator())
GROUP BY s.structure, s.workflow, s.state;
COMMENT ON VIEW smartwf.state_durations IS
'How long documents have stayed in states that they have left, for operators.';
COMMENT ON COLUMN smartwf.state_durations.structure IS 'Structure of the documents.';
COMMENT ON COLUMN smartwf.state_durations.workflow IS 'Workflow that they follow.';
COMMENT ON COLUMN smartwf.state_durations.state IS 'State.';
COMMENT ON COLUMN smartwf.state_durations.stays IS 'How many times a document has been there, and has left.';
COMMENT ON COLUMN smartwf.state_durations.average IS 'Average duration of these stays.';
COMMENT ON COLUMN smartwf.state_durations.median IS 'Half of the stays were shorter.';
COMMENT ON COLUMN smartwf.state_durations.ninth_decile IS 'Nine of ten stays were shorter.';
COMMENT ON COLUMN smartwf.state_durations.longest IS 'The longest stay.';
GRANT SELECT ON smartwf.state_durations TO PUBLIC;
CREATE VIEW smartwf.holding_states WITH (security_barrier) AS
WITH RECURSIVE member (role, oid) AS (
	SELECT DISTINCT g.grantee, r.oid FROM smartwf.transition_grants g JOIN pg_roles r ON r.rolname = g.grantee
	WHERE g.kind = 'role'
	UNION
	SELECT m.role, x.member FROM member m JOIN pg_auth_members x ON x.roleid = m.oid
), held AS (
	SELECT DISTINCT m.role FROM member m JOIN pg_roles r USING (oid) WHERE r.rolcanlogin
), way AS (
	SELECT a.workflow_id, a.from_state, string_agg(format('"%s"', a.transition), ', ' ORDER BY a.transition) AS transitions,
		bool_or(NOT EXISTS (SELECT FROM smartwf.transition_grants g
				WHERE (g.workflow_id, g.transition) = (a.workflow_id, a.transition))
			OR EXISTS (SELECT FROM smartwf.transition_grants g
				WHERE (g.workflow_id, g.transition) = (a.workflow_id, a.transition)
					AND (g.kind = 'column' OR g.grantee IN (SELECT h.role FROM held h)))) AS is_open
	FROM smartwf.arcs a WHERE a.to_state <> a.from_state GROUP BY a.workflow_id, a.from_state)
SELECT s.workflow_id AS version_id, s.name AS state, CASE WHEN w.is_open IS FALSE
	THEN format('nobody holds the right to pass %s', w.transitions) END AS message, s.stale_after::interval AS stale_after
FROM smartwf.states s LEFT JOIN way w ON (w.workflow_id, w.from_state) = (s.workflow_id, s.name)
WHERE w.is_open IS FALSE OR s.stale_after IS NOT NULL;
COMMENT ON VIEW smartwf.holding_states IS
'States in which documents can be stuck: because nobody can pass a transition that leaves them, or after some time.';
COMMENT ON COLUMN smartwf.holding_states.version_id IS 'Id of the version of the workflow.';
COMMENT ON COLUMN smartwf.holding_states.state IS 'State.';
COMMENT ON COLUMN smartwf.holding_states.message IS 'Why nobody can leave it; null if somebody can.';
COMMENT ON COLUMN smartwf.holding_states.stale_after IS 'After that time a document is stuck there; null if never.';
CREATE VIEW smartwf.stuck_documents WITH (security_barrier) AS
SELECT s.docid, s.structure, s.workflow, s.version, s.state, s.since,
	CASE WHEN x.name IS NULL THEN 'unknown_state' WHEN h.message IS NOT NULL THEN 'no_way_out' ELSE 'stale' END AS code,
	CASE WHEN x.name IS NULL THEN format('version %s does not have the state "%s"', s.version, s.state)
		ELSE coalesce(h.message, format('it has been in state "%s" for longer than %s', s.state, h.stale_after)) END AS message
FROM smartwf.standings s LEFT JOIN smartwf.states x ON (x.workflow_id, x.name) = (s.version_id, s.state)
	LEFT JOIN smartwf.holding_states h ON (h.version_id, h.state) = (s.version_id, s.state)
WHERE x.name IS NULL OR h.message IS NOT NULL OR s.since + h.stale_after < clock_timestamp();
COMMENT ON VIEW smartwf.stuck_documents IS
'Documents that do not get on, for operators: in a state that nobody can leave, or for longer there than its "staleAfter" '
'allows. A guard or hook that would refuse is no reason to be here: see smartwf.why().';
COMMENT ON COLUMN smartwf.stuck_documents.docid IS 'Document id.';
COMMENT ON COLUMN smartwf.stuck_documents.structure IS 'Structure of the document.';
COMMENT ON COLUMN smartwf.stuck_documents.workflow IS 'Workflow that the document follows.';
COMMENT ON COLUMN smartwf.stuck_documents.version IS 'Version of the workflow.';
COMMENT ON COLUMN smartwf.stuck_documents.state IS 'State of the document.';
COMMENT ON COLUMN smartwf.stuck_documents.since IS 'Time of its last change.';
COMMENT ON COLUMN smartwf.stuck_documents.code IS
'no_way_out: nobody can pass a transition that leaves the state; stale: it has been there for too long; unknown_state: '
'its version does not have the state.';
COMMENT ON COLUMN smartwf.stuck_documents.message IS 'The same in words.';
GRANT SELECT ON smartwf.stuck_documents TO PUBLIC;
CREATE FUNCTION smartwf.why(docid text, OUT kind text, OUT object text, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	d record;
	way record;
BEGIN
	PERFORM smartwf.get_transitions(docid);	-- or its documented failure
	SELECT * INTO d FROM smartwf.document_state(docid);
	RETURN QUERY SELECT 'state', d.state, NULL::text, concat_ws(' ', format('%s version %s', d.workflow, d.version),
		'since ' || d.since, 'by ' || d.actor);
	IF d.locked_by IS NOT NULL THEN
		RETURN QUERY SELECT 'lock', d.locked_by, NULL::text, 'has locked the document';
	END IF;
	-- those in which nothing is in the way come first
	FOR way IN SELECT w.* FROM (SELECT t.transition, t.to_state, ARRAY(SELECT format('%s: %s', b.code, b.message)
				FROM smartwf.blockers(docid, t.transition) b) AS blockers
			FROM smartwf.document_transitions(docid) t WHERE t.valid) w ORDER BY cardinality(w.blockers) > 0, w.transition
	LOOP
		RETURN QUERY SELECT 'transition', way.transition, NULL::text, format('leads to state "%s"', way.to_state);
		RETURN QUERY SELECT 'blocker', way.transition, split_part(b, ': ', 1), substr(b, strpos(b, ': ') + 2)
			FROM unnest(way.blockers) AS b;
	END LOOP;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'transition', NULL::text, NULL::text, 'none leads out of the state';
	END IF;
	RETURN QUERY SELECT 'timer', t.timer, t.sqlstate, concat_ws(', ', format('task %s: %s', t.task, t.kind),
			CASE WHEN t.due_at IS NOT NULL THEN format('due at %s', t.due_at) END, t.message)
		FROM smartwf.timers t WHERE t.docid = why.docid ORDER BY t.due_at, t.timer, t.task;
	RETURN QUERY SELECT 'run', r.id::text, coalesce(r.sqlstate, r.status), concat_ws(', ', format('flow "%s"', r.flow),
			r.status, CASE WHEN r.step IS NOT NULL THEN format('at step "%s"', r.step) END, r.message)
		FROM smartwf.runs r WHERE r.docid = why.docid AND r.status NOT IN ('finished', 'cancelled') ORDER BY r.id;
	RETURN QUERY SELECT 'question', c.id::text, c.status, concat_ws(', ', nullif(c.message, ''),
			format('asked: %s', array_to_string(c.users, ', ')), CASE WHEN c.due_at IS NOT NULL
				THEN format('until %s', c.due_at) END)
		FROM smartwf.runs r JOIN smartwf.confirmations c ON c.run = r.id
		WHERE r.docid = why.docid AND c.status = 'open' ORDER BY c.id;
	RETURN QUERY SELECT 'migration', m.id::text, coalesce(x.sqlstate, x.status), concat_ws(', ',
			format('to version %s', m.version), m.status, x.message)
		FROM smartwf.migrations m JOIN smartwf.migration_documents x ON x.migration = m.id
		WHERE x.docid = why.docid AND (x.status <> 'done' OR m.status IN ('running', 'paused')) ORDER BY m.id;
	RETURN QUERY SELECT 'stuck', s.state, s.code, s.message FROM smartwf.stuck_documents s WHERE s.docid = why.docid;
	RETURN QUERY SELECT 'refusal', coalesce(f.transition, f.to_state), f.code, format('%s, %s: %s', f.at, f.actor, f.message)
		FROM smartwf.refusals f WHERE f.docid = why.docid ORDER BY f.at DESC LIMIT 10;
END
$$;
COMMENT ON FUNCTION smartwf.why(text) IS
'Returns where a document (docid, text) stands, everything that could move it, and what keeps it, one row each, as far '
'as the caller may see it: kind (text: state, lock, transition, blocker, timer, run, question, migration, stuck or '
'refusal), object (text: the state, who holds the lock, the transition, timer, or the id of the run, question or '
'migration), code (text: of the reason, an SQLSTATE or a status) and message (text). Nothing is changed: what guards and '
'hooks do is rolled back. Raises WF200, WF201, WF219 or WF227 if there is no such document, and WF400 if docid is null.';
CREATE FUNCTION smartwf.try_rules(docid text, transition text, from_state text, to_state text, guard text, m0 text,
	m1 text, comment text, parameters jsonb, actor text, calls_functions boolean) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_try_rules';
COMMENT ON FUNCTION smartwf.try_rules(text, text, text, text, text, text, text, text, jsonb, text, boolean) IS
'Returns what the guard (text) and the hooks m0 and m1 (text) of a transition (text) would object to (text) for the row '
'that a document (docid, text) has now, and null if nothing. from_state, to_state, comment, actor (text) and parameters '
'(jsonb) are what the hooks are told. They act as the caller, and what they do is rolled back. If calls_functions '
'(boolean) is false, a guard that calls other functions than PostgreSQL''s own is not evaluated, and that is the '
'objection; so it is if the caller does not see the row.';
CREATE FUNCTION smartwf.simulated_transitions(definition jsonb) RETURNS TABLE (transition text, from_state text,
	to_state text, forbids_comment boolean, guard text, m0 text, m1 text, needed text[], roles text[], columns text[])
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT t.item ->> 'name', a.item ->> 'from', a.item ->> 'to', t.item -> 'askComment' = 'false', t.item ->> 'guard',
		t.item ->> 'm0', t.item ->> 'm1',
		ARRAY(SELECT p.item ->> 'name' FROM smartwf.items(t.item, 'parameters') p WHERE p.item -> 'needed' = 'true'),
		ARRAY(SELECT g.item ->> 'role' FROM smartwf.items(t.item, 'grants') g WHERE g.item ? 'role'),
		ARRAY(SELECT g.item ->> 'column' FROM smartwf.items(t.item, 'grants') g WHERE g.item ? 'column')
	FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'arcs') a
$$;
COMMENT ON FUNCTION smartwf.simulated_transitions(jsonb) IS
'Returns the arcs of the transitions in the JSON form of a workflow (jsonb), with what is asked of those who pass them: '
'whether a comment is refused, guard and hooks, the names of parameters that are needed, and the roles and columns to '
'which it is granted.';
CREATE FUNCTION smartwf.simulate_workflow_as_owner(structure text, definition jsonb, since timestamptz,
	call_hooks boolean, OUT docid text, OUT revision int, OUT transition text, OUT verdict text, OUT reason text)
	RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures := smartwf.structure_to_move(structure);
	states text[] := ARRAY(SELECT i.item ->> 'name' FROM smartwf.items(definition, 'states') i);
BEGIN
	PERFORM smartwf.refuse(format('definition of workflow "%s"', definition ->> 'name'), ARRAY(
		SELECT format('%s %s: %s', f.code, f.object, f.message) FROM smartwf.definition_faults(definition) f
		WHERE f.severity = 'error'));
	RETURN QUERY
	WITH arc AS MATERIALIZED (
		SELECT * FROM smartwf.simulated_transitions(definition)
	), past AS MATERIALIZED (
		SELECT h.* FROM smartwf.elements e JOIN smartwf.history h ON h.docid = e.docid
		WHERE e.structure = s.name AND h.at >= e.created_at AND (since IS NULL OR h.at >= since)
			AND h.from_state IS NOT NULL AND h.to_state IS NOT NULL AND (h.transition IS NOT NULL OR h.from_state <> h.to_state)
	), judged AS MATERIALIZED (
		SELECT h.docid, h.revision, h.transition, r.verdict, r.reason
		FROM past h LEFT JOIN arc a ON (a.transition, a.from_state) = (h.transition, h.from_state), LATERAL (
			SELECT 1 AS n, 'refused' AS verdict, format('CRUD0228: there is no state "%s"', x.state) AS reason
			FROM unnest(ARRAY[h.from_state, h.to_state]) AS x (state) WHERE x.state <> ALL (states)
			UNION ALL
			SELECT 2, 'refused', format('CRUD0229: there is no transition "%s"', h.transition)
			WHERE h.transition NOT IN (SELECT x.transition FROM arc x)
			UNION ALL
			SELECT 3, 'refused', CASE WHEN a.transition IS NULL THEN format(
					'CRUD0235: the transition does not leave state "%s"', h.from_state)
				ELSE format('CRUD0235: the transition leads from state "%s" to "%s", not to "%s"', h.from_state, a.to_state,
					h.to_state) END
			WHERE h.transition IS NOT NULL AND a.to_state IS DISTINCT FROM h.to_state
			UNION ALL
			SELECT 4, 'refused', 'WFL0300: a comment is not accepted' WHERE a.forbids_comment AND h.comment <> ''
			UNION ALL
			SELECT 5, 'refused', format('WFL0300: parameter "%s" is needed', p.name) FROM unnest(a.needed) AS p (name)
			WHERE nullif(h.parameters ->> p.name, '') IS NULL
			UNION ALL
			-- a person may have come by any role, and a column held another name then
			SELECT 6, CASE WHEN a.columns <> '{}' OR u.oid IS NULL THEN 'doubtful' ELSE 'refused' END,
				concat_ws(', ', format('WFL0300: "%s" does not hold the right', h.actor),
					'granted to ' || nullif(array_to_string(a.roles, ', '), ''),
					'unless the row named them in ' || nullif(array_to_string(a.columns, ', '), ''))
			FROM (SELECT 1) one LEFT JOIN pg_roles u ON u.rolname = h.actor
			WHERE a.roles || a.columns <> '{}' AND u.rolsuper IS NOT TRUE AND NOT EXISTS (SELECT FROM unnest(a.roles) AS g (role)
				JOIN pg_roles x ON x.rolname = g.role WHERE u.oid IS NOT NULL AND pg_has_role(u.oid, x.oid, 'MEMBER'))
			ORDER BY 1 LIMIT 1) r
	), doubted AS (
		-- guards and hooks are asked about what has passed all else, since they cost, and may do things
		SELECT h.docid, h.revision, h.transition, 'doubtful' AS verdict,
			format('WFL0300: with the row as it is today, %s', y.objection) AS reason
		FROM past h JOIN arc a ON (a.transition, a.from_state, a.to_state) = (h.transition, h.from_state, h.to_state),
			LATERAL (SELECT smartwf.try_rules(h.docid, h.transition, h.from_state, h.to_state, a.guard,
				CASE WHEN call_hooks THEN a.m0 END, CASE WHEN call_hooks THEN a.m1 END, h.comment, h.parameters, h.actor,
				call_hooks)
					AS objection WHERE a.guard IS NOT NULL OR call_hooks AND (a.m0 IS NOT NULL OR a.m1 IS NOT NULL)) y
		WHERE y.objection IS NOT NULL
			AND NOT EXISTS (SELECT FROM judged j WHERE (j.docid, j.revision) = (h.docid, h.revision))
	), stuck AS (
		SELECT e.docid, l.revision, NULL::text AS transition, 'stuck' AS verdict,
			CASE WHEN l.state <> ALL (states) THEN format('there is no state "%s", in which it is', l.state)
				ELSE format('no transition leaves state "%s" any more, in which it is', l.state) END AS reason
		FROM smartwf.elements e CROSS JOIN LATERAL smartwf.last_line(e.docid) l
		WHERE e.structure = s.name AND e.deleted_at IS NULL AND (l.state <> ALL (states)
			OR l.state NOT IN (SELECT a.from_state FROM arc a) AND EXISTS (SELECT FROM smartwf.arcs a
				WHERE (a.workflow_id, a.from_state) = (smartwf.followed_version(s.name, l.version_id, l.state), l.state))))
	SELECT * FROM judged j
	UNION ALL
	SELECT * FROM doubted d
	UNION ALL
	SELECT * FROM stuck k
	ORDER BY docid, revision, verdict;
END
$$;
COMMENT ON FUNCTION smartwf.simulate_workflow_as_owner(text, jsonb, timestamptz, boolean) IS
'What smartwf.simulate_workflow() does, as the owner of the extension.';
CREATE FUNCTION smartwf.simulate_workflow(structure text, definition jsonb, since timestamptz DEFAULT NULL,
	call_hooks boolean DEFAULT false, OUT docid text, OUT revision int, OUT transition text, OUT verdict text,
	OUT reason text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.simulate_workflow(text, jsonb, timestamptz, boolean) IS
'Lets the history of a structure (text) pass by a definition (jsonb, as for smartwf.define_workflow()). since '
'(timestamptz): only changes from then on, by default all; call_hooks (boolean): if true, the hooks m0 and m1 are called, '
'and guards that call functions, as the caller, who should trust the definition; by default false. Returns the changes '
'of the past that would have been refused, and the documents of today that would be stuck: docid (text), revision (int), transition (text), verdict (text) and reason (text). verdict: '
'refused; doubtful, if it depends on what the row was like then, which history does not keep: guards and hooks are asked '
'about the row of today, as the caller; stuck, of a document whose state is not there, or is one that nothing leaves any '
'more. Nothing is written: what guards and hooks do is rolled back. Raises 42501 unless the caller is an administrator, '
'42704 if there is no such structure, and WF001 with one line of DETAIL for each fault of the definition.';
COMMENT ON PROCEDURE smartwf.purge(interval, boolean, boolean) IS
'Deletes finished and cancelled runs, delivered notifications, refused attempts, and migrations that have ended, which '
'then cannot be undone any more, that are older than an interval, in batches, with a commit after each. older_than '
'(interval): their minimum age; keep_failed (boolean): if false, failed runs, notifications and migrations are deleted '
'as well, by default true; with_history (boolean): if true, older history is deleted as well, except for the last row '
'of each existing document, and with it the documents that were deleted; by default false. Raises 42501 unless the '
'caller is an administrator, 2D000 in a transaction block, and WF400 if older_than is null or negative.';
CREATE FUNCTION smartwf.lost_refusals() RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_lost_refusals';
COMMENT ON FUNCTION smartwf.lost_refusals() IS
'Returns how many refused attempts (bigint) could not be kept since the server was started, in all databases, because '
'too many waited for a worker at once.';
CREATE PROCEDURE smartwf.work_migration(migration bigint)
	LANGUAGE c AS 'MODULE_PATHNAME', 'smartwf_work_migration';
COMMENT ON PROCEDURE smartwf.work_migration(bigint) IS
'Carries out a migration (bigint, its id) in the current session, where no workers do, with a commit after each batch. '
'It ends with the migration, or when that is paused or cancelled, and waits for rows and transactions of other sessions. '
'Does nothing if another session is at it. Temporary tables, prepared statements and advisory locks of the session are '
'discarded. Raises 42501 unless the caller is an administrator, 2D000 in a transaction '
'block, and the error if a batch fails.';
CREATE OR REPLACE VIEW smartwf.metrics WITH (security_barrier) AS
WITH run AS (
	SELECT r.flow, r.status, count(*) AS number FROM smartwf.runs r WHERE r.due_at IS NOT NULL GROUP BY 1, 2
), ready AS (
	SELECT count(*) AS number, extract(epoch FROM clock_timestamp() - min(r.due_at)) AS age
	FROM smartwf.runs r WHERE r.due_at <= clock_timestamp()
), step AS (
	SELECT count(*) AS number, count(*) FILTER (WHERE s.outcome = 'failed') AS failed
	FROM smartwf.run_steps s WHERE s.started_at > clock_timestamp() - interval '1 minute'
), late AS (
	SELECT channel, (SELECT count(*) FROM smartwf.notifications n WHERE n.channel = c.channel
		AND n.due_at IS NOT NULL) AS number,
		(SELECT extract(epoch FROM clock_timestamp() - min(n.created_at)) FROM smartwf.notifications n
			WHERE n.channel = c.channel AND n.due_at IS NOT NULL) AS age
	FROM unnest(ARRAY['smtp', 'signalr']) AS c (channel))
SELECT 'runs' AS metric, s.status AS label, coalesce((SELECT sum(number) FROM run r WHERE r.status = s.status),
	0)::double precision AS value
FROM unnest(ARRAY['draft', 'queued', 'running', 'waiting', 'failed']) AS s (status)
UNION ALL
SELECT 'failed_runs', flow, number FROM run WHERE status = 'failed'
UNION ALL
SELECT 'queue_length', '', number FROM ready
UNION ALL
SELECT 'queue_age_seconds', '', coalesce(age, 0) FROM ready
UNION ALL
SELECT 'steps_per_second', '', number / 60.0 FROM step
UNION ALL
SELECT 'failed_steps_per_second', '', failed / 60.0 FROM step
UNION ALL
SELECT 'deliveries_waiting', channel, number FROM late
UNION ALL
SELECT 'delivery_lag_seconds', channel, coalesce(age, 0) FROM late
UNION ALL
SELECT 'deliveries_failed', '', count(*) FROM smartwf.notifications WHERE status = 'failed'
UNION ALL
SELECT 'confirmations_open', '', count(*) FROM smartwf.confirmations WHERE status = 'open'
UNION ALL
SELECT 'oldest_confirmation_seconds', '', coalesce(extract(epoch FROM clock_timestamp() - min(asked_at)), 0)
	FROM smartwf.confirmations WHERE status = 'open'
UNION ALL
SELECT 'timers_due', '', count(*) FROM smartwf.element_timers WHERE due_at <= clock_timestamp()
UNION ALL
SELECT 'timers_failed', '', count(*) FROM smartwf.element_timers WHERE due_at IS NULL AND message IS NOT NULL
UNION ALL
SELECT 'refusals_lost', '', smartwf.lost_refusals()
UNION ALL
SELECT 'migrations_unfinished', '', (SELECT count(*) FROM smartwf.migrations
		WHERE status IN ('running', 'paused', 'failed'))
	+ (SELECT count(*) FROM smartwf.run_migrations WHERE status IN ('running', 'failed'))
UNION ALL
SELECT 'workers', w.state, (SELECT count(*) FROM smartwf.list_workers() l WHERE l.state = w.state)
	FROM (VALUES ('idle'), ('working')) AS w (state);
COMMENT ON VIEW smartwf.metrics IS
'Metrics for monitoring, one row for each value, all of them gauges: unfinished runs by status, failed runs by flow, '
'length and age of the queue, steps and failed steps per second in the last minute, waiting deliveries and the age of '
'the oldest by channel, failed deliveries, open questions and the age of the oldest, timers that are due or have '
'failed, refused attempts that were lost, migrations that have not ended or have failed, and workers by state.';
CREATE FUNCTION smartwf.workflow_catalogue(workflow text) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
	RETURN json_build_object(
		'structures', (SELECT coalesce(json_agg(s.name ORDER BY s.name), '[]') FROM smartwf.structures s
			WHERE s.workflow = workflow_catalogue.workflow),
		'columns', (SELECT coalesce(json_agg(json_build_object('structure', s.name, 'name', a.attname,
				'type', format_type(a.atttypid, a.atttypmod),
				'holds', (SELECT json_agg(t) FROM unnest(smartwf.parameter_types()) AS t
					WHERE smartwf.column_holds(t, false, a.atttypid))) ORDER BY s.name, a.attnum), '[]')
			FROM smartwf.structures s JOIN pg_attribute a ON a.attrelid = smartwf.attached_relation(s.name)
				AND a.attnum > 0 AND NOT a.attisdropped
			WHERE s.workflow = workflow_catalogue.workflow AND a.attname NOT IN (s.state_column, s.docid_column)),
		'roles', (SELECT json_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.rolname !~ '^pg_'),
		'hooks', (SELECT coalesce(json_agg(format('%I.%I', n.nspname, p.proname) ORDER BY n.nspname, p.proname), '[]')
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.pronargs = 1 AND p.proargtypes[0] = 'smartwf.event'::regtype AND p.prorettype = 'text'::regtype
				AND p.prokind = 'f' AND NOT p.proretset AND n.nspname NOT IN ('smartwf', 'smartwf_api')),
		'flows', (SELECT coalesce(json_agg(DISTINCT f.name), '[]') FROM smartwf.flows f WHERE f.status = 'published'),
		'templates', (SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]') FROM smartwf.templates t),
		'parameterTypes', to_json(smartwf.parameter_types()));
END
$$;
COMMENT ON FUNCTION smartwf.workflow_catalogue(text) IS
'Returns what an editor of a workflow (text) offers (json): the structures that are attached to it; columns of their '
'tables, with their types and the types of parameters that they can hold; roles; hooks, functions that can be used as '
'such; flows; templates; and parameterTypes. Raises 42501 unless the caller may read the definitions.';
CREATE OR REPLACE FUNCTION smartwf.functions_of_designers() RETURNS SETOF regprocedure
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
CREATE OR REPLACE VIEW smartwf_api.workflow_versions WITH (security_invoker) AS
SELECT w.name AS workflow, w.version, w.label, w.description, w.status, NULL::text AS revision,
	NULL::text AS changed_by, NULL::timestamptz AS changed_at
FROM smartwf.workflows w
UNION ALL
SELECT d.name, 1 + coalesce((SELECT max(w.version) FROM smartwf.workflows w WHERE w.name = d.name), 0),
	d.definition ->> 'label', d.definition ->> 'description', 'draft', format('%s.%s', d.id, d.revision), d.changed_by,
	d.changed_at
FROM smartwf.workflow_drafts d;
COMMENT ON VIEW smartwf_api.workflow_versions IS
'All versions of workflows, drafts too, for roles that design.';
CREATE VIEW smartwf_api.migrations WITH (security_invoker) AS
SELECT m.id AS migration, m.structure, m.version, m.states, m.by_docid, m.undoes, m.status, m.documents, m.done, m.failed,
	m.message, m.actor, m.started_at, m.changed_at, m.finished_at
FROM smartwf.migrations m;
COMMENT ON VIEW smartwf_api.migrations IS
'Migrations of structures to another version of their workflow, with their progress, for operators.';
COMMENT ON COLUMN smartwf_api.migrations.status IS 'running, paused, finished, failed, cancelled or undone.';
COMMENT ON COLUMN smartwf_api.migrations.documents IS 'How many documents must be looked at one by one.';
COMMENT ON COLUMN smartwf_api.migrations.done IS 'How many of them have been.';
COMMENT ON COLUMN smartwf_api.migrations.failed IS 'How many of them could not be moved.';
COMMENT ON COLUMN smartwf_api.migrations.message IS 'Why it does not go on.';
COMMENT ON COLUMN smartwf_api.migrations.actor IS 'Name of the role or person that has started it.';
COMMENT ON COLUMN smartwf_api.migrations.started_at IS 'Time at which it was started.';
CREATE VIEW smartwf_api.migration_documents WITH (security_invoker) AS
SELECT d.migration, d.docid, d.status, d.from_state, d.revision, d.sqlstate, d.message FROM smartwf.migration_documents d;
COMMENT ON VIEW smartwf_api.migration_documents IS
'Documents that a migration looked at one by one, and why some could not be moved, for operators.';
COMMENT ON COLUMN smartwf_api.migration_documents.status IS 'pending, done or failed.';
COMMENT ON COLUMN smartwf_api.migration_documents.revision IS 'Revision of the line of history that it got; null if none.';
COMMENT ON COLUMN smartwf_api.migration_documents.message IS 'Why it could not be moved, or which timers have ended.';
CREATE VIEW smartwf_api.run_migrations WITH (security_invoker) AS
SELECT m.id AS migration, m.flow, m.version, m.steps, m.status, m.runs, m.done, m.message, m.actor, m.started_at,
	m.finished_at
FROM smartwf.run_migrations m;
COMMENT ON VIEW smartwf_api.run_migrations IS
'Migrations of the runs of flows to another version, with their progress, for operators.';
COMMENT ON COLUMN smartwf_api.run_migrations.version IS 'Version of the flow.';
COMMENT ON COLUMN smartwf_api.run_migrations.steps IS 'Where runs go whose step the version does not have.';
COMMENT ON COLUMN smartwf_api.run_migrations.status IS 'running, finished or failed.';
COMMENT ON COLUMN smartwf_api.run_migrations.runs IS 'How many runs there were.';
COMMENT ON COLUMN smartwf_api.run_migrations.done IS 'How many were moved.';
COMMENT ON COLUMN smartwf_api.run_migrations.message IS 'Why some cannot be moved.';
COMMENT ON COLUMN smartwf_api.run_migrations.actor IS 'Name of the role or person that has started it.';
COMMENT ON COLUMN smartwf_api.run_migrations.started_at IS 'Time at which it was started.';
CREATE VIEW smartwf_api.documents_by_state WITH (security_invoker) AS SELECT * FROM smartwf.documents_by_state;
COMMENT ON VIEW smartwf_api.documents_by_state IS
'How many documents are in each state of each version, for operators.';
CREATE VIEW smartwf_api.state_durations WITH (security_invoker) AS SELECT * FROM smartwf.state_durations;
COMMENT ON VIEW smartwf_api.state_durations IS
'How long documents have stayed in states that they have left, for operators.';
CREATE VIEW smartwf_api.stuck_documents WITH (security_invoker) AS SELECT * FROM smartwf.stuck_documents;
COMMENT ON VIEW smartwf_api.stuck_documents IS
'Documents that do not get on, for operators.';
COMMENT ON COLUMN smartwf_api.stuck_documents.message IS 'What keeps it there.';
CREATE VIEW smartwf_api.refusals WITH (security_invoker) AS
SELECT r.id AS refusal, r.at, r.docid, r.structure, r.workflow, r.version, r.transition, r.from_state, r.to_state, r.actor,
	r.code, r.message
FROM smartwf.refusals r;
COMMENT ON VIEW smartwf_api.refusals IS
'Attempts to change the state of documents that were refused, of workflows that keep them, for operators.';
COMMENT ON COLUMN smartwf_api.refusals.at IS 'Time of the attempt.';
COMMENT ON COLUMN smartwf_api.refusals.transition IS 'Name of the transition; null if a state was asked for.';
COMMENT ON COLUMN smartwf_api.refusals.to_state IS 'State that was asked for.';
COMMENT ON COLUMN smartwf_api.refusals.actor IS 'Name of the role or person that was refused.';
COMMENT ON COLUMN smartwf_api.refusals.message IS 'Why it was refused.';
DO $update$
DECLARE
	routine regprocedure;
BEGIN
	FOR routine IN SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'smartwf'::regnamespace AND p.proname = ANY ('{
		cancel_migration,cancel_migration_as_owner,cancel_run_migration,cancel_run_migration_as_owner,
		changing_states,check_workflow,column_holds,compare_completed,
		compare_definitions,compare_workflows,compared_diagram,complete_definition,
		complete_flow,complete_optional_keys,definition_keys,definition_parts,
		definition_to_compare,diagram,diagram_forms,diagram_mark,
		diagram_text,documents_to_move,documents_to_return,end_migration,
		ending_timers,fault_hint,finish_migration,flow_form_faults,
		flow_to_follow,followed_version,functions_of_designers,guard_contradiction,
		homeless_documents,last_line,list_documents_to_move,list_named_documents,
		list_or_end_migration,lost_refusals,mapping_faults,migrate,
		migration_plan,migration_plan_as_owner,migration_to_steer,migration_to_undo,
		migration_undo_plan,migration_undo_plan_as_owner,move_due_runs,move_runs,
		move_structure,move_structure_back,open_migration,pause_migration,
		pause_migration_as_owner,plan_checksum,refuse_second_migration,refused_rows,
		require_last_migration,require_object,resume_migration,resume_migration_as_owner,
		risk_warnings,rows_in_states,run_migration_plan,run_migration_plan_as_owner,
		run_plan_checksum,runs_to_move,simulate_workflow,simulate_workflow_as_owner,
		simulated_transitions,start_migration,start_migration_as_owner,start_run_migration,
		start_run_migration_as_owner,states_elsewhere,states_with_other_timer,steer_migration,
		store_definition,structure_to_move,table_warnings,timer_faults,
		timers_exist,try_rules,undo_migration,undo_migration_as_owner,
		undo_transition,version_before,version_to_follow,versions_published_since,
		why,workflow_catalogue,workflow_definition,workflow_draft_answer,
		workflow_shape,writers_of,work_migration}')
	LOOP
		EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine);
	END LOOP;
END
$update$;
GRANT EXECUTE ON FUNCTION
	smartwf.undo_transition(text, text),
	smartwf.why(text),
	smartwf.lost_refusals(),
	smartwf.followed_version(text, int, text),
	smartwf.simulate_workflow(text, jsonb, timestamptz, boolean),
	smartwf.run_migration_plan(text, int, jsonb),
	smartwf.start_run_migration(text, int, jsonb, text),
	smartwf.cancel_run_migration(bigint),
	smartwf.migration_plan(text, int, jsonb, text[]),
	smartwf.start_migration(text, int, jsonb, text[], text),
	smartwf.pause_migration(bigint),
	smartwf.resume_migration(bigint),
	smartwf.cancel_migration(bigint),
	smartwf.migration_undo_plan(bigint),
	smartwf.undo_migration(bigint),
	smartwf.finish_migration(bigint),
	smartwf.migrate(text, int, jsonb, text)
	TO PUBLIC;
GRANT EXECUTE ON PROCEDURE smartwf.work_migration(bigint) TO PUBLIC;

DO $install$
DECLARE
	place record;
BEGIN
	FOR place IN
		SELECT c.oid::regclass AS view, a.attname, a.attnum, w.words
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		LEFT JOIN (VALUES ('docid', 'Document id.'), ('structure',
			'Name of the structure that the document belongs to.'),
			('run', 'Id of the run.'), ('flow', 'Name of the flow.'), ('status', 'Status of the run or question.'),
				('step', 'Name of the step.'), ('actor', 'Name of the role or person that has started the run.'),
			('model', 'Fields on which the run works; null if the caller may not see them.'),
				('sqlstate', 'SQLSTATE of the error.'), ('message', 'Text of the question, or message of the error.'),
			('started_at', 'Time at which the run was started.'), ('changed_at', 'Time of the last change.'),
				('confirmation', 'Id of the question, to be answered by answer_confirmation().'),
			('field', 'Field of the model in which the answer is stored.'), ('options', 'Possible answers.'),
				('users', 'Roles and persons that are asked.'),
			('answers_needed', 'Number of persons that must give the same answer.'),
				('due_at', 'Time at which the question expires.'), ('choice', 'Answer that was taken.'),
				('asked_at', 'Time at which the question was asked.'),
			('closed_at', 'Time at which the question was closed.'), ('at', 'Time of the notification or question.'),
				('notification', 'Id of the notification.'), ('subject', 'Subject of the notification.'),
				('body', 'Text of the notification or question.'),
				('read_at', 'Time at which the notification was marked as read; see mark_read().'),
			('workflow', 'Name of the workflow.'), ('version', 'Version of the workflow.'), ('state', 'Name of the state.'),
			('label', 'Label in the reader''s language.'), ('activity', 'What is being done in the state.'),
			('color', 'Color of the state, as #RRGGBB.'), ('since', 'Time since which the document is in the state.'),
			('locked_by', 'Role or person that has locked the document.'), ('transition', 'Name of the transition.'),
			('transition_label', 'Label of the transition in the reader''s language.'),
			('error', 'Why the transition would be refused now; null if it would not.'),
			('valid', 'Whether the transition leaves the current state.'),
			('to_state', 'State that the transition leads to, or has led to.'),
			('from_state', 'State before the change.'), ('ask_comment', 'Whether the transition accepts a comment.'),
			('reference_column', 'Column from which the time is computed; null: from attached_at.'),
			('timer', 'Name of the timer.'), ('task', 'Number of the task in the timer, from 1.'),
			('kind', 'Kind of the task.'), ('settings', 'Settings of the task.'),
			('action', 'volatile, or persistent: whether the next transition detaches the timer.'),
			('attempt', 'Number of attempts.'), ('attached_at', 'Time at which the timer was attached.'),
			('may_start', 'Whether the caller may start the flow.'),
			('may_manage', 'Whether the caller may manage the flow and its runs.'),
			('is_paused', 'Whether the flow is paused.'), ('owner', 'Role that has published the version.'),
			('max_runs', 'Number of runs that workers execute at the same time; null: no limit.'),
			('changed_by', 'Who has changed the draft last.'), ('description', 'Description, for display.'),
			('answered_at', 'Time of the answer.'), ('channel', 'smtp or signalr.'),
			('recipient', 'Role or person to whom it is sent.'), ('created_at', 'Time at which it was sent.'),
			('delivered_at', 'Time at which it was delivered.'), ('outcome', 'Answer that was taken, or outcome of the steps.'),
			('pid', 'Process id, as in pg_stat_activity.'), ('work', 'Kind of work.'), ('doing', 'Run, timer or delivery at present.'),
			('done', 'Number of transactions that were committed.'), ('failed', 'Number of transactions that failed.'),
			('metric', 'Name of the metric, with its unit.'), ('value', 'Value of the metric.'),
			('steps', 'Number of steps.'), ('seconds', 'Average duration of the steps, in seconds.'),
			('flow_label', 'Label of the flow.'), ('name', 'Name.'), ('text_body', 'Text, as plain text.'),
			('html_body', 'Text, as HTML.'), ('properties', 'Properties that a step has to provide.'), ('asked_as', 'Names by which the caller is asked.'),
			('answers', 'Number of persons that have answered.'), ('is_mine', 'Whether the caller has started the run.'),
			('context', 'Where the error was raised.'), ('priority', 'Priority of the run, 0 to 9.'),
			('revision', 'Number of the change, from 0.'), ('comment', 'Comment that was given.'),
			('migration', 'Id of the migration.'), ('by_docid', 'Whether only certain documents are moved.'),
			('states', 'Where documents go whose state the version does not have.'),
			('undoes', 'Migration that this one undoes.'), ('documents', 'Number of documents.'),
			('finished_at', 'Time at which it ended.'), ('oldest', 'Time of the earliest last change.'),
			('newest', 'Time of the latest change.'), ('stays', 'How many times a document has been there, and has left.'),
			('average', 'Average duration of these stays.'), ('median', 'Half of the stays were shorter.'),
			('ninth_decile', 'Nine of ten stays were shorter.'), ('longest', 'The longest stay.'),
			('code', 'Code of the reason.'), ('refusal', 'Id of the refused attempt.'),
			('parameters', 'Parameters that were given.'), ('messages', 'What the hooks m2 and m3 returned.')
			) AS w (name, words) ON w.name = a.attname
		WHERE c.relnamespace = 'smartwf_api'::regnamespace
	LOOP
		IF place.words IS NOT NULL AND pg_catalog.col_description(place.view, place.attnum) IS NULL THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view, place.attname, place.words);
		END IF;
		EXECUTE format('GRANT SELECT ON %s TO PUBLIC', place.view);
	END LOOP;
END
$install$;
-- as far as they are new
DO $install$
DECLARE
	original record;
BEGIN
	FOR original IN
		SELECT p.proname, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
			CASE p.provolatile WHEN 'v' THEN 'VOLATILE' ELSE 'STABLE' END AS volatility,
			CASE WHEN p.proisstrict THEN 'STRICT' ELSE '' END AS strictness
		FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'smartwf'::regnamespace AND p.proname IN (
			'compare_workflows', 'migration_plan', 'start_migration', 'pause_migration',
			'resume_migration', 'cancel_migration', 'migration_undo_plan', 'undo_migration',
			'run_migration_plan', 'start_run_migration', 'cancel_run_migration', 'simulate_workflow',
			'why', 'undo_transition', 'check_workflow', 'workflow_catalogue', 'diagram')
		ORDER BY p.proname
	LOOP
		EXECUTE format('CREATE FUNCTION smartwf_api.%I(%s) RETURNS %s LANGUAGE c %s %s '
			'AS ''MODULE_PATHNAME'', ''smartwf_api_namesake''', original.proname, original.arguments, original.result,
			original.volatility, original.strictness);
	END LOOP;
END
$install$;
-- the comments of the functions of the same names in schema smartwf, with failures as clients see them
DO $install$
DECLARE
	api record;
	f record;
	words text;
BEGIN
	FOR api IN
		SELECT p.oid::regprocedure AS function, p.proname, pg_catalog.obj_description(original.oid, 'pg_proc') AS comment
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_proc original
			ON original.proname = p.proname AND original.pronamespace = 'smartwf'::regnamespace
		WHERE p.pronamespace = 'smartwf_api'::regnamespace
	LOOP
		words := regexp_replace(api.comment, 'Raises (.*)$', 'Failures, as HTTP status and code: \1');
		FOR f IN SELECT * FROM smartwf.failures() LOOP
			words := replace(words, f.sqlstate, format('%s %s', f.http_status, f.code));
		END LOOP;
		IF api.proname IN ('pass_transition', 'set_state') THEN
			words := regexp_replace(words, '(Returns the URI of the document''s state and the new state) \(json\)',
				'\1, and what the hooks m2 and m3 have said (json)');
		END IF;
		EXECUTE format('COMMENT ON FUNCTION %s IS %L', api.function, words);
	END LOOP;
END
$install$;

-- sessions ask again which version they serve
ALTER TABLE smartwf.workflows ALTER COLUMN id SET STATISTICS -1;
