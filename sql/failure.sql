-- What happens when a step fails: retries, and what then; waits and answers that do not come.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
-- fails as often as the model says
CREATE TABLE app.tries (run bigint, at timestamptz);
CREATE FUNCTION app.try(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT count(*) FROM smartwf.run_steps s WHERE s.run = try.run AND outcome = 'failed') < (model ->> 'failures')::int THEN
		INSERT INTO app.tries VALUES (run, now());
		RAISE EXCEPTION 'try again' USING ERRCODE = coalesce(model ->> 'sqlstate', 'P0001');
	END IF;
	RETURN '{"done": true}';
END $$;
SELECT smartwf.register_dataflow('try', 'app.try');
CREATE FUNCTION app.flow(name text, failure text) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_flow(format('{"name": "%s", "stages": [{"name": "s", "steps": [
	 {"name": "try", "kind": "execute_data_flow", "settings": {"dataflow": "try"}%s},
	 {"name": "after", "kind": "update_model_field", "settings": {"field": "after", "value": true}}]}]}', name, failure)::jsonb) $$;
SELECT app.flow('fails', ''), app.flow('skips', ', "failure": {"then": "skip"}'),
	app.flow('retries', ', "failure": {"retries": 3, "backoff": "10 seconds", "maximumBackoff": "30 seconds"}'),
	app.flow('branches', ', "failure": {"retries": 1, "backoff": "1 second", "then": "branch", "steps": [{"name": "tell", "kind": "update_model_field", "settings": {"field": "told", "value": true}}]}'),
	app.flow('ends', ', "failure": {"then": "branch", "steps": [{"name": "tell", "kind": "update_model_field", "settings": {"field": "told", "value": true}}, {"name": "end", "kind": "finish"}]}');
CREATE VIEW app.runs AS SELECT flow, status, step, attempt, sqlstate, message, model - 'failures' - 'sqlstate' AS model FROM smartwf.runs ORDER BY id;

-- in the session that starts them
SELECT smartwf.start_flow(f, model => '{"failures": 9}') IS NOT NULL FROM unnest(ARRAY['fails', 'skips', 'ends']) f;
SELECT * FROM app.runs;
-- what a failed attempt did is gone
SELECT count(*) FROM app.tries;
-- a retry is a worker's to do, whoever started the run
SELECT smartwf.start_flow('retries', model => '{"failures": 2}') AS run \gset
SELECT * FROM app.runs WHERE flow = 'retries';
CALL smartwf.work();
SELECT * FROM app.runs WHERE flow = 'retries';
SELECT due_at - changed_at BETWEEN '4.9 seconds' AND '10.1 seconds' AS within_backoff FROM smartwf.runs WHERE id = :run;
SELECT smartwf.advance_clock('10.2 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT attempt, due_at - changed_at - interval '10.2 seconds' BETWEEN '9.9 seconds' AND '20.1 seconds' AS twice_as_long FROM smartwf.runs WHERE id = :run;
SELECT smartwf.advance_clock('20.2 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT * FROM app.runs WHERE flow = 'retries';
SELECT number, step, attempt, outcome, message FROM smartwf.run_steps WHERE run = :run ORDER BY number;
-- the longest pause, and the end of patience
SELECT smartwf.enqueue_flow('retries', model => '{"failures": 9}') AS run \gset
CALL smartwf.work();
SELECT smartwf.advance_clock('11 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock('21 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT attempt, due_at - smartwf.clock() BETWEEN '14 seconds' AND '30 seconds' AS no_longer FROM smartwf.runs WHERE id = :run;
SELECT smartwf.advance_clock('31 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT status, attempt, message, due_at FROM smartwf.runs WHERE id = :run;
-- restarted, its patience is new
SELECT smartwf.restart_run(:run);
CALL smartwf.work();
SELECT status, attempt FROM smartwf.runs WHERE id = :run;
SELECT smartwf.cancel_run(:run);
-- tried again once, then the branch, and on
SELECT smartwf.enqueue_flow('branches', model => '{"failures": 9}') AS run \gset
CALL smartwf.work();
SELECT smartwf.advance_clock('2 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT * FROM app.runs WHERE flow = 'branches';
SELECT smartwf.run_document(:run) #> '{stages,0,steps,0,branches,0,steps,0,status}';
SELECT smartwf.flow_diagram('branches', 'mermaid', :run);
-- a conflict with another transaction is tried again in any case
SELECT smartwf.enqueue_flow('fails', model => '{"failures": 1, "sqlstate": "40P01"}') AS run \gset
CALL smartwf.work();
SELECT smartwf.advance_clock('1 minute') IS NOT NULL;
CALL smartwf.work();
SELECT status, model ->> 'done' FROM smartwf.runs WHERE id = :run;
SELECT number, outcome, sqlstate FROM smartwf.run_steps WHERE run = :run ORDER BY number;
-- a deferred constraint fails the step that broke it, and nothing else
CREATE TABLE app.parent (id int PRIMARY KEY);
CREATE TABLE app.child (parent int REFERENCES app.parent DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION app.orphan(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ INSERT INTO app.child VALUES (1); SELECT NULL::jsonb $$;
SELECT smartwf.register_dataflow('orphan', 'app.orphan');
SELECT smartwf.define_flow('{"name": "orphan", "stages": [{"name": "s", "steps": [{"name": "first", "kind": "update_model_field", "settings": {"field": "first", "value": true}},
 {"name": "orphan", "kind": "execute_data_flow", "settings": {"dataflow": "orphan"}}]}]}');
SELECT smartwf.enqueue_flow('orphan') IS NOT NULL;
CALL smartwf.work();
SELECT * FROM app.runs WHERE flow = 'orphan';
SELECT s.number, s.step, s.outcome, s.sqlstate FROM smartwf.run_steps s JOIN smartwf.runs r ON r.id = s.run WHERE r.flow = 'orphan' ORDER BY number;
SELECT count(*) FROM app.child;

-- waits: for a while, until a time in a field; what is past is no wait
SELECT smartwf.advance_clock(NULL) IS NOT NULL;
SELECT smartwf.define_flow('{"name": "wait", "stages": [{"name": "s", "steps": [{"name": "sleep", "kind": "wait", "settings": {"duration": "2 hours"}},
 {"name": "past", "kind": "wait", "settings": {"until": "past"}}, {"name": "until", "kind": "wait", "settings": {"until": "then"}}]}]}');
SELECT smartwf.start_flow('wait', model => jsonb_build_object('past', '2020-01-01', 'then', smartwf.clock() + interval '1 day')) AS run \gset
SELECT status, step, due_at - now() > '119 minutes' AS is_due FROM smartwf.runs WHERE id = :run;
CALL smartwf.work();
SELECT status, step FROM smartwf.runs WHERE id = :run;
SELECT smartwf.advance_clock('121 minutes') IS NOT NULL;
CALL smartwf.work();
SELECT status, step, due_at = (model ->> 'then')::timestamptz AS is_due FROM smartwf.runs WHERE id = :run;
SELECT number, step, outcome FROM smartwf.run_steps WHERE run = :run ORDER BY number;
SELECT smartwf.advance_clock('1 day') IS NOT NULL;
CALL smartwf.work();
SELECT status FROM smartwf.runs WHERE id = :run;
SELECT smartwf.start_flow('wait', model => '{"past": "one day"}') AS run \gset
SELECT smartwf.advance_clock('1 day') IS NOT NULL;
CALL smartwf.work();
SELECT status, step, message FROM smartwf.runs WHERE id = :run;
UPDATE smartwf.runs SET model = '{}' WHERE id = :run;
SELECT smartwf.restart_run(:run);
SELECT status, step, message FROM smartwf.runs WHERE id = :run;

-- after a wait the document is as it is now
CREATE TABLE app.doc (id int PRIMARY KEY, title text, state text);
SELECT smartwf.define_workflow('{"name": "DOC", "states": [{"name": "a", "initial": true}]}');
SELECT smartwf.attach('app.doc', 'DOC');
SELECT smartwf.define_flow('{"name": "doc", "stages": [{"name": "s", "steps": [{"name": "sleep", "kind": "wait", "settings": {"duration": "1 hour"}},
 {"name": "copy", "kind": "update_model_field", "settings": {"field": "copy", "source": "title"}}]}]}');
INSERT INTO app.doc VALUES (1, 'old'), (2, 'old');
SELECT smartwf.start_flow('doc', '1') IS NOT NULL, smartwf.enqueue_flow('doc', '2') IS NOT NULL;
UPDATE app.doc SET title = 'new';
SELECT smartwf.advance_clock('1 hour') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT docid, status, model FROM smartwf.runs WHERE flow = 'doc' ORDER BY docid;

-- questions that nobody answers in time
CREATE FUNCTION app.ask(name text, more text, failure text) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_flow(format('{"name": "%s", "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation",
	 "settings": {"field": "answer", "options": ["yes", "no"], "users": ["anna"], "due": "3 days"%s}%s},
	 {"name": "after", "kind": "update_model_field", "settings": {"field": "after", "value": true}}]}]}', name, more, failure)::jsonb) $$;
SELECT app.ask('ask_fails', '', ''), app.ask('ask_chooses', ', "dueChoice": "no"', ''), app.ask('ask_skips', '', ', "failure": {"then": "skip"}'),
	app.ask('ask_again', '', ', "failure": {"retries": 1, "backoff": "1 second"}');
SELECT smartwf.start_flow(f) IS NOT NULL FROM unnest(ARRAY['ask_fails', 'ask_chooses', 'ask_skips', 'ask_again']) f;
CALL smartwf.work();
SELECT flow, status, due_at - smartwf.clock() BETWEEN '2 days 23 hours 59 minutes' AND '3 days' FROM smartwf.runs WHERE flow LIKE 'ask%' ORDER BY id;
SELECT smartwf.advance_clock('3 days 1 second') IS NOT NULL;
CALL smartwf.work();
SELECT flow, status, step, sqlstate, replace(message, (SELECT c.id::text FROM smartwf.confirmations c WHERE c.run = r.id), 'N') AS message, model FROM smartwf.runs r WHERE flow LIKE 'ask%' ORDER BY id;
SELECT r.flow, c.status, c.choice, c.closed_at IS NOT NULL FROM smartwf.confirmations c JOIN smartwf.runs r ON r.id = c.run ORDER BY c.id;
SELECT r.flow, s.number, s.step, s.outcome, s.sqlstate FROM smartwf.run_steps s JOIN smartwf.runs r ON r.id = s.run WHERE r.flow LIKE 'ask%' ORDER BY r.id, number;
SELECT smartwf.answer_confirmation(min(id), 'yes') FROM smartwf.confirmations;
SELECT smartwf.advance_clock('2 seconds') IS NOT NULL;
CALL smartwf.work();
SELECT r.flow, c.status FROM smartwf.confirmations c JOIN smartwf.runs r ON r.id = c.run WHERE r.flow = 'ask_again' ORDER BY c.id;
-- an answer drives a run on here, or, if it was left to the workers, leaves it to them
SELECT smartwf.answer_confirmation(max(id), 'yes') FROM smartwf.confirmations;
CALL smartwf.work();
SELECT status, model FROM smartwf.runs WHERE flow = 'ask_again';
SELECT smartwf.start_flow('ask_fails') IS NOT NULL;
SELECT smartwf.answer_confirmation(max(id), 'yes') FROM smartwf.confirmations;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
