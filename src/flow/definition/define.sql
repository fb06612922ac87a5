-- Reading and storing flow definitions.

CREATE FUNCTION smartwf.flow_list(of_flow int, of_stage text, of_parent text, of_branch text,
	of_value text) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN coalesce((SELECT json_agg(smartwf.flow_step(s) ORDER BY s.position) FROM smartwf.steps s
		WHERE s.flow_id = of_flow AND s.stage = of_stage AND s.parent IS NOT DISTINCT FROM of_parent
			AND s.branch IS NOT DISTINCT FROM of_branch AND s.branch_value IS NOT DISTINCT FROM of_value), '[]');
END
$$;
COMMENT ON FUNCTION smartwf.flow_list(int, text, text, text, text) IS
'Returns the steps of one list of a flow version (int, its id) as a JSON array (json): those of a stage (text), or of '
'a branch (text, with its value, text) of a parent (text).';

-- The branches of a kind of step are always shown, the key failure only if it is used.
CREATE FUNCTION smartwf.flow_step(step smartwf.steps) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT json_object_agg(m.key, m.value ORDER BY m.number) FROM (
		VALUES (1, 'name', to_json(step.name)), (2, 'kind', to_json(step.kind)), (3, 'settings', step.settings::json)
		UNION ALL
		SELECT 4, 'else', smartwf.flow_list(step.flow_id, step.stage, step.name, 'else', NULL)
			WHERE step.kind = 'if_condition'
		UNION ALL
		SELECT 5, 'cases', (SELECT coalesce(json_object_agg(c.value, smartwf.flow_list(step.flow_id, step.stage,
			step.name, 'case', c.value) ORDER BY c.value), '{}')
				FROM jsonb_array_elements_text(coalesce(step.cases, '[]')) AS c (value)) WHERE step.kind = 'switch_case'
		UNION ALL
		SELECT 6, 'default', smartwf.flow_list(step.flow_id, step.stage, step.name, 'default', NULL)
			WHERE step.kind = 'switch_case'
		UNION ALL
		SELECT 7, 'failure', (step.failure || jsonb_build_object('steps', smartwf.flow_list(step.flow_id, step.stage,
			step.name, 'failure', NULL)))::json
		WHERE step.failure IS NOT NULL) AS m (number, key, value));
END
$$;
COMMENT ON FUNCTION smartwf.flow_step(smartwf.steps) IS
'Returns a step (a row of smartwf.steps) in JSON form (json), including the steps in its branches.';

CREATE FUNCTION smartwf.flow_grants_form(of_flow int, of_privilege text) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(json_agg(json_build_object('role', g.role) ORDER BY g.position, g.role), '[]')
	FROM smartwf.flow_grants g WHERE g.flow_id = of_flow AND g.privilege = of_privilege
$$;
COMMENT ON FUNCTION smartwf.flow_grants_form(int, text) IS
'Returns the roles that have a privilege (text: read, start or manage) on a flow version (int, its id) in JSON form '
'(json).';

CREATE FUNCTION smartwf.flow_form(flow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('name', f.name, 'label', f.label, 'structure', f.structure, 'restrictAccess',
		f.restrict_access,
		'runAs', f.run_as, 'maxRuns', f.max_runs,
		'grants', smartwf.flow_grants_form(f.id, 'read'), 'start', smartwf.flow_grants_form(f.id, 'start'),
		'managers', smartwf.flow_grants_form(f.id, 'manage'), 'model', f.model,
		'stages', (SELECT coalesce(json_agg(json_build_object('name', s.name, 'steps',
			smartwf.flow_list(f.id, s.name, NULL, NULL, NULL))
				ORDER BY s.position), '[]')
			FROM smartwf.stages s WHERE s.flow_id = f.id))
	FROM smartwf.flows f WHERE f.id = flow_form.flow_id
$$;
COMMENT ON FUNCTION smartwf.flow_form(int) IS
'Returns a flow version (int, its id) in the JSON form that smartwf.define_flow() accepts (json), or null if there is '
'no such version.';

-- The conditions on which the engine relies, checked whenever it reads a flow.
CREATE FUNCTION smartwf.flow_is_sound(flow_id int) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	definition jsonb := smartwf.flow_form(flow_id);
BEGIN
	RETURN NOT EXISTS (SELECT FROM smartwf.flow_form_faults(definition))
		-- objects to which the flow refers may have been dropped since
		AND NOT EXISTS (SELECT FROM smartwf.flow_setting_faults(definition) f
			WHERE f.code NOT IN ('WFL0509', 'WFL0510', 'WFL0516'))
		AND NOT EXISTS (SELECT FROM smartwf.flow_order_faults(definition))
		-- the stage and the parent of each step exist
		AND (SELECT count(*) FROM smartwf.flow_steps(definition)) = (SELECT count(*) FROM smartwf.steps s
			WHERE s.flow_id = flow_is_sound.flow_id);
END
$$;
COMMENT ON FUNCTION smartwf.flow_is_sound(int) IS
'Returns true if the rows of a flow version (int, its id) form a flow that can be executed: kinds, settings and order '
'are valid, and each step is in a stage or branch that exists.';

CREATE FUNCTION smartwf.flow_definition(name text, version int DEFAULT NULL) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.flow_form(f.id) FROM smartwf.flows f
	WHERE f.name = flow_definition.name AND (f.version = flow_definition.version OR flow_definition.version IS NULL)
	ORDER BY f.version DESC LIMIT 1
$$;
COMMENT ON FUNCTION smartwf.flow_definition(text, int) IS
'Returns the definition of a flow. name (text): the flow; version (int): the version, by default the newest, '
'including drafts. The result (json) has the form that smartwf.define_flow() accepts, with defaults filled in. '
'Returns null if there is no such flow or version.';

CREATE FUNCTION smartwf.check_flow(name text, version int DEFAULT NULL)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH stored AS MATERIALIZED (
		SELECT smartwf.flow_definition(name, version)::jsonb AS definition)
	SELECT f.* FROM stored s, smartwf.flow_faults(s.definition) f WHERE s.definition IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0003', format('flow %s', name), 'it is not defined'
	FROM stored s WHERE s.definition IS NULL
$$;
COMMENT ON FUNCTION smartwf.check_flow(text, int) IS
'Checks a stored flow. name (text): the flow; version (int): the version, by default the newest, including drafts. '
'Returns one row for each fault (severity error) and warning (severity warning): severity, code, object and message '
'(text each).';

CREATE FUNCTION smartwf.require_valid_flow(definition json) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.refuse(format('definition of flow "%s"', definition ->> 'name'), ARRAY(
		SELECT format('%s %s: %s', f.code, f.object, f.message)
		FROM smartwf.flow_faults(definition::jsonb) f WHERE f.severity = 'error'))
$$;
COMMENT ON FUNCTION smartwf.require_valid_flow(json) IS
'Checks the JSON form of a flow (json). Raises WF001 with one line of DETAIL for each fault.';

-- The JSON form of a given definition with all defaults filled in.
CREATE FUNCTION smartwf.complete_failure(failure jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"retries": 0, "backoff": "1 second", "maximumBackoff": "1 hour", "then": "fail"}'
		|| jsonb_strip_nulls(failure - 'steps')
	WHERE jsonb_typeof(failure) = 'object'
$$;
COMMENT ON FUNCTION smartwf.complete_failure(jsonb) IS
'Returns the key failure of a step (jsonb), without the steps of its branch, with all defaults filled in, or null if '
'it is null.';

CREATE FUNCTION smartwf.complete_flow_list(list jsonb) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('name', s.item -> 'name', 'kind', s.item -> 'kind',
			'settings', coalesce(nullif(s.item -> 'settings', 'null'), '{}'))
			|| CASE s.item ->> 'kind'
				WHEN 'if_condition' THEN jsonb_build_object('else', smartwf.complete_flow_list(s.item -> 'else'))
				WHEN 'switch_case' THEN jsonb_build_object('default', smartwf.complete_flow_list(s.item -> 'default'),
					'cases', (SELECT coalesce(jsonb_object_agg(m.key, smartwf.complete_flow_list(m.value)), '{}')
						FROM smartwf.members(s.item -> 'cases') m))
				ELSE '{}' END
			|| CASE WHEN jsonb_typeof(s.item -> 'failure') = 'object'
				THEN jsonb_build_object('failure', smartwf.complete_failure(s.item -> 'failure')
				|| jsonb_build_object('steps', smartwf.complete_flow_list(s.item -> 'failure' -> 'steps')))
					ELSE '{}' END
			ORDER BY s.number), '[]')
		FROM smartwf.items(jsonb_build_object('steps', list), 'steps') s);
END
$$;
COMMENT ON FUNCTION smartwf.complete_flow_list(jsonb) IS
'Returns a valid array of steps (jsonb) with all defaults filled in.';

CREATE FUNCTION smartwf.complete_flow(definition jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT '{"label": "", "structure": "", "restrictAccess": true, "runAs": "starter", "maxRuns": null,
			"grants": [], "start": [], "managers": [], "model": null}'
		|| jsonb_strip_nulls(definition - '{stages,$schema}'::text[])
		|| jsonb_build_object('stages', (SELECT jsonb_agg(jsonb_build_object('name', item -> 'name', 'steps',
			smartwf.complete_flow_list(item -> 'steps')) ORDER BY number)
			FROM smartwf.items(definition, 'stages')))
$$;
COMMENT ON FUNCTION smartwf.complete_flow(jsonb) IS
'Returns the JSON form of a valid flow (jsonb) with all defaults filled in, as smartwf.flow_definition() returns it.';

-- Stages and steps of a complete definition.
CREATE FUNCTION smartwf.store_flow_steps(of_flow int, definition jsonb) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.stages (flow_id, name, position)
		SELECT of_flow, item ->> 'name', number FROM smartwf.items(definition, 'stages');
	INSERT INTO smartwf.steps (flow_id, name, stage, parent, branch, branch_value, position, kind, settings, cases,
		failure)
		SELECT of_flow, s.name, s.stage, s.parent, s.branch, s.branch_value, s.number, s.kind, s.item -> 'settings',
			CASE WHEN s.kind = 'switch_case' THEN (SELECT coalesce(jsonb_agg(m.key ORDER BY m.key), '[]')
				FROM smartwf.members(s.item -> 'cases') m) END,
			smartwf.complete_failure(s.item -> 'failure')
		FROM smartwf.flow_steps(definition) s ORDER BY s.path;
$$;
COMMENT ON FUNCTION smartwf.store_flow_steps(int, jsonb) IS
'Stores the stages and steps of a complete definition (jsonb) in a draft (int, its id).';

-- The properties of a flow, except for its stages.
CREATE FUNCTION smartwf.store_flow_settings(of_flow int, definition jsonb) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.flows SET label = definition ->> 'label', structure = definition ->> 'structure',
		restrict_access = (definition ->> 'restrictAccess')::boolean, run_as = definition ->> 'runAs',
		max_runs = (definition ->> 'maxRuns')::int, model = nullif(definition -> 'model', 'null')
		WHERE id = of_flow;
	DELETE FROM smartwf.flow_grants WHERE flow_id = of_flow;
	INSERT INTO smartwf.flow_grants (flow_id, privilege, role, position)
		SELECT of_flow, g.privilege, item ->> 'role', number
		FROM (VALUES ('grants', 'read'), ('start', 'start'), ('managers', 'manage')) AS g (key, privilege),
			smartwf.items(definition, g.key);
$$;
COMMENT ON FUNCTION smartwf.store_flow_settings(int, jsonb) IS
'Stores the properties of a complete definition (jsonb), except for its stages, in a draft (int, its id).';

CREATE FUNCTION smartwf.store_flow(definition jsonb) RETURNS int
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
COMMENT ON FUNCTION smartwf.store_flow(jsonb) IS
'Stores a complete definition (jsonb) as the next version of its flow, as a draft. Returns its id (int). Raises 23505 '
'if the flow has a draft already.';

CREATE FUNCTION smartwf.define_flow(definition jsonb) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	fault record;
	complete jsonb;
	newest smartwf.flows;
	stored int;
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	ELSIF jsonb_typeof(definition) <> 'object' THEN
		RAISE EXCEPTION 'definition must be a JSON object, not %', jsonb_typeof(definition) USING ERRCODE = 'WF400';
	END IF;
	PERFORM smartwf.require_valid_flow(definition::json);
	FOR fault IN SELECT * FROM smartwf.flow_faults(definition) LOOP
		RAISE WARNING '% %: %', fault.code, fault.object, fault.message;
	END LOOP;

	LOCK TABLE smartwf.flows IN SHARE ROW EXCLUSIVE MODE;
	complete := smartwf.complete_flow(definition);
	SELECT * INTO newest FROM smartwf.flows f WHERE f.name = complete ->> 'name' ORDER BY f.version DESC LIMIT 1;
	IF newest.status = 'draft' THEN
		RAISE EXCEPTION 'flow "%" has a draft', newest.name USING ERRCODE = 'WF001',
			DETAIL = format('WFL0519 flow %s: version %s is a draft, which a new version would lose.', newest.name,
				newest.version),
			HINT = 'Publish it with smartwf.publish_flow(), or drop it with smartwf.discard_flow().';
	ELSIF smartwf.flow_form(newest.id)::jsonb = complete THEN
		RETURN newest.version;
	END IF;
	stored := smartwf.store_flow(complete);
	UPDATE smartwf.flows SET status = 'published' WHERE id = stored;
	RETURN coalesce(newest.version, 0) + 1;
END
$$;
COMMENT ON FUNCTION smartwf.define_flow(jsonb) IS
'Creates a flow, or its next version, from its JSON form, and publishes it. definition (jsonb): the complete '
'definition. Returns the version number (int). If the definition is the same as that of the newest version, nothing '
'is changed, and that version is returned. Warnings are reported with severity WARNING. Raises WF001 with one line of '
'DETAIL for each fault, or if the flow has a draft, and WF400 if definition is not a JSON object.';

CREATE FUNCTION smartwf.register_dataflow(name text, function text, description text DEFAULT '') RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	fault text := smartwf.flow_function_fault(function, 'jsonb');
BEGIN
	IF name IS NULL OR name !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION '"%" is no name of a dataflow', name USING ERRCODE = 'WF400',
			DETAIL = 'It must be a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	ELSIF function IS NULL OR description IS NULL THEN
		RAISE EXCEPTION 'function and description must not be null' USING ERRCODE = 'WF400';
	ELSIF fault IS NOT NULL THEN
		PERFORM smartwf.refuse(format('dataflow "%s"', name), ARRAY[format('WFL0516 dataflow %s: %s', name, fault)]);
	END IF;
	INSERT INTO smartwf.dataflows AS d VALUES (name, function, description)
		ON CONFLICT ON CONSTRAINT dataflows_pkey DO UPDATE SET function = EXCLUDED.function,
			description = EXCLUDED.description;
END
$$;
COMMENT ON FUNCTION smartwf.register_dataflow(text, text, text) IS
'Registers a function as a data flow, which steps of the kind execute_data_flow can call. name (text): the name of '
'the data flow; function (text): the function, as schema.function, which must be of the form (model jsonb, run '
'bigint) returns jsonb; description (text): for display. A data flow of the same name is replaced. Raises WF001 if '
'there is no such function, and WF400 if the name is malformed, or function or description is null.';
