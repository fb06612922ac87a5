-- Passing transitions: the documented order, hooks, guards, parameters.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE SCHEMA app;
CREATE TABLE app.settings (hook text PRIMARY KEY, words text);
CREATE TABLE app.calls (n serial, hook text, e smartwf.event);
CREATE FUNCTION app.hook(name text, e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.calls (hook, e) VALUES (name, e);
	RETURN (SELECT words FROM app.settings WHERE hook = name);
END $$;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT app.hook('m0', e) $$;
CREATE FUNCTION app.m1(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT app.hook('m1', e) $$;
CREATE FUNCTION app.m2(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT app.hook('m2', e) $$;
CREATE FUNCTION app.m3(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT app.hook('m3', e) $$;

SELECT smartwf.define_workflow('{"name": "ORDER", "states": [{"name": "start", "label": "Début", "initial": true, "color": "#00FF00"}, {"name": "end", "label": "Fin", "activity": "Archive"}],
 "transitions": [
  {"name": "go", "label": "Aller", "arcs": [{"from": "start", "to": "end"}], "guard": "amount <= 1000", "guardMessage": "too expensive",
   "m0": "app.m0", "m1": "app.m1", "m2": "app.m2", "m3": "app.m3",
   "parameters": [{"name": "reason", "needed": true}, {"name": "budget", "type": "money"}],
   "grants": [{"role": "regress_smartwf_editor"}]},
  {"name": "back", "arcs": [{"from": "end", "to": "start"}], "askComment": false}]}');
CREATE ROLE regress_smartwf_editor;
CREATE ROLE regress_smartwf_other;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA app TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA app TO PUBLIC;
CREATE TABLE doc (id text PRIMARY KEY, state text, amount numeric, reason text, budget numeric CHECK (budget < 500));
SELECT smartwf.attach('doc', 'ORDER');
GRANT SELECT, UPDATE ON doc TO regress_smartwf_editor, regress_smartwf_other;
INSERT INTO doc VALUES ('d/1', NULL, 5000);

-- everything is wrong: the failures come in their documented order
INSERT INTO app.settings VALUES ('m0', 'm0 says no'), ('m1', 'm1 says no'), ('m2', 'm2 says hello'), ('m3', 'm3 too');
SELECT smartwf.lock_element('d/1');
SET ROLE regress_smartwf_other;
\set VERBOSITY default
SELECT smartwf.pass_transition('nobody', 'nowhere', structure => 'other');
SELECT smartwf.pass_transition('d/1', 'nowhere', structure => 'other');
SELECT smartwf.pass_transition('d/1', 'nowhere');
SELECT smartwf.set_state('d/1', 'nowhere');
SELECT smartwf.pass_transition('d/1', 'back', 'a comment', '{"x": 1}');
SELECT smartwf.pass_transition('d/1', 'go');
\set VERBOSITY terse
RESET ROLE;
SELECT smartwf.unlock_element('d/1');
SET ROLE regress_smartwf_other;
SELECT smartwf.pass_transition('d/1', 'go');
UPDATE doc SET state = 'end';
SET ROLE regress_smartwf_editor;
SELECT smartwf.pass_transition('d/1', 'go');
UPDATE doc SET state = 'end';
-- all of it at once
SELECT * FROM smartwf.blockers('d/1', 'go');
SELECT * FROM smartwf.blockers('d/1', 'back');
SELECT * FROM smartwf.blockers('d/1', 'nowhere');
SELECT * FROM smartwf.blockers('nobody', 'go');
-- which changes nothing
SELECT count(*) FROM app.calls;
UPDATE doc SET amount = 1000;
SELECT smartwf.pass_transition('d/1', 'go');
DELETE FROM app.settings WHERE hook = 'm0';
SELECT smartwf.pass_transition('d/1', 'go');
SELECT smartwf.pass_transition('d/1', 'go', parameters => '{"reason": 5}');
SELECT smartwf.pass_transition('d/1', 'go', parameters => '{"reason": "r", "budget": "much"}');
SELECT smartwf.pass_transition('d/1', 'go', parameters => '{"reason": "r", "colour": "red"}');
SELECT smartwf.pass_transition('d/1', 'go', parameters => '{"reason": "r", "budget": 100}');
DELETE FROM app.settings WHERE hook = 'm1';
-- complete: the table's own constraints
SELECT smartwf.pass_transition('d/1', 'go', parameters => '{"reason": "r", "budget": 500}');
SELECT count(*) FROM app.calls;
SELECT smartwf.pass_transition('d/1', 'go', 'well done', '{"reason": "r", "budget": 100.50}');
SELECT * FROM doc;
-- what each hook was told
SELECT hook, e FROM app.calls ORDER BY n;
RESET ROLE;
SELECT docid, revision, actor, transition, from_state, to_state, comment, parameters, messages FROM smartwf.history ORDER BY revision;
SET ROLE regress_smartwf_editor;
SELECT smartwf.pass_transition('d/1', 'go');
SELECT smartwf.pass_transition('d/1', 'back', 'not asked for');
SELECT smartwf.pass_transition('d/1', 'back', '');
SELECT smartwf.set_state('d/1', 'start');
-- a plain UPDATE gives parameters through their columns
UPDATE doc SET reason = NULL;
UPDATE doc SET state = 'end';
UPDATE doc SET state = 'end', reason = 'given';
SELECT smartwf.set_state('d/1', 'start') #>> '{state,transition}';
RESET ROLE;
SELECT transition, parameters FROM smartwf.history ORDER BY revision;

-- a malformed call
SELECT smartwf.pass_transition(NULL, 'go');
SELECT smartwf.pass_transition('d/1', NULL);
SELECT smartwf.set_state('d/1', NULL);
SELECT smartwf.pass_transition('d/1', 'go', parameters => '[1]');
SELECT smartwf.pass_transition('d/1', 'go', parameters => '7');

-- in bulk, each on its own
INSERT INTO doc VALUES ('d2', NULL, 1), ('d3', NULL, 9999), ('d4', NULL, NULL);
SELECT * FROM smartwf.pass_transitions(ARRAY['d/1', 'd2', 'd3', 'd4', 'd5', 'd2'], 'go', 'all', '{"reason": "bulk"}');
SELECT * FROM smartwf.pass_transitions(ARRAY['d2', NULL], 'go');
SELECT * FROM smartwf.pass_transitions('{}', 'go');
SELECT id, state FROM doc ORDER BY id;

-- a hook that is gone or does not fit refuses; so does a guard that cannot be judged
UPDATE doc SET amount = 1, reason = 'r';
ALTER FUNCTION app.m0(smartwf.event) RENAME TO m0_gone;
UPDATE doc SET state = 'end' WHERE id = 'd3';
CREATE FUNCTION app.m0(e smartwf.event) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
UPDATE doc SET state = 'end' WHERE id = 'd3';
DROP FUNCTION app.m0;
ALTER FUNCTION app.m0_gone(smartwf.event) RENAME TO m0;
REVOKE EXECUTE ON FUNCTION app.m0 FROM PUBLIC;
SET ROLE regress_smartwf_editor;
UPDATE doc SET state = 'end' WHERE id = 'd3';
RESET ROLE;
GRANT EXECUTE ON FUNCTION app.m0 TO PUBLIC;
ALTER TABLE doc RENAME amount TO sum;
UPDATE doc SET state = 'end' WHERE id = 'd3';
ALTER TABLE doc RENAME sum TO amount;
-- a hook that fails
CREATE OR REPLACE FUNCTION app.m3(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'm3 is broken'; END $$;
SELECT smartwf.pass_transition('d3', 'go', parameters => '{"reason": "r"}');
SELECT * FROM smartwf.pass_transitions('{d3}', 'go', NULL, '{"reason": "r"}');
-- a hook that passes the next transition: history keeps the order, the answer says where it ended
CREATE OR REPLACE FUNCTION app.m3(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	PERFORM smartwf.pass_transition(e.docid, 'back'); RETURN 'and back'; END $$;
SELECT smartwf.pass_transition('d3', 'go', parameters => '{"reason": "r"}') #>> '{state,id}';
SELECT revision, transition, from_state, to_state, messages FROM smartwf.history WHERE docid = 'd3' ORDER BY revision;
-- without end
CREATE OR REPLACE FUNCTION app.m2(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
	PERFORM smartwf.pass_transition(e.docid, 'back');
	PERFORM smartwf.pass_transition(e.docid, 'go', parameters => '{"reason": "r"}'); RETURN NULL; END $$;
SET max_stack_depth = '400kB';
SELECT smartwf.pass_transition('d3', 'go', parameters => '{"reason": "r"}');
RESET max_stack_depth;
SELECT state FROM doc WHERE id = 'd3';

-- parameters of every type, stored in columns of the same name
SELECT smartwf.define_workflow('{"name": "TYPES", "states": [{"name": "a", "initial": true}],
 "transitions": [{"name": "set", "arcs": [{"from": "a", "to": "a"}], "parameters": [
  {"name": "p_text"}, {"name": "p_int", "type": "int"}, {"name": "p_double", "type": "double"}, {"name": "p_money", "type": "money"},
  {"name": "p_date", "type": "date"}, {"name": "p_time", "type": "time"}, {"name": "p_timestamp", "type": "timestamp"},
  {"name": "p_enum", "type": "enum", "options": {"values": {"yes": "Oui", "no": "Non"}}}, {"name": "p_boolean", "type": "boolean"},
  {"name": "p_json", "type": "json"}, {"name": "many", "type": "int", "multiple": true}, {"name": "loose", "type": "date", "multiple": true}]}]}');
CREATE TABLE typed (id int PRIMARY KEY, state text, p_text varchar(5), p_int int, p_double float8, p_money numeric(10,2), p_date date,
	p_time time, p_timestamp timestamptz, p_enum text, p_boolean boolean, p_json jsonb, many int[], loose_ text);
SELECT smartwf.attach('typed', 'TYPES', docid_prefix => 't');
INSERT INTO typed VALUES (1);
SET timezone = 'UTC';
SELECT smartwf.pass_transition('t1', 'set', NULL, '{"p_text": "été\u0022", "p_int": 42, "p_double": 1.5, "p_money": "12.345", "p_date": "2024-02-29", "p_time": "23:59",
 "p_timestamp": "2024-02-29T12:00:00+02:00", "p_enum": "yes", "p_boolean": true, "p_json": {"a": [1, null]}, "many": [1, 2], "loose": ["2024-01-01"]}') ->> 'uri';
SELECT * FROM typed;
SELECT parameters FROM smartwf.history WHERE docid = 't1' AND revision = 1;
-- null is not given: nothing is stored
SELECT smartwf.pass_transition('t1', 'set', NULL, '{"p_text": null, "p_json": "scalar"}') ->> 'uri';
SELECT p_text, p_json FROM typed;
SELECT p, (SELECT message FROM smartwf.pass_transitions('{t1}', 'set', NULL, p::jsonb)) FROM unnest(ARRAY[
 '{"p_text": "too long for it"}', '{"p_text": ["x"]}', '{"p_int": 1.5}', '{"p_int": 99999999999999999999}', '{"p_int": true}', '{"p_int": 3000000000}', '{"p_double": "x"}', '{"p_money": {}}',
 '{"p_date": "29/02/2024"}', '{"p_date": "2023-02-29"}', '{"p_date": "today"}', '{"p_date": "infinity"}', '{"p_time": "25:00"}', '{"p_timestamp": "now"}',
 '{"p_enum": "maybe"}', '{"p_enum": 1}', '{"p_boolean": "perhaps"}', '{"many": 1}', '{"many": [1, "x"]}', '{"many": [[1]]}', '{"loose": ["x"]}']) p;

-- a guard over a generated column sees what it will be
SELECT smartwf.define_workflow('{"name": "G", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}], "guard": "gross <= 120"}]}');
CREATE TABLE generated (net numeric, key text GENERATED ALWAYS AS ('g' || net::int) STORED PRIMARY KEY, state text,
	vat numeric DEFAULT 20, gross numeric GENERATED ALWAYS AS (net * (100 + vat) / 100) STORED);
SELECT smartwf.attach('generated', 'G');
INSERT INTO generated (net) VALUES (100), (101);
UPDATE generated SET state = 'b', vat = 21 WHERE net = 100;
UPDATE generated SET state = 'b', vat = 18 WHERE net = 101;
SELECT smartwf.pass_transition('g100', 't') #>> '{state,id}';
SELECT * FROM generated;

DROP TABLE doc, typed, generated;
DROP SCHEMA app CASCADE;
DROP EXTENSION smartwf;
DROP ROLE regress_smartwf_editor, regress_smartwf_other;
