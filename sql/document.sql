-- Documents: what an application is told about states, transitions and history.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
CREATE TABLE app.asked (n serial, what text);
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.asked (what) VALUES (e.transition || ' ' || e.from_state || ' ' || e.to_state);
	RETURN CASE WHEN e.element ->> 'title' = 'bad' THEN 'what a "bad" title' END;
END $$;
CREATE FUNCTION app.breaks(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'm0 is broken'; END $$;
CREATE FUNCTION app.says(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'told ' || e.actor $$;
CREATE ROLE regress_smartwf_writer;
CREATE ROLE regress_smartwf_editor;
CREATE ROLE regress_smartwf_admin;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA app TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA app TO PUBLIC;

-- activities, labels or none, one name on several arcs, two ways to one state, every type of parameter
SELECT smartwf.define_workflow('{"name": "PRESS",
 "states": [{"name": "start", "label": "Début", "activity": "Écriture", "color": "#00CE01", "initial": true},
  {"name": "control", "label": "Contrôle", "activity": "Vérification"},
  {"name": "published", "label": "Publié \"<b>"}, {"name": "ns:end"}],
 "transitions": [
  {"name": "check", "label": "Vérifier", "arcs": [{"from": "start", "to": "control"}], "askComment": true},
  {"name": "publish", "label": "Publier", "arcs": [{"from": "control", "to": "published"}],
   "guard": "words <= 100", "guardMessage": "trop long", "m0": "app.m0", "m2": "app.says", "m3": "app.says", "grants": [{"role": "regress_smartwf_editor"}]},
  {"name": "self_publish", "arcs": [{"from": "control", "to": "published"}], "grants": [{"column": "author"}]},
  {"name": "reject", "label": "Abandonner", "askComment": false,
   "arcs": [{"from": "start", "to": "ns:end"}, {"from": "control", "to": "ns:end"}, {"from": "published", "to": "ns:end"}], "m0": "app.m0",
   "parameters": [
    {"name": "p_text", "label": "Texte", "needed": true}, {"name": "p_int", "type": "int", "visibility": "read"},
    {"name": "p_double", "type": "double", "multiple": true}, {"name": "p_money", "type": "money"}, {"name": "p_date", "type": "date"},
    {"name": "p_time", "type": "time"}, {"name": "p_timestamp", "type": "timestamp"},
    {"name": "p_enum", "type": "enum", "options": {"values": {"a": "Ah", "b": "Bé"}}},
    {"name": "p_boolean", "type": "boolean"}, {"name": "p_json", "type": "json"}]},
  {"name": "again", "label": "Encore", "arcs": [{"from": "start", "to": "start"}], "m0": "app.breaks"}]}');
CREATE TABLE press (id text PRIMARY KEY, title text, words int, author text, state text);
SELECT smartwf.attach('press', 'PRESS');
GRANT SELECT, UPDATE ON press TO regress_smartwf_writer, regress_smartwf_editor, regress_smartwf_admin;
INSERT INTO press VALUES ('é/1', 'good', 50, 'regress_smartwf_writer');

-- the states that can follow, in short
CREATE FUNCTION ways(docid text, OUT state text, OUT error text, OUT authorized boolean) RETURNS SETOF record LANGUAGE sql AS $$
SELECT s ->> 'id', s -> 'transition' ->> 'error', (s -> 'transition' ->> 'authorized')::boolean
FROM json_array_elements(smartwf.get_states(docid) -> 'data' -> 'states') s $$;
SET ROLE regress_smartwf_writer;
SELECT smartwf.get_states('é/1');
SELECT smartwf.get_states('é/1', all_states => true);
SELECT smartwf.get_state('é/1', 'start');
SELECT smartwf.get_state('é/1', 'control');
SELECT smartwf.get_state('é/1', 'published');
SELECT smartwf.get_transitions('é/1');
SELECT smartwf.get_transition('é/1', 'check');
SELECT smartwf.get_transition('é/1', 'publish');
SELECT smartwf.get_transition('é/1', 'reject');
-- asking leaves nothing behind
SELECT count(*) FROM app.asked;
SELECT smartwf.pass_transition('é/1', 'check', 'voilà') -> 'state' ->> 'id';
-- two ways lead to published; the writer has the second
SELECT smartwf.get_state('é/1', 'published') -> 'data' -> 'state' -> 'transition';
SET ROLE regress_smartwf_editor;
SELECT smartwf.get_state('é/1', 'published') -> 'data' -> 'state' -> 'transition';
-- what guard and m0 have against it is told before anyone tries, and changes neither list nor right
SELECT * FROM ways('é/1');
UPDATE press SET words = 1000;
SELECT * FROM ways('é/1');
UPDATE press SET words = 1, title = 'bad';
SELECT * FROM ways('é/1');
-- in a read-only transaction too, where m0 cannot write
BEGIN READ ONLY;
SELECT * FROM ways('é/1');
COMMIT;
-- without a right nobody goes on; without the UPDATE privilege neither
RESET ROLE;
CREATE ROLE regress_smartwf_reader;
GRANT SELECT ON press TO regress_smartwf_reader;
SET ROLE regress_smartwf_reader;
SELECT * FROM ways('é/1');
SELECT s ->> 'id', s -> 'transition' ->> 'id', s -> 'transition' ->> 'authorized'
FROM json_array_elements(smartwf.get_states('é/1', true) -> 'data' -> 'states') s;
-- an administrator sees every state
RESET ROLE;
GRANT pg_monitor TO regress_smartwf_admin;
SET smartwf.admin_role = 'pg_monitor';
SET ROLE regress_smartwf_admin;
SELECT * FROM ways('é/1');
RESET ROLE;
SET SESSION AUTHORIZATION regress_smartwf_editor;
SELECT smartwf.get_states('é/1') -> 'data' -> 'states' -> 0 -> 'transition';
RESET SESSION AUTHORIZATION;

-- the words of m2 and m3, and history with the labels of states and transitions
UPDATE press SET title = 'good';
SET ROLE regress_smartwf_editor;
SELECT smartwf.set_state('é/1', 'published');
SELECT smartwf.pass_transition('é/1', 'reject', parameters => '{"p_text": "t", "p_int": 3, "p_double": [1.5], "p_enum": "b", "p_json": {"x": [1]}}');
SELECT smartwf.pass_transition('é/1', 'reject', parameters => '{"p_text": "t", "p_double": [1.5], "p_enum": "b", "p_json": {"x": [1]}}');
SELECT regexp_replace(line::text, '"date": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00"', '"date": "ISO"')
FROM json_array_elements(smartwf.get_history('é/1') -> 'data' -> 'history') line;
SELECT smartwf.get_history('é/1') -> 'data' ->> 'uri';
-- page by page; many lines are not all told at once
RESET ROLE;
CREATE FUNCTION revisions(answer json) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(line ->> 'revision', ' ') FROM json_array_elements(answer -> 'data' -> 'history') line $$;
SET ROLE regress_smartwf_editor;
SELECT revisions(smartwf.get_history('é/1', most => 2)) AS first, revisions(smartwf.get_history('é/1', before => 2)) AS rest,
	revisions(smartwf.get_history('é/1', before => 0)) AS none, revisions(smartwf.get_history('é/1', most => NULL)) AS "all";
SELECT smartwf.get_history('é/1', most => 0);
RESET ROLE;
BEGIN;
INSERT INTO smartwf.history (docid, revision, at, actor, from_state, to_state, workflow_id)
	SELECT docid, g, at, actor, to_state, to_state, workflow_id FROM smartwf.history, generate_series(1000, 2999) g WHERE docid = 'é/1' AND revision = 0;
SELECT json_array_length(smartwf.get_history('é/1') #> '{data,history}') AS usual,
	json_array_length(smartwf.get_history('é/1', most => 5000) #> '{data,history}') > 2000 AS asked;
ROLLBACK;
DROP FUNCTION revisions;
SET ROLE regress_smartwf_editor;
SELECT smartwf.get_states('é/1');
RESET ROLE;
-- an administrator without a transition
SELECT smartwf.set_state('é/1', 'control');
SELECT line ->> 'transition' IS NULL, line -> 'fromState' ->> 'id' FROM json_array_elements(smartwf.get_history('é/1') -> 'data' -> 'history') line LIMIT 1;

-- failures, in their order; what cannot be seen is not told
SET ROLE regress_smartwf_reader;
SELECT smartwf.get_states('nobody', structure => 'press');
SELECT smartwf.get_states('é/1', structure => 'other');
SELECT smartwf.get_state('é/1', 'nowhere');
SELECT smartwf.get_transition('é/1', 'none');
SELECT smartwf.get_history('nobody');
SELECT smartwf.get_states(NULL);
SELECT smartwf.get_state('é/1', NULL);
RESET ROLE;
REVOKE SELECT ON press FROM regress_smartwf_reader;
SET ROLE regress_smartwf_reader;
SELECT smartwf.get_states('é/1');
SELECT smartwf.get_state('é/1', 'nowhere', 'other');
SELECT smartwf.get_history('é/1');
-- column privileges: seeing takes the key's, knowing the state nothing more
RESET ROLE;
GRANT SELECT (id) ON press TO regress_smartwf_reader;
SET ROLE regress_smartwf_reader;
SELECT smartwf.get_state('é/1', 'control') -> 'data' -> 'state' ->> 'isCurrentState';
RESET ROLE;
-- row-level security
ALTER TABLE press ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON press USING (author = current_user);
SET ROLE regress_smartwf_editor;
SELECT smartwf.get_states('é/1');
SET ROLE regress_smartwf_writer;
SELECT * FROM ways('é/1');
RESET ROLE;
DELETE FROM press;
SELECT smartwf.get_states('é/1');
SELECT smartwf.get_history('é/1');
INSERT INTO press VALUES ('é/1');
SELECT smartwf.detach('press');
SELECT smartwf.get_states('é/1');

-- a partitioned table, its columns in another order in the partition
CREATE TABLE issue (id int PRIMARY KEY, title text, words int, author text, state text) PARTITION BY RANGE (id);
CREATE TABLE issue_low (state text, author text, words int, title text, id int PRIMARY KEY);
ALTER TABLE issue ATTACH PARTITION issue_low FOR VALUES FROM (0) TO (100);
SELECT smartwf.attach('issue', 'PRESS', docid_prefix => 'I');
INSERT INTO issue VALUES (1, 'bad', 2000, 'me');
SELECT smartwf.pass_transition('I1', 'check') -> 'state' ->> 'id';
SELECT * FROM ways('I1');

-- an element keeps its version: another one's labels are not its own
SELECT smartwf.define_workflow(jsonb_set(smartwf.workflow_definition('PRESS')::jsonb, '{states,1,name}', '"control"') || '{"label": "second"}');
UPDATE smartwf.states SET label = 'Zweite' WHERE name = 'control' AND workflow_id = (SELECT max(id) FROM smartwf.workflows);
SELECT smartwf.get_state('I1', 'control') -> 'data' -> 'state' ->> 'label';
INSERT INTO issue VALUES (2);
SELECT smartwf.get_state('I2', 'control') -> 'data' -> 'state' ->> 'label';

DROP TABLE issue, press;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP FUNCTION ways;
DROP ROLE regress_smartwf_writer, regress_smartwf_editor, regress_smartwf_admin, regress_smartwf_reader;
