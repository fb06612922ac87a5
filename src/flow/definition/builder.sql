-- Functions for a visual flow builder.  Each changes the draft of a flow, and returns its
-- definition, its faults and its revision.

-- Another draft of the same flow has other revisions.
CREATE FUNCTION smartwf.draft_revision(draft smartwf.flows) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('%s.%s', draft.id, draft.revision)
$$;
COMMENT ON FUNCTION smartwf.draft_revision(smartwf.flows) IS
'Returns the revision (text) of a draft (a row of smartwf.flows), which changes with each change of it.';

CREATE FUNCTION smartwf.builder_answer(flow_id int) RETURNS json
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
COMMENT ON FUNCTION smartwf.builder_answer(int) IS
'Returns what every function of the flow builder returns about a flow version (int, its id): a JSON object '
'{"definition", "faults": [{"severity", "code", "object", "message"}], "version", "revision", "changedBy", '
'"changedAt"} (json).';

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
COMMENT ON FUNCTION smartwf.begin_change(text) IS
'Returns the id (int) of the draft of a flow (text) that is about to be changed: locks it until the end of the '
'transaction, and counts its revision up. Raises 42704 if the flow has no draft, and WF412 if an HTTP request expects '
'another revision in its header If-Match.';

CREATE FUNCTION smartwf.draft_flow(flow text) RETURNS json
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
COMMENT ON FUNCTION smartwf.draft_flow(text) IS
'Creates a draft of a flow (text): a copy of its newest version, or an empty draft if there is no such flow. If the '
'flow has a draft already, it is left unchanged. Returns the definition of the draft, its faults and its revision '
'(json), as smartwf.builder_answer() does. Raises WF400 if the name of the flow is malformed.';

CREATE FUNCTION smartwf.discard_flow(flow text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
BEGIN
	DELETE FROM smartwf.flows f WHERE f.id = draft;
END
$$;
COMMENT ON FUNCTION smartwf.discard_flow(text) IS
'Deletes the draft of a flow (text). Raises WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the flow has no draft.';

CREATE FUNCTION smartwf.publish_flow(flow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.begin_change(flow);
	published int;
BEGIN
	UPDATE smartwf.flows f SET status = 'published' WHERE f.id = draft RETURNING f.version INTO published;
	RETURN published;
END
$$;
COMMENT ON FUNCTION smartwf.publish_flow(text) IS
'Publishes the draft of a flow (text). Returns its version number (int). Raises WF001 with one line of DETAIL for '
'each fault, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no '
'draft.';

-- The properties of a flow, except for its stages.
CREATE FUNCTION smartwf.update_flow(flow text, settings jsonb) RETURNS json
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
COMMENT ON FUNCTION smartwf.update_flow(text, jsonb) IS
'Changes the properties of the draft of a flow, except for its stages. flow (text): the flow; settings (jsonb): an '
'object with the keys to change (name, label, structure, restrictAccess, runAs, maxRuns, grants, start, managers, '
'model). Returns the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. '
'Raises WF400 with one line of DETAIL for each setting that cannot be stored, 23505 if another flow of the new name '
'has a draft, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no '
'draft.';

-- All of a draft at once: an earlier version, or what it was before a change.
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
COMMENT ON FUNCTION smartwf.replace_flow(text, jsonb) IS
'Replaces the draft of a flow by another definition, for example that of an earlier version. flow (text): the flow; '
'definition (jsonb): all of it, as for smartwf.define_flow(), except that its steps need not be complete. Returns '
'the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. Raises WF400 '
'with one line of DETAIL for each part that cannot be stored, WF412 if an HTTP request expects another revision in '
'its header If-Match, and 42704 if the flow has no draft.';

-- Stages

CREATE FUNCTION smartwf.require_stage(flow_id int, stage text) RETURNS int
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found int;
BEGIN
	SELECT s.position INTO found FROM smartwf.stages s WHERE s.flow_id = require_stage.flow_id AND s.name = stage;
	IF found IS NULL THEN
		RAISE EXCEPTION 'the flow has no stage "%"', stage USING ERRCODE = 'undefined_object';
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION smartwf.require_stage(int, text) IS
'Returns the position (int) of a stage (text) in a flow version (int, its id). Raises 42704 if there is no such '
'stage.';

CREATE FUNCTION smartwf.require_name(flow_id int, name text, what text) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF name IS NULL OR name !~ '^\S([^\r\n]{0,98}\S)?$' THEN
		RAISE EXCEPTION '"%" is no name of a %', name, what USING ERRCODE = 'WF400',
			DETAIL = 'It must not be empty, begin or end with a blank, or be longer than 100 characters.';
	ELSIF EXISTS (SELECT FROM smartwf.stages s WHERE (s.flow_id, s.name, 'stage') = (require_name.flow_id,
		require_name.name, what)
			UNION ALL SELECT FROM smartwf.steps s WHERE (s.flow_id, s.name, 'step') = (require_name.flow_id,
				require_name.name, what)) THEN
		RAISE EXCEPTION 'the flow has a % "%" already', what, name USING ERRCODE = 'unique_violation';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_name(int, text, text) IS
'Checks the name of a new stage or step. flow_id (int): the flow version; name (text): the name; what (text): stage '
'or step. Raises WF400 if the name is malformed, and 23505 if it is already in use.';

CREATE FUNCTION smartwf.add_stage(flow text, name text, at_position int DEFAULT NULL) RETURNS json
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
COMMENT ON FUNCTION smartwf.add_stage(text, text, int) IS
'Adds a stage to the draft of a flow. flow (text): the flow; name (text): the name of the stage; at_position (int): '
'its position, starting with 1, by default the last. Returns the definition of the draft, its faults and its '
'revision (json), as smartwf.builder_answer() does. Raises WF400 if the name is malformed, 23505 if it is already in '
'use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no draft.';

CREATE FUNCTION smartwf.rename_stage(flow text, stage text, name text) RETURNS json
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
COMMENT ON FUNCTION smartwf.rename_stage(text, text, text) IS
'Renames a stage of the draft of a flow. flow (text): the flow; stage (text): the stage; name (text): its new name. '
'Returns the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. Raises '
'WF400 if the name is malformed, 23505 if it is already in use, WF412 if an HTTP request expects another revision in '
'its header If-Match, and 42704 if the flow has no draft, or the draft no such stage.';

CREATE FUNCTION smartwf.move_stage(flow text, stage text, at_position int) RETURNS json
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
COMMENT ON FUNCTION smartwf.move_stage(text, text, int) IS
'Moves a stage of the draft of a flow to another position. flow (text): the flow; stage (text): the stage; '
'at_position (int): its new position, starting with 1. Returns the definition of the draft, its faults and its '
'revision (json), as smartwf.builder_answer() does. Raises WF412 if an HTTP request expects another revision in its '
'header If-Match, and 42704 if the flow has no draft, or the draft no such stage.';

CREATE FUNCTION smartwf.remove_stage(flow text, stage text) RETURNS json
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
COMMENT ON FUNCTION smartwf.remove_stage(text, text) IS
'Removes a stage (text) and its steps from the draft of a flow (text). Returns the definition of the draft, its '
'faults and its revision (json), as smartwf.builder_answer() does. Raises WF412 if an HTTP request expects another '
'revision in its header If-Match, and 42704 if the flow has no draft, or the draft no such stage.';

-- Steps

CREATE FUNCTION smartwf.require_step(flow_id int, step text) RETURNS smartwf.steps
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found smartwf.steps;
BEGIN
	SELECT * INTO found FROM smartwf.steps s WHERE s.flow_id = require_step.flow_id AND s.name = step;
	IF found.name IS NULL THEN
		RAISE EXCEPTION 'the flow has no step "%"', step USING ERRCODE = 'undefined_object';
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION smartwf.require_step(int, text) IS
'Returns a step (text) of a flow version (int, its id) as a row of smartwf.steps. Raises 42704 if there is no such '
'step.';

-- Makes room for a step in a list, or closes the gap that it leaves.
CREATE FUNCTION smartwf.shift_steps(place smartwf.steps, distance int) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.steps s SET position = s.position + distance
	WHERE s.flow_id = place.flow_id AND s.stage = place.stage AND s.parent IS NOT DISTINCT FROM place.parent
		AND s.branch IS NOT DISTINCT FROM place.branch AND s.branch_value IS NOT DISTINCT FROM place.branch_value
		AND s.position >= place.position AND s.name IS DISTINCT FROM place.name
$$;
COMMENT ON FUNCTION smartwf.shift_steps(smartwf.steps, int) IS
'Changes the positions of the steps that are in the same list as a step (a row of smartwf.steps), at or after its '
'position, by distance (int). The step itself is not moved.';

-- The list and the position at which a step is to be placed.
CREATE FUNCTION smartwf.place_for_step(flow_id int, stage text, at_position int, parent text, branch text,
	branch_value text, moving text DEFAULT NULL) RETURNS smartwf.steps
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	place smartwf.steps;
	outer_step smartwf.steps;
	last int;
BEGIN
	place.flow_id := flow_id;
	place.stage := stage;
	place.name := moving;
	IF parent IS NOT NULL THEN
		outer_step := smartwf.require_step(flow_id, parent);
		place.stage := coalesce(stage, outer_step.stage);
		place.parent := parent;
		place.branch := coalesce(branch, CASE WHEN outer_step.kind = 'if_condition' THEN 'else'
			WHEN branch_value IS NOT NULL THEN 'case' WHEN outer_step.kind = 'switch_case' THEN 'default' ELSE '' END);
		place.branch_value := branch_value;
		IF place.stage <> outer_step.stage
			OR place.branch <> ALL (CASE outer_step.kind WHEN 'if_condition' THEN ARRAY['else', 'failure']
				WHEN 'switch_case' THEN ARRAY['case', 'default', 'failure'] ELSE ARRAY['failure'] END)
			OR (place.branch = 'case') <> (branch_value IS NOT NULL) THEN
			RAISE EXCEPTION 'step "%" has no such branch in that stage', parent USING ERRCODE = 'WF400',
				DETAIL = 'An if_condition has the branch else; a switch_case has case, with a value, and default; '
						'every step has failure.';
		END IF;
		IF place.branch = 'failure' AND outer_step.failure ->> 'then' IS DISTINCT FROM 'branch' THEN
			UPDATE smartwf.steps s SET failure = smartwf.complete_failure(coalesce(s.failure, '{}'))
				|| '{"then": "branch"}' WHERE s.flow_id = place.flow_id AND s.name = place.parent;
		END IF;
		IF place.branch = 'case' AND NOT outer_step.cases ? branch_value THEN
			UPDATE smartwf.steps s SET cases = s.cases || to_jsonb(place.branch_value) WHERE s.flow_id = place.flow_id
				AND s.name = place.parent;
		END IF;
	ELSIF branch IS NOT NULL OR branch_value IS NOT NULL THEN
		RAISE EXCEPTION 'a branch needs the step that it belongs to' USING ERRCODE = 'WF400';
	END IF;
	PERFORM smartwf.require_stage(flow_id, place.stage);
	SELECT count(*) INTO last FROM smartwf.steps s
		WHERE s.flow_id = place.flow_id AND s.stage = place.stage AND s.parent IS NOT DISTINCT FROM place.parent
			AND s.branch IS NOT DISTINCT FROM place.branch AND s.branch_value IS NOT DISTINCT FROM place.branch_value
			AND s.name IS DISTINCT FROM moving;
	place.position := greatest(1, least(coalesce(at_position, last + 1), last + 1));
	RETURN place;
END
$$;
COMMENT ON FUNCTION smartwf.place_for_step(int, text, int, text, text, text, text) IS
'Determines the place of a step in a flow version (flow_id, int): in a stage (text), or in a branch (text, with '
'branch_value, text, for a case) of another step (parent, text), at a position (at_position, int; null: the last). '
'moving (text): the step that is moved, or null for a new step. If parent has no such case or failure branch yet, it '
'is added. Returns the place as a row of smartwf.steps. Raises 42704 if there is no such stage or parent, and WF400 '
'if parent cannot have such a branch.';

CREATE FUNCTION smartwf.add_step(flow text, stage text, step jsonb, at_position int DEFAULT NULL,
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
COMMENT ON FUNCTION smartwf.add_step(text, text, jsonb, int, text, text, text) IS
'Adds a step to the draft of a flow. flow (text): the flow; stage (text): the stage; step (jsonb): an object with '
'name, kind, settings and branches; at_position (int): its position, starting with 1, by default the last; parent '
'(text): the step to a branch of which it is added; branch (text): else, case, default or failure; branch_value '
'(text): the value of a case. Returns the definition of the draft, its faults and its revision (json), as '
'smartwf.builder_answer() does. Raises WF400 if the step or its place is not valid, 23505 if its name is already in '
'use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no draft, '
'or the draft no such stage or parent.';

CREATE FUNCTION smartwf.update_step(flow text, step text, changes jsonb) RETURNS json
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
COMMENT ON FUNCTION smartwf.update_step(text, text, jsonb) IS
'Changes a step of the draft of a flow. flow (text): the flow; step (text): the step; changes (jsonb): an object '
'with the keys to change: name, kind, settings, cases (an array of values), and failure (an object without steps, or '
'null). Returns the definition of the draft, its faults and its revision (json), as smartwf.builder_answer() does. '
'Raises WF400 if the changes are not valid, or would remove a branch that contains steps, 23505 if the new name is '
'already in use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has '
'no draft, or the draft no such step.';

CREATE FUNCTION smartwf.move_step(flow text, step text, stage text DEFAULT NULL, at_position int DEFAULT NULL,
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
COMMENT ON FUNCTION smartwf.move_step(text, text, text, int, text, text, text) IS
'Moves a step of the draft of a flow, with all steps in its branches. flow (text): the flow; step (text): the step; '
'stage (text): the stage to which it is moved, by default its own; at_position (int): its new position, starting '
'with 1, by default the last; parent, branch, branch_value (text): the branch to which it is moved, as for '
'smartwf.add_step(). Returns the definition of the draft, its faults and its revision (json), as '
'smartwf.builder_answer() does. Raises WF400 if the place is not valid, or is in a branch of the step itself, WF412 '
'if an HTTP request expects another revision in its header If-Match, and 42704 if the flow has no draft, or the '
'draft no such step, stage or parent.';

CREATE FUNCTION smartwf.remove_step(flow text, step text) RETURNS json
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
COMMENT ON FUNCTION smartwf.remove_step(text, text) IS
'Removes a step (text) and all steps in its branches from the draft of a flow (text). Returns the definition of the '
'draft, its faults and its revision (json), as smartwf.builder_answer() does. Raises WF412 if an HTTP request '
'expects another revision in its header If-Match, and 42704 if the flow has no draft, or the draft no such step.';
