-- Drafts of workflows, for an editor: definitions in JSON form that need not be valid yet, and never act.
-- Each function changes a draft, and returns its definition, its faults and its revision.

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

CREATE FUNCTION smartwf.workflow_draft_answer(workflow text) RETURNS json
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
COMMENT ON FUNCTION smartwf.begin_workflow_change(text) IS
'Returns the definition (jsonb) of the draft of a workflow (text) that is about to be changed, and locks the draft '
'until the end of the transaction. Raises 42704 if the workflow has no draft, and WF412 if an HTTP request expects '
'another revision in its header If-Match.';

CREATE FUNCTION smartwf.keep_workflow_change(workflow text, definition jsonb) RETURNS json
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	UPDATE smartwf.workflow_drafts d SET definition = keep_workflow_change.definition, revision = d.revision + 1,
		changed_by = smartwf.actor(), changed_at = clock_timestamp()
		WHERE d.name = workflow;
	RETURN smartwf.workflow_draft_answer(workflow);
END
$$;
COMMENT ON FUNCTION smartwf.keep_workflow_change(text, jsonb) IS
'Stores what the draft of a workflow (text) has become (jsonb), counts its revision up, and returns '
'smartwf.workflow_draft_answer() (json).';

-- The draft as a whole

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
COMMENT ON FUNCTION smartwf.draft_workflow(text) IS
'Creates a draft of a workflow (text): a copy of its newest version, or an empty draft if there is no such workflow. '
'If the workflow has a draft already, it is left unchanged. Returns the draft and its faults (json), as '
'smartwf.workflow_draft_answer() does. Raises WF400 if the name of the workflow is malformed.';

CREATE FUNCTION smartwf.discard_workflow(workflow text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM smartwf.begin_workflow_change(workflow);
	DELETE FROM smartwf.workflow_drafts d WHERE d.name = workflow;
END
$$;
COMMENT ON FUNCTION smartwf.discard_workflow(text) IS
'Deletes the draft of a workflow (text). Raises WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the workflow has no draft.';

CREATE FUNCTION smartwf.publish_workflow(workflow text) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	published int := smartwf.define_workflow(smartwf.begin_workflow_change(workflow));
BEGIN
	DELETE FROM smartwf.workflow_drafts d WHERE d.name = workflow;
	RETURN published;
END
$$;
COMMENT ON FUNCTION smartwf.publish_workflow(text) IS
'Publishes the draft of a workflow (text), as smartwf.define_workflow() does. Returns its version number (int). '
'Raises WF001 with one line of DETAIL for each fault, WF412 if an HTTP request expects another revision in its '
'header If-Match, and 42704 if the workflow has no draft.';

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
COMMENT ON FUNCTION smartwf.replace_workflow(text, jsonb) IS
'Replaces the draft of a workflow by another definition, for example that of an earlier version. workflow (text): '
'the workflow; definition (jsonb): all of it, as for smartwf.define_workflow(), except that it need not be valid. '
'Returns the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if the definition is '
'no object with the name of the workflow, WF412 if an HTTP request expects another revision in its header If-Match, '
'and 42704 if the workflow has no draft.';

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
COMMENT ON FUNCTION smartwf.update_workflow(text, jsonb) IS
'Changes the draft of a workflow, except for its name, states and transitions. workflow (text): the workflow; '
'settings (jsonb): an object with the keys to change (label, description, locale, timers, translations). Returns the '
'draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if settings is no such object, '
'WF412 if an HTTP request expects another revision in its header If-Match, and 42704 if the workflow has no draft.';

-- States and transitions: lists of objects that have names

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
COMMENT ON FUNCTION smartwf.list_position(jsonb, text, text) IS
'Returns the place, from 0, of the object of a name (text) in a list (jsonb) of states or transitions (what, text). '
'Raises 42704 if there is none.';

CREATE FUNCTION smartwf.list_insert(list jsonb, item jsonb, at_position int) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(i.item ORDER BY i.number, i.is_old), '[]')
	FROM (SELECT o.item, o.number, true AS is_old FROM smartwf.items(jsonb_build_object('list', list), 'list') o
		UNION ALL SELECT list_insert.item, greatest(coalesce(at_position, 2147483647), 1), false) i
$$;
COMMENT ON FUNCTION smartwf.list_insert(jsonb, jsonb, int) IS
'Returns a list (jsonb) with an item (jsonb) inserted at a position (int), from 1, by default the last.';

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
COMMENT ON FUNCTION smartwf.require_object_name(jsonb, jsonb, text) IS
'Checks a new state or transition (item, jsonb; what, text) for a list (jsonb). Raises WF400 if it is no object with '
'a name, and 23505 if the name is already in use.';

-- Labels in other languages go with what they name.
CREATE FUNCTION smartwf.rename_labels(definition jsonb, kinds text[], old_name text, new_name text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT definition || jsonb_build_object('translations', (SELECT coalesce(jsonb_object_agg(l.key, l.value
		|| (SELECT coalesce(jsonb_object_agg(k.kind, (l.value -> k.kind) - old_name || CASE WHEN new_name IS NOT NULL
				AND l.value -> k.kind ? old_name THEN jsonb_build_object(new_name, l.value -> k.kind -> old_name)
				ELSE '{}' END), '{}')
			FROM unnest(kinds) AS k (kind) WHERE jsonb_typeof(l.value -> k.kind) = 'object')), '{}')
		FROM smartwf.members(definition -> 'translations') l WHERE jsonb_typeof(l.value) = 'object'))
$$;
COMMENT ON FUNCTION smartwf.rename_labels(jsonb, text[], text, text) IS
'Returns the JSON form of a workflow (jsonb) in which translations of some kinds (text[]) have another name '
'(old_name, new_name, text), or, if that is null, are gone.';

-- The arcs of all transitions, from and to states that may have other names now.
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
COMMENT ON FUNCTION smartwf.rename_arcs(jsonb, text, text) IS
'Returns the JSON form of a workflow (jsonb) in which the arcs from and to a state (old_name, text) lead from and to '
'another (new_name, text), or, if that is null, are gone.';

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
COMMENT ON FUNCTION smartwf.add_object(text, text, text, jsonb, int) IS
'Adds an object (item, jsonb; what, text: state or transition) to a list (text: states or transitions) of the draft '
'of a workflow (text), at a position (int), from 1, by default the last. Returns and raises what smartwf.add_state() '
'does.';

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
COMMENT ON FUNCTION smartwf.move_object(text, text, text, text, int) IS
'Moves the object of a name (text; what, text: state or transition) in a list (text: states or transitions) of the '
'draft of a workflow (text) to a position (int), from 1, by default the last. Returns and raises what '
'smartwf.move_state() does.';

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
COMMENT ON FUNCTION smartwf.changed_object(jsonb, text, text, text, jsonb) IS
'Returns the JSON form of a workflow (jsonb) with changes (jsonb) of the object of a name (text; what, text: state or '
'transition) in a list (text: states or transitions). Raises WF400 if changes is no object or has a malformed name, '
'23505 if the new name is in use, and 42704 if there is no such object.';

CREATE FUNCTION smartwf.add_state(workflow text, state jsonb, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.add_object(workflow, 'states', 'state', state, at_position) $$;
COMMENT ON FUNCTION smartwf.add_state(text, jsonb, int) IS
'Adds a state to the draft of a workflow. workflow (text): the workflow; state (jsonb): an object with name, and '
'what else a state has; at_position (int): its position, from 1, by default the last. Returns the draft and its '
'faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if the state is no object with a name, 23505 '
'if the name is already in use, WF412 if an HTTP request expects another revision in its header If-Match, and 42704 '
'if the workflow has no draft.';

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
COMMENT ON FUNCTION smartwf.update_state(text, text, jsonb) IS
'Changes a state of the draft of a workflow; arcs and translations follow a new name. workflow (text): the workflow; '
'state (text): the state; changes (jsonb): an object with the keys to change. Returns the draft and its faults '
'(json), as smartwf.workflow_draft_answer() does. Raises WF400 if changes is no object or has a malformed name, '
'23505 if the new name is already in use, WF412 if an HTTP request expects another revision in its header If-Match, '
'and 42704 if the workflow has no draft, or the draft no such state.';

CREATE FUNCTION smartwf.move_state(workflow text, state text, at_position int) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.move_object(workflow, 'states', 'state', state, at_position) $$;
COMMENT ON FUNCTION smartwf.move_state(text, text, int) IS
'Moves a state (text) of the draft of a workflow (text) to another position (at_position, int), from 1. Returns the '
'draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such state.';

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
COMMENT ON FUNCTION smartwf.remove_state(text, text) IS
'Removes a state (text), the arcs from and to it and its translations from the draft of a workflow (text). Returns '
'the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such state.';

CREATE FUNCTION smartwf.add_transition(workflow text, transition jsonb, at_position int DEFAULT NULL) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.add_object(workflow, 'transitions', 'transition', transition, at_position) $$;
COMMENT ON FUNCTION smartwf.add_transition(text, jsonb, int) IS
'Adds a transition to the draft of a workflow. workflow (text): the workflow; transition (jsonb): an object with '
'name, and what else a transition has; at_position (int): its position, from 1, by default the last. Returns the '
'draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if the transition is no object '
'with a name, 23505 if the name is already in use, WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the workflow has no draft.';

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
COMMENT ON FUNCTION smartwf.update_transition(text, text, jsonb) IS
'Changes a transition of the draft of a workflow; translations follow a new name. workflow (text): the workflow; '
'transition (text): the transition; changes (jsonb): an object with the keys to change. Returns the draft and its '
'faults (json), as smartwf.workflow_draft_answer() does. Raises WF400 if changes is no object or has a malformed '
'name, 23505 if the new name is already in use, WF412 if an HTTP request expects another revision in its header '
'If-Match, and 42704 if the workflow has no draft, or the draft no such transition.';

CREATE FUNCTION smartwf.move_transition(workflow text, transition text, at_position int) RETURNS json
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS
$$ SELECT smartwf.move_object(workflow, 'transitions', 'transition', transition, at_position) $$;
COMMENT ON FUNCTION smartwf.move_transition(text, text, int) IS
'Moves a transition (text) of the draft of a workflow (text) to another position (at_position, int), from 1. Returns '
'the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such transition.';

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
COMMENT ON FUNCTION smartwf.remove_transition(text, text) IS
'Removes a transition (text) and its translations from the draft of a workflow (text). Returns the draft and its '
'faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects another revision in '
'its header If-Match, and 42704 if the workflow has no draft, or the draft no such transition.';

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
COMMENT ON FUNCTION smartwf.add_arc(text, text, text, text) IS
'Adds an arc to a transition (text) of the draft of a workflow (text): from a state (from_state, text) to another '
'(to_state, text). Returns the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises 23505 if '
'the transition leaves that state already, WF412 if an HTTP request expects another revision in its header If-Match, '
'and 42704 if the workflow has no draft, or the draft no such transition or state.';

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
COMMENT ON FUNCTION smartwf.remove_arc(text, text, text) IS
'Removes the arc of a transition (text) from a state (from_state, text) in the draft of a workflow (text). Returns '
'the draft and its faults (json), as smartwf.workflow_draft_answer() does. Raises WF412 if an HTTP request expects '
'another revision in its header If-Match, and 42704 if the workflow has no draft, or the draft no such transition or '
'arc.';
