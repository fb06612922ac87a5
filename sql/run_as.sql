-- As whom the steps of a flow act: its starter, its owner, or whoever answered.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_clerk LOGIN;
CREATE ROLE regress_chief LOGIN;
CREATE ROLE regress_owner;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SELECT smartwf.define_workflow('{"name": "BILL", "states": [{"name": "draft", "initial": true}, {"name": "approved"}],
 "transitions": [{"name": "approve", "arcs": [{"from": "draft", "to": "approved"}], "grants": [{"role": "regress_chief"}, {"role": "regress_owner"}]}]}');
CREATE TABLE app.bill (id int PRIMARY KEY, amount int, note text, state text);
SELECT smartwf.attach('app.bill', 'BILL');
GRANT SELECT, INSERT ON app.bill TO regress_clerk;
GRANT SELECT, UPDATE (note) ON app.bill TO regress_chief;
GRANT SELECT ON app.bill TO regress_owner;
INSERT INTO app.bill VALUES (1, 10), (2, 20), (3, 30), (4, 40);
CREATE FUNCTION app.who(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('who', current_user, 'actor', smartwf.actor(), 'path', current_setting('search_path')) $$;
SELECT smartwf.register_dataflow('who', 'app.who');
CREATE VIEW question AS SELECT max(id) AS id FROM smartwf.confirmations;
GRANT SELECT ON question TO PUBLIC;

-- the transition after an answer has the rights of whoever answered: the starter needs none
SELECT smartwf.define_flow('{"name": "approval", "structure": "bill", "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "users": ["regress_chief"], "excludeStarter": true, "due": "1 day", "dueChoice": "no"}},
 {"name": "yes?", "kind": "if_condition", "settings": {"field": "decision", "operator": "equal", "value": "yes"}, "else": [{"name": "end", "kind": "finish"}]},
 {"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "as": "answerer"}}]}]}') AS wrong;
SELECT * FROM smartwf.check_flow('approval');
ALTER TABLE app.bill ADD decision text;
SELECT smartwf.define_flow('{"name": "approval", "structure": "bill", "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "users": ["regress_chief"], "excludeStarter": true, "due": "1 day", "dueChoice": "no"}},
 {"name": "yes?", "kind": "if_condition", "settings": {"field": "decision", "operator": "equal", "value": "yes"}, "else": [{"name": "end", "kind": "finish"}]},
 {"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "as": "answerer"}},
 {"name": "who", "kind": "execute_data_flow", "settings": {"dataflow": "who"}}]}]}');
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.pass_transition('1', 'approve') IS NULL;
SELECT smartwf.start_flow('approval', '1') AS run \gset
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET SESSION AUTHORIZATION regress_chief;
SET search_path = app, public;
SELECT smartwf.answer_confirmation((SELECT id FROM public.question), 'yes');
RESET search_path;
RESET SESSION AUTHORIZATION;
SELECT status, message, answerer, answerer_actor, model ->> 'who' AS who, model ->> 'actor' AS actor FROM smartwf.runs WHERE id = :run;
SELECT actor, to_state FROM smartwf.history WHERE docid = '1' ORDER BY revision;
-- by a worker, as well
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.enqueue_flow('approval', '2') AS run \gset
RESET SESSION AUTHORIZATION;
CALL smartwf.work();
SET SESSION AUTHORIZATION regress_chief;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
CALL smartwf.work();
SELECT status, message, model ->> 'who' FROM smartwf.runs WHERE id = :run;
SELECT actor, to_state FROM smartwf.history WHERE docid = '2' ORDER BY revision;
-- silence is nobody's right
SELECT smartwf.define_flow('{"name": "silence", "structure": "bill", "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "users": ["regress_chief"], "due": "1 day", "dueChoice": "yes"}},
 {"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "as": "answerer"}}]}]}');
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.start_flow('silence', '3') AS run \gset
RESET SESSION AUTHORIZATION;
SELECT smartwf.advance_clock('2 days') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock(NULL) IS NOT NULL;
SELECT status, step, message FROM smartwf.runs WHERE id = :run;
-- an answer's rights are for what was answered: neither the starter nor a manager turns a no into a yes
SELECT smartwf.define_workflow('{"name": "BILL", "states": [{"name": "draft", "initial": true}, {"name": "approved"}, {"name": "refused"}],
 "transitions": [{"name": "approve", "arcs": [{"from": "draft", "to": "approved"}], "grants": [{"role": "regress_chief"}, {"role": "regress_owner"}]},
  {"name": "refuse", "arcs": [{"from": "draft", "to": "refused"}], "guard": "note IS NULL", "grants": [{"role": "regress_chief"}]}]}');
SELECT smartwf.define_flow('{"name": "turned", "structure": "bill", "managers": [{"role": "regress_owner"}], "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "users": ["regress_chief"]}},
 {"name": "save", "kind": "update_model"},
 {"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"}, "cases": {
  "yes": [{"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "as": "answerer"}}],
  "no": [{"name": "refuse", "kind": "pass_transition", "settings": {"transition": "refuse", "as": "answerer"}}]}}]}]}');
GRANT UPDATE (decision, note) ON app.bill TO regress_clerk;
SET SESSION AUTHORIZATION regress_clerk;
INSERT INTO app.bill VALUES (6, 60, 'held up');
SELECT smartwf.start_flow('turned', '6') AS run \gset
SET SESSION AUTHORIZATION regress_chief;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'no');
SET SESSION AUTHORIZATION regress_clerk;
UPDATE app.bill SET decision = 'yes' WHERE id = 6;
SELECT smartwf.restart_run(:run, 'by answer');
RESET SESSION AUTHORIZATION;
SELECT status, step, message FROM smartwf.runs WHERE id = :run;
SELECT state FROM app.bill WHERE id = 6;
SET ROLE regress_owner;
SELECT smartwf.set_run_model(:run, '{"id": 6, "decision": "yes"}') IS NOT NULL;
SELECT smartwf.restart_run(:run);
RESET ROLE;
SELECT status, message FROM smartwf.runs WHERE id = :run;
-- the document is the one that was asked about, and says what it said
SET SESSION AUTHORIZATION regress_clerk;
INSERT INTO app.bill VALUES (7, 70), (8, 80);
SELECT smartwf.start_flow('turned', '7', '{"amount": 1}') IS NULL;
SELECT smartwf.start_flow('turned', '7', '{"more": 1}') AS run \gset
UPDATE app.bill SET note = 'changed' WHERE id = 7;
SET SESSION AUTHORIZATION regress_chief;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
SELECT status, step, message FROM smartwf.runs WHERE id = :run;
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.restart_run(:run);
RESET SESSION AUTHORIZATION;
SELECT status, step, message FROM smartwf.runs WHERE id = :run;
SELECT state FROM app.bill WHERE id = 7;
-- after a reset the answer is void
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.cancel_run(:run);
SELECT smartwf.restart_run(:run, 'by answer');
RESET SESSION AUTHORIZATION;
SELECT status, message FROM smartwf.runs WHERE id = :run;
-- nor are they a superuser's
SELECT smartwf.start_flow('turned', '3') AS run \gset
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SELECT status, message FROM smartwf.runs WHERE id = :run;
-- the answerer's rights are for functions of his own and of superusers
CREATE SCHEMA theft AUTHORIZATION regress_clerk;
SET ROLE regress_clerk;
CREATE FUNCTION theft.steal(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN UPDATE app.bill SET note = 'stolen as ' || current_user; RETURN NULL; END $$;
GRANT USAGE ON SCHEMA theft TO PUBLIC;
RESET ROLE;
SELECT smartwf.register_dataflow('steal', 'theft.steal');
SELECT smartwf.define_flow('{"name": "theft", "start": [{"role": "regress_clerk"}], "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "d", "options": ["yes"], "users": ["regress_chief"]}},
 {"name": "steal", "kind": "execute_data_flow", "settings": {"dataflow": "steal", "as": "answerer"}}]}]}');
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.start_flow('theft') AS run \gset
SET SESSION AUTHORIZATION regress_chief;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
SELECT status, message FROM smartwf.runs WHERE id = :run;
SELECT count(*) FROM app.bill WHERE note LIKE 'stolen%';
-- nobody has answered before; no such thing
SELECT smartwf.define_flow('{"name": "early", "stages": [{"name": "s", "steps": [{"name": "x", "kind": "update_model", "settings": {"as": "answerer"}}]}]}');
SELECT smartwf.define_flow('{"name": "odd", "runAs": "root", "stages": [{"name": "s", "steps": [{"name": "x", "kind": "update_model", "settings": {"as": "root"}}, {"name": "y", "kind": "finish", "settings": {"as": "answerer"}}]}]}');

-- a flow that runs as its owner: whoever published it, and no superuser
SELECT smartwf.define_flow('{"name": "owned", "structure": "bill", "runAs": "owner", "stages": [{"name": "s", "steps": [{"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve"}}]}]}');
GRANT INSERT, SELECT, UPDATE, DELETE ON smartwf.flows, smartwf.stages, smartwf.steps, smartwf.flow_grants TO regress_owner;
GRANT SELECT ON smartwf.structures, smartwf.workflows, smartwf.transitions, smartwf.templates, smartwf.dataflows TO regress_owner;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA smartwf TO regress_owner;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA smartwf TO regress_owner;
SET ROLE regress_owner;
SELECT smartwf.define_flow('{"name": "owned", "structure": "bill", "runAs": "owner", "stages": [{"name": "s", "steps": [{"name": "who", "kind": "execute_data_flow", "settings": {"dataflow": "who"}},
 {"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve"}}]}]}');
UPDATE smartwf.flows SET owner = 'regress_chief' WHERE name = 'owned';
UPDATE smartwf.flows SET run_as = 'starter' WHERE name = 'owned';
INSERT INTO smartwf.flows (name, version, status, shape, run_as, owner) VALUES ('forged', 1, 'published', 'x', 'owner', current_setting('is_superuser'));
INSERT INTO smartwf.flows (name, version, status, shape, run_as, owner) VALUES ('forged', 1, 'published', 'x', 'owner', 'regress_chief');
RESET ROLE;
SELECT owner, run_as FROM smartwf.flows WHERE name = 'owned';
-- who starts it says nothing of what it saves
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.start_flow('owned', '4', '{"state": "approved", "amount": 1}') IS NULL;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_clerk;
SET search_path = theft, public;
SELECT smartwf.start_flow('owned', '4') AS run \gset
RESET search_path;
RESET SESSION AUTHORIZATION;
SELECT status, message, model ->> 'who' AS who, model ->> 'actor' AS actor, model ->> 'path' AS path FROM smartwf.runs WHERE id = :run;
SELECT actor, to_state FROM smartwf.history WHERE docid = '4' ORDER BY revision;
-- one who became a superuser since does no more
ALTER ROLE regress_owner SUPERUSER;
INSERT INTO app.bill VALUES (5, 50);
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.start_flow('owned', '5') AS run \gset
RESET SESSION AUTHORIZATION;
SELECT status, message FROM smartwf.runs WHERE id = :run;

-- what a step leaves open in the session that drives it is closed, and what fails there does not end it
CREATE FUNCTION app.leave(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'left_behind'; BEGIN
	OPEN c FOR SELECT current_user; IF model ? 'fail' THEN PERFORM 1 / 0; END IF; RETURN NULL; END $$;
SELECT smartwf.register_dataflow('leave', 'app.leave');
SELECT smartwf.define_flow('{"name": "leave", "start": [{"role": "regress_clerk"}], "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "d", "options": ["yes"], "users": ["regress_chief"]}},
 {"name": "leave", "kind": "execute_data_flow", "settings": {"dataflow": "leave"}}]}]}');
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.start_flow('leave') AS run \gset
SET SESSION AUTHORIZATION regress_chief;
BEGIN;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
FETCH ALL FROM left_behind;
ROLLBACK;
SET SESSION AUTHORIZATION regress_clerk;
SELECT smartwf.start_flow('leave', model => '{"fail": 1}') AS run \gset
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_clerk SET exit_on_error = on;
SET SESSION AUTHORIZATION regress_chief;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_clerk RESET exit_on_error;
SELECT message FROM smartwf.runs WHERE id = :run;

-- a step starts from the settings of the server and of its role, whoever drives it
CREATE FUNCTION app.settings(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('zone', current_setting('timezone'), 'style', current_setting('datestyle'), 'app', coalesce(current_setting('app.tenant', true), ''), 'digits', current_setting('extra_float_digits')) $$;
SELECT smartwf.register_dataflow('settings', 'app.settings');
SELECT smartwf.define_flow('{"name": "settings", "start": [{"role": "regress_clerk"}], "stages": [{"name": "s", "steps": [
 {"name": "first", "kind": "execute_data_flow", "settings": {"dataflow": "settings"}},
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "d", "options": ["yes"], "users": ["regress_chief"]}},
 {"name": "settings", "kind": "execute_data_flow", "settings": {"dataflow": "settings"}}]}]}');
ALTER ROLE regress_clerk SET extra_float_digits = 2;
ALTER ROLE regress_chief SET timezone = 'Asia/Tokyo';
SET SESSION AUTHORIZATION regress_clerk;
SET timezone = 'America/Lima';
SET app.tenant = 'mine';
SELECT smartwf.start_flow('settings') AS run \gset
RESET SESSION AUTHORIZATION;
SELECT current_setting('timezone'), model ->> 'app', model ->> 'digits', (model ->> 'zone') <> 'America/Lima' AS zone_is_the_servers FROM smartwf.runs WHERE id = :run;
SET SESSION AUTHORIZATION regress_chief;
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
SET app.tenant = 'his';
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SELECT current_setting('timezone'), current_setting('datestyle'), current_setting('app.tenant');
RESET SESSION AUTHORIZATION;
SELECT status, model ->> 'app' = '' AS app_is_empty, model ->> 'digits' AS digits, (model ->> 'zone') <> 'Asia/Tokyo' AS zone, model ->> 'style' NOT LIKE 'German%' AS style FROM smartwf.runs WHERE id = :run;
RESET timezone;
RESET datestyle;
DROP VIEW question;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app, theft CASCADE;
DROP OWNED BY regress_clerk, regress_chief, regress_owner CASCADE;
DROP ROLE regress_clerk, regress_chief, regress_owner;
