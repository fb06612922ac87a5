-- Triggers are known by what they call, stay on, and keep their columns: for roles that own a table, or may put triggers on it.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_owner;
CREATE ROLE regress_mallory;
GRANT CREATE, USAGE ON SCHEMA public TO regress_owner, regress_mallory;
SELECT smartwf.define_workflow('{"name": "T", "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "paid"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}]},
  {"name": "pay", "arcs": [{"from": "sent", "to": "paid"}], "grants": [{"role": "regress_owner"}]}]}');
CREATE TABLE bill (id int PRIMARY KEY, state text, amount numeric DEFAULT 1);
SELECT smartwf.attach('bill', 'T');
INSERT INTO bill SELECT g FROM generate_series(1, 5) g;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION standing() RETURNS TABLE (structure text, relation text, triggers bigint, alive bigint) LANGUAGE sql AS $$
	SELECT s.name, s.relation_schema || '.' || s.relation_name,
		(SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
	WHERE t.tgrelid = format('%I.%I', s.relation_schema, s.relation_name)::regclass
			AND p.pronamespace = 'smartwf'::regnamespace AND t.tgenabled = 'O'),
		(SELECT count(*) FROM smartwf.elements e WHERE e.structure = s.name AND e.deleted_at IS NULL)
	FROM smartwf.structures s ORDER BY 1 $$;

-- a name is nothing: neither a table, a temporary one nor a view becomes "bill" by it
SET ROLE regress_mallory;
CREATE FUNCTION own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE fake (id int PRIMARY KEY, state text);
CREATE TRIGGER "~smartwf_judge" BEFORE INSERT OR UPDATE ON fake FOR EACH ROW EXECUTE FUNCTION own('bill');
CREATE TRIGGER "!smartwf_record" AFTER INSERT OR UPDATE OR DELETE ON fake FOR EACH ROW EXECUTE FUNCTION own('bill');
CREATE TRIGGER "!smartwf_truncate" AFTER TRUNCATE ON fake FOR EACH STATEMENT EXECUTE FUNCTION own('bill');
ALTER TABLE fake RENAME TO fake_bill;
ALTER TABLE fake_bill ADD note text;
CREATE TEMPORARY TABLE bill (id int PRIMARY KEY, state text);
CREATE TRIGGER "~smartwf_judge" BEFORE INSERT OR UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION own('bill');
CREATE TRIGGER "!smartwf_truncate" AFTER TRUNCATE ON bill FOR EACH STATEMENT EXECUTE FUNCTION own();
ALTER TABLE pg_temp.bill ADD note text;
DROP TABLE pg_temp.bill;
CREATE TEMPORARY VIEW fake_view AS SELECT 1 AS id, 'draft'::text AS state;
CREATE TRIGGER "~smartwf_judge" INSTEAD OF UPDATE ON fake_view FOR EACH ROW EXECUTE FUNCTION own('bill');
ALTER VIEW fake_view RENAME TO bill;
DROP VIEW pg_temp.bill;
DROP TABLE fake_bill;
-- a trigger without arguments does not stop anybody's DDL
CREATE TEMPORARY TABLE t (id int);
CREATE TRIGGER "~smartwf_judge" BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION own();
ALTER TABLE t ADD note text;
DROP TABLE t;
RESET ROLE;
SELECT * FROM standing();

-- the TRIGGER privilege is no privilege to replace ours
GRANT ALL ON bill TO regress_mallory;
SET ROLE regress_mallory;
CREATE OR REPLACE TRIGGER "~smartwf_judge" BEFORE INSERT OR UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION own('bill');
CREATE OR REPLACE TRIGGER "!smartwf_record" AFTER UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION own('bill');
CREATE TRIGGER audit BEFORE UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION own();
DROP TRIGGER audit ON bill;
RESET ROLE;
ALTER TABLE bill OWNER TO regress_owner;
SET ROLE regress_owner;
CREATE FUNCTION owners() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
ALTER TABLE bill ENABLE REPLICA TRIGGER "~smartwf_judge";
ALTER TABLE bill ENABLE ALWAYS TRIGGER "~smartwf_judge";
ALTER TABLE bill DISABLE TRIGGER USER;
ALTER TABLE bill DISABLE TRIGGER "!smartwf_truncate";
ALTER TRIGGER "~smartwf_judge" ON bill RENAME TO judge;
ALTER TRIGGER "!smartwf_record" ON bill RENAME TO record;
DROP TRIGGER "!smartwf_truncate" ON bill;
CREATE OR REPLACE TRIGGER "!smartwf_truncate" AFTER TRUNCATE ON bill FOR EACH STATEMENT EXECUTE FUNCTION owners('bill');
-- nor the columns
ALTER TABLE bill DROP state;
ALTER TABLE bill DROP state, ADD state text DEFAULT 'paid';
ALTER TABLE bill DROP id CASCADE;
ALTER TABLE bill RENAME state TO old_state;
ALTER TABLE bill RENAME id TO nr;
ALTER TABLE bill ALTER state TYPE text USING 'paid';
ALTER TABLE bill ALTER state TYPE int USING 1;
ALTER TABLE bill ADD extra text, ALTER state TYPE varchar(20);
ALTER TABLE bill ALTER id TYPE bigint;
-- what is the owner's business
ALTER TABLE bill ADD note text;
ALTER TABLE bill DROP note;
ALTER TABLE bill ADD CHECK (amount >= 0);
CREATE INDEX ON bill (amount);
CREATE TRIGGER audit BEFORE UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION owners();
ALTER TABLE bill DISABLE TRIGGER audit;
DROP TRIGGER audit ON bill;
ALTER TABLE bill ALTER amount TYPE float8;
RESET ROLE;
SELECT * FROM standing();
SET ROLE regress_owner;
UPDATE bill SET state = 'paid' WHERE id = 1;
-- a copy in its place is not it
CREATE TABLE copy (LIKE bill INCLUDING ALL);
INSERT INTO copy SELECT id, 'paid', amount FROM bill;
ALTER TABLE bill RENAME TO old;
ALTER TABLE copy RENAME TO bill;
UPDATE old SET state = 'paid' WHERE id = 1;
RESET ROLE;
SELECT * FROM standing();
SELECT smartwf.attach('bill', 'T');
SELECT smartwf.attach('bill', 'T', structure => 'copy');
DROP TABLE bill;
SELECT * FROM standing();
ALTER TABLE old RENAME TO bill;

-- children and partitions, however they come
CREATE TABLE piece (id int, region text, state text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE piece_eu PARTITION OF piece FOR VALUES IN ('eu');
SELECT smartwf.attach('piece', 'T', docid_prefix => 'p', docid_column => 'id');
INSERT INTO piece VALUES (1, 'eu'), (2, 'eu');
ALTER TABLE piece OWNER TO regress_owner;
ALTER TABLE piece_eu OWNER TO regress_owner;
CREATE SCHEMA made AUTHORIZATION regress_owner;
GRANT CREATE ON DATABASE :DBNAME TO regress_owner;
SET ROLE regress_owner;
ALTER TABLE piece_eu DISABLE TRIGGER "~smartwf_judge";
ALTER TABLE piece_eu ENABLE REPLICA TRIGGER "!smartwf_record";
ALTER TRIGGER "!smartwf_truncate" ON piece_eu RENAME TO other;
DROP TRIGGER "!smartwf_truncate" ON piece_eu;
CREATE SCHEMA AUTHORIZATION regress_owner CREATE TABLE kid (more text) INHERITS (public.bill);
INSERT INTO regress_owner.kid VALUES (100, 'paid');
CREATE TABLE made.kid () INHERITS (bill);
ALTER TABLE made.kid DISABLE TRIGGER ALL;
DROP TRIGGER "~smartwf_judge" ON made.kid;
INSERT INTO made.kid VALUES (101, 'sent');
-- rows go and come back by the same door as others do
INSERT INTO made.kid VALUES (101);
ALTER TABLE made.kid NO INHERIT bill;
UPDATE made.kid SET state = 'paid';
ALTER TABLE made.kid INHERIT bill;
ALTER TABLE piece DETACH PARTITION piece_eu;
UPDATE piece_eu SET state = 'paid' WHERE id = 1;
ALTER TABLE piece ATTACH PARTITION piece_eu FOR VALUES IN ('eu');
UPDATE piece_eu SET state = 'draft' WHERE id = 1;
ALTER TABLE piece ATTACH PARTITION piece_eu FOR VALUES IN ('eu');
CREATE TABLE piece_us PARTITION OF piece FOR VALUES IN ('us');
INSERT INTO piece VALUES (3, 'us', 'paid');
INSERT INTO piece VALUES (3, 'us');
UPDATE piece SET region = 'eu', state = 'paid' WHERE id = 3;
UPDATE piece SET region = 'eu', state = 'sent' WHERE id = 3;
RESET ROLE;
SELECT * FROM standing();
SELECT docid, revision, from_state, to_state FROM smartwf.history WHERE docid IN ('101', 'p1') ORDER BY 1, 2;
-- a child of two structures, a foreign one
CREATE TABLE other (id int PRIMARY KEY, state text);
SELECT smartwf.attach('other', 'T', docid_prefix => 'o');
CREATE TABLE two () INHERITS (bill, other);
CREATE FOREIGN DATA WRAPPER regress_wrapper;
CREATE SERVER regress_server FOREIGN DATA WRAPPER regress_wrapper;
CREATE FOREIGN TABLE far () INHERITS (bill) SERVER regress_server;
CREATE TABLE keyless (nr int, region text, state text) PARTITION BY LIST (region);
SELECT smartwf.attach('keyless', 'T', docid_prefix => 'k', docid_column => 'nr');
CREATE FOREIGN TABLE far PARTITION OF keyless FOR VALUES IN ('us') SERVER regress_server;
DROP TABLE keyless;
DROP FOREIGN DATA WRAPPER regress_wrapper CASCADE;

-- an enum's value is a state's name
CREATE TYPE phase AS ENUM ('draft', 'sent', 'paid', 'spare');
CREATE DOMAIN phase_domain AS phase;
CREATE TABLE typed (id int PRIMARY KEY, state phase_domain);
CREATE TABLE named (id phase PRIMARY KEY, state text);
SELECT smartwf.attach('typed', 'T', docid_prefix => 't'), smartwf.attach('named', 'T', docid_prefix => 'n');
INSERT INTO typed VALUES (1);
INSERT INTO named VALUES ('spare');
ALTER TYPE phase OWNER TO regress_owner;
ALTER DOMAIN phase_domain OWNER TO regress_owner;
SET ROLE regress_owner;
ALTER TYPE phase RENAME VALUE 'draft' TO 'was draft';
ALTER TYPE phase RENAME VALUE 'spare' TO 'other';
ALTER TYPE phase ADD VALUE 'more';
DROP TYPE phase CASCADE;
DROP DOMAIN phase_domain CASCADE;
RESET ROLE;
SELECT * FROM standing();

-- an administrator can; attach() puts it right and says what was wrong
ALTER TABLE bill DISABLE TRIGGER "!smartwf_record";
DROP TRIGGER "~smartwf_judge" ON bill;
UPDATE bill SET state = 'paid' WHERE id = 2;
ALTER TRIGGER "!smartwf_truncate" ON bill RENAME TO other;
\set VERBOSITY default
SELECT smartwf.attach('bill', 'T');
\set VERBOSITY terse
SELECT smartwf.attach('bill', 'T');
SELECT * FROM standing() WHERE structure = 'bill';
CREATE OR REPLACE TRIGGER "~smartwf_judge" BEFORE INSERT OR UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT smartwf.attach('bill', 'T');
UPDATE bill SET state = 'paid' WHERE id = 3;

-- nobody hangs code of his own on tables that are written as the owner of the extension
GRANT ALL ON smartwf.workflows, smartwf.runs, smartwf.history TO regress_mallory;
SET ROLE regress_mallory;
CREATE TRIGGER watch AFTER UPDATE ON smartwf.runs FOR EACH ROW EXECUTE FUNCTION own();
CREATE TABLE watcher (id int REFERENCES smartwf.workflows ON DELETE CASCADE);
CREATE TABLE watcher (id int);
ALTER TABLE watcher ADD FOREIGN KEY (id) REFERENCES smartwf.workflows ON DELETE CASCADE;
DROP TABLE watcher;
RESET ROLE;
REVOKE ALL ON smartwf.workflows, smartwf.runs, smartwf.history FROM regress_mallory;
-- a DROP that was rolled back is not held against the next one
CREATE FUNCTION not_today() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE object_identity = 'public.bill') THEN RAISE EXCEPTION 'not today'; END IF;
END
$$;
CREATE EVENT TRIGGER a_not_today ON sql_drop EXECUTE FUNCTION not_today();
SET ROLE regress_owner;
CREATE TABLE spare (id int);
DO $$ BEGIN DROP TABLE bill CASCADE; EXCEPTION WHEN raise_exception THEN DROP TABLE spare; END $$;
SELECT to_regclass('spare') IS NULL AS is_dropped, to_regclass('bill') IS NOT NULL AS is_kept;
RESET ROLE;
DROP EVENT TRIGGER a_not_today;
DROP FUNCTION not_today;
-- an owner can drop his table
SET ROLE regress_owner;
DROP TABLE bill CASCADE;
RESET ROLE;
SELECT * FROM standing();
DROP TABLE piece, other, typed, named;
DROP EXTENSION smartwf;
DROP FUNCTION standing, nothing;
DROP OWNED BY regress_owner, regress_mallory CASCADE;
DROP ROLE regress_owner, regress_mallory;
