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
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO clerk;
SELECT smartwf.define_workflow('{"name": "INVOICE", "states": [{"name": "received", "initial": true}, {"name": "approved"}, {"name": "refused"}],
 "transitions": [{"name": "approve", "arcs": [{"from": "received", "to": "approved"}], "guard": "booked IS NOT NULL", "guardMessage": "not booked"},
  {"name": "refuse", "arcs": [{"from": "received", "to": "refused"}]}]}') AS defined \gset
CREATE TABLE invoice (id int PRIMARY KEY, title text, amount numeric, approver text, decision text CHECK (decision IN ('yes', 'no')), booked numeric, state text);
SELECT smartwf.attach('invoice', 'INVOICE', docid_prefix => 'I') AS attached \gset
GRANT SELECT, INSERT, UPDATE ON invoice TO clerk;
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
SELECT smartwf.define_flow('{"name": "approval", "structure": "invoice", "restrictAccess": true, "stages": [
 {"name": "Check", "steps": [{"name": "has an amount?", "kind": "if_condition", "settings": {"field": "amount", "operator": "notEqual", "compareWithNull": true},
   "else": [{"name": "missing", "kind": "send_notification", "settings": {"channel": "mail", "users": ["clerk"], "message": "{{title}} has no amount"}}, {"name": "end", "kind": "finish"}]}]},
 {"name": "Ask", "steps": [{"name": "the boss", "kind": "get_user_confirmation", "settings": {"field": "decision", "userField": "approver", "message": "Approve {{title}} for {{amount}}?"}}]},
 {"name": "Book", "steps": [{"name": "ledger", "kind": "execute_data_flow", "settings": {"dataflow": "book"}}, {"name": "save", "kind": "update_model"}]},
 {"name": "Tell", "steps": [{"name": "the clerk", "kind": "send_templated_notification", "settings": {"channel": "smtp", "users": ["clerk"], "template": "decided"}}]},
 {"name": "Decide", "steps": [{"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"},
   "cases": {"yes": [{"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve"}}], "no": [{"name": "refuse", "kind": "pass_transition", "settings": {"transition": "refuse"}}]}}]}]}') AS version \gset

\echo
\echo '2. The clerk starts it for an invoice; it comes to the boss, and waits:'
SET ROLE clerk;
INSERT INTO invoice (id, title, amount, approver) VALUES (1, 'printing press', 50000, 'boss');
SELECT smartwf.start_flow('approval', 'I1') AS run \gset
SELECT flow, docid, status, step FROM smartwf.runs;
\echo '3. The boss has it in his inbox, lets his deputy answer, too; nobody else sees it:'
SET ROLE boss;
SELECT body, options FROM smartwf.inbox WHERE confirmation IS NOT NULL;
SELECT smartwf.delegate(id, 'deputy') AS delegated FROM smartwf.confirmations \gset
\echo '4. The deputy says yes, and the run goes on as the clerk''s. But the ledger is closed:'
SET ROLE deputy;
SELECT smartwf.answer_confirmation(id, 'yes', 'a bargain') AS "the run" FROM smartwf.confirmations;
SET ROLE clerk;
SELECT status, step, message FROM smartwf.runs;
\echo '5. Tomorrow it is open. The run goes on where it stood:'
INSERT INTO app.ledger VALUES (NULL, true);
SELECT smartwf.restart_run(:run) AS "the run";
RESET ROLE;
SELECT id, title, decision, booked, state FROM invoice;
\echo '6. What it did, step by step:'
SELECT number AS n, stage, step, attempt AS try, outcome, coalesce(changes::text, message, '') AS "what" FROM smartwf.run_steps ORDER BY number;
\echo '7. What waits for delivery, and the flow as a picture (mermaid), its way marked:'
SELECT channel, address, subject, body FROM smartwf.notifications WHERE status = 'queued';
\pset tuples_only on
\pset format unaligned
SELECT smartwf.flow_diagram('approval', 'mermaid', :run);
