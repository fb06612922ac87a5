-- Memory follows the catalogue; the installation looks nowhere; what is changed behind our back is told, not believed.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS smartwf;
DROP SCHEMA IF EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_mallory;
GRANT CREATE ON DATABASE :DBNAME TO regress_mallory;

-- a schema that somebody has prepared is not taken over
SET ROLE regress_mallory;
CREATE SCHEMA smartwf;
CREATE FUNCTION smartwf.format(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called by %', current_user; END $$;
RESET ROLE;
CREATE EXTENSION smartwf;
ALTER SCHEMA smartwf OWNER TO CURRENT_USER;
CREATE EXTENSION smartwf;
DROP FUNCTION smartwf.format;
GRANT CREATE ON SCHEMA smartwf TO PUBLIC;
CREATE EXTENSION smartwf;
REVOKE CREATE ON SCHEMA smartwf FROM PUBLIC;
CREATE EXTENSION smartwf;
SHOW search_path;
-- every function has a path of its own, or none and no name without a schema
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'smartwf'::regnamespace AND l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL
	AND NOT coalesce(p.proconfig, '{}') && ARRAY['search_path=pg_catalog, pg_temp']
	AND NOT coalesce(p.proconfig, '{}') && ARRAY['search_path="pg_catalog, pg_temp"'];

SELECT smartwf.define_workflow('{"name": "M", "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "end"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "m2": "public.m2"},
  {"name": "end", "arcs": [{"from": "sent", "to": "end"}], "m0": "public.m0"}]}');
CREATE FUNCTION m0(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$;
CREATE FUNCTION m2(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT e.docid || ' ' || (e.element ->> 'state') $$;
SELECT smartwf.define_workflow('{"name": "M", "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "end"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "m2": "public.m2"},
  {"name": "back", "arcs": [{"from": "sent", "to": "draft"}]},
  {"name": "end", "arcs": [{"from": "sent", "to": "end"}], "m0": "public.m0"}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, due date);
SELECT smartwf.attach('doc', 'M');
INSERT INTO doc VALUES (1), (2);

-- more columns, wherever we write without a statement
ALTER TABLE smartwf.history ADD COLUMN note text, ADD COLUMN more int[];
ALTER TABLE smartwf.elements ADD COLUMN note text, ADD COLUMN more int[];
ALTER TABLE smartwf.runs ADD COLUMN note text, ADD COLUMN more int[];
ALTER TABLE smartwf.run_steps ADD COLUMN note text, ADD COLUMN more int[];
ALTER TYPE smartwf.event ADD ATTRIBUTE note text, ADD ATTRIBUTE more int[];
SELECT smartwf.pass_transition('1', 'send') #>> '{state,id}';
INSERT INTO doc VALUES (3);
DELETE FROM doc WHERE id = 3;
SELECT smartwf.lock_element('2'), smartwf.unlock_element('2');
SELECT docid, revision, to_state, messages, note, more FROM smartwf.history ORDER BY 1, 2;
SELECT docid, note, more FROM smartwf.elements ORDER BY 1;
SELECT smartwf.define_flow('{"name": "f", "stages": [{"name": "s", "steps": [{"name": "a", "kind": "update_model_field", "settings": {"field": "x", "value": 1}},
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "go", "options": ["yes"], "users": ["pg_monitor"]}}]}]}');
SELECT smartwf.start_flow('f') IS NOT NULL;
SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations;
SELECT s.step, s.note, r.more, r.status FROM smartwf.run_steps s JOIN smartwf.runs r ON r.id = s.run ORDER BY 1;
-- fewer, or of another type
ALTER TABLE smartwf.history DROP COLUMN note;
ALTER TABLE smartwf.history RENAME COLUMN comment TO remark;
SELECT smartwf.pass_transition('1', 'back');
ALTER TABLE smartwf.history RENAME COLUMN remark TO comment;
ALTER TABLE smartwf.history ALTER COLUMN comment TYPE varchar;
SELECT smartwf.pass_transition('1', 'back');
SELECT smartwf.get_history('1');
INSERT INTO doc VALUES (4);
ALTER TABLE smartwf.history ALTER COLUMN comment TYPE text;
SELECT smartwf.pass_transition('1', 'back') #>> '{state,id}';

-- a state column of another type, in a session that knows the table
ALTER TABLE doc ALTER COLUMN state TYPE int USING 1;
SELECT smartwf.get_states('1');
UPDATE doc SET state = 2;
INSERT INTO doc VALUES (5);
SELECT * FROM smartwf.blockers('1', 'send');
SELECT smartwf.reconcile('doc');
ALTER TABLE doc ALTER COLUMN state TYPE text USING 'draft';
SELECT smartwf.pass_transition('1', 'send') #>> '{state,id}';
-- columns that are gone, before one that a grant names
SELECT smartwf.define_workflow('{"name": "N", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}], "grants": [{"column": "author"}]}]}');
CREATE TABLE dropped (id text PRIMARY KEY, amount numeric, author text, state text);
SELECT smartwf.attach('dropped', 'N', docid_prefix => 'x');
INSERT INTO dropped VALUES ('1', 5, 'regress_mallory');
ALTER TABLE dropped DROP amount;
GRANT SELECT ON dropped TO regress_mallory;
SET ROLE regress_mallory;
SELECT smartwf.lock_element('x1'), smartwf.get_states('x1') #>> '{data,states,0,transition,authorized}', smartwf.pass_transition('x1', 't') #>> '{state,id}';
RESET ROLE;
DROP TABLE dropped;
-- a date of another type, from which a timer counts
SELECT smartwf.define_workflow('{"name": "D", "states": [{"name": "draft", "initial": true, "timer": "t"}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "timers": [{"timer": "t", "action": "persistent"}]}],
 "timers": [{"name": "t", "column": "due", "tasks": [{"delta": "1 day", "kind": "go_to_state", "settings": {"state": "sent"}}]}]}');
CREATE TABLE dated (id int PRIMARY KEY, state text, due date);
SELECT smartwf.attach('dated', 'D', docid_prefix => 'd');
INSERT INTO dated VALUES (1, NULL, '2030-01-01');
ALTER TABLE dated ALTER COLUMN due TYPE text;
UPDATE dated SET due = 'any time';
SELECT smartwf.pass_transition('d1', 'send') #>> '{state,id}';
SELECT due_at FROM smartwf.timers;

-- the triggers of definitions are for the tables of definitions
CREATE TABLE copy (LIKE smartwf.states INCLUDING ALL);
ALTER TABLE copy DROP workflow_id;
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON copy FOR EACH ROW EXECUTE FUNCTION smartwf.protect_definition();
INSERT INTO copy (name) VALUES ('x');
DROP TRIGGER protect ON copy;
CREATE CONSTRAINT TRIGGER check_at_commit AFTER INSERT ON copy FOR EACH ROW EXECUTE FUNCTION smartwf.check_at_commit();
INSERT INTO copy (name) VALUES ('x');
CREATE TRIGGER signal AFTER INSERT ON copy FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition();
INSERT INTO copy (name) VALUES ('x');
DROP TABLE copy;

-- a flow that has runs stays, whoever deletes it; one that is gone all the same is told
SET check_function_bodies = off;
DELETE FROM smartwf.flows WHERE name = 'f';
RESET check_function_bodies;
SELECT smartwf.start_flow('f') IS NOT NULL;
SET session_replication_role = replica;
DELETE FROM smartwf.steps;
DELETE FROM smartwf.stages;
DELETE FROM smartwf.flows WHERE name = 'f';
RESET session_replication_role;
SELECT smartwf.cancel_run(max(id)) FROM smartwf.runs;
SELECT smartwf.answer_confirmation(max(id), 'yes') FROM smartwf.confirmations;
CALL smartwf.work();

-- a definition that is not what was published takes no document; neither does one that is being loaded
SET session_replication_role = replica;
DELETE FROM smartwf.arcs WHERE transition = 'end';
RESET session_replication_role;
INSERT INTO doc VALUES (6);
SELECT smartwf.pass_transition('1', 'back');
SELECT smartwf.get_states('2');
\set VERBOSITY default
UPDATE doc SET state = 'sent' WHERE id = 2;
\set VERBOSITY terse
DELETE FROM doc WHERE id = 2;
SELECT json_array_length(smartwf.get_history('1') #> '{data,history}');
INSERT INTO smartwf.arcs SELECT id, 'sent', 'end', 'end', 1 FROM smartwf.workflows WHERE name = 'M' AND version = 1;
UPDATE doc SET state = 'sent' WHERE id = 2;
-- complete, it is frozen again
DELETE FROM smartwf.arcs WHERE transition = 'end';
TRUNCATE smartwf.transition_grants;
TRUNCATE smartwf.structures;
UPDATE smartwf.workflows SET shape = NULL;
UPDATE smartwf.workflows SET shape = 'x';
INSERT INTO smartwf.states (workflow_id, name) SELECT id, 'new' FROM smartwf.workflows;
BEGIN;
INSERT INTO smartwf.workflows (id, name, shape) VALUES (700, 'LOADED', 'what comes');
COMMIT;
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (700, 'draft', true);
CREATE TABLE loaded (id int PRIMARY KEY, state text);
SELECT smartwf.attach('loaded', 'LOADED', docid_prefix => 'l');
INSERT INTO loaded VALUES (1);
DROP TABLE loaded;
DELETE FROM smartwf.workflows WHERE id = 700;
-- published in one go, it is checked and frozen at commit
BEGIN;
INSERT INTO smartwf.workflows (id, name) VALUES (701, 'ROWS');
INSERT INTO smartwf.states (workflow_id, name) VALUES (701, 'draft');
COMMIT;
BEGIN;
INSERT INTO smartwf.workflows (id, name, status) VALUES (701, 'ROWS', 'draft');
INSERT INTO smartwf.states (workflow_id, name) VALUES (701, 'draft');
UPDATE smartwf.workflows SET status = 'published' WHERE id = 701;
COMMIT;
BEGIN;
INSERT INTO smartwf.workflows (id, name) VALUES (701, 'ROWS');
SAVEPOINT s;
INSERT INTO smartwf.states (workflow_id, name) VALUES (701, 'lost');
ROLLBACK TO s;
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (701, 'draft', true);
SET CONSTRAINTS ALL IMMEDIATE;
-- then it is checked and frozen at once
SAVEPOINT s;
INSERT INTO smartwf.states (workflow_id, name) VALUES (701, 'second');
ROLLBACK TO s;
COMMIT;
SELECT shape = smartwf.workflow_shape(id) AS is_frozen FROM smartwf.workflows WHERE id = 701;

-- the extension goes while a hook runs
CREATE OR REPLACE FUNCTION m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DROP EXTENSION smartwf CASCADE; RETURN NULL; END $$;
SELECT smartwf.pass_transition('1', 'end');
SELECT * FROM smartwf.blockers('1', 'end');
UPDATE doc SET state = 'end' WHERE id = 1;
SELECT id, state FROM doc ORDER BY id;
SELECT count(*) FROM pg_extension WHERE extname = 'smartwf';
DROP TABLE doc, dated;
DROP EXTENSION IF EXISTS smartwf CASCADE;
DROP FUNCTION IF EXISTS m0, m2;
SELECT nspname FROM pg_namespace WHERE nspname ~ '^smartwf';
REVOKE ALL ON DATABASE :DBNAME FROM regress_mallory;
DROP ROLE regress_mallory;
