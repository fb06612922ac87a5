-- Every path to a row, and what other triggers do on the way.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_smartwf_user;
GRANT CREATE, USAGE ON SCHEMA public TO regress_smartwf_user;
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "start", "initial": true}, {"name": "control"}, {"name": "end"}],
 "transitions": [{"name": "check", "arcs": [{"from": "start", "to": "control"}]}, {"name": "finish", "arcs": [{"from": "control", "to": "end"}]},
  {"name": "again", "arcs": [{"from": "control", "to": "control"}]}]}');
CREATE FUNCTION lines() RETURNS TABLE (docid text, line text) LANGUAGE sql SECURITY DEFINER AS $$
	SELECT h.docid, format('%s: %s -> %s by %s', h.revision, coalesce(h.from_state, '-'), coalesce(h.to_state, '-'), coalesce(h.transition, '-'))
	FROM smartwf.history h ORDER BY h.docid, h.revision $$;
CREATE FUNCTION start_over() RETURNS void LANGUAGE sql AS $$
	DELETE FROM smartwf.history; DELETE FROM smartwf.elements $$;

CREATE TABLE doc (id int PRIMARY KEY, state text, note text, total int GENERATED ALWAYS AS (id * 10) STORED);
SELECT smartwf.attach('doc', 'W');
ALTER TABLE doc OWNER TO regress_smartwf_user;
SET ROLE regress_smartwf_user;

-- INSERT: the initial state, given or not
INSERT INTO doc (id, state) VALUES (1, NULL), (2, 'start');
INSERT INTO doc (id, state) VALUES (3, 'control');
INSERT INTO doc (id, state) VALUES (3, 'nonsense');
-- UPDATE: one transition, several rows, several in one transaction
UPDATE doc SET state = 'end' WHERE id = 1;
UPDATE doc SET state = 'nonsense' WHERE id = 1;
UPDATE doc SET state = NULL WHERE id = 1;
UPDATE doc SET state = 'control';
UPDATE doc SET state = 'start' WHERE id = 1;
UPDATE doc SET state = state, note = 'no change of state';
BEGIN;
UPDATE doc SET state = 'end' WHERE id = 1;
ROLLBACK;
-- a document keeps its name
UPDATE doc SET id = 20 WHERE id = 2;
-- COPY
COPY doc (id, state, note) FROM stdin;
4	\N	copied
\.
COPY doc (id, state, note) FROM stdin;
5	end	copied
\.
-- ON CONFLICT
INSERT INTO doc (id, state) VALUES (4, 'control'), (6, 'start') ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;
INSERT INTO doc (id, state) VALUES (6, 'end') ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;
INSERT INTO doc (id, state) VALUES (6, 'end') ON CONFLICT DO NOTHING;
INSERT INTO doc (id, state) VALUES (7, 'end') ON CONFLICT DO NOTHING;
-- writable CTE, view, cursor, prepared
WITH moved AS (UPDATE doc SET state = 'control' WHERE id = 6 RETURNING id) INSERT INTO doc (id) SELECT id + 2 FROM moved;
WITH moved AS (UPDATE doc SET state = 'start' WHERE id = 6 RETURNING id) SELECT 1;
CREATE VIEW doc_view AS SELECT id, state FROM doc;
UPDATE doc_view SET state = 'end' WHERE id = 6;
UPDATE doc_view SET state = 'control' WHERE id = 6;
PREPARE go AS UPDATE doc SET state = $1 WHERE id = $2;
EXECUTE go('control', 8);
EXECUTE go('start', 8);
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM doc WHERE id = 8 FOR UPDATE;
FETCH c;
UPDATE doc SET state = 'start' WHERE CURRENT OF c;
ROLLBACK;
-- savepoints
BEGIN;
INSERT INTO doc (id) VALUES (9);
SAVEPOINT s;
UPDATE doc SET state = 'control' WHERE id = 9;
ROLLBACK TO s;
UPDATE doc SET state = 'control' WHERE id = 9;
UPDATE doc SET state = 'end' WHERE id = 9;
COMMIT;
-- a transition from a state to itself is passed by name
SELECT smartwf.pass_transition('8', 'again') #>> '{state,id}';
DELETE FROM doc WHERE id = 8;
DELETE FROM doc WHERE id = 9;
INSERT INTO doc (id) VALUES (9);
SELECT * FROM lines();
RESET ROLE;

-- MERGE, from PostgreSQL 15 on
SELECT current_setting('server_version_num')::int < 150000 AS has_no_merge \gset
\if :has_no_merge
\echo MERGE: insert, update
\echo 'ERROR:  Destination state is not defined for workflow "W"'
\echo 'ERROR:  Destination state is not defined for workflow "W"'
\else
SET ROLE regress_smartwf_user;
\o /dev/null
\set ECHO none
MERGE INTO doc USING (VALUES (9, 'control'), (10, 'start')) v (id, state) ON doc.id = v.id
	WHEN MATCHED THEN UPDATE SET state = v.state WHEN NOT MATCHED THEN INSERT (id, state) VALUES (v.id, v.state);
\echo MERGE: insert, update
MERGE INTO doc USING (VALUES (9, 'start')) v (id, state) ON doc.id = v.id
	WHEN MATCHED THEN UPDATE SET state = v.state;
MERGE INTO doc USING (VALUES (11, 'end')) v (id, state) ON doc.id = v.id
	WHEN NOT MATCHED THEN INSERT (id, state) VALUES (v.id, v.state);
\set ECHO all
\o
RESET ROLE;
\endif
DROP VIEW doc_view;
DROP TABLE doc;

-- foreign keys that cascade into the key, the row and the state
SELECT start_over();
CREATE TABLE folder (id int PRIMARY KEY);
CREATE TABLE step_name (name text PRIMARY KEY);
INSERT INTO folder VALUES (1);
INSERT INTO step_name VALUES ('start'), ('control'), ('end');
CREATE TABLE doc (id int PRIMARY KEY, folder int REFERENCES folder ON DELETE CASCADE,
	state text DEFAULT 'start' REFERENCES step_name ON UPDATE CASCADE ON DELETE SET DEFAULT);
SELECT smartwf.attach('doc', 'W');
GRANT ALL ON doc, folder, step_name TO regress_smartwf_user;
INSERT INTO doc VALUES (1, 1), (2, 1);
SET ROLE regress_smartwf_user;
UPDATE doc SET state = 'control' WHERE id = 2;
UPDATE step_name SET name = 'anything' WHERE name = 'start';
DELETE FROM step_name WHERE name = 'control';
DELETE FROM folder;
RESET ROLE;
SELECT * FROM lines();
-- a cascade acts for whoever caused it, though PostgreSQL 18 runs its AFTER triggers as the owner of the table
SELECT DISTINCT actor = 'regress_smartwf_user' AS is_right_actor
FROM smartwf.history WHERE transition IS NULL AND to_state IS NULL;
DROP TABLE doc, folder, step_name;

-- rows that move between partitions
SELECT start_over();
CREATE TABLE doc (id int, region text, state text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE doc_a PARTITION OF doc FOR VALUES IN ('a');
CREATE TABLE doc_b (state text, region text NOT NULL, id int NOT NULL);
ALTER TABLE doc ATTACH PARTITION doc_b FOR VALUES IN ('b');
SELECT smartwf.attach('doc', 'W', docid_column => 'id');
GRANT ALL ON doc TO regress_smartwf_user;
SET ROLE regress_smartwf_user;
INSERT INTO doc VALUES (1, 'a'), (2, 'a'), (3, 'b');
UPDATE doc SET region = 'b' WHERE id = 1;
UPDATE doc SET region = 'a', state = 'control' WHERE id = 1;
UPDATE doc SET region = 'b', state = 'end' WHERE id = 2;
UPDATE doc SET region = CASE region WHEN 'a' THEN 'b' ELSE 'a' END, state = 'control' WHERE id IN (2, 3);
-- no row slips into another state by way of DELETE and INSERT
WITH gone AS (DELETE FROM doc WHERE id = 2 RETURNING id) INSERT INTO doc SELECT id, 'b', 'end' FROM gone;
SELECT tableoid::regclass, * FROM doc ORDER BY id;
SELECT * FROM lines();
RESET ROLE;
-- split by state: the change of state itself moves the row
CREATE TABLE by_state (id int, state text, PRIMARY KEY (id, state)) PARTITION BY LIST (state);
CREATE TABLE by_state_open PARTITION OF by_state FOR VALUES IN ('start', 'control');
CREATE TABLE by_state_done PARTITION OF by_state FOR VALUES IN ('end');
SELECT smartwf.attach('by_state', 'W', docid_column => 'id', docid_prefix => 's');
GRANT ALL ON by_state TO regress_smartwf_user;
SET ROLE regress_smartwf_user;
INSERT INTO by_state VALUES (1, 'start');
UPDATE by_state SET state = 'end';
UPDATE by_state SET state = 'control';
SELECT smartwf.pass_transition('s1', 'finish') #>> '{state,id}';
SELECT tableoid::regclass, * FROM by_state;
SELECT * FROM lines() WHERE docid = 's1';
RESET ROLE;
DROP TABLE doc, by_state;

-- other triggers
SELECT start_over();
CREATE TABLE doc (id int PRIMARY KEY, state text, note text);
SELECT smartwf.attach('doc', 'W');
GRANT ALL ON doc TO regress_smartwf_user;
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.note = TG_NAME || ' to end' THEN NEW.state := 'end'; END IF;
	IF NEW.note = TG_NAME || ' to control' THEN NEW.state := 'control'; END IF;
	IF NEW.note = TG_NAME || ' suppresses' THEN RETURN NULL; END IF;
	IF NEW.note = TG_NAME || ' nests' AND OLD.state = 'start' THEN
		UPDATE doc SET state = 'end', note = NULL WHERE id = NEW.id;
	END IF;
	IF NEW.note = TG_NAME || ' moves all' THEN
		UPDATE doc SET state = 'end', note = NULL WHERE state = 'control';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER a BEFORE UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION meddle();
CREATE TRIGGER "~z" BEFORE UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION meddle();
CREATE TRIGGER "é" BEFORE INSERT OR UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION meddle();
CREATE TRIGGER "  first" AFTER UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION meddle();
CREATE TRIGGER last AFTER UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION meddle();
SET ROLE regress_smartwf_user;
INSERT INTO doc VALUES (1), (2), (3), (4);
-- before ours: what they make of the row is judged
UPDATE doc SET note = 'a to end' WHERE id = 1;
UPDATE doc SET note = 'a to control' WHERE id = 1;
UPDATE doc SET state = 'control', note = 'a suppresses' WHERE id = 2;
UPDATE doc SET state = 'control', note = 'a nests' WHERE id = 2;
-- after ours: the row is not what was judged
UPDATE doc SET note = '~z to end' WHERE id = 2;
UPDATE doc SET state = 'control', note = 'é to end' WHERE id = 2;
UPDATE doc SET note = 'é to control' WHERE id = 2;
INSERT INTO doc VALUES (5, 'start', 'é to end');
-- suppressed after it was judged: nothing came of it, and nothing is left of the judgement
BEGIN;
UPDATE doc SET state = 'control', note = 'é suppresses' WHERE id = 2;
UPDATE doc SET note = 'quiet' WHERE id = 2;
UPDATE doc SET state = 'end', note = NULL WHERE id = 2;
ROLLBACK;
SELECT smartwf.pass_transition('2', 'check');
UPDATE doc SET note = 'é suppresses' WHERE id = 3;
BEGIN;
UPDATE doc SET state = 'control', note = 'é suppresses' WHERE id = 3;
COMMIT;
SELECT * FROM lines();
-- nested transitions after the row: history keeps their order
UPDATE doc SET state = 'control', note = '  first nests' WHERE id = 3;
UPDATE doc SET state = 'control', note = 'last nests' WHERE id = 4;
SELECT * FROM doc ORDER BY id;
SELECT * FROM lines() WHERE docid IN ('3', '4');
-- one row's trigger passes the others of the statement on, before their turn
INSERT INTO doc VALUES (11), (12), (13);
UPDATE doc SET state = 'control', note = CASE id WHEN 11 THEN 'last moves all' END WHERE id > 10;
SELECT * FROM lines() WHERE docid IN ('11', '12', '13');
-- in a savepoint that is rolled back, they get their turn again
RESET ROLE;
CREATE OR REPLACE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.note = TG_NAME || ' tries' THEN
		BEGIN
			UPDATE doc SET state = 'end' WHERE id > 20 AND state = 'control';
			RAISE EXCEPTION 'undone';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
	ELSIF NEW.note = TG_NAME || ' tries once' THEN
		BEGIN
			UPDATE doc SET state = 'end', note = NULL WHERE id IN (25, 26) AND state = 'control';
			RAISE EXCEPTION 'undone';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
	END IF;
	RETURN NEW;
END $$;
SET ROLE regress_smartwf_user;
INSERT INTO doc VALUES (21), (22);
UPDATE doc SET state = 'control', note = CASE id WHEN 21 THEN 'last tries' END WHERE id > 20;
SELECT * FROM lines() WHERE docid IN ('21', '22');
INSERT INTO doc VALUES (25), (26);
UPDATE doc SET state = 'control', note = CASE id WHEN 25 THEN 'last tries once' END WHERE id IN (25, 26);
SELECT * FROM lines() WHERE docid IN ('25', '26');
DELETE FROM doc WHERE id IN (25, 26);
RESET ROLE;
-- rows inserted by a statement and changed by its own triggers before their birth is recorded
CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE doc SET state = 'control' WHERE id > 30 AND state = 'start';
	RETURN NULL;
END $$;
CREATE TRIGGER " hurry" AFTER INSERT ON doc FOR EACH ROW WHEN (NEW.id > 30) EXECUTE FUNCTION hurry();
SET ROLE regress_smartwf_user;
INSERT INTO doc VALUES (31), (32);
INSERT INTO doc VALUES (33, 'end');
SELECT * FROM lines() WHERE docid LIKE '3_';
RESET ROLE;
-- one row's trigger deletes the others of the statement, before their turn
CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM doc WHERE id IN (42, 43); RETURN NULL; END $$;
CREATE TRIGGER sweep AFTER UPDATE ON doc FOR EACH ROW WHEN (NEW.id = 41) EXECUTE FUNCTION sweep();
INSERT INTO doc VALUES (41), (42), (43);
UPDATE doc SET state = 'control' WHERE id > 40;
SELECT * FROM lines() WHERE docid LIKE '4_';
SELECT count(*) AS alive, (SELECT count(*) FROM doc) AS rows FROM smartwf.elements WHERE deleted_at IS NULL;

DROP TABLE doc;
DROP FUNCTION meddle, hurry, sweep, lines(), start_over;
DROP EXTENSION smartwf;
REVOKE ALL ON SCHEMA public FROM regress_smartwf_user;
DROP ROLE regress_smartwf_user;
