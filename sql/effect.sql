-- Flows that a workflow starts: by a transition, or by the state that it leads to.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_smartwf_clerk;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE FUNCTION app.who(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('who', current_user) $$;
SELECT smartwf.register_dataflow('who', 'app.who');
SELECT smartwf.define_flow('{"name": "born", "stages": [{"name": "s", "steps": [{"name": "x", "kind": "update_model_field", "settings": {"field": "x", "value": 1}}]}]}');
SELECT smartwf.define_flow('{"name": "sent", "stages": [{"name": "s", "steps": [{"name": "who", "kind": "execute_data_flow", "settings": {"dataflow": "who"}},
 {"name": "on", "kind": "pass_transition", "settings": {"transition": "arrive", "comment": "by itself"}}]}]}');
SELECT '{"name": "LETTER", "label": "", "description": "", "locale": "", "states": [{"name": "draft", "label": "", "activity": "", "color": "", "initial": true, "flow": "born", "flowQueued": true},
  {"name": "sent", "label": "", "activity": "", "color": "", "initial": false}, {"name": "arrived", "label": "", "activity": "", "color": "", "initial": false, "flow": "unknown", "flowQueued": false}],
 "transitions": [
  {"name": "send", "label": "", "askComment": null, "arcs": [{"from": "draft", "to": "sent"}], "guard": null, "guardMessage": null, "m0": null, "m1": null, "m2": null, "m3": null,
   "parameters": [], "grants": [{"role": "regress_smartwf_clerk"}], "flow": "sent", "flowQueued": false},
  {"name": "arrive", "label": "", "askComment": null, "arcs": [{"from": "sent", "to": "arrived"}], "guard": null, "guardMessage": null, "m0": null, "m1": null, "m2": null, "m3": null,
   "parameters": [], "grants": []}], "translations": {}, "unsupported": []}' AS letter \gset
SET client_min_messages = notice;
SELECT smartwf.define_workflow(:'letter');
SET client_min_messages = error;
SELECT smartwf.workflow_definition('LETTER')::jsonb = :'letter'::jsonb AS round_trip_is_exact;
SELECT smartwf.define_workflow(smartwf.workflow_definition('LETTER')::jsonb) AS same_version;
CREATE TABLE letter (id int PRIMARY KEY, state text);
SELECT smartwf.attach('letter', 'LETTER');
GRANT SELECT, INSERT ON letter TO regress_smartwf_clerk;

-- born: a run waits in the queue; it can be started by hand
SET ROLE regress_smartwf_clerk;
INSERT INTO letter VALUES (1), (2);
SELECT flow, docid, status, starter, step FROM smartwf.runs ORDER BY id;
SELECT smartwf.restart_run(min(id)) FROM smartwf.runs;
-- sent: the flow runs at once, with the rights of whoever passes, though our own UPDATE runs as the owner;
-- what it cannot do fails the run, not the transition
SELECT smartwf.pass_transition('1', 'send') #>> '{state,id}';
SELECT flow, status, starter, smartwf.run_model(id) ->> 'who' AS who, step, sqlstate, message FROM smartwf.runs WHERE flow = 'sent';
SELECT state FROM letter WHERE id = 1;
RESET ROLE;
-- a flow that is not there refuses the transition
GRANT UPDATE ON letter TO regress_smartwf_clerk;
SET ROLE regress_smartwf_clerk;
SELECT smartwf.restart_run(id) FROM smartwf.runs WHERE flow = 'sent';
SELECT status, message FROM smartwf.runs WHERE flow = 'sent';
RESET ROLE;
SELECT smartwf.define_flow('{"name": "unknown", "stages": [{"name": "s", "steps": [{"name": "end", "kind": "finish"}]}]}');
SET ROLE regress_smartwf_clerk;
SELECT smartwf.pass_transition('2', 'send') #>> '{state,id}';
SELECT flow, docid, status FROM smartwf.runs WHERE docid = '2' ORDER BY id;
SELECT state FROM letter WHERE id = 2;
RESET ROLE;
SELECT revision, actor, transition, from_state, to_state, comment FROM smartwf.history WHERE docid = '2' ORDER BY revision;
-- who may write a letter, but not read it: his flow fails, not his letter; and goes on when he may
CREATE ROLE regress_smartwf_blind;
GRANT INSERT ON letter TO regress_smartwf_blind;
SET ROLE regress_smartwf_blind;
INSERT INTO letter VALUES (9);
SELECT flow, docid, status, step, sqlstate, message, smartwf.run_model(id) FROM smartwf.runs WHERE docid = '9';
RESET ROLE;
GRANT SELECT ON letter TO regress_smartwf_blind;
SET ROLE regress_smartwf_blind;
SELECT smartwf.restart_run(id) FROM smartwf.runs WHERE docid = '9';
RESET ROLE;
CALL smartwf.work();
SELECT status, model FROM smartwf.runs WHERE docid = '9';
-- what is undone was never started
BEGIN;
INSERT INTO letter VALUES (3);
ROLLBACK;
SELECT count(*) FROM smartwf.runs WHERE docid = '3';
-- the shape is frozen, flows are part of it
UPDATE smartwf.states SET flow = NULL WHERE name = 'draft';
DROP TABLE letter;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_clerk, regress_smartwf_blind;
