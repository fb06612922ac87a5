-- Runs of flows go to another version of their flow.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
\set VERBOSITY terse
CREATE ROLE regress_boss;
CREATE FUNCTION version(stage1 jsonb) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_flow(jsonb_build_object('name', 'F', 'stages', jsonb_build_array(jsonb_build_object('name', 'S', 'steps', stage1))))
$$;
CREATE FUNCTION ask(name text, kind text DEFAULT 'get_user_confirmation') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('name', name, 'kind', kind, 'settings', CASE kind
		WHEN 'get_user_confirmation' THEN '{"field": "decision", "options": ["yes", "no"], "users": ["regress_boss"]}'::jsonb
		WHEN 'update_model_field' THEN '{"field": "seen", "value": true}'::jsonb
		WHEN 'wait' THEN '{"delay": "1 day"}'::jsonb ELSE '{}'::jsonb END)
$$;
CREATE VIEW standing AS SELECT r.key, f.version, r.status, r.step, c.step AS asked_at, c.status AS question
	FROM smartwf.runs r JOIN smartwf.flows f ON f.id = r.flow_id LEFT JOIN smartwf.confirmations c ON c.run = r.id ORDER BY r.key;
SELECT version(jsonb_build_array(ask('mark', 'update_model_field'), ask('ask'), ask('more'), ask('end', 'finish')));
SELECT smartwf.start_flow('F', model => '{}', key => 'a') IS NOT NULL, smartwf.start_flow('F', model => '{}', key => 'b') IS NOT NULL,
	smartwf.enqueue_flow('F', model => '{}', key => 'c') IS NOT NULL;
SET ROLE regress_boss;
SELECT smartwf.answer_confirmation((SELECT min(id) FROM smartwf.confirmations), 'yes') IS NOT NULL;
RESET ROLE;
SELECT * FROM standing;
-- ask is called inquire now, more is gone, and what comes after is new
SELECT version(jsonb_build_array(ask('mark', 'update_model_field'), ask('inquire'), ask('last', 'update_model_field'), ask('end', 'finish')));
SELECT from_version, status, step, runs, to_step, verdict, reason, questions FROM smartwf.run_migration_plan('F');
SELECT smartwf.start_run_migration('F');
SELECT smartwf.start_run_migration('F', steps => '{"ask": "nowhere", "more": "last"}');
SELECT smartwf.start_run_migration('F', steps => '{"ask": "last", "more": "last"}');
SELECT smartwf.start_run_migration('F', steps => '[]');
SELECT smartwf.start_run_migration('F', 7);
SELECT smartwf.start_run_migration('G');
SELECT from_version, status, step, runs, to_step, verdict, reason, questions FROM smartwf.run_migration_plan('F', steps => '{"ask": "inquire", "more": "inquire"}');
SELECT plan FROM smartwf.run_migration_plan('F', steps => '{"ask": "inquire", "more": "inquire"}') LIMIT 1 \gset
SELECT smartwf.start_run_migration('F', steps => '{"ask": "inquire", "more": "end"}', plan => :'plan');
SELECT smartwf.start_run_migration('F', steps => '{"ask": "inquire", "more": "inquire"}', plan => :'plan') IS NOT NULL AS started;
SELECT flow, version, steps, status, runs, done, message, due_at FROM smartwf.run_migrations;
SELECT * FROM standing;
-- they go on in the new version: the question that was open keeps its answer
SET ROLE regress_boss;
SELECT smartwf.answer_confirmation(id, 'yes') IS NOT NULL FROM smartwf.confirmations WHERE status = 'open' ORDER BY id;
RESET ROLE;
CALL smartwf.work();
SELECT * FROM standing;
SELECT key, model FROM smartwf.runs WHERE key = 'a';
-- failed ones as well, back to the version before
SELECT smartwf.start_flow('F', model => '{}', key => 'd') IS NOT NULL;
SELECT smartwf.cancel_run(id) FROM smartwf.runs WHERE key = 'c';
UPDATE smartwf.runs SET status = 'failed', due_at = 'infinity', sqlstate = '22012', message = 'division by zero' WHERE key = 'd';
SELECT from_version, status, step, runs, to_step, verdict FROM smartwf.run_migration_plan('F', 1, '{"inquire": "ask"}');
SELECT smartwf.start_run_migration('F', 1, '{"inquire": "ask"}') IS NOT NULL AS started;
SELECT * FROM standing WHERE key = 'd';
SELECT smartwf.restart_run(id) IS NOT NULL FROM smartwf.runs WHERE key = 'd';
SELECT * FROM standing WHERE key = 'd';
SET ROLE regress_boss;
SELECT * FROM smartwf.run_migration_plan('F');
SELECT smartwf.start_run_migration('F');
SELECT count(*) FROM smartwf.run_migrations;
SELECT smartwf.move_due_runs();
RESET ROLE;
DROP VIEW standing;
DROP FUNCTION version(jsonb), ask(text, text);
DROP EXTENSION smartwf;
DROP ROLE regress_boss;
