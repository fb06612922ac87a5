-- The builder's verbs.  Each changes the draft of a flow and answers with what a
-- visual builder needs: the definition, and what is not yet valid about it.

CREATE FUNCTION smartwf.builder_answer(flow_id int) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('definition', smartwf.flow_form(flow_id),
		'faults', (SELECT coalesce(json_agg(json_build_object('severity', f.severity, 'code', f.code, 'object', f.object, 'message', f.message)), '[]')
			FROM smartwf.flow_faults(smartwf.flow_form(flow_id)::jsonb) f))
$$;
COMMENT ON FUNCTION smartwf.builder_answer(int) IS
'What every verb of the builder returns about a flow version (int, its id): {"definition", "faults": [{"severity", '
'"code", "object", "message"}]} (json). Raises nothing.';

CREATE FUNCTION smartwf.draft_of(flow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int;
BEGIN
	SELECT f.id INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft' FOR UPDATE;
	IF draft IS NULL THEN
		RAISE EXCEPTION 'flow "%" has no draft', flow USING ERRCODE = 'undefined_object',
			HINT = 'Make one with smartwf.draft_flow().';
	END IF;
	RETURN draft;
END
$$;
COMMENT ON FUNCTION smartwf.draft_of(text) IS
'The id (int) of the draft of a flow (text), locked against other builders. Raises 42704 if there is none.';

CREATE FUNCTION smartwf.draft_flow(flow text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int;
BEGIN
	IF flow IS NULL OR flow !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$' THEN
		RAISE EXCEPTION '"%" is no name of a flow', flow USING ERRCODE = 'WF400',
			DETAIL = 'It must be a letter or underscore, then letters, digits, "_" or ":", 49 characters at most.';
	END IF;
	LOCK TABLE smartwf.flows IN SHARE ROW EXCLUSIVE MODE;
	SELECT f.id INTO draft FROM smartwf.flows f WHERE f.name = flow AND f.status = 'draft';
	IF draft IS NULL THEN
		draft := smartwf.store_flow(coalesce(smartwf.flow_definition(flow)::jsonb,
			smartwf.complete_flow(jsonb_build_object('name', flow, 'stages', '[]'::jsonb)) || '{"stages": []}'));
	END IF;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.draft_flow(text) IS
'Makes a draft of a flow (text): a copy of its newest version, or an empty one; a draft that is there stays as it '
'is. Returns the builder''s answer (json). Raises WF400 for what is no name.';

CREATE FUNCTION smartwf.discard_flow(flow text) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	-- once, not for each row
	DELETE FROM smartwf.flows WHERE id = (SELECT smartwf.draft_of(flow))
$$;
COMMENT ON FUNCTION smartwf.discard_flow(text) IS
'Drops the draft of a flow (text). Raises 42704 if there is none.';

CREATE FUNCTION smartwf.publish_flow(flow text) RETURNS int
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.flows SET status = 'published' WHERE id = (SELECT smartwf.draft_of(flow)) RETURNING version
$$;
COMMENT ON FUNCTION smartwf.publish_flow(text) IS
'Publishes the draft of a flow (text) and returns its version (int). Raises WF001 with every fault, 42704 if there '
'is no draft.';

-- What a flow says beside its stages.
CREATE FUNCTION smartwf.update_flow(flow text, settings jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	changed jsonb;
	faults text[];
BEGIN
	IF jsonb_typeof(settings) IS DISTINCT FROM 'object' OR settings ? 'stages' THEN
		RAISE EXCEPTION 'settings must be a JSON object of what a flow has beside its stages, not %', settings USING ERRCODE = 'WF400';
	END IF;
	changed := smartwf.complete_flow(smartwf.flow_form(draft)::jsonb || settings);
	-- only what cannot be stored is refused; the rest the answer tells
	SELECT array_agg(format('%s: %s', f.object, f.message) ORDER BY f.object, f.message) INTO faults
		FROM (SELECT * FROM smartwf.flow_form_faults(changed || '{"stages": [{"name": "s", "steps": [{"name": "x", "kind": "finish"}]}]}')
			UNION ALL SELECT * FROM smartwf.flow_setting_faults(changed || '{"stages": []}')) f
		WHERE f.code IN ('WFL0500', 'WFL0502', 'WFL0503', 'WFL0504');
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'settings of flow "%" are not valid', flow USING ERRCODE = 'WF400', DETAIL = array_to_string(faults, E'\n');
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
'Changes (settings, jsonb object) what the draft of a flow (text) says beside its stages: name, label, structure, '
'restrictAccess, runAs, maxRuns, grants, start, managers, model; what is not named stays. Returns the builder''s answer '
'(json). Raises WF400 with every fault for what cannot be stored, 23505 for a name that has a draft, 42704 without a '
'draft.';

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
'The position (int) of a stage (text) of a flow version (int, its id). Raises 42704 if it has none such.';

CREATE FUNCTION smartwf.require_name(flow_id int, name text, what text) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF name IS NULL OR name !~ '^\S([^\r\n]{0,98}\S)?$' THEN
		RAISE EXCEPTION '"%" is no name of a %', name, what USING ERRCODE = 'WF400',
			DETAIL = 'It must not be empty, begin or end with a blank, or be longer than 100 characters.';
	ELSIF EXISTS (SELECT FROM smartwf.stages s WHERE (s.flow_id, s.name, 'stage') = (require_name.flow_id, require_name.name, what)
			UNION ALL SELECT FROM smartwf.steps s WHERE (s.flow_id, s.name, 'step') = (require_name.flow_id, require_name.name, what)) THEN
		RAISE EXCEPTION 'the flow has a % "%" already', what, name USING ERRCODE = 'unique_violation';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_name(int, text, text) IS
'Raises WF400 unless a text (text) can name a stage or step (what, text), and 23505 if one of the flow version (int, '
'its id) has that name.';

CREATE FUNCTION smartwf.add_stage(flow text, name text, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
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
'Adds a stage of a name (text) to the draft of a flow (text), at a position (int, from 1; default: last). Returns '
'the builder''s answer (json). Raises WF400, 23505 for a name that is taken, 42704 without a draft.';

CREATE FUNCTION smartwf.rename_stage(flow text, stage text, name text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
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
'Gives a stage (text) of the draft of a flow (text) another name (text). Returns the builder''s answer (json). '
'Raises WF400, 23505 for a name that is taken, 42704 for an unknown stage or without a draft.';

CREATE FUNCTION smartwf.move_stage(flow text, stage text, at_position int) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old int := smartwf.require_stage(draft, stage);
	place int := greatest(1, least(at_position, (SELECT count(*) FROM smartwf.stages s WHERE s.flow_id = draft)));
BEGIN
	UPDATE smartwf.stages s SET position = CASE WHEN s.name = stage THEN place ELSE s.position + sign(old - place)::int END
		WHERE s.flow_id = draft AND s.position BETWEEN least(old, place) AND greatest(old, place);
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.move_stage(text, text, int) IS
'Moves a stage (text) of the draft of a flow (text) to a position (int, from 1). Returns the builder''s answer '
'(json). Raises 42704 for an unknown stage or without a draft.';

CREATE FUNCTION smartwf.remove_stage(flow text, stage text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old int := smartwf.require_stage(draft, stage);
BEGIN
	DELETE FROM smartwf.stages s WHERE s.flow_id = draft AND s.name = stage;
	UPDATE smartwf.stages s SET position = s.position - 1 WHERE s.flow_id = draft AND s.position > old;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.remove_stage(text, text) IS
'Removes a stage (text) and its steps from the draft of a flow (text). Returns the builder''s answer (json). Raises '
'42704 for an unknown stage or without a draft.';

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
'A step (text) of a flow version (int, its id). Raises 42704 if it has none such.';

-- Make room for a step in a list, or close the gap that one leaves.
CREATE FUNCTION smartwf.shift_steps(place smartwf.steps, distance int) RETURNS void
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	UPDATE smartwf.steps s SET position = s.position + distance
	WHERE s.flow_id = place.flow_id AND s.stage = place.stage AND s.parent IS NOT DISTINCT FROM place.parent
		AND s.branch IS NOT DISTINCT FROM place.branch AND s.branch_value IS NOT DISTINCT FROM place.branch_value
		AND s.position >= place.position AND s.name IS DISTINCT FROM place.name
$$;
COMMENT ON FUNCTION smartwf.shift_steps(smartwf.steps, int) IS
'Shifts the steps of a list, from that position on, by a distance (int); the step itself excepted. Raises nothing.';

-- Where a step shall stand: its list must be there, and the position in it.
CREATE FUNCTION smartwf.place_for_step(flow_id int, stage text, at_position int, parent text, branch text, branch_value text, moving text DEFAULT NULL) RETURNS smartwf.steps
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
		place.branch := coalesce(branch, CASE WHEN outer_step.kind = 'if_condition' THEN 'else' WHEN branch_value IS NOT NULL THEN 'case' WHEN outer_step.kind = 'switch_case' THEN 'default' ELSE '' END);
		place.branch_value := branch_value;
		IF place.stage <> outer_step.stage
			OR place.branch <> ALL (CASE outer_step.kind WHEN 'if_condition' THEN ARRAY['else', 'failure'] WHEN 'switch_case' THEN ARRAY['case', 'default', 'failure'] ELSE ARRAY['failure'] END)
			OR (place.branch = 'case') <> (branch_value IS NOT NULL) THEN
			RAISE EXCEPTION 'step "%" has no such branch in that stage', parent USING ERRCODE = 'WF400',
				DETAIL = 'An if_condition has the branch else; a switch_case has case, with a value, and default; every step has failure.';
		END IF;
		IF place.branch = 'failure' AND outer_step.failure ->> 'then' IS DISTINCT FROM 'branch' THEN
			UPDATE smartwf.steps s SET failure = smartwf.complete_failure(coalesce(s.failure, '{}')) || '{"then": "branch"}' WHERE s.flow_id = place.flow_id AND s.name = place.parent;
		END IF;
		IF place.branch = 'case' AND NOT outer_step.cases ? branch_value THEN
			UPDATE smartwf.steps s SET cases = s.cases || to_jsonb(place.branch_value) WHERE s.flow_id = place.flow_id AND s.name = place.parent;
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
'A place for a step of a flow version (int, its id) in a stage (text), or in a branch (text; branch_value, text, of '
'a case) of a parent (text), at a position (int, null: last) among those that are not the one that moves there '
'(text); a value that a switch_case has no branch for gets one; a step with a branch failure takes it. Raises 42704 '
'for an unknown stage or parent, WF400 for a branch that there cannot be.';

CREATE FUNCTION smartwf.add_step(flow text, stage text, step jsonb, at_position int DEFAULT NULL,
		parent text DEFAULT NULL, branch text DEFAULT NULL, branch_value text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	place smartwf.steps;
	fault record;
BEGIN
	IF jsonb_typeof(step) IS DISTINCT FROM 'object' OR step ->> 'kind' IS NULL THEN
		RAISE EXCEPTION 'a step must be a JSON object with name and kind, not %', step USING ERRCODE = 'WF400';
	END IF;
	place := smartwf.place_for_step(draft, stage, at_position, parent, branch, branch_value);
	PERFORM smartwf.shift_steps(place, 1);
	INSERT INTO smartwf.steps (flow_id, name, stage, parent, branch, branch_value, position, kind, settings, cases, failure)
		SELECT draft, s.name, place.stage, coalesce(s.parent, place.parent), coalesce(s.branch, place.branch),
			CASE WHEN s.branch IS NULL THEN place.branch_value ELSE s.branch_value END,
			CASE WHEN s.branch IS NULL THEN place.position ELSE s.number END, s.kind,
			coalesce(nullif(s.item -> 'settings', 'null'), '{}'),
			CASE WHEN s.kind = 'switch_case' THEN (SELECT coalesce(jsonb_agg(m.key ORDER BY m.key), '[]') FROM smartwf.members(s.item -> 'cases') m) END,
			smartwf.complete_failure(s.item -> 'failure')
		FROM smartwf.flow_steps(jsonb_build_object('stages', jsonb_build_array(jsonb_build_object('name', place.stage, 'steps', jsonb_build_array(step))))) s,
			LATERAL smartwf.require_name(draft, s.name, 'step')
		ORDER BY s.path;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.add_step(text, text, jsonb, int, text, text, text) IS
'Adds a step (jsonb: name, kind, settings, branches) to a stage (text) of the draft of a flow (text), or to a branch '
'(text: else, case, default, failure; branch_value, text: the value of a case) of another step (parent, text), at a '
'position (int, from 1; default: last). Returns the builder''s answer (json). Raises WF400, 23505 for a name that is '
'taken, 42704 for an unknown stage or parent or without a draft.';

CREATE FUNCTION smartwf.update_step(flow text, step text, changes jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
	new smartwf.steps := old;
BEGIN
	IF jsonb_typeof(changes) IS DISTINCT FROM 'object'
		OR EXISTS (SELECT FROM smartwf.members(changes) m WHERE (m.key, jsonb_typeof(m.value)) NOT IN
			(('name', 'string'), ('kind', 'string'), ('settings', 'object'), ('cases', 'array'), ('failure', 'object'), ('failure', 'null'))) THEN
		RAISE EXCEPTION 'changes must be a JSON object of name and kind (strings), settings and failure (objects) and cases (a list), not %', changes USING ERRCODE = 'WF400';
	END IF;
	new.name := coalesce(changes ->> 'name', old.name);
	new.kind := coalesce(changes ->> 'kind', old.kind);
	new.settings := coalesce(changes -> 'settings', old.settings);
	new.cases := CASE WHEN new.kind = 'switch_case' THEN coalesce(changes -> 'cases', old.cases, '[]') END;
	new.failure := CASE WHEN changes ? 'failure' THEN smartwf.complete_failure(changes -> 'failure') ELSE old.failure END;
	IF new.name <> old.name THEN
		PERFORM smartwf.require_name(draft, new.name, 'step');
	END IF;
	IF EXISTS (SELECT FROM smartwf.steps s WHERE s.flow_id = draft AND s.parent = old.name
		AND ((new.kind <> old.kind AND s.branch <> 'failure') OR (s.branch = 'failure' AND new.failure ->> 'then' IS DISTINCT FROM 'branch') OR (s.branch = 'case' AND NOT new.cases ? s.branch_value))) THEN
		RAISE EXCEPTION 'step "%" still has steps in that branch', step USING ERRCODE = 'WF400', HINT = 'Move or remove them first.';
	END IF;
	UPDATE smartwf.steps s SET name = new.name, kind = new.kind, settings = new.settings, cases = new.cases, failure = new.failure
		WHERE s.flow_id = draft AND s.name = old.name;
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.update_step(text, text, jsonb) IS
'Changes (jsonb object) name, kind, settings, the cases (list of values) or what happens when it fails (failure: '
'object without steps, or null) of a step (text) of the draft of a flow (text); what is not named stays. Returns the '
'builder''s answer (json). Raises WF400, also if a branch that would go still has steps; 23505 for a name that is '
'taken, 42704 for an unknown step or without a draft.';

CREATE FUNCTION smartwf.move_step(flow text, step text, stage text DEFAULT NULL, at_position int DEFAULT NULL,
		parent text DEFAULT NULL, branch text DEFAULT NULL, branch_value text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
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
	UPDATE smartwf.steps s SET stage = place.stage, position = place.position, parent = place.parent, branch = place.branch, branch_value = place.branch_value
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
'Moves a step (text), with all in its branches, of the draft of a flow (text) to a stage (text, default: its own), '
'or to a branch (text; branch_value, text) of another step (parent, text), at a position (int, from 1; default: '
'last). Returns the builder''s answer (json). Raises WF400, also for a step in its own branch; 42704 for an unknown '
'step, stage or parent or without a draft.';

CREATE FUNCTION smartwf.remove_step(flow text, step text) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	draft int := smartwf.draft_of(flow);
	old smartwf.steps := smartwf.require_step(draft, step);
BEGIN
	DELETE FROM smartwf.steps s WHERE s.flow_id = draft AND s.name = step;
	PERFORM smartwf.shift_steps(old, -1);
	RETURN smartwf.builder_answer(draft);
END
$$;
COMMENT ON FUNCTION smartwf.remove_step(text, text) IS
'Removes a step (text), with all in its branches, from the draft of a flow (text). Returns the builder''s answer '
'(json). Raises 42704 for an unknown step or without a draft.';
