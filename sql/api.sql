-- Schema smartwf_api: what a gateway exposes.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_smartwf_user;
CREATE ROLE regress_smartwf_blind;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE SEQUENCE app.asked;
GRANT ALL ON app.asked TO PUBLIC;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT nullif(left('x', (0 * pg_catalog.nextval('app.asked'))::int), '') $$;
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "go", "m0": "app.m0", "arcs": [{"from": "a", "to": "b"}]}, {"name": "back", "arcs": [{"from": "b", "to": "a"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, owner text);
CREATE TABLE other (id int PRIMARY KEY, state text);
SELECT smartwf.attach('doc', 'W', docid_prefix => 'd');
SELECT smartwf.attach('other', 'W', docid_prefix => 'o');
INSERT INTO doc SELECT g, NULL, CASE WHEN g % 2 = 0 THEN 'regress_smartwf_user' END FROM generate_series(1, 1000) g;
INSERT INTO other SELECT g FROM generate_series(1, 3) g;
DELETE FROM doc WHERE id = 4;
GRANT SELECT, UPDATE ON doc TO regress_smartwf_user;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON doc USING (owner = current_user);
ANALYZE smartwf.elements, smartwf.states, smartwf.transitions;

-- the same as the functions, for whom the rows let see them
SET ROLE regress_smartwf_user;
SELECT data::text = smartwf.get_states('d2')::text FROM smartwf_api.element_states WHERE docid = 'd2';
SELECT state, data::text = smartwf.get_state('d2', state)::text FROM smartwf_api.element_state WHERE docid = 'd2' ORDER BY state;
SELECT data::text = smartwf.get_transitions('d2')::text FROM smartwf_api.element_transitions WHERE docid = 'd2';
SELECT transition, data::text = smartwf.get_transition('d2', transition)::text FROM smartwf_api.element_transition WHERE docid = 'd2' ORDER BY transition;
SELECT data::text = smartwf.get_history('d2')::text FROM smartwf_api.element_history WHERE docid = 'd2';
-- what is not his, of a table that he may not read, deleted or unknown is simply not there
SELECT docid FROM smartwf_api.element_states WHERE docid IN ('d1', 'd3', 'd4', 'o1', 'nobody', 'd6');
SELECT count(*), min(docid), count(DISTINCT structure) FROM smartwf_api.element_states;
SELECT count(*) FROM smartwf_api.element_states WHERE structure = 'other';
-- nor does a function of his own get to see more
CREATE FUNCTION pg_temp.peek(docid text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE WARNING '% seen', docid; RETURN true; END $$;
SELECT count(*) FROM smartwf_api.element_states WHERE pg_temp.peek(docid) AND docid IN ('d1', 'd2', 'o1');
SET ROLE regress_smartwf_blind;
SELECT count(*) FROM smartwf_api.element_states;
SELECT count(*) FROM smartwf_api.element_history WHERE docid = 'd2';
RESET ROLE;
SELECT count(*) FROM smartwf_api.element_transition;
-- one document costs one: an index, and one question to m0
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		IF line ~ 'Scan|Index Cond|Sort|Limit|One-Time' THEN
			RETURN NEXT btrim(regexp_replace(line, 'One-Time Filter: .*', 'One-Time Filter'), ' ->');
		END IF;
	END LOOP;
END $$;
SET ROLE regress_smartwf_user;
SELECT plan($$SELECT * FROM smartwf_api.element_states WHERE docid = 'd2'$$);
SELECT plan($$SELECT * FROM smartwf_api.element_history WHERE structure = 'other' AND docid = 'o1'$$);
-- and a page as much as it shows: no view stands between it and the index
SELECT plan($$SELECT * FROM smartwf_api.documents ORDER BY docid LIMIT 10$$);
SELECT plan($$SELECT * FROM smartwf_api.documents WHERE docid > 'd5' AND state = 'a' ORDER BY docid LIMIT 10$$);
SELECT plan($$SELECT * FROM smartwf_api.element_states ORDER BY docid DESC LIMIT 10$$);
SELECT plan($$SELECT * FROM smartwf_api.history WHERE docid = 'd2' ORDER BY revision DESC LIMIT 10$$);
RESET ROLE;
SELECT setval('app.asked', 1);
SET ROLE regress_smartwf_user;
SELECT count(data ->> 'success') FROM smartwf_api.element_states WHERE docid = 'd2';
RESET ROLE;
SELECT last_value FROM app.asked;
SET enable_seqscan = off;
SELECT plan($$SELECT docid FROM smartwf_api.element_states WHERE structure = 'other'$$);
RESET enable_seqscan;

-- rows: documents, ways out, transitions, history
CREATE TABLE wide (id text PRIMARY KEY, secret text, note text, state text);
SELECT smartwf.define_workflow('{"name": "WIDE", "locale": "en", "states": [{"name": "a", "label": "Alpha", "activity": "Writing", "color": "#00CE01", "initial": true}, {"name": "b", "label": "Beta"}, {"name": "c"}],
 "transitions": [{"name": "go", "label": "Go", "guard": "note IS NOT NULL", "guardMessage": "no note", "arcs": [{"from": "a", "to": "b"}], "parameters": [{"name": "secret"}, {"name": "other"}]},
  {"name": "stop", "askComment": false, "grants": [{"role": "regress_smartwf_blind"}], "arcs": [{"from": "a", "to": "c"}]}],
 "translations": {"fr": {"states": {"b": "Bêta"}, "transitions": {"go": "Aller"}}}}');
SELECT smartwf.attach('wide', 'WIDE');
INSERT INTO wide (id, note) VALUES ('w1', 'n'), ('w2', NULL), ('w3', 'n'), ('gone', 'n');
GRANT SELECT (id, note, state), UPDATE (state, note) ON wide TO regress_smartwf_user;
SELECT smartwf.pass_transition('w1', 'go', 'why', '{"secret": "s", "other": "o"}') #>> '{state,id}';
DELETE FROM wide WHERE id = 'gone';
-- one more life under another structure's name: its history is its own
INSERT INTO doc VALUES (77777, NULL, 'regress_smartwf_user');
DELETE FROM doc WHERE id = 77777;
INSERT INTO wide VALUES ('d77777');
SET ROLE regress_smartwf_user;
SELECT docid, structure, workflow, version, state, label, activity, color, since <= clock_timestamp(), actor, locked_by FROM smartwf_api.documents WHERE structure = 'wide' ORDER BY docid;
RESET ROLE;
-- what the row says holds, also where no trigger has fired
SET session_replication_role = replica;
UPDATE wide SET state = 'c' WHERE id = 'w2';
RESET session_replication_role;
SET ROLE regress_smartwf_user;
SELECT state, label, since, actor, (SELECT count(*) FROM smartwf_api.next_states n WHERE n.docid = d.docid) FROM smartwf_api.documents d WHERE docid = 'w2';
RESET ROLE;
SET session_replication_role = replica;
UPDATE wide SET state = 'a' WHERE id = 'w2';
RESET session_replication_role;
SET ROLE regress_smartwf_user;
SELECT smartwf.lock_element('w3');
SELECT docid, locked_by FROM smartwf_api.documents WHERE locked_by IS NOT NULL;
SELECT docid, state, label, transition, transition_label, error FROM smartwf_api.next_states WHERE structure = 'wide' ORDER BY docid, state;
SET smartwf.locale = 'fr';
SELECT docid, label, transition_label FROM smartwf_api.next_states WHERE docid = 'w2';
RESET smartwf.locale;
SELECT transition, label, valid, to_state, ask_comment FROM smartwf_api.transitions WHERE docid = 'w1' ORDER BY transition;
SELECT revision, actor, transition, from_state, to_state, comment, parameters, messages FROM smartwf_api.history WHERE docid = 'w1' ORDER BY revision;
SELECT count(*) FROM smartwf_api.history WHERE docid = 'd77777';
SELECT count(*) FROM smartwf_api.documents WHERE docid IN ('gone', 'd1', 'o1');
SELECT count(*) FROM smartwf_api.history WHERE docid IN ('gone', 'd1', 'o1');
-- straight from the tables: no more
SELECT count(*) = (SELECT count(*) FROM smartwf_api.documents) FROM smartwf.elements;
SELECT docid FROM smartwf.history WHERE to_state = 'a';
-- a condition may be asked before the policy: so there is none on a column that is a secret
SELECT docid FROM smartwf.elements WHERE locked_by IS NULL;
SELECT attrelid::regclass, attname FROM pg_attribute WHERE attrelid IN ('smartwf.elements'::regclass, 'smartwf.history'::regclass) AND has_column_privilege(attrelid, attnum, 'SELECT') ORDER BY 1, 2;
SELECT count(*) FROM smartwf.elements WHERE pg_temp.peek(docid) AND docid IN ('d1', 'o1', 'gone');
SELECT count(*) FROM smartwf_api.history WHERE pg_temp.peek(docid) AND docid IN ('d1', 'o1', 'gone');
SELECT * FROM smartwf.document_state('d1');
SELECT count(*) FROM smartwf.document_history('d1');
SELECT smartwf.visible_structures();
SET ROLE regress_smartwf_blind;
SELECT count(*) FROM smartwf_api.documents;
SELECT count(*) FROM smartwf_api.history;
SELECT smartwf.visible_structures();
RESET ROLE;
-- those to whom the tables themselves are granted see all of them, but not through the views
GRANT SELECT ON smartwf.elements, smartwf.history TO regress_smartwf_blind;
SET ROLE regress_smartwf_blind;
SELECT count(*) > 1000, count(DISTINCT structure) FROM smartwf.elements;
SELECT count(*) FROM smartwf.history WHERE docid = 'gone';
SELECT count(*) FROM smartwf_api.documents;
SELECT count(*) FROM smartwf_api.element_states;
SELECT count(*) FROM smartwf_api.history;
RESET ROLE;
REVOKE SELECT ON smartwf.elements, smartwf.history FROM regress_smartwf_blind;
SELECT count(*) FROM smartwf_api.documents WHERE structure = 'wide';
-- relationships: keys whose type has a length, names that are hard
CREATE TABLE "a ""b'%s" ("k %I" char(5) PRIMARY KEY, state text);
SELECT smartwf.attach('"a ""b''%s"', 'W', docid_prefix => 'k''%');
INSERT INTO "a ""b'%s" VALUES ('ab'), ('cdefg');
SELECT count(*) FROM smartwf.create_relationships('a "b''%s');
SELECT d.docid, x."k %I", y.state, (SELECT count(*) FROM history(x) h) FROM smartwf_api.documents d, LATERAL "a ""b'%s"(d) x, LATERAL documents(x) y ORDER BY 1;
SELECT smartwf.create_relationships('nowhere');
SELECT smartwf.typescript('a "b''%s') ~ U&'[\2028\2029]', left(smartwf.typescript('a "b''%s'), 40);
DROP TABLE "a ""b'%s";
SELECT smartwf.detach('"a ""b''%s"');
DROP TABLE "a ""b'%s" CASCADE;

-- a table that smartwf does not understand any more hides nothing of the others
ALTER TABLE other RENAME COLUMN id TO key;
SET ROLE regress_smartwf_user;
SELECT docid FROM smartwf_api.documents WHERE docid = 'w1';
SELECT count(*) FROM smartwf_api.element_states WHERE structure = 'wide';
RESET ROLE;
ALTER TABLE other RENAME COLUMN key TO id;
-- a policy that asks for its own document
ALTER TABLE wide ENABLE ROW LEVEL SECURITY;
CREATE POLICY circle ON wide USING (EXISTS (SELECT FROM smartwf.elements e WHERE e.docid = id));
SET ROLE regress_smartwf_user;
SELECT count(*) FROM wide;
RESET ROLE;
DROP POLICY circle ON wide;
ALTER TABLE wide DISABLE ROW LEVEL SECURITY;
SELECT smartwf.detach('wide');
SELECT count(*) FROM smartwf_api.documents WHERE structure = 'wide';
SELECT count(*) FROM smartwf_api.element_states WHERE structure = 'wide';

-- functions: the same answers; failures in the form in which PostgREST takes them
SET ROLE regress_smartwf_user;
SELECT smartwf_api.get_states('d2')::text = smartwf.get_states('d2')::text, smartwf_api.get_state('d2', 'b')::text = smartwf.get_state('d2', 'b')::text,
	smartwf_api.get_transitions('d2')::text = smartwf.get_transitions('d2')::text, smartwf_api.get_transition('d2', 'go')::text = smartwf.get_transition('d2', 'go')::text,
	smartwf_api.get_history('d2', 'doc')::text = smartwf.get_history('d2')::text;
SELECT * FROM smartwf_api.blockers('d2', 'back');
SELECT smartwf_api.lock_element('d2');
SELECT smartwf_api.unlock_element('d2');
SELECT smartwf_api.pass_transition('d2', 'go', comment => 'c');
SELECT smartwf_api.set_state('d2', 'a');
SELECT * FROM smartwf_api.pass_transitions(ARRAY['d2', 'd3', 'd6'], 'go');
SELECT smartwf_api.pass_transition('nobody', 'go');
SELECT smartwf_api.pass_transition('d1', 'go');
SELECT smartwf_api.pass_transition('d2', 'go');
SELECT smartwf_api.set_state('d2', 'nowhere');
SELECT smartwf_api.get_states('d4');
SELECT smartwf_api.get_states(NULL);
\echo :LAST_ERROR_SQLSTATE
-- an error that is none of ours stays what it is; a conflict is one that a client may try again
RESET ROLE;
CREATE FUNCTION app.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'failed' USING ERRCODE = TG_ARGV[0]; END $$;
CREATE TRIGGER fail BEFORE UPDATE ON doc FOR EACH ROW WHEN (NEW.id = 8) EXECUTE FUNCTION app.fail('check_violation');
CREATE TRIGGER conflict BEFORE UPDATE ON doc FOR EACH ROW WHEN (NEW.id = 10) EXECUTE FUNCTION app.fail('serialization_failure');
SET ROLE regress_smartwf_user;
SELECT smartwf_api.pass_transition('d8', 'go');
\echo :LAST_ERROR_SQLSTATE
SELECT smartwf_api.pass_transition('d10', 'go');
\echo :LAST_ERROR_SQLSTATE

-- the gateway: method and address from headers, status and headers in settings
CREATE FUNCTION pg_temp.ask(method text, uri text, body bytea DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('request.headers', json_build_object('x-original-method', method, 'x-original-uri', uri)::text, true);
	RETURN NEXT smartwf_api.gateway(body) ->> 'code';
	RETURN NEXT current_setting('response.status');
	RETURN NEXT current_setting('response.headers');
END $$;
SELECT string_agg(a, ' ') FROM pg_temp.ask('GET', '/api/v2/smart-elements/d12/workflows/states/') a;
SELECT string_agg(a, ' ') FROM pg_temp.ask('POST', '/api/v2/smart-elements/d12/workflows/transitions/go', '{"comment": "é"}'::text::bytea) a;
SELECT string_agg(a, ' ') FROM pg_temp.ask('POST', '/api/v2/smart-elements/d12/workflows/transitions/back', ' ') a;
SELECT string_agg(a, ' ') FROM pg_temp.ask('POST', '/api/v2/smart-elements/d12/workflows/transitions/back', '{}') a;
SELECT string_agg(a, ' ') FROM pg_temp.ask('PUT', '/api/v2/smart-elements/d12/workflows/transitions/back', '{}') a;
SELECT string_agg(a, ' ') FROM pg_temp.ask('PUT', '/nowhere', '{}') a;
-- bodies that are no JSON, or no UTF-8, or more than anybody can read
SELECT n, string_agg(a, ' ')
FROM (VALUES (1, '{'::bytea), (2, 'x'), (3, '[1]'), (4, '\xff'), (5, '\x7b7d00'), (6, '{"comment": "\\u0000"}'), (7, convert_to(repeat('[', 100000), 'UTF8')), (8, '{"comment": 5}'), (9, 'null')) b (n, body),
	pg_temp.ask('POST', '/api/v2/smart-elements/d12/workflows/transitions/go', body) a GROUP BY n ORDER BY n;
SET request.headers = '';
SELECT smartwf_api.gateway('');
SET request.headers = '{"x-original-method": "GET"}';
SELECT smartwf_api.gateway(NULL);
RESET ROLE;
DISCARD TEMP;

DROP TABLE doc, other, wide;
DROP FUNCTION plan;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_user, regress_smartwf_blind;
