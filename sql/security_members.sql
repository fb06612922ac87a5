-- What is done to a table above, to a type below, or on the way from one partition to another.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_owner;
CREATE ROLE regress_clerk;
CREATE ROLE regress_other;
CREATE SCHEMA app AUTHORIZATION regress_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SELECT smartwf.define_workflow('{"name": "M", "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "paid"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}]},
  {"name": "pay", "arcs": [{"from": "sent", "to": "paid"}], "grants": [{"role": "pg_monitor"}]}]}');
CREATE FUNCTION app.strayed() RETURNS TABLE (docid text, history text) LANGUAGE sql AS $$
	SELECT e.docid, (SELECT h.to_state FROM smartwf.history h WHERE h.docid = e.docid ORDER BY h.revision DESC LIMIT 1) FROM smartwf.elements e
	WHERE e.deleted_at IS NULL ORDER BY 1 $$;

-- a parent above the attached table
SET ROLE regress_owner;
CREATE FUNCTION app.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE app.top (id int, r int, state text, other text) PARTITION BY LIST (r);
CREATE TABLE app.t (id int, r int, state text, other text DEFAULT 'paid');
RESET ROLE;
SELECT smartwf.attach('app.t', 'M', docid_column => 'id', docid_prefix => 'T');
SET ROLE regress_owner;
INSERT INTO app.t (id, r) VALUES (1, 1);
ALTER TABLE app.top ATTACH PARTITION app.t FOR VALUES IN (1);
CREATE OR REPLACE TRIGGER "~smartwf_judge" BEFORE UPDATE ON app.top FOR EACH ROW EXECUTE FUNCTION app.nothing();
CREATE OR REPLACE TRIGGER "!smartwf_record" AFTER UPDATE ON app.top FOR EACH ROW EXECUTE FUNCTION app.nothing();
ALTER TABLE app.top ALTER state TYPE text USING 'paid';
ALTER TABLE app.top ALTER state TYPE varchar(20);
ALTER TABLE app.top RENAME state TO was;
ALTER TABLE app.top ALTER id TYPE int USING id + 1;
ALTER TABLE app.top DROP state;
ALTER TABLE app.top DISABLE TRIGGER ALL;
ALTER TABLE app.top ADD note text;
CREATE TABLE app.above (id int, state text, other text, r int);
ALTER TABLE app.top DETACH PARTITION app.t;
CREATE TABLE app.above2 (id int, r int, state text, other text);
ALTER TABLE app.t INHERIT app.above2;
ALTER TABLE app.above2 RENAME state TO was;
ALTER TABLE app.above2 ALTER state TYPE text USING 'sent';
RESET ROLE;
SELECT id, state FROM app.t;
SELECT * FROM app.strayed();
DROP TABLE app.top, app.t, app.above, app.above2 CASCADE;

-- a typed table, and its type
SET ROLE regress_owner;
CREATE TYPE app.form AS (id int, state text, other text);
CREATE TABLE app.typed OF app.form (PRIMARY KEY (id));
RESET ROLE;
SELECT smartwf.attach('app.typed', 'M', docid_prefix => 'Y');
SET ROLE regress_owner;
INSERT INTO app.typed VALUES (1, NULL, 'paid');
ALTER TYPE app.form RENAME ATTRIBUTE state TO was CASCADE;
ALTER TYPE app.form ALTER ATTRIBUTE state TYPE varchar CASCADE;
ALTER TYPE app.form DROP ATTRIBUTE state CASCADE;
ALTER TYPE app.form ADD ATTRIBUTE more text CASCADE;
RESET ROLE;
DROP TYPE app.form CASCADE;

-- keys whose values are called otherwise when something is renamed
CREATE TYPE app.few AS ENUM ('a', 'b');
CREATE TYPE app.pair AS (x int, y int);
CREATE DOMAIN app.one_of_few AS app.few;
CREATE TABLE app.k1 (id app.few[] PRIMARY KEY, state text);
CREATE TABLE app.k2 (id app.pair PRIMARY KEY, state text);
CREATE TABLE app.k3 (id regclass PRIMARY KEY, state text);
CREATE TABLE app.k4 (id app.one_of_few PRIMARY KEY, state text);
\set VERBOSITY default
SELECT smartwf.attach(t, 'M', docid_prefix => t::text) FROM unnest(ARRAY['app.k1'::regclass]) t;
\set VERBOSITY terse
SELECT smartwf.attach('app.k2', 'M');
SELECT smartwf.attach('app.k3', 'M');
SELECT smartwf.attach('app.k4', 'M', docid_prefix => 'K');
INSERT INTO app.k4 VALUES ('a');
ALTER TYPE app.few OWNER TO regress_owner;
SET ROLE regress_owner;
ALTER TYPE app.few RENAME VALUE 'a' TO 'z';
RESET ROLE;
DROP TABLE app.k1, app.k2, app.k3, app.k4;

-- a row on its way to another partition arrives as it left, or not at all
SET ROLE regress_owner;
CREATE TABLE app.p (id int, r int, state text) PARTITION BY LIST (r);
CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES IN (1);
CREATE TABLE app.p2 PARTITION OF app.p FOR VALUES IN (2);
RESET ROLE;
SELECT smartwf.attach('app.p', 'M', docid_column => 'id', docid_prefix => 'P');
SET ROLE regress_owner;
GRANT ALL ON app.p, app.p1, app.p2 TO regress_clerk, regress_other;
INSERT INTO app.p VALUES (1, 1);
RESET ROLE;
GRANT CREATE ON SCHEMA app TO regress_clerk;
SET ROLE regress_other;
SELECT smartwf.lock_element('P1');
SET ROLE regress_clerk;
CREATE FUNCTION app.pay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state := 'paid'; RETURN NEW; END $$;
CREATE FUNCTION app.lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER "~~z" BEFORE INSERT ON app.p2 FOR EACH ROW EXECUTE FUNCTION app.pay();
UPDATE app.p SET r = 2;
CREATE OR REPLACE TRIGGER "~~z" BEFORE INSERT ON app.p2 FOR EACH ROW EXECUTE FUNCTION app.lose();
UPDATE app.p SET r = 2 WHERE id = 1;
RESET ROLE;
DROP TRIGGER "~~z" ON app.p2;
SET ROLE regress_clerk;
UPDATE app.p SET r = 2 WHERE id = 1;
SELECT * FROM app.p;
-- a document without a row is no way in
RESET ROLE;
SET session_replication_role = replica;
INSERT INTO app.p VALUES (7, 1, 'draft');
RESET session_replication_role;
SELECT * FROM smartwf.reconcile('p');
SET session_replication_role = replica;
DELETE FROM app.p WHERE id = 7;
RESET session_replication_role;
SET ROLE regress_owner;
CREATE TABLE app.p3 (id int, r int, state text);
INSERT INTO app.p3 VALUES (7, 3, 'paid');
ALTER TABLE app.p ATTACH PARTITION app.p3 FOR VALUES IN (3);
UPDATE app.p3 SET state = 'draft';
ALTER TABLE app.p ATTACH PARTITION app.p3 FOR VALUES IN (3);
-- nor is an old snapshot, which does not see all documents
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 1;
ALTER TABLE app.p DETACH PARTITION app.p3;
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
TRUNCATE app.p3;
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
DROP TABLE app.p;
ROLLBACK;
RESET ROLE;
DROP TABLE app.p;

-- children that nobody else can read, triggers that go with somebody else's extension
SET ROLE regress_owner;
CREATE TABLE app.q (id int PRIMARY KEY, state text);
RESET ROLE;
SELECT smartwf.attach('app.q', 'M', docid_prefix => 'Q');
GRANT TEMPORARY ON DATABASE :DBNAME TO regress_owner;
SET ROLE regress_owner;
CREATE TEMPORARY TABLE kid () INHERITS (app.q);
ALTER TRIGGER "~smartwf_judge" ON app.q DEPENDS ON EXTENSION plpgsql;
RESET ROLE;
ALTER TRIGGER "~smartwf_judge" ON app.q DEPENDS ON EXTENSION plpgsql;
SELECT smartwf.attach('app.q', 'M', docid_prefix => 'Q');
SELECT * FROM smartwf.missing_triggers('app.q', 'q');
-- what our own table says of a column is not believed
UPDATE smartwf.structures SET state_column = 'tableoid';
INSERT INTO app.q VALUES (1);
UPDATE smartwf.structures SET state_column = 'state', docid_column = 'ctid';
INSERT INTO app.q VALUES (1);
UPDATE smartwf.structures SET docid_column = 'id';
INSERT INTO app.q VALUES (1);
-- nor that they are tables, with indexes
BEGIN;
ALTER EXTENSION smartwf DROP TABLE smartwf.elements;
ALTER TABLE smartwf.elements RENAME TO e2;
CREATE VIEW smartwf.elements AS SELECT * FROM smartwf.e2;
INSERT INTO app.q VALUES (2);
ROLLBACK;
BEGIN;
ALTER TABLE smartwf.history DROP CONSTRAINT history_pkey;
DELETE FROM app.q;
ROLLBACK;
SELECT smartwf.make_triggers(0::regclass, '');
-- errors of timers are for those who may read the row
SELECT smartwf.define_workflow('{"name": "TIMED", "states": [{"name": "draft", "initial": true, "timer": "t"}],
 "timers": [{"name": "t", "tasks": [{"kind": "call_function", "settings": {"function": "app.fails"}}]}]}');
CREATE FUNCTION app.fails(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM (model ->> 'secret')::int; RETURN NULL; END $$;
SELECT smartwf.define_workflow('{"name": "TIMED", "states": [{"name": "draft", "initial": true, "timer": "t"}],
 "timers": [{"name": "t", "tasks": [{"kind": "call_function", "settings": {"function": "app.fails"}}]}]}');
CREATE TABLE app.timed (id int PRIMARY KEY, state text, secret text DEFAULT 'top secret');
SELECT smartwf.attach('app.timed', 'TIMED', docid_prefix => 'X');
INSERT INTO app.timed VALUES (1);
CALL smartwf.work();
GRANT SELECT (id) ON app.timed TO regress_clerk;
SET ROLE regress_clerk;
SELECT docid, sqlstate, message FROM smartwf.timers;
RESET ROLE;
SELECT docid, sqlstate, message FROM smartwf.timers;
DROP TABLE app.q, app.timed;
DROP SCHEMA app CASCADE;
DROP EXTENSION smartwf;
REVOKE ALL ON DATABASE :DBNAME FROM regress_owner;
DROP ROLE regress_owner, regress_clerk, regress_other;
