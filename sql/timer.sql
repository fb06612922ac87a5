-- Timers of documents.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
CREATE ROLE regress_smartwf_owner;
GRANT ALL ON SCHEMA app TO regress_smartwf_owner;
CREATE TABLE app.calls (who name, model jsonb, run bigint);
GRANT INSERT ON app.calls TO regress_smartwf_owner;
CREATE FUNCTION app.call(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ INSERT INTO app.calls VALUES (current_user, model, run); SELECT NULL::jsonb $$;
SELECT smartwf.define_flow('{"name": "remind", "stages": [{"name": "s", "steps": [{"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["boss"], "message": "{{title}} again"}}]}]}');
SELECT '{"name": "PAPER", "label": "", "description": "", "locale": "", "states": [
  {"name": "draft", "label": "", "activity": "", "color": "", "initial": true, "timer": "stale"},
  {"name": "review", "label": "", "activity": "", "color": "", "initial": false, "timer": "deadline"},
  {"name": "rejected", "label": "", "activity": "", "color": "", "initial": false}, {"name": "done", "label": "", "activity": "", "color": "", "initial": false}],
 "transitions": [
  {"name": "submit", "label": "", "askComment": null, "arcs": [{"from": "draft", "to": "review"}], "guard": null, "guardMessage": null, "m0": null, "m1": null, "m2": null, "m3": null, "parameters": [], "grants": [],
   "timers": [{"timer": "nag", "action": "persistent"}, {"timer": "once", "action": "volatile"}]},
  {"name": "reject", "label": "", "askComment": null, "arcs": [{"from": "review", "to": "rejected"}], "guard": null, "guardMessage": null, "m0": null, "m1": null, "m2": null, "m3": null, "parameters": [], "grants": []},
  {"name": "accept", "label": "", "askComment": null, "arcs": [{"from": "review", "to": "done"}], "guard": null, "guardMessage": null, "m0": null, "m1": null, "m2": null, "m3": null, "parameters": [], "grants": [],
   "timers": [{"timer": "nag", "action": "unattach"}]},
  {"name": "again", "label": "", "askComment": null, "arcs": [{"from": "rejected", "to": "draft"}], "guard": null, "guardMessage": null, "m0": null, "m1": null, "m2": null, "m3": null, "parameters": [], "grants": []}],
 "translations": {}, "unsupported": [],
 "timers": [
  {"name": "stale", "label": "", "column": null, "delta": "30 days", "tasks": [{"delta": "0", "kind": "send_notification", "settings": {"channel": "mail", "userField": "author", "subject": "{{title}}", "message": "still a draft"}}]},
  {"name": "deadline", "label": "", "column": "due_on", "delta": "-3 days", "tasks": [
   {"delta": "0", "kind": "send_templated_notification", "settings": {"channel": "mail", "template": "due", "users": ["boss"]}},
   {"delta": "1 day", "kind": "call_function", "settings": {"function": "app.call"}},
   {"delta": "3 days 1 hour", "kind": "go_to_state", "settings": {"state": "rejected"}}]},
  {"name": "nag", "label": "", "column": null, "delta": "0", "tasks": [{"delta": "7 days", "kind": "start_flow", "settings": {"flow": "remind"}}]},
  {"name": "once", "label": "", "column": null, "delta": "0", "tasks": [{"delta": "1 hour", "kind": "call_function", "settings": {"function": "app.call"}}]}]}' AS paper \gset
INSERT INTO smartwf.templates (name, subject, text_body) VALUES ('due', 'Soon', '{{title}} is due on {{due_on}}');
SELECT smartwf.define_workflow(:'paper');
SELECT smartwf.workflow_definition('PAPER')::jsonb = :'paper'::jsonb AS round_trip_is_exact;
SELECT smartwf.define_workflow(smartwf.workflow_definition('PAPER')::jsonb) AS same_version;
SELECT * FROM smartwf.check_workflow('PAPER');
CREATE TABLE app.paper (id int PRIMARY KEY, title text, author text, due_on date, state text);
ALTER TABLE app.paper OWNER TO regress_smartwf_owner;
INSERT INTO app.paper VALUES (0, 'Old', 'anna', NULL, 'draft');
SELECT smartwf.attach('app.paper', 'PAPER');
CREATE VIEW app.timers AS SELECT docid, timer, task, kind, action, date_trunc('hour', due_at - smartwf.clock() + interval '1 minute') AS due_in FROM smartwf.timers ORDER BY docid, due_at, timer, task;

-- born with the timer of the initial state; what was there before has it too
INSERT INTO app.paper VALUES (1, 'One', 'anna', NULL), (2, 'Two', 'anna', NULL);
SELECT * FROM app.timers;
-- a date that is not there: nothing is due
SELECT smartwf.pass_transition('1', 'submit') #>> '{state,id}';
SELECT * FROM app.timers WHERE docid = '1';
-- the date comes, and moves, and goes
UPDATE app.paper SET due_on = (smartwf.clock() AT TIME ZONE 'UTC')::date + 10 WHERE id = 1;
SELECT timer, task, due_at = (due_on::timestamp AT TIME ZONE 'UTC') - interval '3 days' + (ARRAY['0', '1 day', '3 days 1 hour'])[task]::interval AS is_right
FROM smartwf.timers, app.paper WHERE docid = '1' AND id = 1 AND timer = 'deadline' ORDER BY task;
UPDATE app.paper SET due_on = due_on + 10 WHERE id = 1;
SELECT min(due_at) = (min(due_on)::timestamp AT TIME ZONE 'UTC') - interval '3 days' AS is_right FROM smartwf.timers, app.paper WHERE docid = '1' AND id = 1 AND timer = 'deadline';
UPDATE app.paper SET due_on = 'infinity' WHERE id = 1;
SELECT task, due_at FROM smartwf.timers WHERE docid = '1' AND timer = 'deadline' ORDER BY task;
-- whatever the zone of the session
SET timezone = 'Pacific/Auckland';
UPDATE app.paper SET due_on = '2031-03-01' WHERE id = 1;
SELECT task, due_at AT TIME ZONE 'UTC' FROM smartwf.timers WHERE docid = '1' AND timer = 'deadline' ORDER BY task;
RESET timezone;
-- what is undone has never been
BEGIN;
UPDATE app.paper SET state = 'review' WHERE id = 2;
SELECT count(*) FROM smartwf.timers WHERE docid = '2';
ROLLBACK;
SELECT timer FROM smartwf.timers WHERE docid = '2';
-- nothing is due yet
CALL smartwf.work();
SELECT count(*) FROM smartwf.notifications;
-- an hour later, seven days later: as the owner of the table
SELECT smartwf.advance_clock('61 minutes') IS NOT NULL;
CALL smartwf.work();
SELECT who, model ->> 'title' AS title, run FROM app.calls;
SELECT smartwf.advance_clock('7 days') IS NOT NULL;
CALL smartwf.work();
SELECT flow, docid, status, starter FROM smartwf.runs;
SELECT recipient, body FROM smartwf.notifications;
-- a persistent timer outlives transitions, volatile ones do not
SELECT smartwf.pass_transition('2', 'submit') #>> '{state,id}';
SELECT timer, action FROM app.timers WHERE docid = '2' AND task = 1 ORDER BY timer;
SELECT smartwf.pass_transition('2', 'reject') #>> '{state,id}';
SELECT timer, action FROM app.timers WHERE docid = '2';
SELECT smartwf.pass_transition('2', 'again') #>> '{state,id}', smartwf.pass_transition('2', 'submit') #>> '{state,id}', smartwf.pass_transition('2', 'accept') #>> '{state,id}';
SELECT count(*) FROM smartwf.timers WHERE docid = '2';
-- the deadline: told, called, and rejected, by the owner; his rights are what counts
UPDATE app.paper SET due_on = (smartwf.clock() AT TIME ZONE 'UTC')::date + 3 WHERE id = 1;
CALL smartwf.work();
SELECT recipient, subject, body = (SELECT 'One is due on ' || to_char(due_on, 'YYYY-MM-DD') FROM app.paper WHERE id = 1) AS is_right FROM smartwf.notifications WHERE subject <> '';
SELECT timer, task FROM smartwf.timers WHERE docid = '1' AND timer = 'deadline' ORDER BY task;
SELECT smartwf.advance_clock('1 day') IS NOT NULL;
CALL smartwf.work();
SELECT count(*) FROM app.calls;
SELECT smartwf.advance_clock('2 days 2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT state FROM app.paper WHERE id = 1;
SELECT actor, transition, to_state FROM smartwf.history WHERE docid = '1' ORDER BY revision DESC LIMIT 1;
SELECT count(*) FROM smartwf.timers WHERE docid = '1';
-- what fails is tried again, then stays with why
REVOKE INSERT ON app.calls FROM regress_smartwf_owner;
INSERT INTO app.paper VALUES (3, 'Three', 'anna', NULL);
SELECT smartwf.pass_transition('3', 'submit') #>> '{state,id}';
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT task, attempt, sqlstate, message, due_at - smartwf.clock() BETWEEN '1 second' AND '10 seconds' AS again_soon FROM smartwf.timers WHERE docid = '3' AND timer = 'once';
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT smartwf.advance_clock('2 hours') IS NOT NULL;
CALL smartwf.work();
SELECT attempt, message, due_at FROM smartwf.timers WHERE docid = '3' AND timer = 'once';
-- a document that is gone has none, however it went
DELETE FROM app.paper WHERE id = 3;
SELECT count(*) FROM smartwf.element_timers WHERE docid = '3';
INSERT INTO app.paper VALUES (4, 'Four', 'anna', NULL);
TRUNCATE app.paper;
SELECT smartwf.advance_clock('31 days') IS NOT NULL;
CALL smartwf.work();
SELECT count(*) FROM smartwf.element_timers;
SELECT count(*) FROM smartwf.notifications WHERE body = 'still a draft' AND subject = 'Four';
-- who may not see the document does not see its timers
INSERT INTO app.paper VALUES (5, 'Five', 'anna', NULL);
CREATE ROLE regress_smartwf_other;
SET ROLE regress_smartwf_other;
SELECT count(*) FROM smartwf.timers;
SELECT count(*) FROM smartwf.element_timers;
RESET ROLE;
-- a row that moves to another partition takes its timers along
CREATE TABLE app.parted (id int, title text, author text, due_on date, state text, PRIMARY KEY (id, due_on)) PARTITION BY RANGE (due_on);
CREATE TABLE app.parted_early PARTITION OF app.parted FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
CREATE TABLE app.parted_late (state text, due_on date NOT NULL, id int NOT NULL, author text, title text);
ALTER TABLE app.parted ATTACH PARTITION app.parted_late FOR VALUES FROM ('2031-01-01') TO ('2032-01-01');
SELECT smartwf.attach('app.parted', 'PAPER', docid_column => 'id', docid_prefix => 'P');
INSERT INTO app.parted VALUES (1, 'P', 'anna', '2030-05-01');
UPDATE app.parted SET state = 'review' WHERE id = 1;
SELECT due_at AT TIME ZONE 'UTC' FROM smartwf.timers WHERE docid = 'P1' AND timer = 'deadline' AND task = 1;
UPDATE app.parted SET due_on = '2031-05-01' WHERE id = 1;
SELECT due_at AT TIME ZONE 'UTC' FROM smartwf.timers WHERE docid = 'P1' AND timer = 'deadline' AND task = 1;

-- definitions: every fault at once
\set VERBOSITY default
SELECT smartwf.define_workflow('{"name": "T", "states": [{"name": "a", "initial": true, "timer": "none"}, {"name": "b", "timer": 1}],
 "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}], "timers": [{"timer": "x", "action": "sometimes"}, {"timer": "x", "action": "volatile"}, {"timer": "gone", "action": "unattach"}, {}]}],
 "timers": [{"name": "x", "delta": "soon", "tasks": []}, {"name": "x", "tasks": [{"kind": "explode"}, {"delta": "3 parsecs", "kind": "go_to_state", "settings": {"state": "c"}},
  {"kind": "go_to_state"}, {"kind": "call_function", "settings": {"function": "app.none", "x": 1}}, {"kind": "start_flow", "settings": {"flow": "remind"}},
  {"kind": "send_notification", "settings": {"channel": "pigeon", "message": "{{#x}}"}}, {"kind": "send_templated_notification", "settings": {"channel": "mail", "template": "none", "users": ["a"]}}]},
  {"name": "1", "column": 3, "tasks": 1, "extra": true}]}');
\set VERBOSITY terse
SELECT smartwf.define_workflow(jsonb_set(:'paper', '{timers,1,column}', '"title"'));
CREATE TABLE app.dateless (id int PRIMARY KEY, state text);
SELECT smartwf.attach('app.dateless', 'PAPER', docid_prefix => 'D');
UPDATE smartwf.timer_tasks SET delta = '1 day';
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
DROP ROLE regress_smartwf_owner, regress_smartwf_other;
