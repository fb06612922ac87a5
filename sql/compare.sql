-- What differs between versions of a workflow, as rows and as pictures.
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
\set VERBOSITY terse
SELECT smartwf.define_workflow('{"name": "BILL", "label": "Bill",
	"states": [{"name": "new", "label": "New", "initial": true}, {"name": "checked", "color": "#00CE01"}, {"name": "lost"}, {"name": "paid"}],
	"transitions": [
		{"name": "check", "label": "Check \"it\"", "arcs": [{"from": "new", "to": "checked"}], "guard": "amount > 0",
			"parameters": [{"name": "reason"}, {"name": "kind", "type": "int"}], "grants": [{"role": "pg_monitor"}]},
		{"name": "lose", "arcs": [{"from": "new", "to": "lost"}, {"from": "checked", "to": "lost"}]},
		{"name": "pay", "arcs": [{"from": "checked", "to": "paid"}]}],
	"translations": {"fr": {"states": {"new": "Nouveau", "lost": "Perdu"}}}}');
SELECT * FROM smartwf.compare_workflows('BILL');
SELECT smartwf.draft_workflow('BILL') IS NOT NULL;
SELECT * FROM smartwf.compare_workflows('BILL');
SELECT smartwf.remove_state('BILL', 'lost') IS NOT NULL, smartwf.add_state('BILL', '{"name": "held"}', 2) IS NOT NULL,
	smartwf.add_arc('BILL', 'pay', 'held', 'paid') IS NOT NULL, smartwf.update_state('BILL', 'checked', '{"color": ""}') IS NOT NULL;
SELECT smartwf.add_transition('BILL', '{"name": "hold", "arcs": [{"from": "new", "to": "held"}]}') IS NOT NULL,
	smartwf.update_transition('BILL', 'check', '{"guard": null, "parameters": [{"name": "kind", "type": "text"}], "grants": [{"role": "pg_monitor"}, {"column": "owner"}]}') IS NOT NULL,
	smartwf.move_state('BILL', 'paid', 1) IS NOT NULL;
SELECT * FROM smartwf.compare_workflows('BILL');
\pset format unaligned
\pset tuples_only on
SELECT smartwf.diagram('BILL', version => 0, compare_with => 1);
SELECT smartwf.diagram('BILL', 'dot', version => 0, compare_with => 1);
SELECT smartwf.diagram('BILL', 'plantuml', version => 0, compare_with => 1);
-- the other way round
SELECT smartwf.diagram('BILL', compare_with => 0);
SELECT smartwf.remove_transition('BILL', 'lose') IS NOT NULL;
SELECT smartwf.publish_workflow('BILL');
SELECT change, count(*) FROM smartwf.compare_workflows('BILL', 1, 2) GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM smartwf.compare_workflows('BILL', 2, 2);
SELECT * FROM smartwf.compare_workflows('BILL', 1, 3);
SELECT * FROM smartwf.compare_workflows('BILL', 2, 0);
SELECT * FROM smartwf.compare_workflows('NOTHING', 1, 1);
SELECT smartwf.diagram('BILL', 'gif', compare_with => 1);
DROP EXTENSION smartwf;
