-- A small office at work: invoices that are approved, articles that are written, a question that waits,
-- a run that has failed.  Shown by script/demo web.
\set QUIET on
SET client_min_messages = error;
CREATE EXTENSION smartwf;
CREATE ROLE clerk;
CREATE ROLE boss;
CREATE ROLE chief;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app, public TO clerk, boss, chief;

-- articles: a lifecycle with labels in two languages
SELECT smartwf.define_workflow('{"name": "ARTICLE", "label": "Article", "states": [
  {"name": "draft", "label": "Draft", "activity": "being written", "color": "#8a8a8a", "initial": true},
  {"name": "review", "label": "In review", "activity": "being read by an editor", "color": "#d99a00"},
  {"name": "published", "label": "Published", "activity": "on the web site", "color": "#2f9e44"},
  {"name": "withdrawn", "label": "Withdrawn", "activity": "taken off", "color": "#c92a2a"}],
 "transitions": [
  {"name": "submit", "label": "Submit", "arcs": [{"from": "draft", "to": "review"}], "guard": "words >= 100", "guardMessage": "An article needs a hundred words.",
   "grants": [{"role": "clerk"}, {"role": "boss"}]},
  {"name": "return", "label": "Return to author", "askComment": true, "arcs": [{"from": "review", "to": "draft"}], "grants": [{"role": "boss"}],
   "parameters": [{"name": "reason", "label": "Reason", "type": "enum", "needed": true, "options": {"values": ["facts", "style", "length"]}}]},
  {"name": "publish", "label": "Publish", "arcs": [{"from": "review", "to": "published"}], "grants": [{"role": "boss"}],
   "parameters": [{"name": "online_on", "label": "Online on", "type": "date"}]},
  {"name": "withdraw", "label": "Withdraw", "arcs": [{"from": "published", "to": "withdrawn"}], "grants": [{"role": "boss"}]}],
 "translations": {"fr": {"states": {"draft": "Brouillon", "review": "En relecture", "published": "Publié", "withdrawn": "Retiré"},
  "activities": {"draft": "en cours d''écriture", "review": "relu par un rédacteur", "published": "sur le site", "withdrawn": "retiré du site"},
  "transitions": {"submit": "Soumettre", "return": "Rendre à l''auteur", "publish": "Publier", "withdraw": "Retirer"}}}}') AS defined \gset
CREATE TABLE article (id int PRIMARY KEY, title text, words int, online_on date, state text);
SELECT smartwf.attach('article', 'ARTICLE', docid_prefix => 'A') AS attached \gset
GRANT SELECT, INSERT ON article TO clerk;
GRANT SELECT, UPDATE ON article TO boss;
GRANT SELECT ON article TO chief;

-- invoices: approved by a flow
SELECT smartwf.define_workflow('{"name": "INVOICE", "label": "Invoice", "states": [
  {"name": "received", "label": "Received", "activity": "waiting for approval", "color": "#3b5bdb", "initial": true},
  {"name": "approved", "label": "Approved", "activity": "to be paid", "color": "#2f9e44"},
  {"name": "refused", "label": "Refused", "activity": "sent back", "color": "#c92a2a"}],
 "transitions": [
  {"name": "approve", "label": "Approve", "arcs": [{"from": "received", "to": "approved"}], "grants": [{"role": "boss"}]},
  {"name": "approve_small", "label": "Approve a small one", "arcs": [{"from": "received", "to": "approved"}], "guard": "amount <= 1000", "grants": [{"role": "clerk"}]},
  {"name": "refuse", "label": "Refuse", "arcs": [{"from": "received", "to": "refused"}], "grants": [{"role": "boss"}]}]}') AS defined \gset
CREATE TABLE invoice (id int PRIMARY KEY, title text, amount numeric, booked numeric, decision text CHECK (decision IN ('yes', 'no')), state text);
COMMENT ON COLUMN invoice.amount IS 'in EUR';
SELECT smartwf.attach('invoice', 'INVOICE', docid_prefix => 'I') AS attached \gset
GRANT SELECT, INSERT, UPDATE (decision, booked) ON invoice TO clerk;
GRANT SELECT ON invoice TO boss, chief;

CREATE TABLE app.ledger (amount numeric, at timestamptz DEFAULT now());
GRANT ALL ON app.ledger TO clerk;
CREATE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF (model ->> 'amount')::numeric = 4800 THEN RAISE EXCEPTION 'the ledger is closed for this account'; END IF;
	INSERT INTO app.ledger VALUES ((model ->> 'amount')::numeric);
	RETURN jsonb_build_object('booked', model -> 'amount');
END $$;
SELECT smartwf.register_dataflow('book', 'app.book', 'enters the amount in the ledger') AS registered \gset
INSERT INTO smartwf.templates (name, description, subject, text_body, properties) VALUES ('decided', 'what was decided', 'Invoice {{title}}', 'The answer was {{decision}}.', '[]');

SELECT smartwf.define_flow('{"name": "invoice_approval", "label": "Approval of invoices", "structure": "invoice",
 "start": [{"role": "clerk"}], "managers": [{"role": "chief"}], "stages": [
  {"name": "Review", "steps": [
   {"name": "big?", "kind": "if_condition", "settings": {"field": "amount", "operator": "greater", "value": 1000},
    "else": [{"name": "approve at once", "kind": "pass_transition", "settings": {"transition": "approve_small"}}, {"name": "end", "kind": "finish"}]},
   {"name": "ask the boss", "kind": "get_user_confirmation", "settings": {"field": "decision", "users": [{"role": "boss"}], "excludeStarter": true, "due": "3 days",
     "message": "Approve {{title}} for {{amount}} EUR?"}}]},
  {"name": "Book", "steps": [
   {"name": "into the ledger", "kind": "execute_data_flow", "settings": {"dataflow": "book"}},
   {"name": "save", "kind": "update_model"}]},
  {"name": "Decide", "steps": [
   {"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"},
    "cases": {"yes": [{"name": "approve", "kind": "pass_transition", "settings": {"transition": "approve", "as": "answerer"}}],
              "no": [{"name": "refuse", "kind": "pass_transition", "settings": {"transition": "refuse", "as": "answerer"}},
                     {"name": "tell the clerk", "kind": "send_notification", "settings": {"channel": "mail", "users": [{"role": "clerk"}], "subject": "{{title}} was refused", "message": "{{title}} for {{amount}} EUR is not to be paid."}}]}}]}]}') AS version \gset

SELECT smartwf.grant_design('chief') AS granted, smartwf.grant_operation('chief') AS granted2 \gset

-- what the people do, as a gateway lets them
CREATE FUNCTION pg_temp.become(role text, person text) RETURNS void LANGUAGE sql AS
$$ SELECT set_config('request.jwt.claims', json_build_object('role', role, 'sub', person)::text, false) $$;
SET smartwf.actor_claim = 'sub';
SELECT pg_temp.become('clerk', 'claire') IS NULL AS became \gset
SET ROLE clerk;
INSERT INTO article (id, title, words) SELECT n, (ARRAY['Rain in June', 'A new bridge', 'The market hall', 'Trams again', 'Budget 2027', 'School meals'])[n], 60 * n FROM generate_series(1, 6) n;
SELECT count(*) AS passed FROM smartwf.pass_transitions(ARRAY['A2', 'A3', 'A4', 'A5', 'A6'], 'submit') \gset
INSERT INTO invoice (id, title, amount) VALUES (1, 'Paper', 120), (2, 'Printing press', 50000), (3, 'Ink', 2000), (4, 'Rent', 4800), (5, 'Coffee', 80), (6, 'Bridge photographs', 1500);
SELECT smartwf.start_flow('invoice_approval', 'I' || n) AS run FROM generate_series(1, 6) n \g /dev/null
RESET ROLE;
SELECT pg_temp.become('boss', 'bob') IS NULL AS became \gset
SET ROLE boss;
SELECT smartwf.pass_transition('A3', 'publish', NULL, '{"online_on": "2026-12-01"}') AS passed \gset
SELECT smartwf.pass_transition('A4', 'return', 'Where were they made?', '{"reason": "facts"}') AS passed \gset
SELECT smartwf.answer_confirmation(confirmation, CASE docid WHEN 'I3' THEN 'no' ELSE 'yes' END, CASE docid WHEN 'I3' THEN 'We have plenty.' END) AS answered
FROM smartwf_api.inbox WHERE docid IN ('I3', 'I4') ORDER BY docid \g /dev/null
RESET ROLE;
