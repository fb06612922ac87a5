-- Workers at work: queued flows, a failure that is tried again, a worker that is ended, a timer.
\set QUIET on
\set VERBOSITY terse
SET client_min_messages = warning;
\pset border 0
\pset footer off
CREATE EXTENSION smartwf;
CREATE SCHEMA app;
CREATE TABLE app.booking (run bigint, title text);
CREATE TABLE app.outage (until timestamptz);
CREATE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM app.outage WHERE until > clock_timestamp()) THEN RAISE EXCEPTION 'the ledger does not answer'; END IF;
	PERFORM pg_sleep(0.3);
	INSERT INTO app.booking VALUES (run, model ->> 'title');
	RETURN '{"booked": true}';
END $$;
SELECT smartwf.register_dataflow('book', 'app.book') \gset
SELECT smartwf.define_flow('{"name": "book", "stages": [{"name": "s", "steps": [
 {"name": "book", "kind": "execute_data_flow", "settings": {"dataflow": "book"}, "failure": {"retries": 5, "backoff": "1 second"}},
 {"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["clerk"], "message": "{{title}} is booked"}}]}]}') AS version \gset

\echo '1. Two workers wait, and a third for deliveries:'
SELECT pg_sleep(0.5) \gset
SELECT work, state FROM smartwf.workers ORDER BY 1;
\echo '2. Four flows are queued, the last with a higher priority. A quarter of a second later:'
SELECT count(smartwf.enqueue_flow('book', model => jsonb_build_object('title', title))) FROM unnest(ARRAY['paper', 'ink', 'type']) title \gset
SELECT smartwf.enqueue_flow('book', model => '{"title": "press"}', priority => 1) AS run \gset
SELECT pg_sleep(0.25) \gset
SELECT doing FROM smartwf.workers WHERE state = 'working' ORDER BY 1;
\echo '   And when they are done:'
SELECT pg_sleep(1.5) \gset
SELECT r.id, r.model ->> 'title' AS title, r.status, s.number AS n, s.step, s.outcome FROM smartwf.runs r JOIN smartwf.run_steps s ON s.run = r.id ORDER BY s.started_at;
\echo '3. The ledger is out of order for two seconds. The step is tried again, at growing intervals:'
INSERT INTO app.outage VALUES (now() + interval '2 seconds');
SELECT smartwf.enqueue_flow('book', model => '{"title": "glue"}') AS run \gset
SELECT pg_sleep(6) \gset
SELECT number AS n, step, attempt AS try, outcome, coalesce(message, '') AS message FROM smartwf.run_steps WHERE run = :run ORDER BY number;
\echo '4. All workers are ended in the middle of a step. New ones come, and it is done, once:'
SELECT smartwf.enqueue_flow('book', model => '{"title": "lamp"}') AS run \gset
SELECT pg_sleep(0.15) \gset
SELECT count(pg_terminate_backend(pid)) AS ended FROM smartwf.workers WHERE state = 'working' \gset
SELECT pg_sleep(7) \gset
SELECT r.status, (SELECT count(*) FROM app.booking b WHERE b.run = r.id) AS bookings FROM smartwf.runs r WHERE r.id = :run;
\echo '5. A claim expires a month after it was due. What is due when:'
SELECT smartwf.define_workflow('{"name": "CLAIM", "states": [{"name": "open", "initial": true, "timer": "deadline"}, {"name": "expired"}],
 "transitions": [{"name": "expire", "arcs": [{"from": "open", "to": "expired"}]}],
 "timers": [{"name": "deadline", "column": "due_on", "tasks": [
  {"delta": "-3 days", "kind": "send_notification", "settings": {"channel": "mail", "users": ["clerk"], "message": "{{title}} is due in three days"}},
  {"delta": "1 month", "kind": "go_to_state", "settings": {"state": "expired"}}]}]}') AS version \gset
CREATE TABLE claim (id int PRIMARY KEY, title text, due_on date, state text);
SELECT smartwf.attach('claim', 'CLAIM') \gset
INSERT INTO claim VALUES (1, 'hail', current_date + 10);
SELECT docid, kind, due_at::date - current_date AS days FROM smartwf.timers ORDER BY due_at;
\echo '   The clock of this session goes forward by fifty days, and it does the workers'' work:'
SELECT smartwf.advance_clock('50 days') \gset
CALL smartwf.work();
SELECT state, (SELECT actor || ' by ' || transition FROM smartwf.history WHERE docid = '1' ORDER BY revision DESC LIMIT 1) AS moved FROM claim;
SELECT body FROM smartwf.notifications WHERE run IS NULL;
\echo '6. How it goes:'
SELECT metric, label, round(value::numeric, 2) AS value FROM smartwf.metrics WHERE value > 0 ORDER BY 1, 2;
