-- Where documents stand, why, and what history would have met under another definition.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
\set VERBOSITY terse
SET datestyle = ISO;
SET timezone = UTC;
CREATE ROLE regress_clerk LOGIN;
CREATE ROLE regress_nobody;
CREATE ROLE regress_operator;
SELECT smartwf.grant_operation('regress_operator');
CREATE SCHEMA insight;
GRANT USAGE ON SCHEMA insight TO PUBLIC;
CREATE FUNCTION insight.never(smartwf.event) RETURNS text LANGUAGE plpgsql AS
	$$ BEGIN UPDATE insight.paper SET amount = 0; RETURN 'never'; END $$;
SELECT smartwf.define_workflow('{"name": "PAPER",
	"states": [{"name": "new", "initial": true}, {"name": "open", "staleAfter": "2 days"}, {"name": "held"}, {"name": "done"}],
	"timers": [{"name": "nag", "tasks": [{"delta": "5 days", "kind": "go_to_state", "settings": {"state": "done"}}]}],
	"transitions": [{"name": "begin", "undo": true, "arcs": [{"from": "new", "to": "open"}], "grants": [{"role": "regress_clerk"}],
			"timers": [{"timer": "nag", "action": "persistent"}]},
		{"name": "hold", "undo": true, "arcs": [{"from": "open", "to": "held"}]},
		{"name": "end", "arcs": [{"from": "open", "to": "done"}], "guard": "amount > 10"},
		{"name": "free", "arcs": [{"from": "held", "to": "open"}], "grants": [{"role": "regress_nobody"}]}]}');
CREATE TABLE insight.paper (id text PRIMARY KEY, state text, amount int, owner text);
SELECT smartwf.attach('insight.paper', 'PAPER');
GRANT SELECT, INSERT ON insight.paper TO regress_clerk;
INSERT INTO insight.paper (id, amount) SELECT 'p' || n, n * 5 FROM generate_series(1, 6) n;
SET ROLE regress_clerk;
SELECT docid, ok FROM smartwf.pass_transitions('{p1,p2,p3,p4}', 'begin', 'a word');
RESET ROLE;
SELECT docid, ok FROM smartwf.pass_transitions('{p2,p3}', 'hold');
SELECT smartwf.pass_transition('p4', 'end') #>> '{state,id}';
UPDATE smartwf.history SET at = at - interval '3 days';
UPDATE smartwf.elements SET created_at = created_at - interval '4 days';
-- by state, by time, and what does not get on
SET ROLE regress_operator;
SELECT structure, workflow, version, state, documents FROM smartwf.documents_by_state ORDER BY state;
SELECT structure, workflow, state, stays, average < interval '1 minute' AS was_quick FROM smartwf.state_durations ORDER BY state;
SELECT docid, state, code, message FROM smartwf.stuck_documents ORDER BY docid;
RESET ROLE;
SET ROLE regress_clerk;
SELECT count(*) FROM smartwf.documents_by_state;
SELECT count(*) FROM smartwf.state_durations;
SELECT count(*) FROM smartwf.stuck_documents;
SELECT * FROM smartwf.holding_states;
-- why, as far as the caller sees it
SELECT kind, object, code, regexp_replace(message, '\d{4}-[-0-9:.+ ]+', '(time) ', 'g') AS message FROM smartwf.why('p1');
RESET ROLE;
SELECT smartwf.lock_element('p2');
SELECT kind, object, code, regexp_replace(message, '\d{4}-[-0-9:.+ ]+', '(time) ', 'g') AS message FROM smartwf.why('p2');
SELECT kind, object, code, regexp_replace(message, '\d{4}-[-0-9:.+ ]+', '(time) ', 'g') AS message FROM smartwf.why('p4');
SELECT * FROM smartwf.why('nobody');
SELECT * FROM smartwf.why(NULL);

-- a transition is undone by who may pass it, or by an administrator
SET ROLE regress_clerk;
SELECT smartwf.undo_transition('p1') #>> '{state,id}';
SELECT smartwf.undo_transition('p1');
SELECT smartwf.undo_transition('p4');
SELECT smartwf.undo_transition('p2');
SELECT smartwf.undo_transition('p5');
SELECT smartwf.undo_transition('nobody');
RESET ROLE;
SELECT revision, transition, from_state, to_state, actor, comment FROM smartwf.document_history('p1');
SELECT smartwf.undo_transition('p4', 'too early') ->> 'transition' AS transition;
SELECT revision, transition, from_state, to_state, comment FROM smartwf.document_history('p4');
SET smartwf.locale = 'fr';
SELECT smartwf.undo_transition('p3') #>> '{state,id}';
SELECT comment FROM smartwf.document_history('p3') LIMIT 1;
RESET smartwf.locale;

-- by the policies of the table, where no grant allows it
ALTER TABLE insight.paper ENABLE ROW LEVEL SECURITY;
CREATE POLICY sees ON insight.paper FOR SELECT USING (true);
CREATE POLICY writes ON insight.paper FOR UPDATE USING (owner = current_user);
GRANT UPDATE ON insight.paper TO regress_clerk;
SELECT smartwf.pass_transition('p3', 'hold') #>> '{state,id}';
SET ROLE regress_clerk;
SELECT smartwf.undo_transition('p3');
RESET ROLE;
UPDATE insight.paper SET owner = 'regress_clerk' WHERE id = 'p3';
SET ROLE regress_clerk;
SELECT smartwf.undo_transition('p3') #>> '{state,id}';
RESET ROLE;
REVOKE UPDATE ON insight.paper FROM regress_clerk;
ALTER TABLE insight.paper DISABLE ROW LEVEL SECURITY;

-- history passes by another definition
SELECT * FROM smartwf.simulate_workflow('paper', '{"name": "PAPER",
	"states": [{"name": "new", "initial": true}, {"name": "open"}, {"name": "done"}],
	"transitions": [{"name": "begin", "askComment": false, "arcs": [{"from": "new", "to": "open"}], "grants": [{"role": "regress_nobody"}]},
		{"name": "hold", "arcs": [{"from": "open", "to": "done"}], "parameters": [{"name": "reason", "needed": true}]}]}');
SELECT * FROM smartwf.simulate_workflow('paper', '{"name": "PAPER",
	"states": [{"name": "new", "initial": true}, {"name": "open"}, {"name": "held"}, {"name": "done"}],
	"transitions": [{"name": "begin", "arcs": [{"from": "new", "to": "open"}], "grants": [{"column": "owner"}]},
		{"name": "hold", "arcs": [{"from": "open", "to": "held"}], "parameters": [{"name": "reason", "needed": true}]},
		{"name": "end", "arcs": [{"from": "open", "to": "done"}], "guard": "amount > 100", "m0": "insight.never"}]}', now() - interval '100 days');
SELECT * FROM smartwf.simulate_workflow('paper', '{"name": "PAPER",
	"states": [{"name": "new", "initial": true}, {"name": "open"}, {"name": "held"}, {"name": "done"}],
	"transitions": [{"name": "begin", "arcs": [{"from": "new", "to": "open"}]},
		{"name": "hold", "arcs": [{"from": "open", "to": "held"}]}, {"name": "free", "arcs": [{"from": "held", "to": "open"}]},
		{"name": "end", "arcs": [{"from": "open", "to": "done"}], "m0": "insight.never"}]}', NULL, true);
SELECT count(*) FROM smartwf.simulate_workflow('paper', smartwf.workflow_definition('PAPER')::jsonb);
SELECT count(*) FROM smartwf.simulate_workflow('paper', '{"name": "PAPER", "states": [{"name": "x", "initial": true}], "transitions": []}', now());
SELECT sum(amount) FROM insight.paper;
SELECT * FROM smartwf.simulate_workflow('paper', '{"name": "PAPER", "states": []}');
SELECT * FROM smartwf.simulate_workflow('nothing', '{"name": "PAPER", "states": []}');
SET ROLE regress_operator;
SELECT * FROM smartwf.simulate_workflow('paper', '{}');
RESET ROLE;
SELECT smartwf.lost_refusals();
DROP TABLE insight.paper;
DROP SCHEMA insight CASCADE;
DROP EXTENSION smartwf;
DROP ROLE regress_clerk, regress_nobody, regress_operator;
