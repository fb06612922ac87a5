-- Runs that are left to workers; work() does what these do.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
CREATE TABLE app.log (n serial, run bigint, who name, what text);
CREATE FUNCTION app.note(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.log (run, who, what) VALUES (run, current_user, model ->> 'name');
	IF model ->> 'name' = 'bad' AND NOT model ? 'mended' THEN RAISE EXCEPTION 'bad name'; END IF;
	RETURN NULL;
END $$;
SELECT smartwf.register_dataflow('note', 'app.note');
CREATE ROLE regress_smartwf_queuer;
SELECT smartwf.define_flow('{"name": "A", "start": [{"role": "regress_smartwf_queuer"}], "stages": [{"name": "s", "steps": [{"name": "note", "kind": "execute_data_flow", "settings": {"dataflow": "note"}},
 {"name": "mark", "kind": "update_model_field", "settings": {"field": "marked", "value": true}}]}]}');
SELECT smartwf.define_flow(replace(smartwf.flow_definition('A')::text, '"A"', '"B"')::jsonb);

SELECT smartwf.define_flow('{"name": "nap", "start": [{"role": "regress_smartwf_queuer"}], "stages": [{"name": "s", "steps": [{"name": "nap", "kind": "wait", "settings": {"duration": "1 hour"}}]}]}');
-- queued, then done, a row for each step; a key holds here as well
SELECT smartwf.enqueue_flow('A', model => '{"name": "one"}', key => 'k') = smartwf.enqueue_flow('A', key => 'k') AS same_run;
SELECT status, by_worker, priority, due_at <= smartwf.clock() AS is_due FROM smartwf.runs;
CALL smartwf.work();
SELECT status, due_at, model FROM smartwf.runs;
SELECT number, step, outcome FROM smartwf.run_steps ORDER BY number;
CALL smartwf.work();
SELECT count(*) FROM app.log;
-- the higher priority first, then flow by flow in turn, then by time
TRUNCATE app.log;
SELECT count(smartwf.enqueue_flow('A', model => jsonb_build_object('name', 'A' || g), priority => 1)) FROM generate_series(1, 4) g;
SELECT count(smartwf.enqueue_flow('B', model => jsonb_build_object('name', 'B' || g), priority => 1)) FROM generate_series(1, 2) g;
SELECT count(smartwf.enqueue_flow('B', model => '{"name": "first"}', priority => 2)), count(smartwf.enqueue_flow('A', model => '{"name": "last"}', priority => 0));
CALL smartwf.work();
SELECT (array_agg(what ORDER BY n))[1] AS first, (array_agg(what ORDER BY n))[8] AS last FROM app.log;
SELECT b.what, a.what FROM app.log a, app.log b WHERE (a.what, b.what) IN (('A2', 'B1'), ('A4', 'B2')) AND b.n < a.n ORDER BY 1;
-- not before its time
TRUNCATE app.log;
SELECT smartwf.enqueue_flow('A', model => '{"name": "later"}', at => now() + interval '1 hour') IS NOT NULL;
CALL smartwf.work();
SELECT count(*) FROM app.log;
SELECT smartwf.advance_clock('1 hour') > now() + interval '59 minutes' AS advanced;
CALL smartwf.work();
SELECT what FROM app.log;
SELECT smartwf.advance_clock(NULL) < now() + interval '1 minute' AS as_it_was;
-- a limit of one at a time does not hold up one at a time
TRUNCATE app.log;
UPDATE smartwf.flows SET max_runs = 1 WHERE name = 'A';
SELECT count(smartwf.enqueue_flow('A', model => jsonb_build_object('name', 'A' || g))) FROM generate_series(1, 30) g;
CALL smartwf.work();
SELECT count(*) FROM app.log;
-- what failed is listed with why, and restarted in bulk
SELECT count(smartwf.enqueue_flow('A', model => '{"name": "bad"}')) FROM generate_series(1, 3);
CALL smartwf.work();
SELECT status, step, attempt, sqlstate, message, due_at FROM smartwf.runs WHERE status = 'failed';
SELECT smartwf.restart_all('A', '%other%'), smartwf.restart_all('B'), smartwf.restart_all('A', 'bad%');
CALL smartwf.work();
SELECT count(*) FROM smartwf.runs WHERE status = 'failed';
UPDATE smartwf.runs SET model = model || '{"mended": true}' WHERE status = 'failed';
SELECT smartwf.restart_all('A');
CALL smartwf.work();
SELECT DISTINCT status FROM smartwf.runs;
-- queued runs can be cancelled, and started by hand
SELECT smartwf.cancel_run(smartwf.enqueue_flow('A', model => '{"name": "never"}'));
SELECT smartwf.restart_run(smartwf.enqueue_flow('A', model => '{"name": "by hand"}'));
CALL smartwf.work();
SELECT string_agg(what, ' ' ORDER BY n) FROM app.log WHERE what IN ('never', 'by hand');
-- between two of its steps a worker's run can be cancelled, but not by a step of its own
SELECT smartwf.enqueue_flow('A', model => '{"name": "between"}') AS run \gset
UPDATE smartwf.runs SET status = 'running' WHERE id = :run;
SELECT smartwf.restart_run(:run);
SELECT smartwf.cancel_run(:run);
CALL smartwf.work();
SELECT status, due_at, (SELECT count(*) FROM smartwf.run_steps s WHERE s.run = r.id) AS steps FROM smartwf.runs r WHERE id = :run;
CREATE FUNCTION app.suicide(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT to_jsonb(smartwf.cancel_run(run)) $$;
SELECT smartwf.register_dataflow('suicide', 'app.suicide');
SELECT smartwf.define_flow('{"name": "suicide", "stages": [{"name": "s", "steps": [{"name": "first", "kind": "update_model_field", "settings": {"field": "x", "value": 1}}, {"name": "suicide", "kind": "execute_data_flow", "settings": {"dataflow": "suicide"}}]}]}');
SELECT smartwf.enqueue_flow('suicide') AS run \gset
CALL smartwf.work();
SELECT status, step, replace(message, :'run', 'N') FROM smartwf.runs WHERE id = :run;
-- calls that are none
SELECT smartwf.enqueue_flow('NONE');
SELECT smartwf.enqueue_flow('A', model => '[]');
SELECT smartwf.restart_all(NULL);
CALL smartwf.work(-1);
CALL smartwf.work('NaN');
BEGIN;
CALL smartwf.work();
ROLLBACK;
DO $$ BEGIN CALL smartwf.work(); END $$;
CREATE FUNCTION app.work() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL smartwf.work(); END $$;
SELECT app.work();
-- who may: everybody may queue, administrators do the work
GRANT USAGE ON SCHEMA app TO regress_smartwf_queuer;
GRANT INSERT ON app.log TO regress_smartwf_queuer;
GRANT USAGE ON SEQUENCE app.log_n_seq TO regress_smartwf_queuer;
SET ROLE regress_smartwf_queuer;
SELECT smartwf.enqueue_flow('A', model => '{"name": "his"}') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.restart_all('A');
SELECT smartwf.advance_clock('1 year');
SELECT * FROM smartwf.workers;
RESET ROLE;
CALL smartwf.work();
SELECT who, what FROM app.log WHERE what = 'his';
-- a starter who is no more
SET ROLE regress_smartwf_queuer;
SELECT smartwf.enqueue_flow('A', model => '{"name": "gone"}') IS NOT NULL;
SELECT smartwf.start_flow('nap', model => '{"name": "gone"}') IS NOT NULL;
RESET ROLE;
DROP OWNED BY regress_smartwf_queuer;
DROP ROLE regress_smartwf_queuer;
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT status, step, message FROM smartwf.runs WHERE model ->> 'name' = 'gone' ORDER BY id;
SELECT step, outcome FROM smartwf.run_steps WHERE step = 'nap';
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
