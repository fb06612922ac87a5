-- What flows know of their documents, templates and failures, and what the checker knows of flows.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true}, {"name": "b"}], "transitions": [{"name": "go", "arcs": [{"from": "a", "to": "b"}]}]}');
CREATE TYPE app.answer AS ENUM ('yes', 'no');
CREATE TABLE app.doc (id int PRIMARY KEY, title text, answer app.answer, due timestamptz, day date, ok boolean, state text);
SELECT smartwf.attach('app.doc', 'W');
INSERT INTO app.doc SELECT g, 'title ' || g FROM generate_series(1, 20) g;
CREATE ROLE regress_one LOGIN;

-- the checker: transitions, quorum, values that a field cannot hold, fields that the flow declares, templates
CREATE FUNCTION faults(definition jsonb) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', f.severity, f.code, f.object || ':', f.message) FROM smartwf.flow_faults(definition) f $$;
CREATE FUNCTION flow(steps jsonb, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('name', 'f', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps', steps))) || more $$;
SELECT faults(flow('[{"name": "p", "kind": "pass_transition", "settings": {"transition": "fly"}},
 {"name": "q", "kind": "get_user_confirmation", "settings": {"field": "answer", "options": ["yes", "maybe"], "users": ["a", "b"], "answersNeeded": 3}},
 {"name": "q1", "kind": "get_user_confirmation", "settings": {"field": "ok", "options": ["true"], "users": ["regress_one", "a"], "answersNeeded": 3}},
 {"name": "q2", "kind": "get_user_confirmation", "settings": {"field": "ok", "users": ["pg_monitor", "pg_monitor"], "answersNeeded": 3}},
 {"name": "u", "kind": "update_model_field", "settings": {"field": "answer", "value": "perhaps"}},
 {"name": "i", "kind": "if_condition", "settings": {"field": "ok", "operator": "equal", "value": "sure"}, "else": [{"name": "back", "kind": "reset_to_draft"}]},
 {"name": "w", "kind": "switch_case", "settings": {"field": "answer"}, "cases": {"yes": [], "never": []}}]', '{"structure": "doc"}'));
SELECT faults(flow('[{"name": "u", "kind": "update_model_field", "settings": {"field": "b", "source": "c"}}, {"name": "v", "kind": "update_model_field", "settings": {"field": "pick", "value": "z"}},
 {"name": "m", "kind": "send_notification", "settings": {"channel": "mail", "users": ["x"], "message": "{{a.b}} {{gone}}"}}]',
 '{"model": {"fields": [{"name": "a", "type": "object"}, {"name": "pick", "options": ["x", "y"]}]}}'));
SELECT faults(flow('[{"name": "x", "kind": "finish"}]', '{"model": {"fields": [{"name": "a", "type": "date"}, {"name": "a"}, {"nome": "b"}, 3, {"name": "c", "options": [1]}]}}'));
SELECT faults(flow('[{"name": "x", "kind": "finish"}]', '{"model": {}, "structure": "doc", "start": [{"rule": 1}], "managers": {}}'));
SELECT smartwf.define_flow(flow('[{"name": "i", "kind": "if_condition", "settings": {"field": "ok", "operator": "equal", "value": true}, "else": [{"name": "back", "kind": "reset_to_draft"}]}]', '{"name": "back", "structure": "doc"}'));
SELECT smartwf.start_flow('back', '1') AS run \gset
SELECT status, step FROM smartwf.runs WHERE id = :run;
SELECT smartwf.define_flow(flow('[{"name": "x", "kind": "finish"}]', '{"name": "declares", "model": {"fields": [{"name": "a", "label": "A", "type": "number"}]}}'));
SELECT smartwf.flow_definition('declares') -> 'model';

-- templates say what they need
INSERT INTO smartwf.templates (name, text_body, properties) VALUES ('bad', 'x', '[{"nome": "a"}, 3, {"name": "b", "needed": "yes"}]');
INSERT INTO smartwf.templates (name, subject, text_body, properties) VALUES ('reminder', 'About {{title}}', 'Dear {{who}}, {{note}}', '[{"name": "who", "label": "Recipient", "needed": true}, {"name": "title", "needed": true}, {"name": "note"}]');
SELECT faults(flow('[{"name": "t", "kind": "send_templated_notification", "settings": {"channel": "mail", "users": ["x"], "template": "reminder", "properties": {"whom": "title"}}}]', '{"structure": "doc"}'));
SELECT smartwf.define_flow(flow('[{"name": "t", "kind": "send_templated_notification", "settings": {"channel": "mail", "users": ["x"], "template": "reminder", "properties": {"who": "title"}}}]', '{"name": "remind", "structure": "doc"}'));
SELECT smartwf.start_flow('remind', '2') IS NOT NULL;
SELECT subject, body FROM smartwf.notifications;

-- the failure branch can tell of the error; nothing else can
CREATE FUNCTION app.fail(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the printer is out of paper' USING ERRCODE = 'P0042'; END $$;
SELECT smartwf.register_dataflow('fail', 'app.fail');
SELECT smartwf.define_flow(flow('[{"name": "print", "kind": "execute_data_flow", "settings": {"dataflow": "fail"}, "failure": {"then": "branch", "steps": [
  {"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["admin"], "subject": "{{error.step}}", "message": "{{error.sqlstate}}: {{error.message}}"}},
  {"name": "keep", "kind": "update_model_field", "settings": {"field": "why", "source": "error.message"}}]}},
 {"name": "after", "kind": "send_notification", "settings": {"channel": "mail", "users": ["admin"], "subject": "after", "message": "[{{error.message}}]"}}]', '{"name": "branch"}'));
SELECT smartwf.start_flow('branch') AS run \gset
SELECT subject, body FROM smartwf.notifications WHERE recipient = 'admin' ORDER BY id;
SELECT status, message, model FROM smartwf.runs WHERE id = :run;
DELETE FROM smartwf.notifications;
SELECT smartwf.enqueue_flow('branch') AS run \gset
CALL smartwf.work();
SELECT subject, body FROM smartwf.notifications WHERE recipient = 'admin' ORDER BY id;
SELECT status, message, model FROM smartwf.runs WHERE id = :run;

-- within the branch, another failure is not taken for the one that it deals with
SELECT smartwf.define_flow(flow('[{"name": "print", "kind": "execute_data_flow", "settings": {"dataflow": "fail"}, "failure": {"then": "branch", "steps": [
  {"name": "again", "kind": "update_model_field", "settings": {"field": "a.b", "source": "error.sqlstate"}},
  {"name": "bad", "kind": "send_notification", "settings": {"channel": "mail", "userField": "nobody", "message": "x"}, "failure": {"then": "skip"}},
  {"name": "keep", "kind": "update_model_field", "settings": {"field": "why", "source": "error.message"}}]}}]', '{"name": "nested"}'));
SELECT smartwf.enqueue_flow('nested') AS run \gset
CALL smartwf.work();
SELECT status, message, model FROM smartwf.runs WHERE id = :run;
-- what follows a wait is a step of its own: it fails by its own name and policy
CREATE FUNCTION app.slow(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; END $$;
SELECT smartwf.register_dataflow('slow', 'app.slow');
SELECT smartwf.define_flow(flow('[{"name": "nap", "kind": "wait", "settings": {"duration": "0.01 seconds"}}, {"name": "slow", "kind": "execute_data_flow", "settings": {"dataflow": "slow", "timeout": "50 milliseconds"}, "failure": {"then": "skip"}}]', '{"name": "napping"}'));
SELECT smartwf.enqueue_flow('napping') AS run \gset
CALL smartwf.work(1);
SELECT status FROM smartwf.runs WHERE id = :run;
SELECT step, outcome, sqlstate FROM smartwf.run_steps WHERE run = :run ORDER BY number;
-- a draft does not stop what is published
SELECT smartwf.draft_flow('nested') IS NOT NULL, smartwf.update_flow('nested', '{"maxRuns": 0}') IS NOT NULL;
SELECT smartwf.enqueue_flow('nested') AS run \gset
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :run;
SELECT smartwf.discard_flow('nested');

-- a date that changes moves the wait, earlier and later; an emptied one fails it
SELECT smartwf.define_flow(flow('[{"name": "wait", "kind": "wait", "settings": {"until": "due"}}, {"name": "mark", "kind": "update_model_field", "settings": {"field": "title", "value": "waited"}}]', '{"name": "wait", "structure": "doc"}'));
UPDATE app.doc SET due = now() + '1 day' WHERE id IN (3, 4, 5);
SELECT smartwf.start_flow('wait', '3') AS earlier, smartwf.start_flow('wait', '4') AS later, smartwf.start_flow('wait', '5') AS never \gset
UPDATE app.doc SET due = now() - interval '1 hour' WHERE id = 3;
UPDATE app.doc SET due = now() + interval '10 days' WHERE id = 4;
UPDATE app.doc SET due = NULL WHERE id = 5;
CALL smartwf.work();
SELECT docid, status, step, message FROM smartwf.runs WHERE flow = 'wait' ORDER BY docid;
SELECT due_at > now() + interval '9 days' FROM smartwf.runs WHERE id = :later;
SELECT smartwf.advance_clock('2 days') IS NOT NULL;
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :later;
SELECT smartwf.advance_clock('9 days') IS NOT NULL;
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :later;
SELECT smartwf.advance_clock(NULL) IS NOT NULL;

-- with its document a run ends, and what it asks: by DELETE, by TRUNCATE, with the table
SELECT smartwf.define_flow(flow('[{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "answer", "users": ["regress_one"]}}, {"name": "save", "kind": "update_model"}]', '{"name": "ask", "structure": "doc"}'));
SELECT smartwf.start_flow('ask', '6') AS run \gset
DELETE FROM app.doc WHERE id = 6;
SELECT r.status, r.message, c.status, s.outcome FROM smartwf.runs r JOIN smartwf.confirmations c ON c.run = r.id JOIN smartwf.run_steps s ON s.run = r.id WHERE r.id = :run;
BEGIN;
SELECT smartwf.start_flow('ask', '7') AS run \gset
DELETE FROM app.doc WHERE id = 7;
COMMIT;
SELECT status FROM smartwf.runs WHERE id = :run;
CREATE TABLE app.other (id int PRIMARY KEY, answer app.answer, state text);
SELECT smartwf.attach('app.other', 'W', docid_prefix => 'o');
INSERT INTO app.other VALUES (1), (2);
SELECT smartwf.define_flow(flow('[{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "answer", "users": ["regress_one"]}}]', '{"name": "ask_other", "structure": "other"}'));
SELECT smartwf.start_flow('ask_other', 'o1') AS run \gset
TRUNCATE app.other;
SELECT status FROM smartwf.runs WHERE id = :run;
INSERT INTO app.other VALUES (3);
SELECT smartwf.start_flow('ask_other', 'o3') AS run \gset
DROP TABLE app.other;
SELECT status FROM smartwf.runs WHERE id = :run;
SET ROLE regress_one;
SELECT count(*) FROM smartwf.inbox;
RESET ROLE;

-- a column that is renamed or gone while a question waits: the answer is not lost without a word
SELECT smartwf.start_flow('ask', '8') AS run \gset
ALTER TABLE app.doc RENAME answer TO decision;
SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations WHERE run = :run;
SELECT status, step, sqlstate, message FROM smartwf.runs WHERE id = :run;
ALTER TABLE app.doc RENAME decision TO answer;
SELECT smartwf.restart_run(:run);
SELECT answer FROM app.doc WHERE id = 8;

-- a dataflow that updates its own document is no stranger to it; somebody else is
CREATE FUNCTION app.retitle(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN
	UPDATE app.doc SET title = 'by the flow' WHERE id = (model ->> 'id')::int; RETURN '{"answer": "no"}'; END $$;
SELECT smartwf.register_dataflow('retitle', 'app.retitle');
SELECT smartwf.define_flow(flow('[{"name": "do", "kind": "execute_data_flow", "settings": {"dataflow": "retitle"}}, {"name": "save", "kind": "update_model"}]', '{"name": "own", "structure": "doc"}'));
SELECT smartwf.start_flow('own', '9') AS run \gset
SELECT status, message FROM smartwf.runs WHERE id = :run;
SELECT title, answer FROM app.doc WHERE id = 9;
SELECT smartwf.define_flow(flow('[{"name": "set", "kind": "update_model_field", "settings": {"field": "title", "value": "by the model"}}, {"name": "do", "kind": "execute_data_flow", "settings": {"dataflow": "retitle"}}, {"name": "save", "kind": "update_model"}]', '{"name": "collide", "structure": "doc"}'));
SELECT smartwf.start_flow('collide', '10') AS run \gset
SELECT status, step, sqlstate FROM smartwf.runs WHERE id = :run;
SELECT title FROM app.doc WHERE id = 10;

-- one that deletes its own document has done so
CREATE FUNCTION app.remove(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN DELETE FROM app.doc WHERE id = (model ->> 'id')::int; RETURN NULL; END $$;
SELECT smartwf.register_dataflow('remove', 'app.remove');
SELECT smartwf.define_flow(flow('[{"name": "remove", "kind": "execute_data_flow", "settings": {"dataflow": "remove"}}, {"name": "save", "kind": "update_model_field", "settings": {"field": "title", "value": "x"}}, {"name": "and", "kind": "update_model"}]', '{"name": "remove", "structure": "doc"}'));
SELECT smartwf.start_flow('remove', '11') AS run \gset
SELECT status, step FROM smartwf.runs WHERE id = :run;
SELECT count(*) FROM app.doc WHERE id = 11;
-- a run whose flow is gone does not stand in the way of its document
SELECT smartwf.start_flow('ask', '12') AS run \gset
UPDATE smartwf.runs SET flow_id = -1 WHERE id = :run;
DELETE FROM app.doc WHERE id = 12;
SELECT count(*) FROM app.doc WHERE id = 12;
DELETE FROM smartwf.runs WHERE id = :run;

-- the builder changes what a flow says beside its stages
SELECT smartwf.draft_flow('new') IS NOT NULL;
SELECT smartwf.update_flow('new', '{"label": "New", "structure": "doc", "restrictAccess": false, "runAs": "starter", "maxRuns": 0, "grants": [{"role": "regress_one"}], "start": [{"role": "regress_one"}], "managers": [{"role": "regress_one"}]}') -> 'definition';
SELECT smartwf.update_flow('new', '{"name": "newer", "maxRuns": null, "grants": [], "structure": "", "model": {"fields": [{"name": "a"}]}}') ->> 'definition';
SELECT smartwf.update_flow('new', '{}');
SELECT smartwf.update_flow('newer', '{"name": "1x", "label": 3, "colour": "red", "maxRuns": -1}');
\set VERBOSITY default
SELECT smartwf.update_flow('newer', '{"name": "1x", "label": 3, "colour": "red", "maxRuns": -1, "runAs": "root", "grants": [{"rule": 1}]}');
\set VERBOSITY terse
SELECT smartwf.update_flow('newer', '{"stages": []}');
SELECT smartwf.update_flow('newer', '[]');
SELECT smartwf.draft_flow('back') IS NOT NULL;
SELECT smartwf.update_flow('back', '{"name": "newer"}');
SELECT smartwf.update_flow('back', '{"structure": "nothing"}') -> 'faults';
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP FUNCTION faults, flow;
DROP ROLE regress_one;
