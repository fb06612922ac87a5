-- A lifecycle, a table under it, and documents on their way.
CREATE EXTENSION smartwf;
CREATE SCHEMA app;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$;
CREATE FUNCTION app.affordable(amount numeric) RETURNS boolean LANGUAGE sql AS $$ SELECT amount < 1000 $$;
SELECT smartwf.define_workflow('{"name": "LOOP", "states": [{"name": "a", "initial": true}, {"name": "b", "timer": "t"}, {"name": "c"}],
 "timers": [{"name": "t", "tasks": [{"delta": "1 year", "kind": "go_to_state", "settings": {"state": "c"}}]}],
 "transitions": [{"name": "turn", "arcs": [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "c", "to": "a"}],
  "m0": "app.m0", "guard": "app.affordable(amount)"}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, state text, amount numeric DEFAULT 1, region text DEFAULT 'x');
SELECT smartwf.attach('app.doc', 'LOOP');
INSERT INTO app.doc (id) SELECT generate_series(1, 200);
SELECT count(*) FROM smartwf.pass_transitions(ARRAY(SELECT g::text FROM generate_series(1, 50) g), 'turn');
-- a flow that waits for an answer
CREATE FUNCTION app.copy(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('copied', run) $$;
SELECT smartwf.register_dataflow('copy', 'app.copy');
INSERT INTO smartwf.templates (name, subject) VALUES ('hello', 'Hello {{name}}');
INSERT INTO smartwf.contacts VALUES ('anna', 'smtp', 'anna@example.org');
SELECT smartwf.define_flow('{"name": "ASK", "restrictAccess": true, "grants": [{"role": "pg_monitor"}], "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "answer", "options": ["yes", "no"], "users": ["anna"]}},
 {"name": "if", "kind": "if_condition", "settings": {"field": "answer", "operator": "equal", "value": "yes"}, "else": [{"name": "end", "kind": "finish"}]},
 {"name": "copy", "kind": "execute_data_flow", "settings": {"dataflow": "copy"}}]}]}');
SELECT smartwf.start_flow('ASK', key => 'only once');
