-- The builder's verbs: a flow is built step by step, as a draft.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
-- how the draft stands: each list of steps in its order
CREATE FUNCTION draft(flow text) RETURNS SETOF text LANGUAGE sql AS $$
SELECT format('%s. %s %s', s.position, s.name, (SELECT string_agg(format('%s:%s%s', t.position, concat_ws(' ', t.parent, t.branch, t.branch_value) || CASE WHEN t.parent IS NULL THEN '' ELSE ' > ' END, t.name), ', '
		ORDER BY t.parent NULLS FIRST, t.branch, t.branch_value, t.position)
	FROM smartwf.steps t WHERE (t.flow_id, t.stage) = (s.flow_id, s.name)))
FROM smartwf.stages s JOIN smartwf.flows f ON f.id = s.flow_id WHERE f.name = flow AND f.status = 'draft' ORDER BY s.position $$;
CREATE FUNCTION faults(answer json) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', f ->> 'severity', f ->> 'code', f ->> 'object', f ->> 'message') FROM json_array_elements(answer -> 'faults') f $$;

-- an empty draft, and what is wrong with it
SELECT answer ->> 'definition' AS definition, answer ->> 'faults' AS faults FROM smartwf.draft_flow('B') answer;
SELECT smartwf.draft_flow('B') ->> 'faults';
SELECT smartwf.publish_flow('B');
-- stages
SELECT faults(smartwf.add_stage('B', 'two'));
SELECT count(smartwf.add_stage('B', 'one', 1)::text), count(smartwf.add_stage('B', 'three', 99)::text), count(smartwf.add_stage('B', 'one and a half', 2)::text);
SELECT draft('B');
SELECT count(smartwf.move_stage('B', 'three', 1)::text);
SELECT draft('B');
SELECT count(smartwf.move_stage('B', 'three', 3)::text), count(smartwf.move_stage('B', 'one', -5)::text), count(smartwf.move_stage('B', 'two', 77)::text);
SELECT draft('B');
SELECT count(smartwf.rename_stage('B', 'one and a half', 'half')::text), count(smartwf.remove_stage('B', 'three')::text);
SELECT draft('B');
-- steps: at an end, at a place, in branches, whole trees
SELECT faults(smartwf.add_step('B', 'one', '{"name": "a", "kind": "update_model"}'));
SELECT count(smartwf.add_step('B', 'one', '{"name": "c", "kind": "update_model"}')::text), count(smartwf.add_step('B', 'one', '{"name": "b", "kind": "update_model"}', 2)::text);
SELECT count(smartwf.add_step('B', 'half', '{"name": "if", "kind": "if_condition", "settings": {"field": "x", "operator": "equal", "value": 1}, "else": [
	{"name": "e1", "kind": "update_model"}, {"name": "inner", "kind": "switch_case", "settings": {"field": "y"}, "cases": {"v": [{"name": "v1", "kind": "finish"}], "w": []}}]}')::text);
SELECT faults(smartwf.add_step('B', NULL, '{"name": "e0", "kind": "update_model"}', 1, 'if'));
SELECT count(smartwf.add_step('B', NULL, '{"name": "v0", "kind": "update_model"}', 1, 'inner', 'case', 'v')::text), count(smartwf.add_step('B', 'half', '{"name": "new", "kind": "finish"}', NULL, 'inner', branch_value => 'z')::text),
	count(smartwf.add_step('B', NULL, '{"name": "d1", "kind": "finish"}', NULL, 'inner', 'default')::text);
SELECT draft('B');
SELECT cases FROM smartwf.steps WHERE name = 'inner';
-- move: within a list, to another stage, into a branch and out again, with all that hangs on it
SELECT count(smartwf.move_step('B', 'c', at_position => 1)::text);
SELECT draft('B');
SELECT count(smartwf.move_step('B', 'c', at_position => 99)::text), count(smartwf.move_step('B', 'a')::text);
SELECT draft('B');
SELECT count(smartwf.move_step('B', 'inner', 'two')::text), count(smartwf.move_step('B', 'b', NULL, 2, 'if', 'else')::text), count(smartwf.move_step('B', 'e1', 'one', 1)::text);
SELECT draft('B');
SELECT count(smartwf.move_step('B', 'if', NULL, 1, 'inner', 'case', 'w')::text);
SELECT draft('B');
SELECT count(smartwf.move_step('B', 'if', 'two', 1)::text);
-- update, rename
SELECT faults(smartwf.update_step('B', 'a', '{"name": "alpha", "kind": "send_notification", "settings": {"channel": "mail"}}'));
SELECT count(smartwf.update_step('B', 'if', '{"name": "condition"}')::text), count(smartwf.update_step('B', 'inner', '{"cases": ["v", "w", "x", "z"]}')::text);
SELECT draft('B');
-- remove
SELECT count(smartwf.remove_step('B', 'e0')::text), count(smartwf.remove_step('B', 'inner')::text), count(smartwf.remove_step('B', 'alpha')::text);
SELECT draft('B');

-- what cannot be done changes nothing
CREATE TEMP TABLE before AS SELECT smartwf.flow_definition('B')::text AS definition;
SELECT smartwf.draft_flow('1');
SELECT smartwf.draft_flow(NULL);
SELECT smartwf.add_stage('nowhere', 'x');
SELECT smartwf.add_stage('B', 'two');
SELECT smartwf.add_stage('B', ' x');
SELECT smartwf.add_stage('B', NULL);
SELECT smartwf.rename_stage('B', 'nowhere', 'x');
SELECT smartwf.rename_stage('B', 'one', 'two');
SELECT smartwf.rename_stage('B', 'one', '');
SELECT smartwf.rename_stage('B', 'one', NULL);
SELECT smartwf.rename_stage('B', 'one', 'one') IS NOT NULL;
SELECT smartwf.move_stage('B', 'nowhere', 1);
SELECT smartwf.remove_stage('B', 'nowhere');
SELECT smartwf.add_step('B', 'nowhere', '{"name": "x", "kind": "finish"}');
SELECT smartwf.add_step('B', 'one', '{"name": "condition", "kind": "finish"}');
SELECT smartwf.add_step('B', 'one', '{"kind": "finish"}');
SELECT smartwf.add_step('B', 'one', '{"name": "x"}');
SELECT smartwf.add_step('B', 'one', '[]');
SELECT smartwf.add_step('B', 'one', NULL);
SELECT smartwf.add_step('B', 'two', '{"name": "x", "kind": "finish"}', 1, 'nobody');
SELECT smartwf.add_step('B', 'one', '{"name": "x", "kind": "finish"}', 1, 'condition');
SELECT smartwf.add_step('B', 'two', '{"name": "x", "kind": "finish"}', 1, 'condition', 'default');
SELECT smartwf.add_step('B', 'two', '{"name": "x", "kind": "finish"}', 1, 'condition', 'else', 'v');
SELECT smartwf.add_step('B', 'two', '{"name": "x", "kind": "finish"}', 1, 'b');
SELECT smartwf.add_step('B', 'two', '{"name": "x", "kind": "finish"}', 1, NULL, 'else');
SELECT smartwf.update_step('B', 'nobody', '{}');
SELECT smartwf.update_step('B', 'b', '{"position": 1}');
SELECT smartwf.update_step('B', 'b', '{"settings": []}');
SELECT smartwf.update_step('B', 'b', '5');
SELECT smartwf.update_step('B', 'b', '{"name": "condition"}');
SELECT smartwf.update_step('B', 'condition', '{"kind": "finish"}');
SELECT smartwf.move_step('B', 'condition', parent => 'condition');
SELECT smartwf.move_step('B', 'condition', NULL, 1, 'b');
SELECT smartwf.remove_step('B', 'nobody');
SELECT smartwf.publish_flow('B');
SELECT smartwf.define_flow('{"name": "B", "stages": [{"name": "A", "steps": [{"name": "x", "kind": "finish"}]}]}');
SELECT smartwf.flow_definition('B')::text = definition AS unchanged FROM before;

-- made valid, published, and drafted again
SELECT count(smartwf.remove_stage('B', 'half')::text);
SELECT faults(smartwf.add_step('B', NULL, '{"name": "end", "kind": "finish"}', NULL, 'condition'));
SELECT smartwf.publish_flow('B');
SELECT smartwf.publish_flow('B');
SELECT smartwf.draft_flow('B') ->> 'definition' = smartwf.flow_definition('B', 1)::text;
SELECT count(smartwf.rename_stage('B', 'one', 'first')::text);
SELECT f.version, f.status, s.name FROM smartwf.flows f JOIN smartwf.stages s ON s.flow_id = f.id WHERE s.position = 1 ORDER BY 1;
SELECT smartwf.discard_flow('B');
SELECT smartwf.discard_flow('B');
SELECT version, status FROM smartwf.flows;
DROP FUNCTION draft, faults;
DROP EXTENSION smartwf;
