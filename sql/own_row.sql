-- Hooks m0 and m1 that write the row of their own document.
CREATE EXTENSION smartwf;
SET client_min_messages = warning;
CREATE ROLE own_row_clerk;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.calls (id int GENERATED ALWAYS AS IDENTITY, hook text, saw text);
GRANT ALL ON app.calls TO PUBLIC;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.calls (hook, saw) VALUES ('m0', concat_ws(' ', e.element ->> 'state', e.element ->> 'checked', e.element ->> 'note'));
	EXECUTE format('UPDATE %I SET checked = checked + 1 WHERE id = %L', e.structure, e.docid);
	RETURN CASE WHEN e.comment = 'refuse' THEN 'no' END;
END $$;
CREATE FUNCTION app.m1(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.calls (hook, saw) VALUES ('m1', concat_ws(' ', e.element ->> 'state', e.element ->> 'checked', e.element ->> 'note'));
	EXECUTE format('UPDATE %I SET ready = true WHERE id = %L', e.structure, e.docid);
	RETURN CASE WHEN e.comment = 'refuse late' THEN 'not ready' END;
END $$;
CREATE FUNCTION app.move(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM smartwf.pass_transition(e.docid, 'send');
	RETURN NULL;
END $$;
CREATE FUNCTION app.remove(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DELETE FROM %I WHERE id = %L', e.structure, e.docid);
	RETURN NULL;
END $$;
SELECT smartwf.define_workflow('{"name": "OWN",
 "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "paid"}],
 "transitions": [
  {"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "m0": "app.m0", "m1": "app.m1", "parameters": [{"name": "note", "needed": false}]},
  {"name": "pay", "arcs": [{"from": "draft", "to": "paid"}, {"from": "sent", "to": "paid"}], "m0": "app.move"},
  {"name": "again", "arcs": [{"from": "paid", "to": "draft"}], "m1": "app.m1", "guard": "checked < 5"},
  {"name": "fail", "arcs": [{"from": "draft", "to": "paid"}], "m1": "app.remove"},
  {"name": "counted", "arcs": [{"from": "sent", "to": "draft"}], "guard": "checked < 3", "m0": "app.m0"}]}');
CREATE TABLE doc (id text PRIMARY KEY, checked int NOT NULL DEFAULT 0, ready boolean NOT NULL DEFAULT false, note text, state text);
SELECT smartwf.attach('doc', 'OWN');
INSERT INTO doc SELECT 'd' || i FROM generate_series(1, 9) i;
CREATE FUNCTION show(docid text) RETURNS TABLE (line text) LANGUAGE sql AS $$
	SELECT 'row: ' || to_json(d) FROM doc d WHERE id = docid
	UNION ALL (SELECT 'saw: ' || hook || ' ' || saw FROM app.calls ORDER BY id)
	UNION ALL (SELECT 'history: ' || concat_ws(' ', revision, transition, from_state, to_state) FROM smartwf.history h WHERE h.docid = show.docid ORDER BY revision)
$$;

-- each hook is asked once; m1 sees what m0 wrote, and the parameter
SELECT smartwf.pass_transition('d1', 'send', parameters => '{"note": "hello"}');
SELECT * FROM show('d1');
TRUNCATE app.calls;

-- by the state, and by an address
SELECT smartwf.set_state('d2', 'sent', parameters => '{"note": "hello"}') -> 'state' ->> 'id' AS state;
SELECT * FROM show('d2');
TRUNCATE app.calls;
SELECT status, content FROM smartwf.route('POST', '/api/v2/smart-elements/d3/workflows/transitions/send', '{"parameters": {"note": "hello"}}');
SELECT * FROM show('d3');
TRUNCATE app.calls;

-- a refusal undoes what the hook wrote
SELECT smartwf.pass_transition('d4', 'send', comment => 'refuse');
SELECT smartwf.pass_transition('d4', 'send', comment => 'refuse late');
SELECT * FROM show('d4');

-- of the state that m0 has brought about, the transition leads on
SELECT smartwf.pass_transition('d5', 'pay') -> 'state' ->> 'id' AS state;
SELECT * FROM show('d5');
TRUNCATE app.calls;
SELECT smartwf.pass_transition('d5', 'again') -> 'state' ->> 'id' AS state;
SELECT * FROM show('d5');
TRUNCATE app.calls;

-- the guard is asked about what m0 has written, too
UPDATE doc SET checked = 1 WHERE id = 'd1';
SELECT smartwf.pass_transition('d1', 'counted') -> 'state' ->> 'id' AS state;
SELECT smartwf.pass_transition('d1', 'send') -> 'state' ->> 'id' AS state;
SELECT smartwf.pass_transition('d1', 'counted');
UPDATE doc SET checked = 2 WHERE id = 'd1';
SELECT smartwf.pass_transition('d1', 'counted');
SELECT state, checked FROM doc WHERE id = 'd1';

-- a hook that deletes the row
SELECT smartwf.pass_transition('d6', 'fail');
SELECT id, state FROM doc WHERE id = 'd6';

-- asking changes nothing
TRUNCATE app.calls;
SELECT smartwf.get_states('d7') -> 'data' -> 'states' -> 1 -> 'transition' AS transition;
SELECT * FROM smartwf.blockers('d7', 'send');
SELECT * FROM show('d7');

-- a plain UPDATE cannot be repeated, and says so
UPDATE doc SET state = 'sent' WHERE id = 'd7';
SELECT * FROM show('d7');

-- several at once, of which one is refused
SELECT * FROM smartwf.pass_transitions(ARRAY['d7', 'd1', 'd8'], 'send');
SELECT id, state, checked, ready FROM doc WHERE id IN ('d7', 'd8') ORDER BY id;

-- a role that has no more than a grant
CREATE TABLE granted (id text PRIMARY KEY, checked int NOT NULL DEFAULT 0, ready boolean NOT NULL DEFAULT false, note text, state text);
SELECT smartwf.define_workflow('{"name": "GRANTED", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "m0": "app.m0", "grants": [{"role": "own_row_clerk"}]}]}');
SELECT smartwf.attach('granted', 'GRANTED');
INSERT INTO granted VALUES ('g1'), ('g2');
GRANT SELECT, UPDATE (checked) ON granted TO own_row_clerk;
SET ROLE own_row_clerk;
SELECT smartwf.pass_transition('g1', 'send') -> 'state' ->> 'id' AS state;
RESET ROLE;
REVOKE UPDATE (checked) ON granted FROM own_row_clerk;
SET ROLE own_row_clerk;
SELECT smartwf.pass_transition('g2', 'send');
RESET ROLE;
SELECT * FROM granted ORDER BY id;

-- a hook that moves the row to another partition
CREATE TABLE parted (id text, checked int NOT NULL DEFAULT 0, ready boolean NOT NULL DEFAULT false, note text, state text, PRIMARY KEY (id, checked)) PARTITION BY RANGE (checked);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES FROM (0) TO (1);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (9);
SELECT smartwf.attach('parted', 'OWN', docid_column => 'id');
INSERT INTO parted VALUES ('p1');
TRUNCATE app.calls;
SELECT smartwf.pass_transition('p1', 'send', parameters => '{"note": "hello"}') -> 'state' ->> 'id' AS state;
SELECT tableoid::regclass, * FROM parted;
SELECT hook, saw FROM app.calls ORDER BY id;
SELECT revision, transition, from_state, to_state FROM smartwf.history WHERE docid = 'p1' ORDER BY revision;

-- a state that was asked for, and that m0 has put out of reach
CREATE FUNCTION app.step(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM smartwf.pass_transition(e.docid, 'step'); RETURN NULL; END $$;
SELECT smartwf.define_workflow('{"name": "REACH", "states": [{"name": "a", "initial": true}, {"name": "b"}, {"name": "c"}, {"name": "d"}],
 "transitions": [{"name": "step", "arcs": [{"from": "a", "to": "b"}]}, {"name": "go", "m0": "app.step", "arcs": [{"from": "a", "to": "c"}, {"from": "b", "to": "d"}]}]}');
CREATE TABLE reach (id text PRIMARY KEY, state text);
SELECT smartwf.attach('reach', 'REACH');
INSERT INTO reach VALUES ('r1');
SELECT smartwf.set_state('r1', 'c');
SELECT state FROM reach;
SELECT smartwf.pass_transition('r1', 'go') #>> '{state,id}' AS state;
-- a condition on the revision is about what others did, not the request's own hooks
INSERT INTO reach VALUES ('r2');
SET request.headers = '{"x-original-method": "POST", "x-original-uri": "/api/v2/smart-elements/r2/workflows/transitions/go", "if-match": "\"0-x\""}';
SELECT smartwf_api.gateway('') #>> '{data,state,id}' AS state;
SELECT smartwf_api.gateway('') ->> 'code' AS code;
RESET request.headers;
DROP TABLE reach;

DROP EXTENSION smartwf CASCADE;
DROP TABLE doc, granted, parted;
DROP FUNCTION show(text);
DROP SCHEMA app CASCADE;
DROP ROLE own_row_clerk;
