-- Attaching tables of every kind, and what DDL does to them later.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "start", "initial": true}, {"name": "control"}, {"name": "end"}],
 "transitions": [{"name": "check", "arcs": [{"from": "start", "to": "control"}]}, {"name": "finish", "arcs": [{"from": "control", "to": "end"}]}]}');
CREATE FUNCTION lines(structure text) RETURNS TABLE (docid text, line text) LANGUAGE sql AS $$
	SELECT h.docid, format('%s: %s -> %s by %s', h.revision, coalesce(h.from_state, '-'), coalesce(h.to_state, '-'), coalesce(h.transition, '-'))
	FROM smartwf.history h JOIN smartwf.elements e USING (docid) WHERE e.structure = lines.structure ORDER BY h.docid, h.revision $$;

-- existing rows are registered; rows in no known state are listed and none is lost
CREATE TABLE bill (id int PRIMARY KEY, state text, amount numeric);
INSERT INTO bill VALUES (1, 'start', 10), (2, 'lost', 20), (3, NULL, 30), (4, 'end', 40);
\set VERBOSITY default
SELECT smartwf.attach('bill', 'W');
\set VERBOSITY terse
SELECT count(*) FROM smartwf.structures;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'bill'::regclass;
UPDATE bill SET state = 'start' WHERE id IN (2, 3);
SELECT smartwf.attach('bill', 'W');
SELECT smartwf.attach('bill', 'W');
SELECT * FROM lines('bill');
SELECT smartwf.attach('bill', 'W', structure => 'other');
SELECT smartwf.attach('bill', 'NONE');

-- a docid is unique over all structures
CREATE TABLE invoice (id int PRIMARY KEY, state varchar(20));
INSERT INTO invoice VALUES (1, 'start'), (7, 'control');
\set VERBOSITY default
SELECT smartwf.attach('invoice', 'W');
\set VERBOSITY terse
SELECT smartwf.attach('invoice', 'W', docid_prefix => 'I-');
SELECT * FROM lines('invoice');
INSERT INTO invoice VALUES (8);
SELECT smartwf.pass_transition('I-8', 'check') #>> '{state,id}';
SELECT smartwf.pass_transition('I-8', 'check', structure => 'bill');
CREATE TABLE memo (id text PRIMARY KEY, state text);
SELECT smartwf.attach('memo', 'W');
\set VERBOSITY default
INSERT INTO memo VALUES ('I-8');
\set VERBOSITY terse

-- what cannot be attached
CREATE VIEW v AS SELECT * FROM bill;
CREATE TEMPORARY TABLE temp (id int PRIMARY KEY, state text);
CREATE TABLE bad (id int, state int, kind char(3), made text GENERATED ALWAYS AS ('start') STORED, short varchar(3));
SELECT smartwf.attach('v', 'W');
SELECT smartwf.attach('temp', 'W');
SELECT smartwf.attach('bad', 'W');
SELECT smartwf.attach('smartwf.history', 'W');
SELECT smartwf.attach(NULL, 'W');
CREATE TYPE few AS ENUM ('start', 'control');
ALTER TABLE bad ADD few few;
\set VERBOSITY default
SELECT smartwf.attach('bad', 'W', docid_column => 'id');
SELECT smartwf.attach('bad', 'W', docid_column => 'id', state_column => 'kind');
SELECT smartwf.attach('bad', 'W', docid_column => 'id', state_column => 'made');
SELECT smartwf.attach('bad', 'W', docid_column => 'id', state_column => 'short');
SELECT smartwf.attach('bad', 'W', docid_column => 'id', state_column => 'few');
SELECT smartwf.attach('bad', 'W', docid_column => 'nr', state_column => 'etat');
SELECT smartwf.define_workflow('{"name": "NEEDY", "states": [{"name": "start", "initial": true}, {"name": "end"}],
 "transitions": [{"name": "t", "arcs": [{"from": "start", "to": "end"}], "guard": "amount > 0", "grants": [{"column": "boss"}],
  "parameters": [{"name": "short"}]}]}');
SELECT smartwf.attach('bad', 'NEEDY', docid_column => 'id', state_column => 'short');
\set VERBOSITY terse

-- enum, domain of varchar, domain of enum; quoted, long and non-ASCII names
CREATE TYPE progress AS ENUM ('start', 'control', 'end');
CREATE DOMAIN label AS varchar(10) NOT NULL;
CREATE DOMAIN step AS progress;
CREATE SCHEMA "Müll ""x""";
CREATE TABLE "Müll ""x"""."Größte Liste; DROP TABLE bill --" ("Schlüssel ""k""" serial PRIMARY KEY, "État d'avancement" progress, t text);
SELECT smartwf.attach('"Müll ""x"""."Größte Liste; DROP TABLE bill --"', 'W', state_column => 'État d''avancement', docid_prefix => 'é"''%/');
INSERT INTO "Müll ""x"""."Größte Liste; DROP TABLE bill --" DEFAULT VALUES;
SELECT smartwf.pass_transition('é"''%/1', 'check') ->> 'uri';
UPDATE "Müll ""x"""."Größte Liste; DROP TABLE bill --" SET "État d'avancement" = 'end';
SELECT * FROM lines('Größte Liste; DROP TABLE bill --');
CREATE TABLE in_domain (id int PRIMARY KEY, a label, b step);
SELECT smartwf.attach('in_domain', 'W', 'a', docid_prefix => 'd');
INSERT INTO in_domain VALUES (1, 'start');
SELECT smartwf.set_state('d1', 'control') #>> '{state,id}';
CREATE TABLE in_enum_domain (id int PRIMARY KEY, b step);
SELECT smartwf.attach('in_enum_domain', 'W', 'b', docid_prefix => 'e');
INSERT INTO in_enum_domain VALUES (1);
SELECT smartwf.set_state('e1', 'control') #>> '{state,id}';

-- keys of any single-column type, whatever the settings
CREATE TABLE by_uuid (id uuid PRIMARY KEY, state text);
CREATE TABLE by_date (id date PRIMARY KEY, state text);
CREATE TABLE by_time (id timestamptz PRIMARY KEY, state text);
CREATE TABLE by_char (id char(5) PRIMARY KEY, state text);
CREATE TABLE by_numeric (id numeric PRIMARY KEY, state text);
CREATE TABLE by_bytes (id bytea PRIMARY KEY, state text);
CREATE TABLE by_array (id int[] PRIMARY KEY, state text);
CREATE TABLE by_enum (id progress PRIMARY KEY, state text);
SELECT smartwf.attach(t, 'W', docid_prefix => t || ':') FROM unnest(ARRAY['by_uuid', 'by_date', 'by_time', 'by_char', 'by_numeric', 'by_bytes', 'by_array', 'by_enum']) t;
SET datestyle = 'German, DMY';
SET timezone = 'Asia/Tokyo';
SET bytea_output = 'escape';
INSERT INTO by_uuid VALUES ('00000000-0000-0000-0000-00000000000A');
INSERT INTO by_date VALUES ('31.12.2024');
INSERT INTO by_time VALUES ('2024-12-31 23:59:59+00');
INSERT INTO by_char VALUES ('ab');
INSERT INTO by_numeric VALUES (1.50);
INSERT INTO by_bytes VALUES ('\x00ff');
INSERT INTO by_array VALUES ('{1,2}');
INSERT INTO by_enum VALUES ('end');
RESET datestyle;
SELECT docid, smartwf.pass_transition(docid, 'check') #>> '{state,id}' AS state FROM smartwf.elements WHERE structure LIKE 'by\_%' ORDER BY 1;
RESET timezone;
RESET bytea_output;
SELECT docid, smartwf.pass_transition(docid, 'finish') #>> '{state,id}' AS state FROM smartwf.elements WHERE structure LIKE 'by\_%' ORDER BY 1;
SELECT * FROM smartwf.reconcile('by_time');

-- partitioned: the parent covers its partitions, old and new
CREATE TABLE part (id int, region text, state text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE part_eu PARTITION OF part FOR VALUES IN ('eu');
INSERT INTO part VALUES (1, 'eu', 'start');
SELECT smartwf.attach('part_eu', 'W');
SELECT smartwf.attach('part', 'W', docid_prefix => 'p');
SELECT smartwf.attach('part', 'W', docid_prefix => 'p', docid_column => 'id');
CREATE TABLE part_us PARTITION OF part FOR VALUES IN ('us');
INSERT INTO part VALUES (2, 'us', NULL);
CREATE TABLE part_asia (dropped int, state text, region text NOT NULL, id int NOT NULL);
ALTER TABLE part_asia DROP dropped;
INSERT INTO part_asia VALUES ('nonsense', 'asia', 3);
ALTER TABLE part ATTACH PARTITION part_asia FOR VALUES IN ('asia');
UPDATE part_asia SET state = 'control';
ALTER TABLE part ATTACH PARTITION part_asia FOR VALUES IN ('asia');
SELECT smartwf.pass_transition('p3', 'finish') #>> '{state,id}';
TRUNCATE part_us;
INSERT INTO part VALUES (4, 'us');
ALTER TABLE part DETACH PARTITION part_us;
UPDATE part_us SET state = 'anything';
DROP TABLE part_asia;
SELECT * FROM lines('part');

-- a generated key, and a very long name of the structure
CREATE TABLE sliced (id int, region text, docid text GENERATED ALWAYS AS ('slice ' || id) STORED, state text) PARTITION BY LIST (region);
CREATE TABLE sliced_a PARTITION OF sliced FOR VALUES IN ('a');
CREATE TABLE sliced_b PARTITION OF sliced FOR VALUES IN ('b');
SELECT length(smartwf.attach('sliced', 'W', docid_column => 'docid', structure => repeat('long', 200)));
INSERT INTO sliced VALUES (1, 'a');
UPDATE sliced SET region = 'b', state = 'control';
UPDATE sliced SET region = 'a';
SELECT smartwf.pass_transition('slice 1', 'finish') #>> '{state,id}';
SELECT * FROM lines(repeat('long', 200));
DROP TABLE sliced;

-- inherited: each child carries the triggers
CREATE TABLE parent (id int PRIMARY KEY, state text);
CREATE TABLE child (more text) INHERITS (parent);
INSERT INTO child VALUES (1, 'start', 'x');
SELECT smartwf.attach('parent', 'W', docid_prefix => 'h');
SELECT smartwf.attach('child', 'W');
CREATE TABLE late_child () INHERITS (parent);
INSERT INTO late_child VALUES (2);
UPDATE parent SET state = 'end';
UPDATE parent SET state = 'control';
SELECT smartwf.pass_transition('h1', 'finish') #>> '{state,id}';
TRUNCATE late_child;
ALTER TABLE child NO INHERIT parent;
SELECT * FROM lines('parent');

-- renamed, moved, altered
ALTER TABLE invoice RENAME TO "Rechnung";
ALTER SCHEMA "Müll ""x""" RENAME TO neat;
ALTER TABLE bill SET SCHEMA neat;
SELECT name, relation_schema, relation_name FROM smartwf.structures WHERE name IN ('bill', 'invoice') OR relation_schema = 'neat' ORDER BY 1;
SELECT smartwf.pass_transition('I-7', 'finish') #>> '{state,id}';
SELECT smartwf.pass_transition('1', 'check') #>> '{state,id}';
ALTER TABLE neat.bill RENAME state TO status;
UPDATE neat.bill SET status = 'x';
SELECT smartwf.attach('neat.bill', 'W', 'status');
UPDATE neat.bill SET status = 'end' WHERE id = 1;
DROP VIEW v;
ALTER TABLE neat.bill ALTER status TYPE progress USING status::progress;
UPDATE neat.bill SET status = 'start' WHERE id = 1;

-- triggers stay on
CREATE ROLE regress_smartwf_owner;
GRANT CREATE ON SCHEMA public TO regress_smartwf_owner;
CREATE TABLE owned (id int PRIMARY KEY, state text);
SELECT smartwf.attach('owned', 'W', docid_prefix => 'o');
ALTER TABLE owned OWNER TO regress_smartwf_owner;
SET ROLE regress_smartwf_owner;
INSERT INTO owned VALUES (1);
ALTER TABLE owned DISABLE TRIGGER ALL;
ALTER TABLE owned DISABLE TRIGGER "~smartwf_judge";
DROP TRIGGER "~smartwf_judge" ON owned;
DROP TRIGGER "!smartwf_record" ON owned;
SELECT smartwf.detach('owned');
SELECT smartwf.reconcile('owned');
SET check_function_bodies = off;
ALTER TABLE owned DISABLE TRIGGER ALL;
RESET check_function_bodies;
UPDATE owned SET state = 'end';
TRUNCATE owned;
INSERT INTO owned VALUES (1);
DROP TABLE owned;
RESET ROLE;
SELECT h.docid, revision, actor, from_state, to_state FROM smartwf.history h JOIN smartwf.elements USING (docid) WHERE structure = 'owned' ORDER BY 2;
SELECT count(*) FROM smartwf.structures WHERE name = 'owned';

-- detached: history stays, and is taken up again
SELECT smartwf.detach('"Rechnung"');
SELECT smartwf.detach('"Rechnung"');
SELECT smartwf.pass_transition('I-1', 'check');
UPDATE "Rechnung" SET state = 'free' WHERE id = 1;
UPDATE "Rechnung" SET state = 'start' WHERE id = 1;
DELETE FROM "Rechnung" WHERE id = 7;
INSERT INTO "Rechnung" VALUES (9, 'control');
SELECT smartwf.attach('"Rechnung"', 'W', docid_prefix => 'I-', structure => 'invoice');
SELECT * FROM lines('invoice');

-- rows that came without triggers
SET session_replication_role = replica;
INSERT INTO "Rechnung" VALUES (10, 'control');
DELETE FROM "Rechnung" WHERE id = 8;
RESET session_replication_role;
UPDATE "Rechnung" SET state = 'end' WHERE id = 10;
SELECT * FROM smartwf.reconcile('invoice');
UPDATE "Rechnung" SET state = 'end' WHERE id = 10;

DROP SCHEMA neat CASCADE;
SELECT name FROM smartwf.structures ORDER BY 1;
DROP EXTENSION smartwf CASCADE;
SELECT count(*) FROM pg_trigger WHERE tgname ~ 'smartwf';
REVOKE CREATE ON SCHEMA public FROM regress_smartwf_owner;
DROP ROLE regress_smartwf_owner;
DROP FUNCTION lines(text);
