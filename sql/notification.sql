-- Notifications of workflows: those of the transition, then those of the new state.
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
\pset format unaligned
\pset tuples_only on
CREATE ROLE regress_smartwf_mailer;
INSERT INTO smartwf.templates (name, subject, text_body, html_body) VALUES
	('sent', 'Bill {{id}}', '{{clerk}}, bill {{id}} over {{amount}} is {{state}}', '<p>{{note}}</p>'),
	('final', 'Final', 'Nothing more to do', '');

-- all faults at once
\set VERBOSITY default
SELECT smartwf.define_workflow('{"name": "BILL", "states": [
	{"name": "draft", "initial": true, "notifications": [{"template": "nowhere", "channel": "pigeon"}, 5]},
	{"name": "sent", "notifications": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "notifications": [{"template": "sent", "channel": "mail", "users": [7], "userRouting": "a.b", "renderType": "loud"}]}]}');
\set VERBOSITY terse

SELECT smartwf.define_workflow('{"name": "BILL", "states": [
	{"name": "draft", "initial": true, "notifications": [{"template": "final", "channel": "mail", "users": ["anna"]}]},
	{"name": "sent", "notifications": [{"template": "sent", "channel": "mail", "users": ["anna", {"role": "postgres"}]}, {"template": "sent", "channel": "smtp", "renderType": "html", "userField": "clerk"}]},
	{"name": "paid", "notifications": [{"template": "final", "channel": "mail", "userField": "clerk"}]}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "notifications": [{"template": "final", "channel": "mail", "users": ["zoe"]}]},
  {"name": "pay", "arcs": [{"from": "sent", "to": "paid"}]}, {"name": "back", "arcs": [{"from": "paid", "to": "draft"}]}]}');
SELECT smartwf.workflow_definition('BILL') #> '{states,1,notifications}';
SELECT smartwf.workflow_definition('BILL') #> '{transitions,0,notifications}', smartwf.workflow_definition('BILL') #> '{transitions,1,notifications}' IS NULL;
-- the same again changes nothing
SELECT smartwf.define_workflow(smartwf.workflow_definition('BILL')::jsonb);
CREATE TABLE bill (id text PRIMARY KEY, amount numeric, clerk text, note text, state text);
SELECT smartwf.attach('bill', 'BILL');
INSERT INTO bill VALUES ('b1', 12.50, 'claire', 'a <b>'), ('b2', 1, NULL, NULL);
SELECT count(*) FROM smartwf.notifications;		-- a birth is no transition

-- by a role that may read next to nothing
GRANT SELECT (id, state), UPDATE (state) ON bill TO regress_smartwf_mailer;
SET ROLE regress_smartwf_mailer;
UPDATE bill SET state = 'sent' WHERE id = 'b1';
RESET ROLE;
SELECT run IS NULL, step, channel, recipient, recipient_is_person, subject, body, render_type, status FROM smartwf.notifications ORDER BY id;
-- where nobody is named, the change is made all the same
DELETE FROM smartwf.notifications;
SELECT smartwf.pass_transition('b2', 'send') #>> '{state,id}';
SELECT step, recipient FROM smartwf.notifications ORDER BY id;
SELECT revision, transition, to_state FROM smartwf.history WHERE docid = 'b2' ORDER BY revision;
-- nothing is sent for what is undone, nor for a refusal
DELETE FROM smartwf.notifications;
BEGIN;
SELECT smartwf.pass_transition('b1', 'pay') #>> '{state,id}';
SELECT count(*) FROM smartwf.notifications;
ROLLBACK;
SELECT smartwf.pass_transition('b1', 'send');
SELECT count(*) FROM smartwf.notifications;
-- an administrator, without a transition
SELECT smartwf.set_state('b1', 'draft') #>> '{state,id}';
SELECT step, recipient, body FROM smartwf.notifications ORDER BY id;
-- published, they are frozen
UPDATE smartwf.states SET notifications = '[]' WHERE name = 'sent';
UPDATE smartwf.transitions SET notifications = '[]' WHERE name = 'send';
-- a definition that nobody has checked yet is no definition
BEGIN;
INSERT INTO smartwf.workflows (id, name, status) VALUES (77, 'RAW', 'draft');
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (77, 'a', true);
INSERT INTO smartwf.states (workflow_id, name, notifications) VALUES (77, 'b', '[{"users": ["x"], "channel": "mail"}, 5]');
INSERT INTO smartwf.transitions (workflow_id, name) VALUES (77, 'go');
INSERT INTO smartwf.arcs VALUES (77, 'a', 'b', 'go');
UPDATE smartwf.workflows SET status = 'published', shape = smartwf.workflow_shape(77) WHERE id = 77;
CREATE TABLE raw (id text PRIMARY KEY, state text);
SELECT smartwf.attach('raw', 'RAW');
INSERT INTO raw VALUES ('raw1');
ROLLBACK;
DROP TABLE bill;
DROP EXTENSION smartwf;
DROP ROLE regress_smartwf_mailer;
