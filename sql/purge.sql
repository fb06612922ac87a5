-- Doing away with what is over, and how it goes.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
CREATE FUNCTION app.fail(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT (model ->> 'x')::jsonb $$;
SELECT smartwf.register_dataflow('fail', 'app.fail');
SELECT smartwf.define_flow('{"name": "ok", "stages": [{"name": "s", "steps": [{"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["a"], "message": "m"}}]}]}');
SELECT smartwf.define_flow('{"name": "bad", "stages": [{"name": "s", "steps": [{"name": "fail", "kind": "execute_data_flow", "settings": {"dataflow": "fail"}}]}]}');
SELECT smartwf.define_flow('{"name": "ask", "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "f", "options": ["y"], "users": ["a"]}}]}]}');
SELECT smartwf.define_flow('{"name": "push", "stages": [{"name": "s", "steps": [{"name": "push", "kind": "send_notification", "settings": {"channel": "smtp", "users": ["a", "b"], "message": "m"}}]}]}');
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true}, {"name": "b"}], "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, state text);
SELECT smartwf.attach('app.doc', 'W');
INSERT INTO app.doc VALUES (1), (2);
UPDATE app.doc SET state = 'b';
UPDATE app.doc SET state = 'a' WHERE id = 1;
DELETE FROM app.doc WHERE id = 2;
SELECT count(smartwf.start_flow('ok')) FROM generate_series(1, 1100);
SELECT count(smartwf.start_flow('bad', model => '{"x": "{"}')), count(smartwf.start_flow('ask')), count(smartwf.start_flow('push')), count(smartwf.cancel_run(smartwf.enqueue_flow('ok'))), count(smartwf.enqueue_flow('ok')) FROM generate_series(1, 2);
CREATE VIEW app.left AS
	SELECT 'run ' || status AS what, count(*) FROM smartwf.runs GROUP BY status UNION ALL SELECT 'step ' || outcome, count(*) FROM smartwf.run_steps GROUP BY outcome
	UNION ALL SELECT 'notification ' || channel || ' ' || status, count(*) FROM smartwf.notifications GROUP BY channel, status
	UNION ALL SELECT 'history ' || docid, count(*) FROM smartwf.history GROUP BY docid UNION ALL SELECT 'element ' || docid, 1 FROM smartwf.elements ORDER BY 1;
SELECT * FROM app.left;
-- how it goes
SELECT metric, label, value FROM smartwf.metrics WHERE metric NOT LIKE '%second%' ORDER BY 1, 2;
SELECT metric, value BETWEEN 1 AND 600 AS is_measured FROM smartwf.metrics WHERE metric IN ('steps_per_second') ORDER BY 1;
SELECT metric, label, value > 0 AND value < 600 AS is_measured FROM smartwf.metrics WHERE metric IN ('queue_age_seconds', 'delivery_lag_seconds', 'oldest_confirmation_seconds', 'failed_steps_per_second') ORDER BY 1, 2;
-- nothing is as old as that
CALL smartwf.purge('1 hour');
SELECT count(*) FROM smartwf.runs;
-- what is not over stays, what failed stays unless asked, history stays unless asked
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.purge('1 hour');
SELECT * FROM app.left;
CALL smartwf.purge('1 hour', keep_failed => false);
SELECT what FROM app.left WHERE what LIKE '%failed';
CALL smartwf.purge('1 hour', with_history => true);
SELECT * FROM app.left WHERE what LIKE 'history%' OR what LIKE 'element%';
UPDATE app.doc SET state = 'b';
SELECT revision, to_state FROM smartwf.history ORDER BY revision;
-- a version with runs stays
DELETE FROM smartwf.flows WHERE name = 'ask';
DELETE FROM smartwf.flows WHERE name = 'ok' AND NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.flow_id = id);
-- calls that are none
CALL smartwf.purge(NULL);
CALL smartwf.purge('-1 hour');
BEGIN;
CALL smartwf.purge('1 hour');
ROLLBACK;
CREATE ROLE regress_smartwf_purger;
SET ROLE regress_smartwf_purger;
CALL smartwf.purge('1 hour');
SELECT smartwf.deliver_again();
SELECT count(*) FROM smartwf.metrics;
RESET ROLE;
GRANT pg_monitor TO regress_smartwf_purger;
SET ROLE regress_smartwf_purger;
SELECT value FROM smartwf.metrics WHERE metric = 'runs' AND label = 'waiting';
RESET ROLE;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_purger;
