-- The documented addresses through route(): every branch, every failure.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_smartwf_editor;
CREATE ROLE regress_smartwf_user;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.log (what text);
GRANT ALL ON app.log TO PUBLIC;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.log VALUES ('m0');
	RETURN e.element ->> 'objection';
END $$;
CREATE FUNCTION app.m1(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CASE e.comment
		WHEN 'raise' THEN RAISE EXCEPTION 'hooks may raise, too';
		WHEN 'divide' THEN RETURN 1 / 0;
		WHEN 'privilege' THEN RETURN (SELECT count(*) FROM pg_catalog.pg_authid);
		WHEN 'gone' THEN RETURN (SELECT gone FROM pg_catalog.gone);
		WHEN 'forge' THEN RAISE EXCEPTION 'forged' USING ERRCODE = 'WF219', DETAIL = 'no json';
		ELSE RETURN NULL;
	END CASE;
END $$;
CREATE FUNCTION app.m2(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'm2 says "hello"' $$;
CREATE FUNCTION app.m3(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'm3 too' $$;
SELECT smartwf.define_workflow('{"name": "WDOC_BILL",
 "states": [{"name": "e1", "label": "Initial", "color": "#00CE01", "initial": true}, {"name": "e2", "label": "Final", "color": "#FF4249"}, {"name": "e3"}],
 "transitions": [{"name": "t1_2", "label": "Transition initial final", "arcs": [{"from": "e1", "to": "e2"}],
   "guard": "amount < 1000", "guardMessage": "trop cher", "m0": "app.m0", "m1": "app.m1", "m2": "app.m2", "m3": "app.m3",
   "parameters": [{"name": "reason"}]},
  {"name": "t2_1", "arcs": [{"from": "e2", "to": "e1"}]},
  {"name": "granted", "arcs": [{"from": "e1", "to": "e3"}], "grants": [{"role": "regress_smartwf_editor"}]}]}');
CREATE TABLE bill (id text PRIMARY KEY, state text, amount int CHECK (amount >= 0), objection text, reason text, CHECK (state <> 'e2' OR reason <> 'incomplete'));
SELECT smartwf.attach('bill', 'WDOC_BILL', structure => 'BILL');
CREATE TABLE other (id text PRIMARY KEY, state text, amount int DEFAULT 1, objection text, reason text);
SELECT smartwf.attach('other', 'WDOC_BILL', structure => 'OTHER', docid_prefix => 'o');
CREATE TABLE loose (id text PRIMARY KEY, state text, amount int DEFAULT 1, objection text, reason text);
SELECT smartwf.attach('loose', 'WDOC_BILL', structure => 'LOOSE', docid_prefix => 'l');
INSERT INTO bill VALUES ('B/1 é"%'), ('..'), ('deleted'), ('hidden');
UPDATE bill SET amount = 1;
INSERT INTO other VALUES ('1');
INSERT INTO loose VALUES ('1');
SELECT smartwf.detach('loose');
DELETE FROM bill WHERE id = 'deleted';
GRANT SELECT, UPDATE ON bill, other TO regress_smartwf_user, regress_smartwf_editor;
ALTER TABLE bill ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON bill USING (id <> 'hidden');
\set doc '/api/v2/smart-elements/B%2F1%20%C3%A9%22%25/workflows/'

SET ROLE regress_smartwf_user;
-- each address, under both prefixes, with and without the last slash
SELECT * FROM smartwf.route('GET', :'doc' || 'states/');
SELECT * FROM smartwf.route('GET', :'doc' || 'states');
SELECT * FROM smartwf.route('GET', substr(:'doc', 2) || 'states/');
SELECT status, content #>> '{data,states,0,id}' FROM smartwf.route('GET', :'doc' || 'states/?allStates=1');
SELECT status, content #>> '{data,states,0,id}' FROM smartwf.route('GET', :'doc' || 'states/?x=1&allStates=true&y');
SELECT status, content #>> '{data,states,0,id}' FROM smartwf.route('GET', :'doc' || 'states/?allStates=0');
SELECT status, content #>> '{data,states,0,id}' FROM smartwf.route('GET', :'doc' || 'states/?allStates=%31&allStates=false#allStates=1');
SELECT * FROM smartwf.route('GET', :'doc' || 'states/e1');
SELECT * FROM smartwf.route('GET', :'doc' || 'states/%65%31/');
SELECT * FROM smartwf.route('GET', :'doc' || 'transitions/');
SELECT * FROM smartwf.route('GET', :'doc' || 'transitions/t1_2');
SELECT status, content #>> '{data,uri}', content #>> '{data,history,0,toState,id}' FROM smartwf.route('GET', replace(:'doc', 'workflows', 'history'));
SELECT status, content #>> '{data,uri}' FROM smartwf.route('HEAD', replace(:'doc', 'smart-elements', 'smart-structures/BILL/smart-elements') || 'states/e2');
SELECT status, content #>> '{data,uri}' FROM smartwf.route('GET', replace(:'doc', 'smart-elements', 'smart-structures/BILL/smart-elements') || 'transitions/');
-- changing: bodies that are none, and what m2 and m3 say
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "voilà", "parameters": {"reason": "r"}, "unknown": 1}');
SELECT * FROM smartwf.route('POST', :'doc' || 'states/e1', 'null');
SELECT * FROM smartwf.route('POST', replace(:'doc', 'smart-elements', 'smart-structures/BILL/smart-elements') || 'states/e2', '{"comment": null, "parameters": null}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t2_1');
RESET ROLE;
SELECT revision, transition, comment, parameters FROM smartwf.history WHERE docid LIKE 'B%' ORDER BY revision;
SET ROLE regress_smartwf_user;

-- failures, each with status, code and envelope
SELECT * FROM smartwf.route('GET', '/api/v2/smart-elements/nobody/workflows/states/');
SELECT status, content ->> 'code' FROM smartwf.route('GET', '/api/v2/smart-structures/BILL/smart-elements/nobody/workflows/states/');
SELECT * FROM smartwf.route('GET', '/api/v2/smart-elements/hidden/workflows/states/nowhere');
SELECT * FROM smartwf.route('POST', '/api/v2/smart-elements/hidden/workflows/transitions/none', '{}');
SELECT * FROM smartwf.route('GET', '/api/v2/smart-elements/deleted/workflows/states/');
SELECT status, content ->> 'code' FROM smartwf.route('POST', '/api/v2/smart-elements/deleted/workflows/states/e2', '{}');
SELECT * FROM smartwf.route('GET', '/api/v2/smart-structures/BILL/smart-elements/o1/workflows/states/');
SELECT * FROM smartwf.route('GET', '/api/v2/smart-elements/l1/workflows/states/');
SELECT * FROM smartwf.route('GET', :'doc' || 'states/nowhere');
SELECT * FROM smartwf.route('GET', :'doc' || 'transitions/none');
SELECT status, content ->> 'code' FROM smartwf.route('POST', :'doc' || 'states/nowhere', '{}');
SELECT status, content ->> 'code' FROM smartwf.route('POST', :'doc' || 'transitions/none', '{}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t2_1', '{}');
SELECT * FROM smartwf.route('POST', :'doc' || 'states/e1', '{}');
-- refused: the right; the guard; m0; m1; a parameter; the table's own constraints; with the words meant for the user
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/granted', '{}');
UPDATE bill SET amount = 5000, objection = 'm0 says "no"' WHERE id LIKE 'B%';
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{}');
UPDATE bill SET amount = 1 WHERE id LIKE 'B%';
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{}');
UPDATE bill SET objection = NULL WHERE id LIKE 'B%';
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"parameters": {"reason": 5}}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"parameters": {"reason": "incomplete"}}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "raise"}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "divide"}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "privilege"}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "gone"}');
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "forge"}');
-- nothing of it is left, and the transaction went on
SELECT count(*) FROM app.log;
BEGIN;
INSERT INTO app.log VALUES ('before');
SELECT status FROM smartwf.route('POST', :'doc' || 'transitions/t1_2', '{"comment": "raise"}');
SELECT status FROM smartwf.route('POST', :'doc' || 'transitions/t1_2');
COMMIT;
SELECT * FROM app.log OFFSET 1;
BEGIN READ ONLY;
SELECT * FROM smartwf.route('POST', :'doc' || 'transitions/t2_1', '{}');
COMMIT;

-- addresses that are none
SELECT status, content ->> 'code', content ->> 'message'
FROM unnest(ARRAY['', '/', '?', '//', '/api/v2', '/api/v2/smart-elements/', '/api/v2/smart-elements//workflows/states/', '/api/v1/smart-elements/o1/workflows/states/',
	'/api/v2/smart-elements/o1', '/api/v2/smart-elements/o1/workflows', '/api/v2/smart-elements/o1/workflows/', '/api/v2/smart-elements/o1/workflows/stages/',
	'/api/v2/smart-elements/o1/workflows/states/e1/more', '/api/v2/smart-elements/o1/workflows/states//', '/api/v2/smart-elements/o1/workflows/history/',
	'/api/v2/smart-elements/o1/history/1', '/api/v2/smart-structures/OTHER/o1/workflows/states/', '/api/v2/smart-structures//smart-elements/o1/workflows/states/',
	'http://host/api/v2/smart-elements/o1/workflows/states/', '/API/V2/smart-elements/o1/workflows/states/']) WITH ORDINALITY u (uri, n),
	smartwf.route('GET', uri) ORDER BY n;
-- methods: each address says which it has
SELECT method, status, content ->> 'code', content ->> 'message'
FROM unnest(ARRAY['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', '']) WITH ORDINALITY m (method, n), smartwf.route(method, :'doc' || 'states/') ORDER BY n;
SELECT status, content ->> 'message' FROM smartwf.route('DELETE', :'doc' || 'transitions/t1_2');
SELECT status, content ->> 'message' FROM smartwf.route('POST', '/api/v2/smart-elements/o1/history/');
-- the address is looked at first, then the method, then the body, then the document
SELECT status FROM smartwf.route('PUT', '/nowhere', '[]');
SELECT status FROM smartwf.route('PUT', '/api/v2/smart-elements/nobody/workflows/states/e1', '[]');
SELECT status FROM smartwf.route('POST', '/api/v2/smart-elements/nobody/workflows/states/e1', '[]');
-- bodies
SELECT body, status, content ->> 'code', content ->> 'message'
FROM unnest(ARRAY['[]', '"text"', '5', 'true', '{"comment": 5}', '{"comment": {}}', '{"comment": false}', '{"parameters": []}', '{"parameters": "x"}', '{"parameters": 1}']::jsonb[])
	WITH ORDINALITY b (body, n), smartwf.route('POST', :'doc' || 'states/e3', body) ORDER BY n;
-- allStates
SELECT status, content ->> 'code', content ->> 'message'
FROM unnest(ARRAY['yes', '', '2', 'TRUE', '%00', '1%']) WITH ORDINALITY a (value, n), smartwf.route('GET', :'doc' || 'states/?allStates=' || value) ORDER BY n;
SELECT status, content ->> 'message' FROM smartwf.route('GET', :'doc' || 'states/?allStates');
-- hostile document ids
SELECT left(docid, 30), status, content ->> 'code', left(content ->> 'message', 80), length(content ->> 'message')
FROM unnest(ARRAY['..', '.', '%2E%2E', '%2F', 'a%2Fb', '%2F..%2F..%2Fetc%2Fpasswd', '%22', '''; DROP TABLE bill; --', '"quoted"', '\', '%5C', '%', '%4', '%zz', '%4g', '%00', 'a%00b',
	'%FF', '%C3', '%C0%AF', '%ED%A0%80', '%F4%90%80%80', 'é', '%C3%A9', '%F0%9F%98%80', '+', ' ', E'\t', '%0A', '$1', '%s%n', '{"a":1}', repeat('x', 10240), repeat('%C3%A9', 5000)])
	WITH ORDINALITY d (docid, n), smartwf.route('GET', '/api/v2/smart-elements/' || docid || '/workflows/states/') ORDER BY n;
SELECT status, content ->> 'message' FROM smartwf.route('GET', '/api/v2/smart-structures/%FF/smart-elements/o1/workflows/states/');
SELECT status, content ->> 'message' FROM smartwf.route('GET', '/api/v2/smart-structures/%22%2F/smart-elements/o1/workflows/states/');
SELECT status, content ->> 'message' FROM smartwf.route('GET', :'doc' || 'transitions/' || repeat('%27', 20));
SELECT status, content ->> 'message' FROM smartwf.route(repeat('X', 20), :'doc' || 'transitions/');
-- malformed calls
SELECT * FROM smartwf.route(NULL, '/');
SELECT * FROM smartwf.route('GET', NULL);
-- an administrator goes without a transition
RESET ROLE;
SELECT * FROM smartwf.route('POST', :'doc' || 'states/e3', '{"comment": "by force"}');
SELECT count(*) FROM smartwf.route('GET', '/api/v2/smart-elements/hidden/workflows/states/'), json_array_elements(content -> 'data' -> 'states');
-- whatever concerns the whole transaction gets out
CREATE FUNCTION app.cancel() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'again, please' USING ERRCODE = 'serialization_failure'; END $$;
CREATE TRIGGER cancel BEFORE UPDATE ON other FOR EACH ROW EXECUTE FUNCTION app.cancel();
SELECT * FROM smartwf.route('POST', '/api/v2/smart-elements/o1/workflows/states/e3');
DROP TABLE bill, other, loose;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_editor, regress_smartwf_user;
