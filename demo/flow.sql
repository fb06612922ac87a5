-- The approval of an invoice, in five stages.  Shown by script/demo flow.
\set QUIET on
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset border 0
\pset footer off
\pset null '-'
SET client_min_messages = error;
CREATE EXTENSION smartwf;
CREATE ROLE clerk;
CREATE ROLE boss;
CREATE ROLE deputy;
CREATE ROLE auditor;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO clerk;
SELECT smartwf.define_workflow('{"name": "INVOICE", "states": [{"name": "received", "initial": true}, {"name": "approved"}, {"name": "refused"}],
 "transitions": [{"name": "approve", "arcs": [{"from": "received", "to": "approved"}], "guard": "booked IS NOT NULL", "guardMessage": "not booked",
   "grants": [{"role": "boss"}, {"role": "auditor"}]},
  {"name": "refuse", "arcs": [{"from": "received", "to": "refused"}], "grants": [{"role": "boss"}, {"role": "auditor"}]}]}') AS defined \gset
CREATE TABLE invoice (id int PRIMARY KEY, title text, amount numeric, approver text, decision text CHECK (decision IN ('yes', 'no')), second text CHECK (second IN ('yes', 'no')), booked numeric, state text);
SELECT smartwf.attach('invoice', 'INVOICE', docid_prefix => 'I') AS attached \gset
GRANT SELECT, INSERT, UPDATE (decision, second, booked) ON invoice TO clerk;
GRANT SELECT ON invoice TO auditor;
CREATE TABLE app.ledger (amount numeric, is_open boolean);
GRANT ALL ON app.ledger TO clerk;
CREATE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM app.ledger WHERE is_open) THEN RAISE EXCEPTION 'the ledger is closed today'; END IF;
	INSERT INTO app.ledger VALUES ((model ->> 'amount')::numeric);
	RETURN jsonb_build_object('booked', model -> 'amount');
END $$;
SELECT smartwf.register_dataflow('book', 'app.book') AS registered \gset
INSERT INTO smartwf.templates (name, subject, text_body) VALUES ('decided', 'Invoice {{title}}', 'The answer was {{decision}}.');
INSERT INTO smartwf.contacts VALUES ('clerk', 'smtp', 'clerk@example.org');

\echo '1. A flow of five stages: check, ask, book, decide, tell.'
\echo '   A faulty one is refused, with every fault at once:'
\set VERBOSITY default
SELECT smartwf.define_flow('{"name": "approval", "stages": [{"name": "Check", "steps": [{"name": "big?", "kind": "if_condition", "settings": {"field": "amount", "operator": "above"}},
  {"name": "tell", "kind": "send_notification", "settings": {"channel": "pigeon", "message": "{{#x}}"}}]}]}') AS version;
\set VERBOSITY terse
SELECT smartwf.define_flow('{"name": "approval", "structure": "invoice", "stages": [
 {"name": "Check", "steps": [{"name": "has an amount?", "kind": "if_condition", "settings": {"field": "amount", "operator": "notEqual", "compareWithNull": true},
   "else": [{"name": "missing", "kind": "send_notification", "settings": {"channel": "mail", "users": ["clerk"], "message": "{{title}} has no amount"}}, {"name": "end", "kind": "finish"}]}]},
 {"name": "Ask", "steps": [{"name": "the boss", "kind": "get_user_confirmation", "settings": {"field": "decision", "userField": "approver", "message": "Approve {{title}} for {{amount}}?",
   "excludeStarter": true, "due": "3 days", "dueChoice": "no"}},
   {"name": "the auditor", "kind": "get_user_confirmation", "settings": {"field": "second", "users": ["auditor", "boss", "deputy"], "message": "The boss or his deputy said {{decision}} to {{title}}. Do you?",
   "excludeStarter": true, "excludeAnswerersOf": "the boss"}}]},
 {"name": "Book", "steps": [{"name": "ledger", "kind": "execute_data_flow", "settings": {"dataflow": "book"}}, {"name": "save", "kind": "update_model"}]},
 {"name": "Tell", "steps": [{"name": "the clerk", "kind": "send_templated_notification", "settings": {"channel": "smtp", "users": ["clerk"], "template": "decided"}}]},
 {"name": "Decide", "steps": [{"name": "by answer", "kind": "switch_case", "settings": {"field": "second"},
   "cases": {"yes": [{"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "as": "answerer"}}],
             "no": [{"name": "refuse", "kind": "pass_transition", "settings": {"transition": "refuse", "as": "answerer"}}]}}]}]}') AS version \gset

\echo
\echo '2. The clerk may not approve invoices. He starts the flow for one; it comes to the boss, and waits:'
SET ROLE clerk;
INSERT INTO invoice (id, title, amount, approver) VALUES (1, 'printing press', 50000, 'boss'), (2, 'paper', 80, 'boss');
SELECT smartwf.pass_transition('I1', 'approve');
SELECT smartwf.start_flow('approval', 'I1') AS run \gset
SELECT flow, docid, status, step FROM smartwf.runs;
\echo '3. The boss has it in his inbox, with a due date, and hands it over to his deputy; from then on it is not his to answer:'
SET ROLE boss;
SELECT body, options, due_at > now() + '2 days' AS "due in 3 days" FROM smartwf.inbox WHERE confirmation IS NOT NULL;
SELECT id AS question FROM smartwf.confirmations \gset
SELECT smartwf.delegate(:question, 'deputy') AS delegated \gset
SELECT smartwf.answer_confirmation(:question, 'yes');
\echo '   The deputy says yes. A second pair of eyes is wanted: not his again, though he is on the list:'
SET ROLE deputy;
SELECT smartwf.answer_confirmation(:question, 'yes', 'a bargain') AS "the run";
RESET ROLE;
SELECT max(id) AS question FROM smartwf.confirmations \gset
SET ROLE deputy;
SELECT smartwf.answer_confirmation(:question, 'yes');
\echo '4. The auditor says yes, too, and the run goes on as the clerk''s. But the ledger is closed:'
SET ROLE auditor;
SELECT body FROM smartwf.inbox WHERE confirmation IS NOT NULL;
SELECT smartwf.answer_confirmation(:question, 'yes') AS "the run";
SET ROLE clerk;
SELECT status, step, message FROM smartwf.runs;
\echo '5. Tomorrow it is open. The run goes on where it stood, and approves the invoice as the auditor, who answered last:'
INSERT INTO app.ledger VALUES (NULL, true);
SELECT smartwf.restart_run(:run) AS "the run";
RESET ROLE;
SELECT id, title, decision, booked, state FROM invoice WHERE id = 1;
SELECT actor, transition, to_state FROM smartwf.history WHERE docid = 'I1' ORDER BY revision;
\echo '6. What it did, step by step:'
SELECT number AS n, stage, step, attempt AS try, outcome, coalesce(changes::text, message, '') AS "what" FROM smartwf.run_steps WHERE run = :run ORDER BY number;
\echo '7. What waits for delivery, and the flow as a picture (mermaid), its way marked:'
SELECT channel, address, subject, body FROM smartwf.notifications WHERE status = 'queued';
\pset tuples_only on
\pset format unaligned
SELECT smartwf.flow_diagram('approval', 'mermaid', :run);
\pset tuples_only off
\pset format aligned
\echo '8. For another invoice nobody answers: after three days that counts as a no, and the auditor is asked:'
SET ROLE clerk;
SELECT smartwf.start_flow('approval', 'I2') AS run \gset
RESET ROLE;
SELECT smartwf.advance_clock('4 days') AS later \gset
CALL smartwf.work();
SELECT r.status, r.step, c.status AS question, c.choice FROM smartwf.runs r JOIN smartwf.confirmations c ON c.run = r.id WHERE r.id = :run ORDER BY c.id;
