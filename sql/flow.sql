-- Definitions of flows.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
CREATE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"booked": true}'::jsonb $$;
CREATE FUNCTION app.bosses(model jsonb, run bigint) RETURNS text[] LANGUAGE sql AS $$ SELECT ARRAY['boss'] $$;
CREATE FUNCTION app.wrong(model jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT model $$;
CREATE ROLE regress_smartwf_accounting;
SELECT smartwf.register_dataflow('book', 'app.book', 'into the ledger');
SELECT smartwf.register_dataflow('book', 'app.book', 'again');
SELECT * FROM smartwf.dataflows;
SELECT smartwf.register_dataflow('no', 'app.wrong');
SELECT smartwf.register_dataflow('no', 'book');
SELECT smartwf.register_dataflow('no', 'app.book(jsonb)');
SELECT smartwf.register_dataflow('no', '"app"."book"; DROP TABLE x');
SELECT smartwf.register_dataflow('1', 'app.book');
SELECT smartwf.register_dataflow(NULL, 'app.book');
INSERT INTO smartwf.templates (name, subject, text_body, html_body) VALUES ('reminder', 'Invoice {{number}}', 'Dear {{name}}', '<p>Dear {{name}}</p>');
INSERT INTO smartwf.templates (name, subject, text_body) VALUES ('broken', '{{#x}}', '{{/y}}');

-- everything that a definition can say
SELECT '{"name": "FULL", "label": "Tout", "structure": "", "restrictAccess": true, "runAs": "starter", "maxRuns": 3, "grants": [{"role": "regress_smartwf_accounting"}],
 "start": [{"role": "regress_smartwf_accounting"}], "managers": [{"role": "regress_smartwf_accounting"}], "model": null,
 "stages": [
  {"name": "Préparer", "steps": [
   {"name": "flag", "kind": "update_model_field", "settings": {"field": "state", "value": null}},
   {"name": "copy", "kind": "update_model_field", "settings": {"field": "a", "source": "b.c"}},
   {"name": "big?", "kind": "if_condition", "settings": {"field": "amount", "operator": "greater", "value": 1000}, "else": [
    {"name": "deep?", "kind": "if_condition", "settings": {"field": "x", "operator": "equal", "compareWithNull": true}, "else": [
     {"name": "book", "kind": "execute_data_flow", "settings": {"dataflow": "book"}}, {"name": "end 2", "kind": "finish", "settings": {}}]},
    {"name": "save", "kind": "update_model", "settings": {}}, {"name": "end", "kind": "finish", "settings": {}}]}]},
  {"name": "Demander", "steps": [
   {"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["boss"], "subject": "s", "message": "Approve {{title}}?"}},
   {"name": "remind", "kind": "send_templated_notification", "settings": {"channel": "smtp", "template": "reminder", "renderType": "html", "userField": "owner", "properties": {"name": "customer.name"}}},
   {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "userRouting": "app.bosses", "answersNeeded": 2, "due": "3 days", "dueChoice": "no", "message": "?", "channel": "signalr"}},
   {"name": "sleep", "kind": "wait", "settings": {"duration": "2 days"}},
   {"name": "wake", "kind": "wait", "settings": {"until": "due_on"}},
   {"name": "go", "kind": "pass_transition", "settings": {"transition": "approve", "comment": "by flow", "parameters": {"p": "field"}},
    "failure": {"retries": 3, "backoff": "10 seconds", "maximumBackoff": "5 minutes", "then": "branch", "steps": [
     {"name": "note", "kind": "update_model_field", "settings": {"field": "failed", "value": true}, "failure": {"retries": 0, "backoff": "1 second", "maximumBackoff": "1 hour", "then": "skip", "steps": []}}]}},
   {"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"}, "default": [{"name": "back", "kind": "reset_to_draft", "settings": {}}],
    "cases": {"yes": [{"name": "yes again", "kind": "switch_case", "settings": {"field": "d"}, "cases": {"1": [], "": []}, "default": []}], "no": []}}]}]}' AS full \gset
SELECT smartwf.define_flow(:'full');
SELECT smartwf.flow_definition('FULL')::jsonb = :'full'::jsonb AS round_trip_is_exact;
SELECT * FROM smartwf.check_flow('FULL');
SELECT smartwf.define_flow(smartwf.flow_definition('FULL')::jsonb) AS same_version;
-- the schema by which an editor has checked it is not stored
SELECT smartwf.define_flow(:'full'::jsonb || '{"$schema": "flow.schema.json"}') AS same_version,
	smartwf.flow_definition('FULL')::jsonb = :'full'::jsonb AS round_trip_is_exact;
SELECT smartwf.define_flow(:'full'::jsonb || '{"label": "Deux"}') AS next_version;
SELECT smartwf.flow_definition('FULL', 1) ->> 'label', smartwf.flow_definition('FULL', 2) ->> 'label', smartwf.flow_definition('FULL', 3) IS NULL;
SELECT name, version, status, restrict_access FROM smartwf.flows ORDER BY version;
SELECT stage, parent, branch, branch_value, position, name FROM smartwf.steps WHERE flow_id = 1 ORDER BY stage, parent NULLS FIRST, branch, branch_value, position;
-- what may be left out
SELECT smartwf.define_flow('{"name": "LEAST", "stages": [{"name": "only", "steps": [{"name": "save", "kind": "update_model"}]}]}');
SELECT smartwf.flow_definition('LEAST');

-- a published version is frozen, but for label, access and grants
UPDATE smartwf.steps SET settings = '{}' WHERE name = 'flag';
DELETE FROM smartwf.steps WHERE name = 'flag';
INSERT INTO smartwf.stages VALUES (1, 'another', 3);
UPDATE smartwf.stages SET name = 'x' WHERE flow_id = 1 AND position = 1;
UPDATE smartwf.flows SET structure = 'x' WHERE id = 1;
UPDATE smartwf.flows SET status = 'draft' WHERE id = 1;
INSERT INTO smartwf.flows (name, status) VALUES ('X', 'published');
UPDATE smartwf.flows SET label = 'Un', restrict_access = false WHERE id = 1;
DELETE FROM smartwf.flow_grants WHERE flow_id = 1;
SELECT smartwf.flow_definition('FULL', 1) -> 'grants';

-- every fault at once
\pset tuples_only off
SELECT code, object, message FROM smartwf.flow_faults('{"name": "1x", "foo": 1, "restrictAccess": "yes", "structure": "nope", "grants": [{"role": 5}, {"rule": "x"}, {"role": "nobody"}],
 "stages": [{"name": "A", "steps": []}, {"name": "B", "steps": [
  {"name": "s1", "kind": "dance"}, {"kind": "finish"}, {"name": "s1", "kind": "update_model", "settings": {"x": 1}, "else": [], "cases": {}},
  {"name": "if", "kind": "if_condition", "settings": {"operator": "like", "compareWithNull": 5}, "else": [{"name": "in", "kind": "switch_case", "settings": {"field": "a"}}]},
  {"name": "if null", "kind": "if_condition", "settings": {"field": "x", "operator": "less", "compareWithNull": true}, "else": [{"name": "e", "kind": "finish"}, {"name": "never", "kind": "update_model"}]},
  {"name": "n", "kind": "send_notification", "settings": {"channel": "pigeon", "message": "{{#x}}"}},
  {"name": "t", "kind": "send_templated_notification", "settings": {"channel": "mail", "template": "none", "renderType": "docx", "users": [1], "userRouting": "app.route"}},
  {"name": "c", "kind": "get_user_confirmation", "settings": {"field": "x", "options": "yes", "users": ["u"], "answersNeeded": 0.5}},
  {"name": "f", "kind": "update_model_field", "settings": {"field": "x"}}, {"name": "g", "kind": "update_model_field", "settings": {"field": "x", "value": 1, "source": "y"}},
  {"name": " d ", "kind": "execute_data_flow", "settings": {"dataflow": "none"}},
  {"name": "later", "kind": "switch_case", "settings": {"field": "x"}, "cases": {"a": []}}]}, 5, {"name": "A", "steps": [{"name": "z", "kind": "update_model", "settings": []}]}]}');
SELECT code, object, message FROM smartwf.flow_faults('{"name": "E", "$schema": 1, "stages": [{"name": "A", "steps": [
 {"name": "s", "kind": "switch_case", "settings": {"field": "x"}, "cases": {"a": [], "b": null, "c": {"name": "e", "kind": "finish"}}}]}]}');
SELECT code, object, message FROM smartwf.flow_faults('{"name": "E", "stages": []}');
SELECT code, object, message FROM smartwf.flow_faults('{}');
SELECT code, object, message FROM smartwf.flow_faults('{"name": "E", "maxRuns": 0, "stages": [{"name": "A", "steps": [
 {"name": "a", "kind": "wait", "settings": {}}, {"name": "b", "kind": "wait", "settings": {"duration": "a while", "until": "x"}}, {"name": "c", "kind": "wait", "settings": {"duration": "-1 day"}},
 {"name": "d", "kind": "update_model", "failure": {"retries": 1.5, "backoff": "0", "maximumBackoff": "soon", "then": "panic", "again": true}},
 {"name": "e", "kind": "update_model", "failure": {"then": "branch"}}, {"name": "f", "kind": "update_model", "failure": {"steps": [{"name": "g", "kind": "nothing"}]}}, {"name": "h", "kind": "update_model", "failure": 1},
 {"name": "i", "kind": "get_user_confirmation", "settings": {"field": "x", "users": ["a"], "options": ["yes"], "dueChoice": "no"}}]}]}');
-- fields, where the model is known
CREATE TABLE invoice (id int PRIMARY KEY, amount numeric, state text);
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true}]}');
SELECT smartwf.attach('invoice', 'W');
SELECT * FROM smartwf.flow_faults('{"name": "F", "structure": "invoice", "stages": [{"name": "A", "steps": [
  {"name": "1", "kind": "update_model_field", "settings": {"field": "amuont", "source": "amount"}},
  {"name": "2", "kind": "send_notification", "settings": {"channel": "mail", "userField": "owner", "message": "{{amount}} {{title}} {{#lines}}{{x}}{{/lines}}"}},
  {"name": "t", "kind": "send_templated_notification", "settings": {"channel": "mail", "users": ["u"], "template": "reminder", "properties": {"number": "id"}}},
  {"name": "3", "kind": "if_condition", "settings": {"field": "amount.x", "operator": "equal", "value": 1}, "else": [{"name": "4", "kind": "finish"}]}]}]}');
\set VERBOSITY default
SELECT smartwf.define_flow('{"name": "E", "stages": [{"name": "A", "steps": [{"name": "x", "kind": "y"}]}]}');
\set VERBOSITY terse
SELECT smartwf.define_flow('[]');
SELECT smartwf.define_flow(NULL);
SELECT * FROM smartwf.check_flow('nowhere');
SELECT count(*) FROM smartwf.flows;
DROP TABLE invoice;
DROP EXTENSION smartwf;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_accounting;
