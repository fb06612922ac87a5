-- Beside demo/screens.sql: a second designer, an administrator, a large flow, many documents, parameters of every type, a
-- timer, a delivery that has failed.
\set QUIET on
SET client_min_messages = error;
CREATE ROLE designer;
SELECT smartwf.grant_design('designer') AS granted \gset
GRANT boss TO chief;
-- one who designs and administers
CREATE ROLE keeper;
SELECT smartwf.grant_design('keeper') AS granted \gset
ALTER DATABASE postgres SET smartwf.admin_role = 'keeper';

-- a flow of 300 steps, and one whose steps are dragged
SELECT smartwf.define_flow(jsonb_build_object('name', 'long', 'label', 'Three hundred steps', 'structure', 'invoice', 'stages', (SELECT jsonb_agg(jsonb_build_object('name', 'stage ' || s, 'steps',
  (SELECT jsonb_agg(jsonb_build_object('name', format('step %s of %s', n, s), 'kind', 'update_model_field', 'settings', jsonb_build_object('field', 'booked', 'value', n)) ORDER BY n) FROM generate_series(1, 30) n)) ORDER BY s)
  FROM generate_series(1, 10) s))) AS version \gset

-- many documents
SELECT smartwf.define_workflow('{"name": "PARCEL", "states": [{"name": "packed", "initial": true}, {"name": "sent"}], "transitions": [{"name": "send", "arcs": [{"from": "packed", "to": "sent"}]}]}') AS defined \gset
CREATE TABLE parcel (id int PRIMARY KEY, state text);
SELECT smartwf.attach('parcel', 'PARCEL', docid_prefix => 'P') AS attached \gset
GRANT SELECT ON parcel TO clerk;
INSERT INTO parcel SELECT generate_series(10001, 20000);

-- parameters of every type, and a timer
SELECT smartwf.define_workflow('{"name": "FORM", "states": [{"name": "open", "initial": true, "timer": "soon"}, {"name": "closed"}],
 "timers": [{"name": "soon", "delta": "1 day", "tasks": [{"kind": "go_to_state", "settings": {"state": "closed"}}]}],
 "transitions": [{"name": "close", "label": "Close", "arcs": [{"from": "open", "to": "closed"}], "grants": [{"role": "clerk"}], "parameters": [
  {"name": "a_text", "type": "text", "needed": true}, {"name": "an_int", "type": "int"}, {"name": "a_double", "type": "double"}, {"name": "some_money", "type": "money"},
  {"name": "a_date", "type": "date"}, {"name": "a_time", "type": "time"}, {"name": "a_timestamp", "type": "timestamp"}, {"name": "an_enum", "type": "enum", "options": {"values": ["red", "blue"]}},
  {"name": "a_boolean", "type": "boolean"}, {"name": "a_json", "type": "json"}, {"name": "many", "type": "int", "multiple": true}, {"name": "colors", "type": "enum", "multiple": true, "options": {"values": {"red": "Fire red", "blue": "Sea blue"}}}]}]}') AS defined \gset
CREATE TABLE form (id int PRIMARY KEY, state text);
SELECT smartwf.attach('form', 'FORM', docid_prefix => 'F') AS attached \gset
GRANT SELECT ON form TO clerk, chief;
INSERT INTO form VALUES (1), (2);

-- three runs that have failed, for as many reasons as one can mend
CREATE TABLE app.switch (is_on boolean);
INSERT INTO app.switch VALUES (false);
GRANT SELECT ON app.switch TO clerk;
CREATE FUNCTION app.work(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF NOT (SELECT is_on FROM app.switch) THEN RAISE EXCEPTION 'the switch is off'; END IF;
	RETURN '{}';
END $$;
SELECT smartwf.register_dataflow('work', 'app.work') AS registered \gset
SELECT smartwf.define_flow('{"name": "switched", "label": "Works when switched on", "start": [{"role": "clerk"}], "managers": [{"role": "chief"}], "stages": [{"name": "Work", "steps": [{"name": "do it", "kind": "execute_data_flow", "settings": {"dataflow": "work"}}]}]}') AS version \gset
SET ROLE clerk;
SELECT smartwf.start_flow('switched', NULL, '{}') AS run FROM generate_series(1, 3) \g /dev/null
RESET ROLE;

-- a mail that could not be delivered
INSERT INTO smartwf.notifications (channel, recipient, address, subject, body, status, attempt, error) VALUES ('smtp', 'clerk', 'nobody@localhost', 's', 'b', 'failed', 5, 'could not connect to the mail server');

-- a draft that has a fault, and a flow of which an earlier version is wanted
SELECT smartwf.draft_flow('invoice_approval') AS drafted \gset
SELECT smartwf.add_step('invoice_approval', 'Book', '{"name": "tell accounting", "kind": "send_notification", "settings": {"channel": "smtp", "message": "{{title}} is booked"}}') AS added \gset
SELECT smartwf.define_flow('{"name": "old", "stages": [{"name": "Kept", "steps": [{"name": "a", "kind": "update_model_field", "settings": {"field": "x", "value": 1}}]}, {"name": "Lost", "steps": [{"name": "b", "kind": "finish"}]}]}') AS version \gset

-- a lifecycle with documents that are to move
CREATE TABLE ticket (id int PRIMARY KEY, title text, priority int, solver text, state text);
SELECT smartwf.define_workflow('{"name": "TICKET", "label": "Ticket", "description": "What people ask for",
 "states": [{"name": "open", "label": "Open", "color": "#3b5bdb", "initial": true}, {"name": "parked", "label": "Parked", "color": "#8a8a8a"}, {"name": "solved", "label": "Solved", "color": "#2f9e44"}],
 "transitions": [{"name": "park", "label": "Park", "arcs": [{"from": "open", "to": "parked"}]}, {"name": "resume", "label": "Resume", "arcs": [{"from": "parked", "to": "open"}]},
  {"name": "solve", "label": "Solve", "undo": true, "arcs": [{"from": "open", "to": "solved"}, {"from": "parked", "to": "solved"}], "grants": [{"role": "clerk"}, {"column": "solver"}],
   "parameters": [{"name": "how", "label": "How", "needed": false}]}],
 "translations": {"fr": {"states": {"open": "Ouvert", "parked": "En attente", "solved": "Résolu"}}}}') AS defined \gset
SELECT smartwf.attach('ticket', 'TICKET', docid_prefix => 'T') AS attached \gset
GRANT SELECT, UPDATE ON ticket TO clerk, keeper;
GRANT SELECT ON ticket TO chief;
INSERT INTO ticket (id, title) SELECT n, 'Ticket ' || n FROM generate_series(1, 60) n;
SELECT count(*) AS passed FROM smartwf.pass_transitions(ARRAY(SELECT 'T' || n FROM generate_series(41, 60) n), 'park') \gset

-- one of which a second version has other states, and a draft of a third that has faults
SELECT smartwf.define_workflow('{"name": "PERMIT", "label": "Building permit", "description": "From the request to the decision",
 "states": [{"name": "asked", "label": "Asked for", "activity": "waiting for an officer", "color": "#3b5bdb", "initial": true}, {"name": "examined", "label": "Examined", "activity": "in the office", "color": "#d99a00", "staleAfter": "30 days"},
  {"name": "granted", "label": "Granted", "color": "#2f9e44"}, {"name": "refused", "label": "Refused", "color": "#c92a2a"}],
 "transitions": [{"name": "examine", "label": "Examine", "arcs": [{"from": "asked", "to": "examined"}]},
  {"name": "grant", "label": "Grant", "arcs": [{"from": "examined", "to": "granted"}], "guard": "height < 20", "guardMessage": "That is for the council.", "grants": [{"role": "boss"}]},
  {"name": "refuse", "label": "Refuse", "askComment": true, "arcs": [{"from": "asked", "to": "refused"}, {"from": "examined", "to": "refused"}], "grants": [{"role": "boss"}],
   "parameters": [{"name": "reason", "label": "Reason", "type": "enum", "needed": true, "options": {"values": {"height": "Too high", "place": "Not there"}}}]}],
 "translations": {"fr": {"states": {"asked": "Demandé", "examined": "Examiné", "granted": "Accordé", "refused": "Refusé"}, "transitions": {"examine": "Examiner", "grant": "Accorder", "refuse": "Refuser"}, "parameters": {"reason": "Motif"}}}}') AS defined \gset
CREATE TABLE permit (id int PRIMARY KEY, address text, height int, reason text, state text);
SELECT smartwf.attach('permit', 'PERMIT', docid_prefix => 'PB') AS attached \gset
GRANT SELECT ON permit TO chief, keeper;
INSERT INTO permit (id, address, height) SELECT n, n || ' High Street', n FROM generate_series(1, 24) n;
SELECT count(*) AS passed FROM smartwf.pass_transitions(ARRAY(SELECT 'PB' || n FROM generate_series(1, 9) n), 'examine') \gset
SELECT smartwf.draft_workflow('PERMIT') AS drafted \gset
SELECT smartwf.remove_state('PERMIT', 'examined') AS changed \gset
SELECT smartwf.add_state('PERMIT', '{"name": "office", "label": "In the office", "activity": "being read", "color": "#d99a00"}', 2) AS changed \gset
SELECT smartwf.add_state('PERMIT', '{"name": "site", "label": "On site", "activity": "being looked at", "color": "#9c6b00", "staleAfter": "14 days"}', 3) AS changed \gset
SELECT smartwf.add_arc('PERMIT', 'examine', 'asked', 'office') AS changed \gset
SELECT smartwf.add_transition('PERMIT', '{"name": "visit", "label": "Visit", "arcs": [{"from": "office", "to": "site"}]}', 2) AS changed \gset
SELECT smartwf.add_arc('PERMIT', 'grant', 'office', 'granted') AS changed, smartwf.add_arc('PERMIT', 'grant', 'site', 'granted') AS changed2 \gset
SELECT smartwf.add_arc('PERMIT', 'refuse', 'office', 'refused') AS changed, smartwf.add_arc('PERMIT', 'refuse', 'site', 'refused') AS changed2 \gset
SELECT smartwf.publish_workflow('PERMIT') AS version \gset
SELECT smartwf.draft_workflow('PERMIT') AS drafted \gset
SELECT smartwf.add_state('PERMIT', '{"name": "appealed", "label": "Appealed", "activity": "before the council", "color": "#862e9c"}') AS changed \gset
SELECT smartwf.add_transition('PERMIT', '{"name": "appeal", "label": "Appeal", "arcs": [{"from": "refused", "to": "appealed"}], "parameters": [{"name": "ground", "label": "Ground", "type": "enum"}]}') AS changed \gset
SELECT smartwf.update_transition('PERMIT', 'grant', '{"guard": "height < 25 AND hight IS NOT NULL"}') AS changed \gset
SELECT smartwf.remove_transition('PERMIT', 'visit') AS changed \gset
