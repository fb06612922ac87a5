-- Who may start a flow, manage it and look into its runs; what operators do with runs.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_user;
CREATE ROLE regress_manager;
CREATE ROLE regress_stranger;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, secret text, state text);
SELECT smartwf.attach('app.doc', 'W');
GRANT SELECT, INSERT, UPDATE ON app.doc TO regress_user;
GRANT SELECT (id) ON app.doc TO regress_stranger;
INSERT INTO app.doc VALUES (1, 'treasure'), (2, 'treasure');

-- a flow of documents is for those who see the document; one of free JSON for administrators; grants say otherwise
SELECT smartwf.define_flow('{"name": "doc", "structure": "doc", "restrictAccess": false, "stages": [{"name": "s", "steps": [{"name": "mark", "kind": "update_model_field", "settings": {"field": "secret", "value": "x"}}, {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "secret", "options": ["y"], "users": ["regress_user"]}}]}]}');
SELECT smartwf.define_flow('{"name": "free", "stages": [{"name": "s", "steps": [{"name": "x", "kind": "finish"}]}]}');
SELECT smartwf.define_flow('{"name": "granted", "start": [{"role": "regress_user"}], "managers": [{"role": "regress_manager"}], "grants": [{"role": "regress_stranger"}],
 "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "a", "options": ["y"], "users": ["regress_user"]}}, {"name": "b", "kind": "update_model_field", "settings": {"field": "b", "source": "a"}}]}]}');
SET ROLE regress_user;
SELECT smartwf.start_flow('doc', '1') AS doc_run \gset
SELECT smartwf.start_flow('doc') IS NULL;
SELECT smartwf.start_flow('free') IS NULL;
SELECT smartwf.enqueue_flow('free') IS NULL;
SELECT smartwf.start_flow('granted', model => '{"n": 1}') AS run \gset
SET ROLE regress_stranger;
SELECT smartwf.start_flow('granted') IS NULL;
-- the model is for those who may read the document; the rest of the run is for its readers
SELECT flow, status FROM smartwf.runs ORDER BY id;
SELECT model FROM smartwf.runs;
SELECT base FROM smartwf.runs;
SELECT changes FROM smartwf.run_steps;
SELECT smartwf.run_model(:doc_run), smartwf.run_model(:run);
SELECT flow, model FROM smartwf_api.runs ORDER BY run;
SELECT position('treasure' IN smartwf.run_document(:doc_run)::text), position('"x"' IN smartwf.run_document(:doc_run)::text);
SET ROLE regress_user;
SELECT smartwf.run_model(:doc_run), smartwf.run_model(:run);
SELECT position('"x"' IN smartwf.run_document(:doc_run)::text) > 0;

-- a key is its starter's own
RESET ROLE;
INSERT INTO smartwf.flow_grants (flow_id, privilege, role) SELECT id, 'start', 'regress_stranger' FROM smartwf.flows WHERE name = 'granted';
SET ROLE regress_stranger;
SELECT smartwf.start_flow('granted', model => '{"forged": true}', key => 'k') AS his \gset
SET ROLE regress_user;
SELECT smartwf.start_flow('granted', model => '{}', key => 'k') AS mine \gset
SELECT :his <> :mine AS two_runs, smartwf.start_flow('granted', key => 'k') = :mine AS same_again;
-- priorities
SELECT smartwf.enqueue_flow('granted', priority => 10);
SELECT smartwf.enqueue_flow('granted', priority => -1);

-- managers: they skip, correct, pause; others do not
SELECT smartwf.skip_step(:run);
SELECT smartwf.set_run_model(:run, '{}');
SELECT smartwf.pause_flow('granted');
RESET ROLE;
INSERT INTO smartwf.flow_grants (flow_id, privilege, role) SELECT id, 'manage', 'regress_manager' FROM smartwf.flows WHERE name = 'doc';
SET ROLE regress_manager;
-- who manages a flow does not see its documents for that
SELECT smartwf.set_run_model(:doc_run, '{"id": 1}');
SELECT smartwf.set_run_model(:run, '{"a": "corrected", "extra": 1}');
SELECT smartwf.set_run_model(:run, '[]');
SELECT smartwf.set_run_model(:run, NULL);
SELECT smartwf.skip_step(:run);
SELECT smartwf.skip_step(:run);
SELECT smartwf.set_run_model(:run, '{}');
RESET ROLE;
SELECT status, model FROM smartwf.runs WHERE id = :run;
SELECT number, step, outcome, changes, message FROM smartwf.run_steps WHERE run = :run ORDER BY number;
SELECT smartwf.run_document(:run) #>> '{stages,0,steps,0,status}';
SELECT status FROM smartwf.confirmations WHERE run = :run;
-- what failed can be corrected, and goes on
SELECT smartwf.define_flow('{"name": "fails", "managers": [{"role": "regress_manager"}], "stages": [{"name": "s", "steps": [{"name": "wait", "kind": "wait", "settings": {"until": "when"}}, {"name": "end", "kind": "finish"}]}]}');
SELECT smartwf.start_flow('fails', model => '{"when": "never"}') AS bad \gset
SELECT status FROM smartwf.runs WHERE id = :bad;
SET ROLE regress_manager;
SELECT smartwf.set_run_model(:bad, '{"when": "2000-01-01"}');
SELECT smartwf.restart_run(:bad);
RESET ROLE;
-- a date that is corrected moves the wait
SELECT smartwf.start_flow('fails', model => '{"when": "2999-01-01"}') AS late \gset
SELECT smartwf.set_run_model(:late, '{"when": "2000-01-01"}') IS NOT NULL;
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :late;

-- paused: nothing goes on, whoever starts, answers or works
SET ROLE regress_manager;
SELECT smartwf.pause_flow('granted');
SELECT smartwf.pause_flow('nothing');
SET ROLE regress_user;
SELECT smartwf.start_flow('granted') AS held \gset
SELECT smartwf.answer_confirmation(id, 'y') FROM smartwf.confirmations WHERE run = :mine;
RESET ROLE;
CALL smartwf.work();
SELECT id = :held AS held, status FROM smartwf.runs WHERE id IN (:held, :mine) ORDER BY id;
SELECT name, is_paused FROM smartwf.flows WHERE name = 'granted';
-- the next version is paused as well
SELECT smartwf.define_flow((smartwf.flow_definition('granted')::jsonb || '{"label": "next"}'));
SELECT version, is_paused FROM smartwf.flows WHERE name = 'granted' ORDER BY version;
SELECT smartwf.resume_flow('granted');
CALL smartwf.work();
SELECT id = :held AS held, status FROM smartwf.runs WHERE id IN (:held, :mine) ORDER BY id;
-- so does a limit of none
UPDATE smartwf.flows SET max_runs = 0 WHERE name = 'free';
SELECT smartwf.start_flow('free') AS none \gset
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :none;
UPDATE smartwf.flows SET max_runs = 1 WHERE name = 'free';
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :none;
-- a workflow starts a flow for whoever passes its transition
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true, "flow": "granted"}]}');
SET ROLE regress_user;
INSERT INTO app.doc VALUES (3, 'x');
RESET ROLE;
SELECT flow, status FROM smartwf.runs WHERE docid = '3';
-- of runs that one does not see there are none
SET ROLE regress_stranger;
SELECT smartwf.cancel_run(:none);
SELECT smartwf.skip_step(:none);
RESET ROLE;
-- a document that comes by the name of one that is gone does not show what that was
SELECT smartwf.start_flow('doc', '2') AS old \gset
DELETE FROM app.doc WHERE id = 2;
SET ROLE regress_user;
INSERT INTO app.doc VALUES (2, 'mine');
SELECT smartwf.run_model(:old) IS NULL AS hidden;
RESET ROLE;
-- drafts are dropped and published once, whatever else is written
SELECT smartwf.draft_flow('doc') IS NOT NULL;
SELECT smartwf.pause_flow('free');
SELECT smartwf.discard_flow('doc');
SELECT smartwf.draft_flow('doc') IS NOT NULL;
SELECT smartwf.resume_flow('free');
SELECT smartwf.publish_flow('doc');
-- a step that takes too long, or waits for a lock, in CALL work()
CREATE FUNCTION app.sleep(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
SELECT smartwf.register_dataflow('sleep', 'app.sleep');
SELECT smartwf.define_flow('{"name": "slow", "stages": [{"name": "s", "steps": [{"name": "sleep", "kind": "execute_data_flow", "settings": {"dataflow": "sleep", "timeout": "100 milliseconds"}}]}]}');
SELECT smartwf.enqueue_flow('slow') AS slow \gset
CALL smartwf.work();
SELECT status, sqlstate, replace(message, :'slow', 'N') FROM smartwf.runs WHERE id = :slow;
SELECT smartwf.define_flow('{"name": "slow", "stages": [{"name": "s", "steps": [{"name": "sleep", "kind": "execute_data_flow", "settings": {"dataflow": "sleep", "timeout": "soon"}}, {"name": "x", "kind": "finish", "settings": {"timeout": "0"}}]}]}');
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_user, regress_manager, regress_stranger;
