-- What screens need: who the reader is, catalogue, drafts that two edit, lists, operators; as roles.
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset format unaligned
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
CREATE ROLE regress_designer;
CREATE ROLE regress_operator;
CREATE ROLE regress_clerk;
CREATE ROLE regress_boss;
SELECT smartwf.grant_design('regress_designer');
SELECT smartwf.grant_operation('regress_operator');
SELECT smartwf.grant_operation('regress_nobody');
-- functions that only designers have
SELECT f FROM smartwf.functions_of_designers() f WHERE NOT has_function_privilege('regress_clerk', f, 'EXECUTE') ORDER BY f::text;
SELECT smartwf.define_workflow('{"name": "BILL", "states": [{"name": "draft", "label": "being written", "color": "#00CE01", "initial": true}, {"name": "sent"}],
  "transitions": [{"name": "send", "label": "sends it", "arcs": [{"from": "draft", "to": "sent"}], "grants": [{"role": "regress_clerk"}],
    "parameters": [{"name": "reason", "type": "text"}]}],
  "translations": {"fr": {"states": {"draft": "brouillon"}, "transitions": {"send": "envoyer"}}}}');
CREATE TABLE bill (id int PRIMARY KEY, title text, secret text, amount numeric, paid boolean, decision text CHECK (decision IN ('yes', 'no')), due date, state text);
COMMENT ON COLUMN bill.amount IS 'Amount in EUR';
SELECT smartwf.attach('bill', 'BILL', docid_prefix => 'B');
GRANT SELECT (id, title, amount, state, decision), INSERT (id, title, amount), UPDATE (decision) ON bill TO regress_clerk;
GRANT SELECT ON bill TO regress_boss;
INSERT INTO smartwf.templates (name, subject, text_body, properties) VALUES ('paid', 's', '{{who}}', '[{"name": "who", "label": "Who", "needed": true}]');
INSERT INTO smartwf.contacts VALUES ('anna@example.org', 'smtp', 'anna@example.org');
-- who am I
SET ROLE regress_designer;
SELECT smartwf_api.whoami();
SET ROLE regress_operator;
SELECT smartwf_api.whoami() ->> 'mayDesign' AS design, smartwf_api.whoami() ->> 'mayOperate' AS operate;
SET ROLE regress_clerk;
SELECT smartwf_api.whoami() ->> 'mayDesign' AS design, smartwf_api.whoami() ->> 'mayOperate' AS operate;
-- a designer's flow, verb by verb, as a gateway calls them
SET ROLE regress_designer;
SELECT smartwf_api.draft_flow('f') ->> 'revision' AS revision;
SELECT smartwf_api.update_flow('f', '{"structure": "bill", "start": [{"role": "regress_clerk"}]}') ->> 'revision' AS revision;
SELECT smartwf_api.add_stage('f', 'one') ->> 'faults' AS faults;
SELECT smartwf_api.add_step('f', 'one', '{"name": "<img src=x>", "kind": "get_user_confirmation", "settings": {"field": "decision", "users": [{"role": "regress_boss"}], "message": "{{title}}?"}}') ->> 'faults' AS faults;
SELECT smartwf_api.add_step('f', 'one', '{"name": "fails", "kind": "pass_transition", "settings": {"transition": "send", "as": "answerer"}}') ->> 'faults' AS faults;
-- two on one draft: the second is told by whom it was changed
SELECT smartwf_api.draft_flow('f') ->> 'revision' AS seen \gset
SELECT smartwf_api.add_stage('f', 'two') ->> 'revision' = :'seen' AS same;
SELECT set_config('request.headers', json_build_object('if-match', '"' || :'seen' || '"')::text, false) IS NOT NULL AS expects;
SELECT smartwf_api.rename_stage('f', 'one', 'eins');
\echo :LAST_ERROR_SQLSTATE
SELECT smartwf.rename_stage('f', 'one', 'eins');
\echo :LAST_ERROR_SQLSTATE
RESET "request.headers";
SELECT smartwf_api.draft_flow('f') ->> 'revision' AS seen \gset
SELECT set_config('request.headers', json_build_object('if-match', '"' || :'seen' || '"')::text, false) IS NOT NULL AS expects;
SELECT smartwf_api.rename_stage('f', 'one', 'eins') ->> 'changedBy' AS changed_by;
SET "request.headers" = '{"if-match": "*"}';
SELECT smartwf_api.rename_stage('f', 'eins', 'one') ->> 'revision' AS revision;
RESET "request.headers";
-- a draft that was made anew is another one, however often it was changed
SELECT smartwf_api.draft_flow('again') ->> 'revision' AS seen \gset
SELECT smartwf_api.discard_flow('again');
SELECT smartwf_api.draft_flow('again') ->> 'revision' = :'seen' AS same;
SELECT smartwf_api.discard_flow('again');
-- as deep and as large as a person could want, and no more
SELECT smartwf.replace_flow('f', jsonb_build_object('name', 'f', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps', (SELECT jsonb_agg(jsonb_build_object('name', n::text, 'kind', 'finish')) FROM generate_series(1, 3001) n)))));
WITH RECURSIVE deep (n, step) AS (SELECT 1, '{"name": "1", "kind": "if_condition", "else": []}'::jsonb
  UNION ALL SELECT n + 1, jsonb_build_object('name', (n + 1)::text, 'kind', 'if_condition', 'else', jsonb_build_array(step)) FROM deep WHERE n < 200)
SELECT smartwf.replace_flow('f', jsonb_build_object('name', 'f', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps', jsonb_build_array(step))))) FROM deep ORDER BY n DESC LIMIT 1;
-- undo: what it was before; what cannot be stored is refused, what is not ready is not
SELECT smartwf_api.replace_flow('f', '{"name": "f", "stages": [{"name": "x", "steps": [{"name": "y", "kind": "switch_case", "settings": {"no": 1}}]}]}') ->> 'faults' AS faults;
SELECT smartwf_api.replace_flow('f', '{"name": "f", "stages": []}') -> 'definition' -> 'stages' AS stages;
SELECT smartwf.replace_flow('f', '{"name": "f", "stages": [{"name": "x", "steps": [{"kind": "finish"}, {"name": "z", "kind": "finish", "els": []}]}, {"name": "x", "steps": 3}]}');
SELECT smartwf.replace_flow('f', '{"name": "g", "stages": []}');
SELECT smartwf.replace_flow('f', '[]');
SELECT smartwf.replace_flow('f', NULL);
SELECT smartwf_api.replace_flow('f', '{"name": "f", "structure": "bill", "start": [{"role": "regress_clerk"}], "stages": [{"name": "one", "steps": [
  {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "users": [{"role": "regress_boss"}], "message": "{{title}}?"}},
  {"name": "send", "kind": "pass_transition", "settings": {"transition": "send", "as": "answerer"}}]}]}') ->> 'faults' AS faults;
SELECT smartwf_api.publish_flow('f');
SELECT flow, version, status, owner, revision FROM smartwf_api.flow_versions;
SELECT workflow, version, status FROM smartwf_api.workflow_versions;
SELECT smartwf_api.define_workflow(smartwf_api.workflow_definition('BILL')::jsonb);
SELECT smartwf_api.import_workflow(smartwf_api.export_workflow('BILL')) AS version;
SELECT length(smartwf_api.diagram('BILL')) > 20 AND length(smartwf_api.flow_diagram('f')) > 20 AS pictures;
INSERT INTO smartwf_api.templates (name, text_body) VALUES ('mine', '{{title}}');
UPDATE smartwf_api.templates SET description = 'of mine' WHERE name = 'mine';
-- the catalogue, in both languages
SET smartwf.locale = 'fr-CA, en';
SELECT c ->> 'language' AS language, c -> 'groups' -> 1 AS second_group, c -> 'kinds' -> 2 ->> 'label' AS third_kind FROM smartwf_api.builder_catalogue('bill') c;
SET smartwf.locale = 'de';
SELECT json_array_elements(c -> 'kinds') ->> 'label' AS kinds FROM smartwf_api.builder_catalogue() c;
SELECT json_array_elements(c -> 'fields') AS fields FROM smartwf_api.builder_catalogue('bill') c;
SELECT c ->> 'transitions' AS transitions, c ->> 'people' AS people, c ->> 'templates' AS templates FROM smartwf_api.builder_catalogue('bill') c;
SELECT json_array_elements(k -> 'settings') AS settings FROM smartwf_api.builder_catalogue('bill') c, json_array_elements(c -> 'kinds') k WHERE k ->> 'name' = 'if_condition';
SELECT smartwf_api.builder_catalogue('nothing');
-- every kind and every setting has its words, in each language
SELECT DISTINCT kind FROM smartwf.flow_settings() EXCEPT SELECT kind FROM smartwf.step_words() GROUP BY kind HAVING count(*) = 2;
RESET ROLE;
SELECT DISTINCT setting FROM smartwf.flow_settings() WHERE setting IS NOT NULL EXCEPT SELECT w.setting FROM smartwf.setting_words() w JOIN smartwf.setting_inputs() i USING (setting) GROUP BY 1 HAVING count(*) = 2;
SELECT DISTINCT kind FROM smartwf.flow_settings() EXCEPT SELECT kind FROM smartwf.step_words() GROUP BY kind HAVING count(*) = 2;
-- a designer is no more than that
SET ROLE regress_designer;
SELECT smartwf.attach('bill', 'BILL');
SELECT smartwf.register_dataflow('x', 'app.x');
SELECT smartwf.forget_role('regress_boss');
SELECT smartwf.migrate('bill', 1);
SELECT count(*) FROM smartwf.history;
SELECT address FROM smartwf.contacts;
SELECT smartwf.grant_design('regress_clerk');
SELECT * FROM smartwf_api.workers;
SELECT smartwf_api.whoami() ->> 'isAdministrator' AS administrator;
-- and who is none cannot define; these are open to all, but what they call is not
SET ROLE regress_clerk;
SELECT smartwf_api.draft_flow('f');
SELECT smartwf_api.builder_catalogue('bill');
SELECT * FROM smartwf_api.flow_versions;
DELETE FROM smartwf_api.templates;
-- a clerk's documents: a lifecycle in the reader's language, and the columns that may be read
INSERT INTO bill (id, title, amount) VALUES (1, 'paper', 12), (2, 'ink', 5);
SELECT structure, workflow FROM smartwf_api.structures;
SET smartwf.locale = 'fr';
SELECT smartwf_api.lifecycle('bill');
RESET smartwf.locale;
SELECT smartwf_api.lifecycle(NULL, 'B1') -> 'arcs' AS arcs;
SELECT smartwf_api.document_row('B1');
SELECT smartwf_api.document_row('B9') AS none;
SELECT smartwf_api.lifecycle('bill', 'B9');
\echo :LAST_ERROR_SQLSTATE
SELECT smartwf_api.lifecycle('nothing');
\echo :LAST_ERROR_SQLSTATE
SELECT smartwf_api.lifecycle();
\echo :LAST_ERROR_SQLSTATE
SET ROLE regress_operator;
SELECT count(*) FROM smartwf_api.structures;
SELECT smartwf_api.lifecycle('bill');
SELECT smartwf_api.document_row('B1') AS none;
RESET ROLE;
GRANT SELECT ON bill TO regress_clerk;
-- flows that may be started, and what came of it
SET ROLE regress_clerk;
SELECT flow, may_start, may_manage FROM smartwf_api.flows;
SELECT smartwf_api.start_flow('f', 'B1') AS run, smartwf_api.start_flow('f', 'B2') AS run;
SELECT run, flow, status, version, is_mine FROM smartwf_api.runs;
SET ROLE regress_boss;
SELECT flow, may_start FROM smartwf_api.flows;
SELECT run, docid, body, options, answers, asked_as FROM smartwf_api.inbox ORDER BY run;
SELECT smartwf_api.inbox_tag() AS tag \gset
SELECT smartwf_api.inbox_tag() = :'tag' AS same;
SELECT smartwf_api.answer_confirmation(1, 'yes', 'fine') AS status;
SELECT smartwf_api.inbox_tag() = :'tag' AS same;
SELECT docid, choice, comment, outcome FROM smartwf_api.answers;
BEGIN;
SELECT set_config('request.headers', json_build_object('if-none-match', '"' || smartwf_api.inbox_tag() || '"')::text, true) IS NOT NULL AS asked;
SELECT smartwf_api.inbox_tag() IS NOT NULL AS told, current_setting('response.status') AS status;
COMMIT;
-- the boss may not pass the transition: the run has failed; an operator sees it, not its document
SET ROLE regress_operator;
SELECT run, docid, status, message, model FROM smartwf_api.runs ORDER BY run;
SELECT flow, may_start, may_manage FROM smartwf_api.flows;
SELECT * FROM smartwf_api.steer_runs('{1,2,77}', 'restart');
SELECT * FROM smartwf_api.steer_runs('{1,2}', 'explode');
SELECT * FROM smartwf_api.steer_runs(NULL, 'cancel');
SELECT * FROM smartwf_api.steer_runs('{2}', 'cancel');
SELECT status, message FROM smartwf_api.runs WHERE run = 2;
SELECT smartwf_api.restart_all('f') AS queued, smartwf_api.deliver_again() AS delivered;
SELECT count(*) >= 0 AS workers FROM smartwf_api.workers;
SELECT metric, label, value FROM smartwf_api.metrics WHERE metric = 'runs' ORDER BY label;
SELECT outcome, sum(steps) FROM smartwf_api.activity GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM smartwf_api.deliveries;
SELECT smartwf_api.pause_flow('f'), smartwf_api.resume_flow('f');
-- an operator does not act for others, nor change their documents
SELECT smartwf_api.pass_transition('B1', 'send');
SELECT smartwf_api.draft_flow('f');
UPDATE smartwf.runs SET status = 'finished';
CALL smartwf.purge('0');
-- who is none
SET ROLE regress_clerk;
SELECT run, ok, message FROM smartwf_api.steer_runs('{1,2}', 'skip');
SELECT smartwf_api.restart_all('f');
SELECT * FROM smartwf_api.metrics;
SELECT count(*) FROM smartwf_api.deliveries;
RESET ROLE;
-- a question on free JSON offers what the model of the flow declares
SELECT smartwf.define_flow('{"name": "free", "model": {"fields": [{"name": "who", "options": ["a", "b"]}]}, "start": [{"role": "regress_clerk"}], "stages": [{"name": "s", "steps": [
  {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "who", "users": [{"role": "regress_boss"}], "message": "?"}}]}]}');
SET ROLE regress_clerk;
SELECT smartwf.start_flow('free', NULL, '{}') > 0 AS started;
RESET ROLE;
SELECT options FROM smartwf.confirmations ORDER BY id DESC LIMIT 1;
-- taken back
SELECT smartwf.revoke_design('regress_designer'), smartwf.revoke_operation('regress_operator');
SET ROLE regress_designer;
SELECT smartwf_api.whoami() ->> 'mayDesign' AS design;
SELECT smartwf_api.draft_flow('f');
SET ROLE regress_operator;
SELECT smartwf_api.whoami() ->> 'mayOperate' AS operate;
SELECT count(*) FROM smartwf_api.runs;
RESET ROLE;
SET client_min_messages = warning;
SELECT count(*) FROM pg_shdepend WHERE refobjid IN ('regress_designer'::regrole, 'regress_operator'::regrole) AND deptype = 'a';
DROP TABLE bill;
DROP EXTENSION smartwf;
DROP ROLE regress_designer, regress_operator, regress_clerk, regress_boss;
