-- A role cannot gain by having its steps driven by others: by a worker, by an
-- administrator who calls work(), by whoever answers.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_smartwf_thief;
CREATE ROLE regress_smartwf_victim;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.secret (what text);
INSERT INTO app.secret VALUES ('treasure');
GRANT SELECT ON app.secret TO regress_smartwf_victim;
CREATE TABLE app.loot (how text, who name, what text);
GRANT INSERT ON app.loot TO PUBLIC;
CREATE SCHEMA theft AUTHORIZATION regress_smartwf_thief;
GRANT USAGE ON SCHEMA theft TO PUBLIC;
CREATE TABLE app.attack (n int GENERATED ALWAYS AS IDENTITY, name text, statement text);
GRANT SELECT ON app.attack TO PUBLIC;
SET ROLE regress_smartwf_thief;
-- what only somebody with more rights could do
CREATE FUNCTION theft.loot(how text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.loot SELECT how, current_user, what FROM app.secret;
	RETURN how;
EXCEPTION WHEN insufficient_privilege THEN
	RETURN NULL;
END $$;
CREATE TABLE theft.trap (how text);
CREATE FUNCTION theft.spring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM theft.loot(NEW.how);
	PERFORM set_config('search_path', 'theft', false), set_config('request.jwt.claims', '{"sub": "later"}', false);
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON theft.trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION theft.spring();
-- sets another trap when one springs
CREATE TABLE theft.chain (how text);
CREATE FUNCTION theft.again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM theft.loot(NEW.how);
	IF NEW.how = 'chained' THEN
		SET CONSTRAINTS ALL DEFERRED;
		INSERT INTO theft.chain VALUES ('chained twice');
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON theft.chain DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION theft.again();
CREATE FUNCTION theft.attack(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN EXECUTE model ->> 'statement'; RETURN NULL; END $$;
RESET ROLE;
INSERT INTO app.attack (name, statement) VALUES
	('plain', 'SELECT theft.loot(''plain'')'),
	('set role', 'SET ROLE regress_smartwf_victim'),
	('reset role', 'RESET ROLE'),
	('set_config', 'SELECT set_config(''role'', ''none'', false)'),
	('session', 'SET SESSION AUTHORIZATION DEFAULT'),
	('deferred', 'INSERT INTO theft.trap VALUES (''deferred'')'),
	('chained', 'INSERT INTO theft.chain VALUES (''chained'')'),
	('cursor', 'DECLARE c CURSOR WITH HOLD FOR SELECT theft.loot(''cursor'')'),
	('prepared', 'PREPARE p AS SELECT theft.loot(''prepared'')'),
	('claims', 'SELECT set_config(''request.jwt.claims'', ''{"sub": "admin"}'', false)'),
	('temporary', 'CREATE TEMP TABLE secret (what text)'),
	('later', 'INSERT INTO theft.trap VALUES (''settings'')'),
	('path', 'SELECT set_config(''search_path'', ''theft'', false)');
SELECT smartwf.register_dataflow('attack', 'theft.attack');
SELECT smartwf.define_flow('{"name": "attack", "start": [{"role": "regress_smartwf_thief"}], "stages": [{"name": "s", "steps": [{"name": "attack", "kind": "execute_data_flow", "settings": {"dataflow": "attack"}}]}]}');
SELECT smartwf.define_flow('{"name": "ask", "start": [{"role": "regress_smartwf_thief"}], "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "x", "options": ["y"], "users": ["regress_smartwf_victim"]}},
 {"name": "attack", "kind": "execute_data_flow", "settings": {"dataflow": "attack"}}]}]}');

-- by whoever does the work
SET ROLE regress_smartwf_thief;
SELECT count(smartwf.enqueue_flow('attack', model => to_jsonb(a))) FROM app.attack a;
RESET ROLE;
SET ROLE regress_smartwf_thief;
SELECT count(smartwf.start_flow('ask', model => to_jsonb(a))) FROM app.attack a;
RESET ROLE;
CALL smartwf.work();
SELECT model ->> 'name' AS name, status, message FROM smartwf.runs WHERE flow = 'attack' ORDER BY id;
SELECT * FROM app.loot;
SELECT current_user = session_user AS is_himself, current_setting('search_path') AS search_path, coalesce(current_setting('request.jwt.claims', true), '') AS claims, to_regclass('pg_temp.secret') AS temporary;
SELECT name FROM pg_prepared_statements;

-- by whoever answers
SET ROLE regress_smartwf_victim;
SELECT count(smartwf.answer_confirmation(id, 'y')) FROM smartwf.confirmations;
RESET ROLE;
SELECT model ->> 'name' AS name, status, message FROM smartwf.runs WHERE flow = 'ask' ORDER BY id;
SELECT * FROM app.loot;
SELECT current_setting('search_path') AS search_path, coalesce(current_setting('request.jwt.claims', true), '') AS claims, to_regclass('pg_temp.secret') AS temporary;
-- the victim's own rights are all there are: had he started it, it would be his
SET ROLE regress_smartwf_victim;
SELECT theft.loot('own');
RESET ROLE;
SELECT * FROM app.loot;
-- what one run leaves in the session, the next does not find
CREATE FUNCTION app.look(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql SET search_path = app AS $$
BEGIN RETURN (SELECT jsonb_build_object('found', what) FROM secret); END $$;
SELECT smartwf.register_dataflow('look', 'app.look');
SELECT smartwf.define_flow('{"name": "look", "start": [{"role": "regress_smartwf_victim"}], "stages": [{"name": "s", "steps": [{"name": "look", "kind": "execute_data_flow", "settings": {"dataflow": "look"}}]}]}');
SET ROLE regress_smartwf_thief;
SELECT smartwf.enqueue_flow('attack', model => '{"statement": "CREATE TEMP TABLE secret AS SELECT ''false''::text AS what; GRANT ALL ON secret TO PUBLIC"}') IS NOT NULL;
RESET ROLE;
SET ROLE regress_smartwf_victim;
SELECT smartwf.enqueue_flow('look') IS NOT NULL;
RESET ROLE;
CALL smartwf.work();
SELECT flow, status, model ->> 'found' AS found, message FROM smartwf.runs ORDER BY id DESC LIMIT 2;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP SCHEMA theft CASCADE;
DROP ROLE regress_smartwf_thief, regress_smartwf_victim;
