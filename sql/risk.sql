-- What can be published, and yet is hardly what was meant: warnings, with hints.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
\set VERBOSITY terse
CREATE ROLE regress_nobody;
CREATE ROLE regress_member LOGIN;
CREATE ROLE regress_outer;
CREATE ROLE regress_inner IN ROLE regress_outer;
GRANT regress_inner TO regress_member;
CREATE SCHEMA risk;
CREATE FUNCTION risk.hook(smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$;
CREATE TABLE risk.thing (id int PRIMARY KEY, state text, amount int CHECK (amount < 100), price numeric, due text, done boolean,
	names text[], CONSTRAINT cheap CHECK (price <= 10.5));
SELECT smartwf.define_workflow('{"name": "RISK", "states": [{"name": "a", "initial": true}], "transitions": []}');
SELECT smartwf.attach('risk.thing', 'RISK');
SELECT smartwf.define_workflow('{"name": "RISK", "$schema": "https://example.org/workflow.schema.json",
	"states": [{"name": "a", "initial": true, "staleAfter": "3 days"}, {"name": "b"}, {"name": "c"}, {"name": "loop"}, {"name": "end"}, {"name": "before"}],
	"transitions": [
		{"name": "one", "arcs": [{"from": "a", "to": "b"}], "grants": [{"role": "regress_nobody"}], "guard": "amount > 200", "m0": "risk.hook"},
		{"name": "two", "arcs": [{"from": "a", "to": "b"}], "grants": [{"role": "regress_outer"}], "guard": "amount > 20"},
		{"name": "three", "arcs": [{"from": "b", "to": "c"}, {"from": "c", "to": "b"}], "grants": [{"role": "regress_nobody"}, {"column": "due"}],
			"guard": "price > 20"},
		{"name": "four", "arcs": [{"from": "a", "to": "loop"}, {"from": "loop", "to": "loop"}], "guard": "amount > 5 AND amount < 3"},
		{"name": "five", "arcs": [{"from": "a", "to": "before"}, {"from": "before", "to": "b"}], "guard": "done",
			"parameters": [{"name": "amount", "type": "date"}, {"name": "price", "type": "money"}, {"name": "due", "type": "date"},
				{"name": "done", "type": "int"}, {"name": "names", "type": "text", "multiple": true}, {"name": "id2"}]},
		{"name": "six", "arcs": [{"from": "a", "to": "end"}], "guard": "false"}],
	"translations": {"fr": {"states": {"a": "A", "b": "B"}, "transitions": {"one": "Un"}}}}');
SELECT * FROM smartwf.check_workflow('RISK');
SELECT smartwf.draft_workflow('RISK') -> 'faults' -> 0;
-- what it rests on is gone
DROP FUNCTION risk.hook;
ALTER TABLE risk.thing DROP COLUMN amount;
SELECT severity, code, object, hint FROM smartwf.check_workflow('RISK') WHERE severity = 'error' OR object LIKE '% amount';
SELECT smartwf.workflow_definition('RISK') #> '{states,0}';
SELECT smartwf.define_workflow('{"name": "BAD", "keepRefusals": 1, "states": [{"name": "a", "initial": true, "staleAfter": "soon"}],
	"transitions": [{"name": "t", "undo": "yes", "arcs": [{"from": "a", "to": "a"}]}]}');
\set VERBOSITY default
SELECT smartwf.define_workflow('{"name": "BAD", "keepRefusals": 1, "states": [{"name": "a", "initial": true, "staleAfter": "soon"}],
	"transitions": [{"name": "t", "undo": "yes", "arcs": [{"from": "a", "to": "a"}]}]}');
-- all keys come back
SELECT smartwf.define_workflow('{"name": "ALL", "keepRefusals": true, "states": [{"name": "a", "initial": true, "staleAfter": "2 days"}, {"name": "b"}],
	"transitions": [{"name": "t", "undo": true, "arcs": [{"from": "a", "to": "b"}]}]}');
SELECT smartwf.workflow_definition('ALL');
SELECT smartwf.define_workflow(smartwf.workflow_definition('ALL')::jsonb);
UPDATE smartwf.states SET stale_after = NULL;
UPDATE smartwf.workflows SET keep_refusals = false;
UPDATE smartwf.transitions SET undo = false;
SELECT smartwf.workflow_definition('ALL');
DROP TABLE risk.thing;
DROP SCHEMA risk CASCADE;
DROP EXTENSION smartwf;
DROP ROLE regress_nobody, regress_member, regress_outer, regress_inner;
