-- Checks of workflow definitions, which report all faults at once.  They read the JSON form,
-- so that the same checks apply to define_workflow(), to the tables (by way of
-- workflow_definition()) and to imports.

CREATE FUNCTION smartwf.parameter_types() RETURNS text[]
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_parameter_types';
COMMENT ON FUNCTION smartwf.parameter_types() IS
'Returns the types that a parameter of a transition can have (text[]).';

-- All objects of a definition.
CREATE FUNCTION smartwf.definition_objects(definition jsonb)
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

-- The keys of each kind of object, their types, and the codes of faults.
CREATE FUNCTION smartwf.definition_keys()
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
COMMENT ON FUNCTION smartwf.definition_keys() IS
'Returns the keys that each kind of object in the JSON form of a workflow can have: kind, key, JSON type, whether the '
'key is required, and the code of the fault if it is missing or of the wrong type.';

CREATE FUNCTION smartwf.form_faults(definition jsonb)
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
COMMENT ON FUNCTION smartwf.form_faults(jsonb) IS
'Returns the faults in the form of a workflow''s JSON (jsonb): unknown or missing keys, values of the wrong type, '
'malformed names.';

CREATE FUNCTION smartwf.reachable(start text[], sources text[], targets text[]) RETURNS text[]
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_reachable';
COMMENT ON FUNCTION smartwf.reachable(text[], text[], text[]) IS
'Returns the states (text[]) that arcs lead to from the states of start (text[]), these included. Arc number n leads '
'from sources[n] to targets[n] (text[]); neither may be null.';

CREATE FUNCTION smartwf.state_faults(definition jsonb)
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
COMMENT ON FUNCTION smartwf.state_faults(jsonb) IS
'Returns the faults and warnings about the states and arcs in the JSON form of a workflow (jsonb).';

CREATE FUNCTION smartwf.transition_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition))
	SELECT 'error', 'WFL0204', object, 'a transition of that name is defined twice'
	FROM object WHERE kind = 'transition' GROUP BY object, value ->> 'name'
	HAVING count(*) > 1 AND value ->> 'name' IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0205', object, 'it has no arc' FROM object
	WHERE kind = 'transition' AND value -> 'arcs' = '[]'
	UNION ALL
	SELECT 'error', 'WFL0114', object, 'a parameter of that name is defined twice'
	FROM object WHERE kind = 'parameter' GROUP BY object HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0111', object, format('unknown type "%s": it must be one of %s',
		value ->> 'type', array_to_string(smartwf.parameter_types(), ', '))
	FROM object WHERE kind = 'parameter' AND jsonb_typeof(value -> 'type') = 'string'
		AND value ->> 'type' <> ALL (smartwf.parameter_types())
	UNION ALL
	SELECT 'error', 'WFL0112', object, 'an enum needs {"values": [...]} or {"values": {value: label, ...}} as options'
	FROM object WHERE kind = 'parameter' AND value ->> 'type' = 'enum'
		AND NOT coalesce(jsonb_path_exists(value, 'strict $.options.values[*] ? (@.type() == "string")', silent => true)
				AND NOT jsonb_path_exists(value, 'strict $.options.values[*] ? (@.type() != "string")', silent => true)
			OR jsonb_path_exists(value, 'strict $.options.values.* ? (@.type() == "string")', silent => true), false)
	UNION ALL
	SELECT 'error', 'WFL0121', object, 'it must name either a role or a column'
	FROM object WHERE kind = 'grant' AND jsonb_typeof(value) = 'object'
		AND (value ->> 'role' IS NULL) = (value ->> 'column' IS NULL)
	UNION ALL
	SELECT 'error', 'WFL0122', parent, format('%s is granted twice', value)
	FROM object WHERE kind = 'grant' GROUP BY parent, value HAVING count(*) > 1
	UNION ALL
	SELECT 'warning', 'WFL0901', object, format('role "%s" does not exist', value ->> 'role')
	FROM object WHERE kind = 'grant' AND jsonb_typeof(value -> 'role') = 'string'
		AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = value ->> 'role')
$$;
COMMENT ON FUNCTION smartwf.transition_faults(jsonb) IS
'Returns the faults and warnings about the transitions in the JSON form of a workflow (jsonb), their parameters and '
'grants.';

CREATE FUNCTION smartwf.translation_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH kind (key, object_kind, code) AS (
		VALUES ('states', 'state', 'WFL0055'), ('activities', 'state', 'WFL0052'),
			('transitions', 'transition', 'WFL0206'), ('parameters', 'parameter', 'WFL0104')
	), locale AS (
		SELECT key AS locale, format('translation %s', key) AS object, value
		FROM smartwf.members(definition -> 'translations')
	), part AS (
		SELECT l.object, m.key, m.value FROM locale l, smartwf.members(l.value) m)
	SELECT 'error', 'WFL0056', object, format('"%s" is no locale', locale)
	FROM (SELECT object, locale FROM locale
		UNION ALL
		SELECT format('workflow %s', definition ->> 'name'), definition ->> 'locale'
		WHERE jsonb_typeof(definition -> 'locale') = 'string' AND definition ->> 'locale' <> '') l
	WHERE locale !~ '^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$'
	UNION ALL
	SELECT 'error', 'WFL0102', object, format('must be an object, not %s', value) FROM locale
	WHERE jsonb_typeof(value) <> 'object'
	UNION ALL
	SELECT 'error', 'WFL0101', object, format('unknown property "%s"', key) FROM part
	WHERE key NOT IN (SELECT key FROM kind)
	UNION ALL
	SELECT 'error', 'WFL0102', object, format('"%s" must be an object of labels, not %s', key, value) FROM part
	WHERE jsonb_typeof(value) <> 'object'
	UNION ALL
	SELECT 'error', 'WFL0102', p.object, format('label of %s "%s" must be a string, not %s', k.object_kind, m.key,
		m.value)
	FROM part p JOIN kind k USING (key), smartwf.members(p.value) m
	WHERE jsonb_typeof(m.value) <> 'string'
	UNION ALL
	SELECT 'error', k.code, p.object, format('%s "%s" is not defined', k.object_kind, m.key)
	FROM part p JOIN kind k USING (key), smartwf.members(p.value) m
	WHERE NOT EXISTS (SELECT FROM smartwf.definition_objects(definition) o
		WHERE o.kind = k.object_kind AND o.value ->> 'name' = m.key)
$$;
COMMENT ON FUNCTION smartwf.translation_faults(jsonb) IS
'Returns the faults in the translations in the JSON form of a workflow (jsonb).';

-- What can be published, and yet is hardly what was meant.
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

-- Other parts of the extension register further checks: of guards, hooks, timers and flows.
CREATE TABLE smartwf.checkers (
	subject text COLLATE "C" CHECK (subject IN ('definition', 'attachment')),
	-- they run as the owner of the extension
	function text COLLATE "C" CHECK (function ~ '^smartwf\.[a-z_]+$'),
	PRIMARY KEY (subject, function)
);
COMMENT ON TABLE smartwf.checkers IS
'Functions (as schema.function) that check definitions and attachments. subject definition: function(definition '
'jsonb) returns table (severity text, code text, object text, message text) checks the JSON form of a workflow. '
'subject attachment: function(relation regclass, workflow_id int, state_column text, docid_column text) returns setof '
'text checks whether a workflow version is suitable for a table. Only the extension inserts rows.';
GRANT SELECT ON smartwf.checkers TO PUBLIC;
INSERT INTO smartwf.checkers VALUES
	('definition', 'smartwf.form_faults'), ('definition', 'smartwf.state_faults'),
	('definition', 'smartwf.transition_faults'), ('definition', 'smartwf.translation_faults'),
	('definition', 'smartwf.unsupported_faults');
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.risk_warnings');

CREATE FUNCTION smartwf.unsupported_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'warning', 'WFL0904', coalesce(item ->> 'object', 'workflow'),
		format('element "%s" is kept, but has no effect yet', item ->> 'element')
	FROM smartwf.items(definition, 'unsupported')
	-- these are for the export
	WHERE item ->> 'element' NOT IN ('@name', '@label')
$$;
COMMENT ON FUNCTION smartwf.unsupported_faults(jsonb) IS
'Returns a warning for each element in the JSON form of a workflow (jsonb) that an import has kept although it has no '
'effect.';

CREATE FUNCTION smartwf.definition_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE plpgsql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
	RETURN QUERY EXECUTE (
		SELECT format('SELECT * FROM (%s) AS fault (severity, code, object, message) '
			'ORDER BY severity, code, object COLLATE "C", message COLLATE "C"',
			string_agg(format('SELECT * FROM %s($1)', c.function), ' UNION ALL ' ORDER BY c.function))
		FROM smartwf.checkers c WHERE c.subject = 'definition') USING definition;
END
$$;
COMMENT ON FUNCTION smartwf.definition_faults(jsonb) IS
'Returns all faults (severity error) and warnings (severity warning) of the JSON form of a workflow (jsonb): '
'severity, code, object and message (text each).';
