-- Data of an old schema: documents in every situation, runs that wait, timers, a mail that is due.
SET client_min_messages = warning;
CREATE SCHEMA app;
CREATE TABLE app.doc (id int PRIMARY KEY, state text, note text);
CREATE TABLE app.part (id int, state text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE app.part_1 PARTITION OF app.part FOR VALUES FROM (1000) TO (2000);
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true, "timer": "t"}, {"name": "b"}, {"name": "late"}],
 "transitions": [{"name": "go", "arcs": [{"from": "a", "to": "b"}]}, {"name": "back", "arcs": [{"from": "b", "to": "a"}]},
  {"name": "expire", "arcs": [{"from": "a", "to": "late"}]}],
 "timers": [{"name": "t", "tasks": [{"delta": "1 day", "kind": "go_to_state", "settings": {"state": "late"}}]}]}');
SELECT smartwf.attach('app.doc', 'W');
SELECT smartwf.attach('app.part', 'W');
INSERT INTO app.doc SELECT g FROM generate_series(1, 100) g;
INSERT INTO app.part SELECT g FROM generate_series(1000, 1010) g;
SELECT smartwf.define_flow('{"name": "ask", "stages": [{"name": "s", "steps": [{"name": "ask", "kind": "get_user_confirmation",
 "settings": {"field": "answer", "options": ["yes", "no"], "users": ["postgres"]}}]}]}');
SELECT smartwf.define_flow('{"name": "work", "stages": [{"name": "s", "steps": [
 {"name": "a", "kind": "update_model_field", "settings": {"field": "x", "value": 1}},
 {"name": "b", "kind": "update_model_field", "settings": {"field": "y", "value": 2}}]}]}');
SELECT smartwf.define_flow('{"name": "tell", "stages": [{"name": "s", "steps": [
 {"name": "mail", "kind": "send_notification", "settings": {"channel": "smtp", "subject": "s", "message": "m", "users": [{"person": "a@example.org"}]}}]}]}');
SELECT smartwf.start_flow('tell');
