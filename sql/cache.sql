-- The cache of definitions: read once, forgotten when they change.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
SELECT smartwf.define_workflow('{"name": "C", "states": [{"name": "a", "label": "one", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "there", "arcs": [{"from": "a", "to": "b"}]}, {"name": "back", "arcs": [{"from": "b", "to": "a"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, author text);
SELECT smartwf.attach('doc', 'C');
INSERT INTO doc VALUES (1), (2);
\c -
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE FUNCTION reads() RETURNS TABLE (relation name, scans bigint) LANGUAGE sql AS $$
	SELECT c.relname, coalesce(pg_stat_get_xact_numscans(c.oid), 0) + coalesce((SELECT sum(pg_stat_get_xact_numscans(indexrelid)) FROM pg_index WHERE indrelid = c.oid), 0)
	FROM pg_class c WHERE c.relnamespace = 'smartwf'::regnamespace
		AND c.relname IN ('workflows', 'states', 'transitions', 'arcs', 'transition_parameters', 'transition_grants', 'structures')
	ORDER BY 1 $$;
-- the first transition of a session reads the definition, once
BEGIN;
UPDATE doc SET state = 'b' WHERE id = 1;
INSERT INTO doc VALUES (3);
SELECT * FROM reads();
-- the second reads nothing of it, whichever way it comes
SELECT sum(scans) AS before FROM reads() \gset
UPDATE doc SET state = 'b' WHERE id = 2;
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
SELECT * FROM smartwf.pass_transitions('{1,2}', 'there');
INSERT INTO doc VALUES (5);
DELETE FROM doc WHERE id = 5;
SELECT sum(scans) - :before AS reads_of_definitions FROM reads();
COMMIT;
-- statistics, functions and other workflows may change: this one is not read again
BEGIN;
INSERT INTO smartwf.workflows (id, name) VALUES (900, 'D');
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (900, 's', true);
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
SELECT sum(scans) AS before FROM reads() WHERE relation IN ('states', 'transitions') \gset
CREATE FUNCTION unrelated() RETURNS int LANGUAGE sql AS 'SELECT 1';
DROP FUNCTION unrelated();
ANALYZE doc, smartwf.states, smartwf.workflows;
SELECT smartwf.pass_transition('1', 'there') #>> '{state,label}';
SELECT sum(scans) - :before AS after_functions_and_analyze FROM reads() WHERE relation IN ('states', 'transitions');
UPDATE smartwf.states SET label = 'other' WHERE name = 's';
SELECT sum(scans) AS before FROM reads() WHERE relation IN ('states', 'transitions') \gset
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
SELECT sum(scans) - :before AS after_another_label FROM reads() WHERE relation IN ('states', 'transitions');
-- but of the table that has changed
ALTER TABLE doc ADD COLUMN more text;
UPDATE doc SET more = 'x', state = 'b' WHERE id = 1;
SELECT * FROM doc WHERE id = 1;
ROLLBACK;
-- a change is seen at once, and gone again with its savepoint
BEGIN;
SAVEPOINT s;
UPDATE smartwf.states SET label = 'two' WHERE name = 'a';
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
ROLLBACK TO s;
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
ROLLBACK;
UPDATE smartwf.states SET label = 'three' WHERE name = 'a';
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
-- by a replicated change too
SET session_replication_role = replica;
UPDATE smartwf.states SET label = 'four' WHERE name = 'b';
RESET session_replication_role;
SELECT smartwf.pass_transition('1', 'there') #>> '{state,label}';
-- a hook that changes the definition it is part of
CREATE FUNCTION hook(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	UPDATE smartwf.states SET label = label || '+' WHERE name = 'a';
	RETURN 'label changed';
END $$;
SELECT smartwf.define_workflow('{"name": "C", "states": [{"name": "a", "label": "x", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "there", "arcs": [{"from": "a", "to": "b"}]}, {"name": "back", "arcs": [{"from": "b", "to": "a"}], "m0": "public.hook", "m1": "public.hook", "m2": "public.hook", "m3": "public.hook"}]}');
-- elements keep their version, new ones take the newest
INSERT INTO doc VALUES (4);
SELECT docid, (SELECT d.version FROM smartwf.document_state(docid) d) AS version FROM smartwf.elements ORDER BY 1;
SELECT smartwf.pass_transition('1', 'back') #>> '{state,label}';
UPDATE doc SET state = 'b' WHERE id = 4;
SELECT smartwf.pass_transition('4', 'back') #>> '{state,label}' AS before, label AS after FROM smartwf.states WHERE workflow_id = 2 AND name = 'a';
SELECT label FROM smartwf.states WHERE workflow_id = 2 AND name = 'a';
-- migrate moves elements; states that are gone must be mapped
\set VERBOSITY default
SELECT smartwf.define_workflow('{"name": "C", "states": [{"name": "a", "initial": true}, {"name": "c"}], "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "c"}]}]}');
SELECT id, state FROM doc ORDER BY id;
SELECT smartwf.migrate('doc');
\set VERBOSITY terse
SELECT smartwf.migrate('doc', docid => '4');
SELECT smartwf.migrate('doc', states => '{"b": "c"}');
SELECT smartwf.migrate('doc', states => '{"b": "c"}');
SELECT id, state FROM doc ORDER BY id;
SELECT docid, (SELECT d.version FROM smartwf.document_state(docid) d) AS version FROM smartwf.elements ORDER BY 1;
SELECT docid, from_state, to_state, comment FROM smartwf.history WHERE comment IS NOT NULL ORDER BY docid, revision;
SELECT smartwf.migrate('doc', 9);
SELECT smartwf.migrate('nothing');
-- a guard's function that is replaced
BEGIN;
CREATE FUNCTION allowed() RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
SELECT smartwf.define_workflow('{"name": "G", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "t", "guard": "public.allowed()", "arcs": [{"from": "a", "to": "b"}]}]}');
CREATE TABLE guarded (id int PRIMARY KEY, state text);
SELECT smartwf.attach('guarded', 'G', docid_prefix => 'g');
INSERT INTO guarded VALUES (1), (2);
UPDATE guarded SET state = 'b' WHERE id = 1;
CREATE OR REPLACE FUNCTION allowed() RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT false';
UPDATE guarded SET state = 'b' WHERE id = 2;
ROLLBACK;
-- what else a guard is made of: operators, domains, types, the time and the settings
BEGIN;
CREATE SCHEMA g;
CREATE FUNCTION g.yes(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION g.no(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR g.=== (LEFTARG = int, RIGHTARG = int, PROCEDURE = g.yes);
CREATE DOMAIN g.num AS int;
CREATE TYPE g.level AS ENUM ('low', 'high');
SELECT smartwf.define_workflow('{"name": "G", "states": [{"name": "a", "initial": true}, {"name": "b"}], "transitions": [
 {"name": "operator", "guard": "id operator(g.===) 1", "arcs": [{"from": "a", "to": "b"}]},
 {"name": "domain", "guard": "id::g.num > 0", "arcs": [{"from": "a", "to": "b"}]},
 {"name": "enum", "guard": "lev::g.level >= ''low''::g.level", "arcs": [{"from": "a", "to": "b"}]},
 {"name": "time", "guard": "due >= ''2026-01-01 12:00''", "arcs": [{"from": "a", "to": "b"}]}]}');
CREATE TABLE guarded (id int PRIMARY KEY, lev text, due timestamptz, state text);
SELECT smartwf.attach('guarded', 'G', docid_prefix => 'g');
SET LOCAL timezone = 'UTC';
INSERT INTO guarded VALUES (1, 'low', '2026-01-01 12:00');
SELECT smartwf.guard_fault($$due >= 'garbage'$$, 'guarded');
SELECT t, (SELECT count(*) FROM smartwf.blockers('g1', t)) FROM unnest(ARRAY['operator', 'domain', 'enum', 'time']) t;
DROP OPERATOR g.=== (int, int);
CREATE OPERATOR g.=== (LEFTARG = int, RIGHTARG = int, PROCEDURE = g.no);
ALTER DOMAIN g.num ADD CHECK (value > 100);
DROP TYPE g.level;
CREATE TYPE g.level AS ENUM ('low', 'mid', 'high');
SET LOCAL timezone = 'America/New_York';
SELECT t, (SELECT count(*) FROM smartwf.blockers('g1', t)) FROM unnest(ARRAY['operator', 'domain', 'enum', 'time']) t;
ROLLBACK;
-- what was read of a definition that was never committed
BEGIN;
CREATE FUNCTION peek() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM smartwf.get_states('1'); RAISE 'seen'; END $$;
SAVEPOINT s;
INSERT INTO smartwf.translations (workflow_id, kind, name, locale, label)
	SELECT workflow_id, 'state', 'a', 'en', CASE WHEN n = 1 THEN 'never' ELSE peek()::text END
	FROM smartwf.elements, generate_series(1, 2) n WHERE docid = '1';
ROLLBACK TO s;
SELECT smartwf.get_states('1')::text LIKE '%never%' AS never;
ROLLBACK;
-- a trigger on history: what it stores is what is kept, and it cannot keep a line away
BEGIN;
CREATE FUNCTION told(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'told' $$;
SELECT smartwf.define_workflow('{"name": "G", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "t", "m2": "public.told", "arcs": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]}]}');
CREATE TABLE guarded (id int PRIMARY KEY, state text);
SELECT smartwf.attach('guarded', 'G', docid_prefix => 'g');
INSERT INTO guarded VALUES (1);
CREATE FUNCTION redact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.comment = 'away' THEN RETURN NULL; END IF;
	NEW.comment := 'redacted';
	RETURN NEW;
END $$;
CREATE TRIGGER redact BEFORE INSERT ON smartwf.history FOR EACH ROW EXECUTE FUNCTION redact();
SELECT smartwf.pass_transition('g1', 't', 'my password') IS NOT NULL AS passed;
SELECT comment, messages FROM smartwf.history WHERE docid = 'g1' AND revision = 1;
SELECT smartwf.pass_transition('g1', 't', 'away');
ROLLBACK;
-- the extension comes and goes in one session
DROP TABLE doc;
DROP FUNCTION hook, reads;
DROP EXTENSION smartwf;
CREATE EXTENSION smartwf;
SELECT smartwf.define_workflow('{"name": "C", "states": [{"name": "z", "label": "new", "initial": true}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text);
SELECT smartwf.attach('doc', 'C');
INSERT INTO doc VALUES (1) RETURNING *;
DROP TABLE doc;
DROP EXTENSION smartwf;
