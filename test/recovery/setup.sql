-- A lifecycle, a table under it, and documents on their way.
CREATE EXTENSION smartwf;
CREATE SCHEMA app;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$;
CREATE FUNCTION app.affordable(amount numeric) RETURNS boolean LANGUAGE sql AS $$ SELECT amount < 1000 $$;
SELECT smartwf.define_workflow('{"name": "LOOP", "states": [{"name": "a", "initial": true}, {"name": "b"}, {"name": "c"}],
 "transitions": [{"name": "turn", "arcs": [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "c", "to": "a"}],
  "m0": "app.m0", "guard": "app.affordable(amount)"}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, state text, amount numeric DEFAULT 1, region text DEFAULT 'x');
SELECT smartwf.attach('app.doc', 'LOOP');
INSERT INTO app.doc (id) SELECT generate_series(1, 200);
SELECT count(*) FROM smartwf.pass_transitions(ARRAY(SELECT g::text FROM generate_series(1, 50) g), 'turn');
