-- Definitions: in, out, checked as a whole, versioned, frozen.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
SET client_min_messages = notice;
\set VERBOSITY terse

CREATE SCHEMA app;
CREATE FUNCTION app.quiet(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$;
CREATE FUNCTION app.wrong(e smartwf.event) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;

-- every key of the form
SELECT '{"name": "FULL", "label": "Complet", "description": "all keys", "locale": "fr",
 "states": [
  {"name": "start", "label": "Début", "activity": "Rédaction", "color": "#00CE01", "initial": true},
  {"name": "end", "label": "Fin", "activity": "", "color": "", "initial": false}],
 "transitions": [
  {"name": "finish", "label": "Finir", "askComment": true,
   "arcs": [{"from": "start", "to": "end"}],
   "guard": "amount <= 1000", "guardMessage": "too expensive",
   "m0": "app.quiet", "m1": null, "m2": "app.quiet", "m3": null,
   "parameters": [{"name": "reason", "label": "Raison", "type": "text", "needed": true, "multiple": false, "visibility": "write", "options": {}},
                  {"name": "kind", "label": "", "type": "enum", "needed": false, "multiple": true, "visibility": "read", "options": {"values": ["a", "b"]}}],
   "grants": [{"role": "pg_monitor"}, {"column": "author"}]}],
 "translations": {"en": {"states": {"start": "Draft"}, "activities": {"start": "Writing"}, "transitions": {"finish": "Finish"}, "parameters": {"reason": "Reason"}}},
 "unsupported": []}' AS full \gset
SELECT smartwf.define_workflow(:'full');
SELECT smartwf.workflow_definition('FULL')::jsonb = :'full'::jsonb AS round_trip_is_exact;
SELECT json_object_keys(smartwf.workflow_definition('FULL'));
-- the same again changes nothing
SELECT smartwf.define_workflow(smartwf.workflow_definition('FULL')::jsonb);
-- another label is another version
SELECT smartwf.define_workflow(jsonb_set(:'full', '{label}', '"Plus complet"'));
SELECT smartwf.workflow_definition('FULL', 1) ->> 'label' AS one, smartwf.workflow_definition('FULL') ->> 'label' AS newest;
SELECT smartwf.workflow_definition('NONE');

-- the least that will do, with its defaults
SELECT smartwf.define_workflow('{"name": "LEAST", "states": [{"name": "only", "initial": true}]}');
SELECT smartwf.define_workflow('{"name": "LEAST", "states": [{"name": "only", "initial": true, "label": null}], "label": null, "transitions": null, "translations": {"fr": {}}}');
SELECT smartwf.workflow_definition('LEAST');

\set VERBOSITY default
-- every fault at once
SELECT smartwf.define_workflow('{"name": "9 lives", "colour": "red", "label": 7,
 "states": [
  {"name": "a", "initial": true}, {"name": "b", "initial": true}, {"name": "b"},
  {"name": "c", "color": "green"}, {"color": 3}, "d", {"name": "no name!"}],
 "transitions": [
  {"name": "t", "askComment": "yes", "arcs": [{"from": "a", "to": "b"}, {"from": "a", "to": "c"}, {"from": "a", "to": "nowhere", "via": 1}],
   "m0": "app.missing", "m1": "app.wrong", "m2": "quiet", "m3": "app.\"", "guard": "1 +"},
  {"arcs": []},
  {"name": "t", "arcs": [{"from": "b"}], "guard": "1 + 1", "parameters": "none", "m0": 5},
  {"name": "u", "arcs": [{"from": "b", "to": "a"}], "guard": "true; DROP TABLE x",
   "parameters": [{"name": "p", "type": "colour", "format": "x"}, {"name": "p"}, {"name": "e", "type": "enum"}, {"name": "f", "type": "enum", "options": {"values": [1]}}],
   "grants": [{"role": "r", "column": "c"}, {}, {"role": "pg_monitor"}, {"role": "pg_monitor"}, "x"]},
  {"name": "v", "arcs": [{"from": "b", "to": "c"}], "guard": "(SELECT true)"},
  {"name": "w", "arcs": [{"from": "c", "to": "c"}], "guard": "true) AND (true"},
  {"name": "x", "arcs": "no", "guard": "true FROM pg_class"}],
 "translations": {"en": {"states": {"z": "Z", "a": 1}, "activities": {"y": "Y"}, "transitions": {"q": "Q"}, "parameters": {"pp": "P"}, "labels": {}}, "?": {}, "fr": 1}}');
\set VERBOSITY terse
SELECT smartwf.define_workflow('[]');
SELECT smartwf.define_workflow('7');
SELECT smartwf.define_workflow(NULL);
SELECT smartwf.define_workflow('{}');
SELECT smartwf.define_workflow('{"name": null, "states": null, "transitions": {"a": 1}, "translations": []}');
SELECT name FROM smartwf.workflows WHERE name NOT IN ('FULL', 'LEAST');

-- what is odd is said, and does not stop
SELECT smartwf.define_workflow('{"name": "ODD", "states": [{"name": "a", "initial": true}, {"name": "b"}, {"name": "island"}],
 "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}], "grants": [{"role": "nobody_yet"}]}]}');
SELECT * FROM smartwf.check_workflow('ODD');
SELECT * FROM smartwf.check_workflow('NONE');

-- by plain INSERT: held to the same rules, at commit
BEGIN;
INSERT INTO smartwf.workflows (id, name) VALUES (1000, 'PLAIN');
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (1000, 'a', false), (1000, 'b', false);
INSERT INTO smartwf.transitions (workflow_id, name, m0, guard) VALUES (1000, 't', 'app.missing', 'maybe');
COMMIT;
SELECT count(*) FROM smartwf.workflows WHERE name = 'PLAIN';
BEGIN;
INSERT INTO smartwf.workflows (id, name) VALUES (1000, 'PLAIN');
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (1000, 'a', true), (1000, 'b', false);
INSERT INTO smartwf.transitions (workflow_id, name) VALUES (1000, 't');
INSERT INTO smartwf.arcs (workflow_id, from_state, to_state, transition) VALUES (1000, 'a', 'b', 't');
COMMIT;
SELECT * FROM smartwf.check_workflow('PLAIN');
-- a rolled back savepoint does not let a fault slip through
BEGIN;
INSERT INTO smartwf.workflows (id, name, version) VALUES (1001, 'PLAIN', 2);
SAVEPOINT s;
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (1001, 'a', true);
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO s;
COMMIT;
-- a draft may be anything until it is published
INSERT INTO smartwf.workflows (id, name, version, status) VALUES (1002, 'PLAIN', 2, 'draft');
INSERT INTO smartwf.states (workflow_id, name) VALUES (1002, 'a');
UPDATE smartwf.workflows SET status = 'published' WHERE id = 1002;
UPDATE smartwf.states SET is_initial = true WHERE workflow_id = 1002;
UPDATE smartwf.workflows SET status = 'published' WHERE id = 1002;

-- frozen in shape; words, colors and rights may change
INSERT INTO smartwf.states (workflow_id, name) VALUES (1000, 'c');
UPDATE smartwf.states SET name = 'z' WHERE workflow_id = 1000 AND name = 'b';
DELETE FROM smartwf.arcs WHERE workflow_id = 1000;
UPDATE smartwf.transitions SET guard = 'true' WHERE workflow_id = 1000;
UPDATE smartwf.workflows SET name = 'OTHER' WHERE id = 1000;
UPDATE smartwf.workflows SET status = 'draft' WHERE id = 1000;
DELETE FROM smartwf.workflows WHERE id = 1000;
UPDATE smartwf.workflows SET label = 'simple' WHERE id = 1000;
UPDATE smartwf.states SET label = 'Début', color = '#FF0000' WHERE workflow_id = 1000 AND name = 'a';
INSERT INTO smartwf.translations VALUES (1000, 'state', 'a', 'en', 'Start');
INSERT INTO smartwf.transition_grants (workflow_id, transition, grantee) VALUES (1000, 't', 'pg_monitor');
DELETE FROM smartwf.transition_grants WHERE workflow_id = 1000;
UPDATE smartwf.states SET color = 'red' WHERE workflow_id = 1000 AND name = 'a';
INSERT INTO smartwf.translations VALUES (1000, 'state', 'nowhere', 'en', 'Nowhere');

-- not everybody's business
CREATE ROLE regress_smartwf_nobody;
SET ROLE regress_smartwf_nobody;
SELECT smartwf.define_workflow('{}');
SELECT * FROM smartwf.workflows;
INSERT INTO smartwf.workflows (name) VALUES ('MINE');
RESET ROLE;
DROP ROLE regress_smartwf_nobody;

DROP SCHEMA app CASCADE;
-- what has gone since is found by the checker
SELECT * FROM smartwf.check_workflow('FULL');
DROP EXTENSION smartwf;
