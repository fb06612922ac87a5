-- A lifecycle changes while documents live.  Shown by script/demo change.
\set QUIET on
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset border 0
\pset footer off
\pset null '-'
SET client_min_messages = error;
CREATE EXTENSION smartwf;

\echo '1. Bills are entered, checked and paid. Three hundred of them are under way.'
SELECT smartwf.define_workflow('{"name": "BILL", "label": "Bills",
  "states": [{"name": "entered", "initial": true}, {"name": "checked"}, {"name": "archived"}, {"name": "paid"}],
  "transitions": [{"name": "check", "arcs": [{"from": "entered", "to": "checked"}]},
    {"name": "pay", "undo": true, "arcs": [{"from": "checked", "to": "paid"}]},
    {"name": "archive", "arcs": [{"from": "checked", "to": "archived"}]}]}') AS version \gset
CREATE TABLE bill (id int PRIMARY KEY, amount int, state text, CONSTRAINT payable CHECK (state <> 'paid' OR amount > 0));
SELECT smartwf.attach('bill', 'BILL', docid_prefix => 'B') AS attached \gset
INSERT INTO bill (id, amount) SELECT n, n % 100 FROM generate_series(1, 300) n;
UPDATE bill SET state = 'checked' WHERE id > 150;
UPDATE bill SET state = 'archived' WHERE id > 280;
SELECT state, count(*) FROM bill GROUP BY state ORDER BY state;

\echo '2. The next version has a state "disputed", and "archived" no more. It is edited as a draft, which does nothing yet.'
SELECT smartwf.draft_workflow('BILL') IS NOT NULL AS ok,
  smartwf.add_state('BILL', '{"name": "disputed", "staleAfter": "30 days"}', 3) IS NOT NULL AS ok,
  smartwf.add_transition('BILL', '{"name": "dispute", "arcs": [{"from": "checked", "to": "disputed"}]}') IS NOT NULL AS ok,
  smartwf.add_transition('BILL', '{"name": "settle", "arcs": [{"from": "disputed", "to": "checked"}]}') IS NOT NULL AS ok,
  smartwf.remove_transition('BILL', 'archive') IS NOT NULL AS ok, smartwf.remove_state('BILL', 'archived') IS NOT NULL AS ok \gset
\echo '   What differs from what is published:'
SELECT change, object FROM smartwf.compare_workflows('BILL') WHERE property IS NULL;
\echo '   The same as a picture, for Mermaid: + has come, − has gone.'
\pset tuples_only on
\pset format unaligned
SELECT smartwf.diagram('BILL', version => 0, compare_with => 1);
\pset format aligned
\pset tuples_only off

\echo '3. What would history have met under it, and which documents of today would be stuck?'
SELECT verdict, transition, reason, count(*) FROM smartwf.simulate_workflow('bill',
  (smartwf.draft_workflow('BILL') -> 'definition')::jsonb) GROUP BY 1, 2, 3 ORDER BY 4 DESC;

\echo '4. It is published. Documents keep their version until they are moved. The plan says what that would do;'
\echo '   bills that were archived go to "paid", which the table forbids for those of nothing:'
SELECT smartwf.publish_workflow('BILL') AS version \gset
UPDATE bill SET amount = 0 WHERE id = 300;
SELECT from_version AS "from", state, elements, to_state, verdict, reason
FROM smartwf.migration_plan('bill', states => '{"archived": "paid"}');
\echo '   So that bill gets its amount first. The checksum of the plan says that nothing else has changed.'
UPDATE bill SET amount = 7 WHERE id = 300;
SELECT plan FROM smartwf.migration_plan('bill', states => '{"archived": "paid"}') LIMIT 1 \gset

\echo '5. The structure moves. Documents whose state is still there follow at once, by one row:'
SELECT smartwf.start_migration('bill', states => '{"archived": "paid"}', plan => :'plan') AS migration \gset
SELECT version, s.state, count(*) FROM bill, smartwf.document_state('B' || id) s GROUP BY 1, 2 ORDER BY 1, 2;
\echo '   The others are worked off in batches, here by the workers of the server:'
DO $$ BEGIN
  FOR try IN 1 .. 100 LOOP
    EXIT WHEN (SELECT status FROM smartwf.migrations) <> 'running';
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
SELECT status, documents, done, failed FROM smartwf.migrations;
SELECT version, s.state, count(*) FROM bill, smartwf.document_state('B' || id) s GROUP BY 1, 2 ORDER BY 1, 2;
\echo '   History of a bill that was archived, and of one that only followed:'
SELECT docid, revision AS rev, transition, from_state AS "from", to_state AS "to", comment
FROM (VALUES ('B300'), ('B2')) b (docid), smartwf.document_history(docid) h ORDER BY docid, at;

\echo '6. A bill is disputed, in the new way, and another paid; that is undone:'
SELECT smartwf.pass_transition('B200', 'dispute') #>> '{state,id}' AS "B200";
SELECT smartwf.pass_transition('B201', 'pay') #>> '{state,id}' AS "B201";
SELECT smartwf.undo_transition('B201', 'wrong bill') #>> '{state,id}' AS "B201";

\echo '7. Can the migration be undone? Not while a bill is where version 1 has no state:'
SELECT smartwf.undo_migration(:migration);
SELECT state, elements, to_version, to_state, verdict, reason FROM smartwf.migration_undo_plan(:migration);
SELECT smartwf.pass_transition('B200', 'settle') #>> '{state,id}' AS "B200";
SELECT smartwf.undo_migration(:migration) AS undo \gset
DO $$ BEGIN
  FOR try IN 1 .. 100 LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM smartwf.migrations WHERE status = 'running');
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
SELECT version, s.state, count(*) FROM bill, smartwf.document_state('B' || id) s GROUP BY 1, 2 ORDER BY 1, 2;

\echo '8. Why is a bill where it is, and what can it do?'
SELECT kind, object, message FROM smartwf.why('B200');
