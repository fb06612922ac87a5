-- How far a run is, and flows as pictures.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_smartwf_user;
SELECT smartwf.define_flow('{"name": "F", "label": "Approval", "restrictAccess": true, "stages": [
 {"name": "Review \"1\"", "steps": [
   {"name": "big?", "kind": "if_condition", "settings": {"field": "amount", "operator": "greater", "value": 1000},
    "else": [{"name": "book # \\ \"x\"", "kind": "update_model_field", "settings": {"field": "state", "value": "booked"}}, {"name": "end", "kind": "finish"}]},
   {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "users": ["boss", "regress_smartwf_user"], "answersNeeded": 2}}]},
 {"name": "Two", "steps": [{"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"}, "cases": {"yes": [{"name": "back", "kind": "reset_to_draft"}], "no": []},
   "default": [{"name": "fails", "kind": "if_condition", "settings": {"field": "decision", "operator": "greater", "value": 1}, "else": [{"name": "e2", "kind": "finish"}]}]}]}]}');
SELECT smartwf.start_flow('F', model => '{"amount": 5000}') AS run \gset
-- times are not the same twice
CREATE FUNCTION told(id bigint) RETURNS text LANGUAGE sql AS $$
SELECT regexp_replace(regexp_replace(smartwf.run_document(id)::text, '"(startedAt|changedAt)" : "[^"]*"', '"\1" : "T"', 'g'), '"seconds" : [\d.]+', '"seconds" : 0', 'g') $$;
SELECT told(:run);
SET ROLE regress_smartwf_user;
SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations WHERE run = :run;
SELECT smartwf.run_document(:run) #>> '{stages,0,steps,1,waitingFor}';
RESET ROLE;
SELECT smartwf.cancel_run(:run);
SELECT smartwf.run_document(:run) #>> '{stages,1,steps,0,status}', smartwf.run_document(:run) ->> 'status';
SELECT smartwf.start_flow('F', model => '{"amount": 5}') AS run \gset
SELECT smartwf.run_document(:run) #>> '{stages,0,steps,0,branches,0,steps,0,changes}', smartwf.run_document(:run) #>> '{stages,0,steps,1,status}';
-- of what one may not see there is none
SET ROLE regress_smartwf_user;
SELECT smartwf.run_document(:run);
SELECT smartwf.run_document(9999);
SELECT smartwf.run_document(NULL);
RESET ROLE;
-- pictures
SELECT smartwf.flow_diagram('F');
SELECT smartwf.flow_diagram('F', 'mermaid', 1);
SELECT smartwf.flow_diagram('F', 'dot', 1);
SELECT smartwf.flow_diagram('F', 'plantuml', 1);
SELECT smartwf.flow_diagram('F', 'png');
SELECT smartwf.flow_diagram('nowhere');
SELECT smartwf.flow_diagram('F', 'dot', 9999);
-- a run's picture is that of its version
SELECT smartwf.define_flow('{"name": "F", "stages": [{"name": "s", "steps": [{"name": "only", "kind": "finish"}]}]}');
SELECT smartwf.flow_diagram('F');
SELECT smartwf.flow_diagram('F', 'mermaid', 1) LIKE '%by answer%';
DROP FUNCTION told;
DROP EXTENSION smartwf;
DROP ROLE regress_smartwf_user;
