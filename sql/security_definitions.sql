-- Whoever may write the tables of definitions defines what is new; what is published stays as it is, and what cannot be driven is not.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
\set VERBOSITY terse
CREATE ROLE regress_definer;
GRANT ALL ON ALL TABLES IN SCHEMA smartwf TO regress_definer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA smartwf TO regress_definer;
GRANT EXECUTE ON FUNCTION smartwf.refuse(text, text[]), smartwf.template_fault(text), smartwf.flow_shape(int) TO regress_definer;
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "guard": "id > 100", "arcs": [{"from": "draft", "to": "sent"}]}]}');
SELECT smartwf.define_flow('{"name": "F", "stages": [{"name": "s", "steps": [{"name": "a", "kind": "finish"}]}]}');
CREATE VIEW kept AS SELECT t.guard, w.shape = smartwf.workflow_shape(w.id) AS has_shape
	FROM smartwf.workflows w
	JOIN smartwf.transitions t ON t.workflow_id = w.id WHERE w.name = 'W';

SET ROLE regress_definer;
-- an INSERT that comes to nothing publishes nothing
BEGIN;
INSERT INTO smartwf.workflows (id, name) SELECT id, 'x' FROM smartwf.workflows ON CONFLICT DO NOTHING;
UPDATE smartwf.transitions SET guard = NULL;
COMMIT;
BEGIN;
INSERT INTO smartwf.workflows (id, name, shape) SELECT id, 'x', 'x' FROM smartwf.workflows ON CONFLICT (id) DO UPDATE SET label = 'x';
DELETE FROM smartwf.arcs;
COMMIT;
BEGIN;
SAVEPOINT s;
INSERT INTO smartwf.workflows (id, name) SELECT id, 'x' FROM smartwf.workflows;
ROLLBACK TO s;
UPDATE smartwf.states SET is_initial = NOT is_initial;
COMMIT;
-- nor does it go by TRUNCATE, which would let another take its place
TRUNCATE smartwf.arcs;
TRUNCATE smartwf.workflows;
TRUNCATE smartwf.states, smartwf.transition_parameters, smartwf.workflow_timers, smartwf.timer_tasks, smartwf.transition_timers, smartwf.transitions;
TRUNCATE smartwf.flows;
TRUNCATE smartwf.stages;
TRUNCATE smartwf.steps;
-- the shape that it says is the one that it keeps
UPDATE smartwf.workflows SET shape = NULL;
UPDATE smartwf.workflows SET shape = 'x';
UPDATE smartwf.flows SET shape = NULL;
UPDATE smartwf.flows SET shape = 'x';
RESET ROLE;
SELECT * FROM kept;
-- not even where its rows are not all there
ALTER TABLE smartwf.transitions DISABLE TRIGGER ALL;
UPDATE smartwf.transitions SET guard = NULL;
ALTER TABLE smartwf.transitions ENABLE TRIGGER ALL;
SET ROLE regress_definer;
UPDATE smartwf.workflows SET shape = NULL;
UPDATE smartwf.workflows SET name = 'V';
UPDATE smartwf.transitions SET guard = 'id > 100';
RESET ROLE;
SELECT * FROM kept;

-- a flow that says itself that it is published is driven if it could have been
CREATE FUNCTION forge(flow text, steps jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	id int;
	complete text;
BEGIN
	FOR i IN 1..2 LOOP
		INSERT INTO smartwf.flows AS f (name, version, status, shape) VALUES (flow, i, CASE i WHEN 1 THEN 'draft' ELSE 'published' END, complete)
	RETURNING f.id INTO id;
		INSERT INTO smartwf.stages VALUES (id, 's', 1);
		INSERT INTO smartwf.flow_grants (flow_id, privilege, role) VALUES (id, 'start', 'regress_definer');
		INSERT INTO smartwf.steps SELECT id, s.name, coalesce(s.stage, 's'), s.parent, s.branch, s.branch_value, coalesce(s.position, 1), coalesce(s.kind, 'finish'),
			coalesce(s.settings, '{}'), s.cases, s.failure FROM jsonb_populate_recordset(NULL::smartwf.steps, steps) s;
		complete := smartwf.flow_shape(id);
	END LOOP;
	PERFORM smartwf.start_flow(flow, NULL, '{"a": 1}');
	RETURN (SELECT status FROM smartwf.runs r WHERE r.flow = forge.flow);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SET ROLE regress_definer;
SELECT n, forge('G' || n, s::jsonb) FROM (VALUES
	(1, '[{"name": "a"}]'),
	(2, '[{"name": "a", "kind": "nonsense"}]'),
	(3, '[{"name": "a", "settings": []}]'),
	(4, '[{"name": "a", "settings": "x"}]'),
	(5, '[{"name": "a", "failure": 3}]'),
	(6, '[{"name": "a", "failure": {"retries": [], "backoff": {}}}]'),
	(7, '[{"name": "a", "kind": "switch_case", "settings": {"field": "a"}, "cases": 3}]'),
	(8, '[{"name": "a", "kind": "switch_case", "settings": {"field": "a"}, "cases": [3, {}]}]'),
	(9, '[{"name": "a", "kind": "send_notification"}]'),
	(10, '[{"name": "a", "kind": "send_notification", "settings": {"channel": 3, "message": [], "users": {}}}]'),
	(11, '[{"name": "a", "kind": "get_user_confirmation", "settings": {"field": [], "options": 3, "users": "x"}}]'),
	(12, '[{"name": "a", "kind": "get_user_confirmation", "settings": {"field": "a", "users": ["x"], "answersNeeded": 1e30}}]'),
	(13, '[{"name": "a", "kind": "update_model_field", "settings": {"field": 3}}]'),
	(14, '[{"name": "a", "kind": "if_condition", "settings": {"field": "a"}}]'),
	(15, '[{"name": "a", "kind": "execute_data_flow", "settings": {"dataflow": []}}]'),
	(16, '[{"name": "a", "kind": "wait", "settings": {"duration": "soon"}}]'),
	(17, '[{"name": "a", "kind": "wait", "settings": {}}]'),
	(18, '[{"name": "a", "parent": "a", "branch": "else"}]'),
	(19, '[{"name": "a"}, {"name": "b", "parent": "nobody", "branch": "failure"}]'),
	(20, '[{"name": "a"}, {"name": "b", "parent": "c", "branch": "failure"}, {"name": "c", "parent": "b", "branch": "failure"}]'),
	(21, '[{"name": "a", "stage": "nowhere"}]'),
	(22, '[{"name": "a"}, {"name": "b", "stage": "nowhere"}]')) AS v (n, s) ORDER BY n;
RESET ROLE;

-- whoever restores brings back nothing that would drive the run of somebody else
SELECT smartwf.define_flow('{"name": "ASK", "restrictAccess": false, "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "go", "options": ["yes", "no"], "users": ["pg_monitor"], "answersNeeded": 2}},
 {"name": "set", "kind": "update_model_field", "settings": {"field": "x", "value": 1}}]}]}');
SELECT smartwf.start_flow('ASK') AS run \gset
SELECT id AS question FROM smartwf.confirmations WHERE run = :run \gset
REVOKE ALL ON ALL TABLES IN SCHEMA smartwf FROM regress_definer;
GRANT SELECT ON smartwf.confirmations, smartwf.answers, smartwf.runs, smartwf.run_steps TO PUBLIC;
SELECT smartwf.grant_restore('regress_definer');
SET ROLE regress_definer;
INSERT INTO smartwf.answers (confirmation, actor, person, choice) VALUES (:question, 'x', 'x', 'yes'), (:question, 'y', 'y', 'yes');
INSERT INTO smartwf.confirmations (id, run, step, field, options, users) OVERRIDING SYSTEM VALUE
	VALUES (1000, :run, 'ask', 'go', '{yes}', '{regress_definer}');
INSERT INTO smartwf.run_steps (run, number, step, stage, attempt, outcome, started_at, duration) VALUES (:run, 50, 'ask', 's', 1, 'done', now(), '0');
INSERT INTO smartwf.notifications (run, channel, recipient, body) VALUES (:run, 'mail', 'x', 'x');
-- nor of a run to come
INSERT INTO smartwf.confirmations (id, run, step, field, options, users) OVERRIDING SYSTEM VALUE
	VALUES (1001, 1000, 'ask', 'go', '{yes}', '{regress_definer}');
INSERT INTO smartwf.answers (confirmation, actor, person, choice) VALUES (1001, 'x', 'x', 'yes'), (1002, 'x', 'x', 'yes');
INSERT INTO smartwf.run_steps (run, number, step, stage, attempt, outcome, started_at, duration) VALUES (1000, 50, 'ask', 's', 1, 'done', now(), '0');
-- his own
INSERT INTO smartwf.runs (id, flow_id, flow, status, starter, actor, search_path, model, step) OVERRIDING SYSTEM VALUE
	SELECT 900, flow_id, flow, 'waiting', 'regress_definer', 'regress_definer', '', '{}', 'ask' FROM smartwf.runs WHERE id = :run;
INSERT INTO smartwf.confirmations (id, run, step, field, options, users) OVERRIDING SYSTEM VALUE
	VALUES (1003, 900, 'ask', 'go', '{yes}', '{regress_definer}');
INSERT INTO smartwf.answers (confirmation, actor, person, choice) VALUES (1003, 'x', 'x', 'yes');
-- one that is cancelled can be restarted: it is not over
INSERT INTO smartwf.runs (flow_id, flow, status, starter, actor, search_path, model, step) VALUES (1, 'ASK', 'cancelled', 'postgres', 'postgres', '', '{}', 'ask');
INSERT INTO smartwf.runs (flow_id, flow, status, starter, actor, search_path, model, step, answerer, answerer_actor, answerer_person)
	VALUES (1, 'ASK', 'cancelled', 'regress_definer', 'regress_definer', '', '{}', 'ask', 'postgres', 'postgres', 'postgres');
INSERT INTO smartwf.runs (flow_id, flow, status, starter, actor, search_path, model, step, answerer)
	VALUES (1, 'ASK', 'queued', 'regress_definer', 'regress_definer', '', '{}', 'ask', 'regress_definer');
-- nor a hold of runs of others
INSERT INTO smartwf.flow_grants (flow_id, privilege, role) SELECT flow_id, 'manage', 'regress_definer' FROM smartwf.runs WHERE id = :run;
-- in no form that the engine would stumble over
SELECT flow_id AS flow FROM smartwf.runs WHERE id = :run \gset
INSERT INTO smartwf.runs (flow_id, flow, starter, actor, search_path, status, model, step)
	VALUES (:flow, 'ASK', 'regress_definer', 'regress_definer', '', 'nonsense', '{}', 'ask');
INSERT INTO smartwf.runs (flow_id, flow, starter, actor, search_path, status, model, step)
	VALUES (:flow, 'ASK', 'regress_definer', 'regress_definer', '', 'waiting', '[]', 'ask');
INSERT INTO smartwf.runs (flow_id, flow, starter, actor, search_path, status, model, step)
	VALUES (:flow, 'ASK', 'regress_definer', 'regress_definer', '', 'waiting', '{}', NULL);
INSERT INTO smartwf.runs (id, flow_id, flow, starter, actor, search_path, status, model, step, due_at, by_worker) OVERRIDING SYSTEM VALUE
	VALUES (901, :flow, 'ASK', 'regress_definer', 'regress_definer', '', 'waiting', '{}', 'nowhere', '-infinity', true),
		(902, :flow, 'ASK', 'regress_definer', 'regress_definer', '', 'queued', '{}', 'nowhere', '-infinity', true),
		(903, 999, 'ASK', 'regress_definer', 'regress_definer', '', 'queued', '{}', 'ask', '-infinity', true),
		(904, :flow, 'ASK', 'regress_definer', 'regress_definer', '', 'waiting', '{}', 'set', '-infinity', true);
INSERT INTO smartwf.confirmations (id, run, step, field, options, users) OVERRIDING SYSTEM VALUE VALUES (1004, 901, 'nowhere', 'go', '{yes}', '{regress_definer}');
SELECT smartwf.answer_confirmation(1004, 'yes');
SELECT smartwf.answer_confirmation(1001, 'yes');
RESET ROLE;
INSERT INTO smartwf.runs (id, flow_id, flow, starter, actor, search_path, status, model, due_at, by_worker) OVERRIDING SYSTEM VALUE
	VALUES (905, :flow, 'ASK', 'regress_definer', 'regress_definer', '', 'waiting', '{}', '-infinity', true);
CALL smartwf.work();
SELECT smartwf.set_run_model(905, '{"a": 1}');
SELECT id, status FROM smartwf.runs WHERE id > 900 ORDER BY id;
DELETE FROM smartwf.runs WHERE id > 900;
SELECT smartwf.revoke_restore('regress_definer');
SELECT id, run FROM smartwf.confirmations WHERE id >= 1000 ORDER BY id;
SELECT confirmation FROM smartwf.answers ORDER BY 1;
SELECT count(*) FROM smartwf.run_steps WHERE number = 50;
DROP VIEW kept;
DROP FUNCTION forge;
DROP EXTENSION smartwf;
DROP ROLE regress_definer;
