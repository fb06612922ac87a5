-- Runs on documents: the element's row, its lifecycle, confirmations, notifications, who sees what.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_smartwf_clerk;
CREATE ROLE regress_smartwf_boss;
CREATE ROLE regress_smartwf_deputy;
CREATE ROLE regress_smartwf_auditor;
CREATE ROLE regress_smartwf_other;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE FUNCTION app.route(model jsonb, run bigint) RETURNS text[] LANGUAGE sql AS $$ SELECT ARRAY[model ->> 'approver', 'regress_smartwf_deputy'] $$;
CREATE TABLE ledger (who text);
CREATE VIEW ledger_of_all AS SELECT * FROM ledger;
GRANT INSERT ON ledger TO regress_smartwf_clerk;
CREATE FUNCTION app.careless(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ledger VALUES (lower(current_user)); RETURN NULL; END $$;
SELECT smartwf.register_dataflow('careless', 'app.careless');
SELECT smartwf.define_flow('{"name": "trap", "start": [{"role": "regress_smartwf_clerk"}], "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "x", "options": ["yes"], "users": ["regress_smartwf_boss"]}},
 {"name": "careless", "kind": "execute_data_flow", "settings": {"dataflow": "careless"}}]}]}');
CREATE FUNCTION app.whoami(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('booked_by', current_user || ' as ' || smartwf.actor()) $$;
SELECT smartwf.register_dataflow('whoami', 'app.whoami');
INSERT INTO smartwf.templates (name, subject, text_body, html_body) VALUES ('decided', 'Invoice {{id}}: {{answer}}', 'Dear {{who}}, {{answer}}', '<b>{{answer}}</b>{{> footer}}'), ('footer', '', '', '<i>{{amount}}</i>');
INSERT INTO smartwf.contacts VALUES ('regress_smartwf_clerk', 'smtp', 'clerk@example.org');
SELECT smartwf.define_workflow('{"name": "INVOICE", "states": [{"name": "draft", "initial": true}, {"name": "approved"}, {"name": "refused"}],
 "transitions": [{"name": "approve", "arcs": [{"from": "draft", "to": "approved"}], "grants": [{"role": "regress_smartwf_clerk"}], "guard": "decision = ''yes''", "guardMessage": "nobody said yes",
   "parameters": [{"name": "note"}]},
  {"name": "refuse", "arcs": [{"from": "draft", "to": "refused"}]}]}');
CREATE TYPE app.choice AS ENUM ('yes', 'no', 'later');
CREATE TABLE invoice (id int PRIMARY KEY, amount numeric, title text, approver text, decision app.choice, paid boolean, size text CHECK (size IN ('S', 'it''s L')), booked_by text, due timestamptz DEFAULT '2026-01-01 00:00Z', state text, CHECK (amount < 10000));
SELECT smartwf.attach('invoice', 'INVOICE');
GRANT SELECT, INSERT, UPDATE ON invoice TO regress_smartwf_clerk;
SELECT smartwf.define_flow('{"name": "approval", "structure": "invoice", "restrictAccess": true, "grants": [{"role": "regress_smartwf_auditor"}], "stages": [
 {"name": "Review", "steps": [
  {"name": "big?", "kind": "if_condition", "settings": {"field": "amount", "operator": "greater", "value": "1000"},
   "else": [{"name": "small", "kind": "update_model_field", "settings": {"field": "decision", "value": "yes"}}, {"name": "save small", "kind": "update_model"},
    {"name": "approve small", "kind": "pass_transition", "settings": {"transition": "approve", "comment": "small: {{amount}}"}}, {"name": "end", "kind": "finish"}]},
  {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "userField": "approver", "message": "Approve {{title}} for {{amount}}?"}}]},
 {"name": "Decide", "steps": [
  {"name": "who", "kind": "execute_data_flow", "settings": {"dataflow": "whoami"}},
  {"name": "save", "kind": "update_model"},
  {"name": "tell", "kind": "send_templated_notification", "settings": {"channel": "smtp", "users": ["regress_smartwf_clerk", "regress_smartwf_clerk"], "template": "decided", "renderType": "html", "properties": {"answer": "decision", "who": "approver"}}},
  {"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"}, "cases": {
    "yes": [{"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "parameters": {"note": "title"}}}],
    "no": [{"name": "refuse", "kind": "pass_transition", "settings": {"transition": "refuse"}}]}, "default": [{"name": "back", "kind": "reset_to_draft"}]}]}]}');
INSERT INTO invoice (id, amount, title, approver) SELECT g, 5000, 'Desk', 'regress_smartwf_boss' FROM generate_series(1, 9) g;
UPDATE invoice SET amount = 10 WHERE id = 1;

-- small: nobody is asked; the lifecycle's rules hold
SET ROLE regress_smartwf_clerk;
SELECT smartwf.start_flow('approval', '1') AS run \gset
SELECT status, starter, step FROM smartwf.runs WHERE id = :run;
SELECT id, state, decision FROM invoice WHERE id = 1;
SELECT step, outcome, changes FROM smartwf.run_steps WHERE run = :run ORDER BY number;
RESET ROLE;
SELECT step, outcome, changes FROM smartwf.run_steps WHERE run = :run ORDER BY number;
SELECT actor, transition, comment, parameters FROM smartwf.history WHERE docid = '1' ORDER BY revision;

-- big: the boss is asked, and sees it; nobody else does
SET ROLE regress_smartwf_clerk;
SELECT smartwf.start_flow('approval', '2') AS run \gset
SELECT status, step FROM smartwf.runs WHERE id = :run;
SELECT count(*) FROM smartwf.confirmations;
SELECT smartwf.answer_confirmation(1, 'yes');
SET ROLE regress_smartwf_other;
SELECT count(*) FROM smartwf.runs;
SELECT count(*) FROM smartwf.run_steps;
SELECT count(*) FROM smartwf.confirmations;
SELECT count(*) FROM smartwf.notifications;
SELECT smartwf.answer_confirmation(1, 'yes');
SELECT smartwf.delegate(1, 'regress_smartwf_other');
SELECT smartwf.cancel_run(:run);
SET ROLE regress_smartwf_auditor;
SELECT flow, docid, status FROM smartwf.runs ORDER BY id;
SELECT count(*) FROM smartwf.confirmations;
SET ROLE regress_smartwf_boss;
SELECT run = :run, step, field, message, options, users, answers_needed, status FROM smartwf.confirmations;
SELECT subject, body, channel, status, address FROM smartwf.notifications;
SELECT notification IS NULL, confirmation, body, options FROM smartwf.inbox ORDER BY 1;
SELECT smartwf.answer_confirmation(1, 'perhaps');
SELECT smartwf.answer_confirmation(1, NULL);
SELECT smartwf.answer_confirmation(NULL, 'yes');
SELECT smartwf.answer_confirmation(99, 'yes');
-- handed over to somebody else; the answer drives the run on, as the clerk, whatever time zone it comes from
SELECT smartwf.delegate(1, 'regress_smartwf_deputy');
SET ROLE regress_smartwf_deputy;
SELECT confirmation, body FROM smartwf.inbox ORDER BY 1;
SET timezone = 'Asia/Tokyo';
SELECT smartwf.answer_confirmation(1, 'yes', 'on behalf of the boss');
RESET timezone;
SET ROLE regress_smartwf_boss;
SELECT smartwf.answer_confirmation(1, 'no');
SELECT smartwf.delegate(1, 'regress_smartwf_other');
SELECT count(*) FROM smartwf.inbox WHERE confirmation IS NOT NULL;
RESET ROLE;
SELECT actor, person, choice, comment FROM smartwf.answers;
SELECT status, model ->> 'decision' FROM smartwf.runs WHERE id = :run;
SELECT step, outcome, changes FROM smartwf.run_steps WHERE run = :run ORDER BY number;
SELECT state, decision, booked_by FROM invoice WHERE id = 2;
SELECT actor, transition, parameters FROM smartwf.history WHERE docid = '2' ORDER BY revision;
SELECT channel, recipient, address, subject, body, render_type, status FROM smartwf.notifications WHERE step = 'tell';

-- a document that somebody else has changed is not overwritten; restarted, the flow takes up what it has not changed itself
SET ROLE regress_smartwf_clerk;
SELECT smartwf.start_flow('approval', '3') AS run \gset
UPDATE invoice SET title = 'Table' WHERE id = 3;
SET ROLE regress_smartwf_boss;
SELECT smartwf.answer_confirmation(id, 'later') FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_clerk;
SELECT status, step, sqlstate, message FROM smartwf.runs WHERE id = :run;
SELECT smartwf.restart_run(:run);
SELECT title, decision, booked_by, state FROM invoice WHERE id = 3;
-- reset to draft: the record can be edited, and the flow begins anew
SELECT status, step FROM smartwf.runs WHERE id = :run;
UPDATE invoice SET amount = 500 WHERE id = 3;
SELECT smartwf.restart_run(:run);
SELECT decision, state, amount FROM invoice WHERE id = 3;
-- a refused transition and a broken constraint fail the step, and nothing but it
UPDATE invoice SET amount = 7 WHERE id = 1;
SELECT smartwf.start_flow('approval', '1') AS run \gset
SELECT status, step, sqlstate, message FROM smartwf.runs WHERE id = :run;
SELECT smartwf.start_flow('approval', '4', '{"amount": 1, "decision": "no"}') AS run \gset
SELECT status, step, sqlstate, message FROM smartwf.runs WHERE id = :run;
SELECT amount, decision FROM invoice WHERE id = 4;
SELECT smartwf.start_flow('approval', '5', '{"amount": 99999}') AS run \gset
SET ROLE regress_smartwf_boss;
SELECT smartwf.answer_confirmation(id, 'no') FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_clerk;
SELECT status, step, sqlstate, message FROM smartwf.runs WHERE id = :run;
-- a flow of one structure takes no other document, and none
SELECT smartwf.start_flow('approval');
SELECT smartwf.start_flow('approval', model => '{}');
-- cancelled: what it asked is closed
SELECT smartwf.start_flow('approval', '6') AS run \gset
SELECT smartwf.cancel_run(:run);
SET ROLE regress_smartwf_boss;
SELECT c.status, s.outcome FROM smartwf.confirmations c JOIN smartwf.run_steps s USING (run, step) WHERE run = :run;
SELECT smartwf.answer_confirmation(id, 'no') FROM smartwf.confirmations WHERE run = :run;
SELECT smartwf.restart_run(:run);
SET ROLE regress_smartwf_clerk;
SELECT smartwf.restart_run(:run);
-- rights are those of the starter: one who may not read the table starts nothing, and gains nothing by what others answer
SET ROLE regress_smartwf_other;
SELECT smartwf.start_flow('approval', '7');
RESET ROLE;
GRANT SELECT ON invoice TO regress_smartwf_other;
SET ROLE regress_smartwf_other;
SELECT smartwf.start_flow('approval', '7', '{"amount": 1}') AS run \gset
SELECT status, step, sqlstate, message FROM smartwf.runs WHERE id = :run;
SELECT smartwf.start_flow('approval', '8') AS run \gset
RESET ROLE;
SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations WHERE run = :run;
SELECT status, step, sqlstate, message, model ->> 'booked_by' FROM smartwf.runs WHERE id = :run;
-- nor does a session that drives another's run on get its functions to act with his rights
SET ROLE regress_smartwf_clerk;
SELECT smartwf.start_flow('trap') AS run \gset
SET ROLE regress_smartwf_boss;
CREATE TEMP TABLE ledger (who text);
CREATE FUNCTION pg_temp.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.who := 'trapped ' || current_user; RETURN NEW; END $$;
CREATE TRIGGER trap BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION pg_temp.trap();
GRANT ALL ON ledger TO PUBLIC;
CREATE FUNCTION pg_temp.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped ' || current_user $$;
SET search_path = pg_temp, public;
SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations WHERE run = :run;
SHOW search_path;
RESET search_path;
SELECT count(*) FROM pg_temp.ledger;
RESET ROLE;
SELECT who FROM ledger_of_all;
SELECT status, message FROM smartwf.runs WHERE id = :run;
DISCARD TEMP;
-- the tables change by functions alone
SET ROLE regress_smartwf_clerk;
UPDATE smartwf.runs SET status = 'finished';
INSERT INTO smartwf.answers VALUES (1, 'x', 'yes');
DELETE FROM smartwf.notifications;
RESET ROLE;

-- a quorum: the first choice that enough have given
SELECT smartwf.define_flow('{"name": "quorum", "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation",
 "settings": {"field": "a", "options": ["x", "y"], "users": ["regress_smartwf_boss", "regress_smartwf_clerk"], "userRouting": "app.route", "answersNeeded": 2, "due": "2 days", "message": "?"}}]}]}');
SELECT smartwf.start_flow('quorum', model => '{"approver": "regress_smartwf_auditor"}') AS run \gset
SELECT users, answers_needed, due_at > now() + '1 day' FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_boss;
SELECT smartwf.answer_confirmation(id, 'x') FROM smartwf.confirmations WHERE run = :run;
SELECT smartwf.answer_confirmation(id, 'y') FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_clerk;
SELECT smartwf.answer_confirmation(id, 'y') FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_auditor;
SELECT smartwf.answer_confirmation(id, 'y') FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_deputy;
SELECT smartwf.answer_confirmation(id, 'y') FROM smartwf.confirmations WHERE run = :run;
RESET ROLE;
SELECT status, model ->> 'a' FROM smartwf.runs WHERE id = :run;
-- all have answered, and do not agree: the step fails; restarted, it asks anew
SELECT smartwf.define_flow('{"name": "split", "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation",
 "settings": {"field": "a", "options": ["x", "y"], "users": ["regress_smartwf_boss", "regress_smartwf_clerk"], "answersNeeded": 2}}]}]}');
SELECT smartwf.start_flow('split') AS run \gset
SET ROLE regress_smartwf_boss;
SELECT smartwf.answer_confirmation(id, 'x') FROM smartwf.confirmations WHERE run = :run;
SET ROLE regress_smartwf_clerk;
SELECT smartwf.answer_confirmation(id, 'y') FROM smartwf.confirmations WHERE run = :run;
RESET ROLE;
SELECT r.status, r.step, r.sqlstate, regexp_replace(r.message, '\d+', 'N') FROM smartwf.runs r WHERE id = :run;
SELECT status FROM smartwf.confirmations WHERE run = :run;
SELECT smartwf.restart_run(:run);
SELECT status FROM smartwf.confirmations WHERE run = :run ORDER BY id;
-- options from the column: enum, boolean, the list of a CHECK; from nowhere
SELECT smartwf.field_options('invoice', 'decision'), smartwf.field_options('invoice', 'paid'), smartwf.field_options('invoice', 'size'), smartwf.field_options('invoice', 'title'), smartwf.field_options('invoice', 'nothing');
SELECT smartwf.define_flow(jsonb_build_object('name', 'f_' || f, 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps', jsonb_build_array(
	jsonb_build_object('name', 'ask', 'kind', 'get_user_confirmation', 'settings', jsonb_build_object('field', f, 'users', '["x"]'::jsonb)), '{"name": "save", "kind": "update_model"}'::jsonb)))))
FROM unnest(ARRAY['paid', 'size', 'title']) f;
SELECT smartwf.start_flow('f_paid', '9') AS paid, smartwf.start_flow('f_title', '9') AS title \gset
SELECT smartwf.answer_confirmation(id, 'true') FROM smartwf.confirmations WHERE run = :paid;
SELECT paid FROM invoice WHERE id = 9;
SELECT status, message FROM smartwf.runs WHERE id = :title;
-- nobody to ask
SELECT smartwf.define_flow('{"name": "nobody", "stages": [{"name": "s", "steps": [{"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "userField": "who", "message": "Hello {{who}}", "subject": "S {{x}}"}}]}]}');
SELECT smartwf.start_flow('nobody') AS run \gset
SELECT status, message FROM smartwf.runs WHERE id = :run;
SELECT smartwf.start_flow('nobody', model => '{"who": ["a", "b", "a"], "x": 1}') AS run \gset
SELECT recipient, subject, body FROM smartwf.notifications WHERE run = :run ORDER BY id;
DROP TABLE invoice, ledger CASCADE;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_clerk, regress_smartwf_boss, regress_smartwf_deputy, regress_smartwf_auditor, regress_smartwf_other;
