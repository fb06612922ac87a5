-- Reading and storing workflow definitions.

CREATE FUNCTION smartwf.newest_version(workflow text) RETURNS int
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT max(version) FROM smartwf.workflows WHERE name = workflow
$$;
COMMENT ON FUNCTION smartwf.newest_version(text) IS
'Returns the newest version number (int) of a workflow (text), including drafts, or null if there is no such '
'workflow.';

CREATE FUNCTION smartwf.translations_of(workflow_id int, of_kind text, of_locale text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(json_object_agg(name, label ORDER BY name), '{}')
	FROM smartwf.translations t
	WHERE t.workflow_id = translations_of.workflow_id AND kind = of_kind AND locale = of_locale
$$;
COMMENT ON FUNCTION smartwf.translations_of(int, text, text) IS
'Returns a JSON object (json) with the labels of one kind (text) in one locale (text) of a workflow version (int, its '
'id).';

CREATE FUNCTION smartwf.with_members(object json, members json) RETURNS json
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN NOT EXISTS (SELECT FROM json_each(members) m WHERE json_typeof(m.value) <> 'null') THEN object
		ELSE (SELECT json_object_agg(m.key, m.value ORDER BY m.number)
			FROM (SELECT e.key, e.value, row_number() OVER () AS number FROM json_each(object) e
				UNION ALL
				SELECT e.key, e.value, 1000 + row_number() OVER () FROM json_each(members) e
					WHERE json_typeof(e.value) <> 'null') m) END
$$;
COMMENT ON FUNCTION smartwf.with_members(json, json) IS
'Returns object (json) with those members (json) appended that are not null.';

CREATE FUNCTION smartwf.timers_of(workflow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_agg(json_build_object('name', t.name, 'label', t.label, 'column', t.reference_column, 'delta', t.delta,
		'tasks', (SELECT coalesce(json_agg(json_build_object('delta', k.delta, 'kind', k.kind, 'settings', k.settings)
			ORDER BY k.position), '[]')
			FROM smartwf.timer_tasks k WHERE k.workflow_id = t.workflow_id AND k.timer = t.name))
				ORDER BY t.position, t.name)
	FROM smartwf.workflow_timers t WHERE t.workflow_id = timers_of.workflow_id
$$;
COMMENT ON FUNCTION smartwf.timers_of(int) IS
'Returns the timers of a workflow version (int, its id) in JSON form (json), or null if it has none.';

CREATE FUNCTION smartwf.workflow_definition(name text, version int DEFAULT NULL) RETURNS json
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
COMMENT ON FUNCTION smartwf.workflow_definition(text, int) IS
'Returns the definition of a workflow. name (text): the workflow; version (int): the version, by default the newest, '
'including drafts. The result (json) has the form that smartwf.define_workflow() accepts, with defaults filled in. '
'Returns null if there is no such workflow or version.';

-- The JSON form of a given definition with all defaults filled in, which are those of the
-- columns.
CREATE FUNCTION smartwf.complete_optional_keys(item jsonb) RETURNS jsonb
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

CREATE FUNCTION smartwf.complete_timers(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_build_object('timers', jsonb_agg('{"label": "", "column": null, "delta": "0"}'
		|| jsonb_strip_nulls(item - 'tasks')
			|| jsonb_build_object('tasks', (SELECT coalesce(jsonb_agg('{"delta": "0"}'
				|| jsonb_strip_nulls(k.item - 'settings')
					|| jsonb_build_object('settings', coalesce(nullif(k.item -> 'settings', 'null'), '{}'))
						ORDER BY k.number), '[]')
				FROM smartwf.items(item, 'tasks') k)) ORDER BY number)), '{}')
	FROM smartwf.items(definition, 'timers') HAVING count(*) > 0
$$;
COMMENT ON FUNCTION smartwf.complete_timers(jsonb) IS
'Returns a JSON object (jsonb) with the key timers of the JSON form of a workflow (jsonb), with all defaults filled '
'in, or null if it has no timers.';

CREATE FUNCTION smartwf.complete_definition(definition jsonb) RETURNS jsonb
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
COMMENT ON FUNCTION smartwf.complete_definition(jsonb) IS
'Returns the JSON form of a valid workflow (jsonb) with all defaults filled in, as smartwf.workflow_definition() '
'returns it.';

CREATE FUNCTION smartwf.store_definition(definition jsonb) RETURNS int
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
COMMENT ON FUNCTION smartwf.store_definition(jsonb) IS
'Stores a complete and valid definition (jsonb) as the next version of its workflow. Returns the version number '
'(int). Called by smartwf.define_workflow(), which checks the definition before.';

CREATE FUNCTION smartwf.define_workflow(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	fault record;
	faults text[] := '{}';
	complete jsonb;
	newest int;
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	ELSIF jsonb_typeof(definition) <> 'object' THEN
		RAISE EXCEPTION 'definition must be a JSON object, not %', jsonb_typeof(definition) USING ERRCODE = 'WF400';
	END IF;
	FOR fault IN SELECT * FROM smartwf.definition_faults(definition) LOOP
		IF fault.severity = 'error' THEN
			faults := faults || format('%s %s: %s', fault.code, fault.object, fault.message);
		ELSE
			RAISE WARNING '% %: %', fault.code, fault.object, fault.message;
		END IF;
	END LOOP;
	PERFORM smartwf.refuse(format('definition of workflow "%s"', definition ->> 'name'), faults);

	LOCK TABLE smartwf.workflows IN SHARE ROW EXCLUSIVE MODE;
	complete := smartwf.complete_definition(definition);
	newest := smartwf.newest_version(complete ->> 'name');
	IF smartwf.workflow_definition(complete ->> 'name')::jsonb = complete THEN
		RETURN newest;
	END IF;
	RETURN smartwf.store_definition(complete);
END
$$;
COMMENT ON FUNCTION smartwf.define_workflow(jsonb) IS
'Creates a workflow, or its next version, from its JSON form, and publishes it. definition (jsonb): the complete '
'definition. Returns the version number (int). If the definition is the same as that of the newest version, nothing '
'is changed, and that version is returned. Warnings are reported with severity WARNING. Raises WF001 with one line of '
'DETAIL for each fault, and WF400 if definition is not a JSON object.';

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

-- Faults that a version can get after it was published.
CREATE FUNCTION smartwf.codes_of_surroundings() RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY['WFL0105', 'WFL0106', 'WFL0108', 'WFL0109', 'WFL0110', 'WFL0120', 'WFL0510', 'WFL0516']
$$;
COMMENT ON FUNCTION smartwf.codes_of_surroundings() IS
'Returns the codes (text[]) of those faults that a published version can get without being changed, for example '
'because a function or column was dropped.';

CREATE FUNCTION smartwf.check_published(workflow_id int) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	w smartwf.workflows;
	current_shape text;
BEGIN
	SELECT * INTO w FROM smartwf.workflows x WHERE x.id = workflow_id;
	current_shape := smartwf.workflow_shape(workflow_id);
	IF w.status IS DISTINCT FROM 'published' OR w.shape <> current_shape THEN
		RETURN;		-- it is a draft, or is being loaded
	END IF;
	PERFORM smartwf.refuse(format('definition of workflow "%s"', w.name), ARRAY(
		SELECT format('%s %s: %s', f.code, f.object, f.message)
		FROM smartwf.check_workflow(w.name, w.version) f
		WHERE f.severity = 'error' AND (w.shape IS NULL OR f.code <> ALL (smartwf.codes_of_surroundings()))));
	IF w.shape IS NULL THEN
		UPDATE smartwf.workflows x SET shape = current_shape WHERE x.id = workflow_id;
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.check_published(int) IS
'Checks a published workflow version (int, its id). If the current transaction has published it, the whole definition '
'is checked, and its shape is set; otherwise only those parts are checked that can be changed after publication. '
'Drafts and versions that are still being loaded are not checked. Raises WF001 with one line of DETAIL for each '
'fault.';
