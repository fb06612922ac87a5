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

-- sessions ask again which version they serve
ALTER TABLE smartwf.workflows ALTER COLUMN id SET STATISTICS -1;
