-- The contestants of script/bench flow: five trivial steps.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
SELECT smartwf.define_flow(jsonb_build_object('name', 'five', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
	(SELECT jsonb_agg(jsonb_build_object('name', 'step ' || g, 'kind', 'update_model_field', 'settings', jsonb_build_object('field', 'f' || g, 'value', g)) ORDER BY g)
	FROM generate_series(1, 5) g)))));

-- the bare limit: a run and five steps in one transaction, nothing looked at
CREATE TABLE bare_runs (LIKE smartwf.runs INCLUDING ALL);
CREATE TABLE bare_steps (LIKE smartwf.run_steps INCLUDING ALL);
CREATE FUNCTION bare() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	run bigint;
BEGIN
	INSERT INTO bare_runs (flow_id, flow, status, starter, actor, search_path, model)
		VALUES (1, 'five', 'finished', current_user, current_user, '', '{"f1": 1, "f2": 2, "f3": 3, "f4": 4, "f5": 5}') RETURNING id INTO run;
	FOR i IN 1..5 LOOP
		INSERT INTO bare_steps (run, number, step, stage, attempt, outcome, started_at, duration, changes)
			VALUES (run, i, 'step ' || i, 's', 1, 'done', clock_timestamp(), '0', jsonb_build_object('f' || i, i));
	END LOOP;
	RETURN run;
END $$;
-- the same step by step, each by a statement of its own
CREATE FUNCTION bare_run() RETURNS bigint LANGUAGE sql AS $$
	INSERT INTO bare_runs (flow_id, flow, status, starter, actor, search_path, model)
		VALUES (1, 'five', 'waiting', current_user, current_user, '', '{}') RETURNING id $$;
CREATE FUNCTION bare_step(of_run bigint, i int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO bare_steps (run, number, step, stage, attempt, outcome, started_at, duration, changes)
		VALUES (of_run, i, 'step ' || i, 's', 1, 'done', clock_timestamp(), '0', jsonb_build_object('f' || i, i));
	UPDATE bare_runs SET model = model || jsonb_build_object('f' || i, i), status = 'waiting', step = i, changed_at = clock_timestamp() WHERE id = of_run;
END $$;
SELECT smartwf.define_flow(jsonb_build_object('name', 'ask', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
	(SELECT jsonb_agg(jsonb_build_object('name', 'step ' || g, 'kind', 'get_user_confirmation', 'settings', jsonb_build_object('field', 'f' || g, 'options', '["yes", "no"]'::jsonb, 'users', '["anna"]'::jsonb)) ORDER BY g)
	FROM generate_series(1, 5) g)))));

-- a question asked and answered, and the rows that it takes: two transactions
SELECT smartwf.define_flow('{"name": "question", "stages": [{"name": "s", "steps": [
	{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "f", "options": ["yes", "no"], "users": ["anna"]}}]}]}');
CREATE TABLE bare_questions (LIKE smartwf.confirmations INCLUDING ALL);
CREATE TABLE bare_answers (LIKE smartwf.answers INCLUDING ALL);
CREATE FUNCTION bare_ask() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	run bigint;
	question bigint;
BEGIN
	INSERT INTO bare_runs (flow_id, flow, status, starter, actor, search_path, model, step)
		VALUES (1, 'question', 'waiting', current_user, current_user, '', '{}', 'ask') RETURNING id INTO run;
	INSERT INTO bare_steps (run, number, step, stage, attempt, outcome, started_at, duration)
		VALUES (run, 1, 'ask', 's', 1, 'waiting', clock_timestamp(), '0');
	INSERT INTO bare_questions (run, step, field, message, options, users, answers_needed)
		VALUES (run, 'ask', 'f', '', '{yes,no}', '{anna}', 1) RETURNING id INTO question;
	RETURN question;
END $$;
CREATE FUNCTION bare_answer(question bigint, answer text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	of_run bigint;
BEGIN
	INSERT INTO bare_answers (confirmation, actor, person, choice) VALUES (question, current_user, current_user, answer);
	UPDATE bare_questions SET status = 'answered', choice = answer, closed_at = clock_timestamp() WHERE id = question RETURNING run INTO of_run;
	UPDATE bare_steps SET outcome = 'done', changes = jsonb_build_object('f', answer), duration = clock_timestamp() - started_at WHERE run = of_run AND number = 1;
	UPDATE bare_runs SET model = model || jsonb_build_object('f', answer), status = 'finished', step = NULL, changed_at = clock_timestamp() WHERE id = of_run;
END $$;

-- finished runs that are there already
CREATE FUNCTION fill(number int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO smartwf.runs (flow_id, flow, status, starter, actor, search_path, model)
		SELECT 1, 'five', 'finished', 'postgres', 'postgres', '', '{"f1": 1, "f2": 2, "f3": 3, "f4": 4, "f5": 5}' FROM generate_series(1, number);
	INSERT INTO smartwf.run_steps (run, number, step, stage, attempt, outcome, started_at, duration, changes)
		SELECT r.id, i, 'step ' || i, 's', 1, 'done', now(), '0', jsonb_build_object('f' || i, i) FROM smartwf.runs r, generate_series(1, 5) i
		WHERE NOT EXISTS (SELECT FROM smartwf.run_steps s WHERE s.run = r.id);
$$;
