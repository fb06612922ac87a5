-- Runs of flows, on free JSON: every kind of step, order, failure and restart.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE SCHEMA app;
CREATE TABLE app.ledger (run bigint, what text);
CREATE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.ledger VALUES (run, model ->> 'amount');
	IF model ? 'fail' THEN RAISE EXCEPTION 'the ledger is closed' USING ERRCODE = 'check_violation'; END IF;
	RETURN jsonb_build_object('booked', model -> 'amount', 'amount', (model ->> 'amount')::numeric + 1);
END $$;
CREATE FUNCTION app.nothing(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
CREATE FUNCTION app.list(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT '[1]'::jsonb $$;
SELECT smartwf.register_dataflow('book', 'app.book'), smartwf.register_dataflow('nothing', 'app.nothing'), smartwf.register_dataflow('list', 'app.list');
-- what a run did, in short
CREATE FUNCTION told(id bigint) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', number, stage, step, '#' || attempt, outcome, changes, sqlstate, message) FROM smartwf.run_steps WHERE run = id ORDER BY number $$;
CREATE FUNCTION stands(id bigint) RETURNS text LANGUAGE sql AS $$
SELECT concat_ws(' ', status, 'at ' || step, model, sqlstate, message) FROM smartwf.runs WHERE runs.id = stands.id $$;

-- stage by stage, step by step
SELECT smartwf.define_flow('{"name": "ORDER", "stages": [
 {"name": "one", "steps": [{"name": "a", "kind": "update_model_field", "settings": {"field": "a", "value": 1}}, {"name": "b", "kind": "update_model_field", "settings": {"field": "b.c.d", "source": "a"}}]},
 {"name": "two", "steps": [{"name": "book", "kind": "execute_data_flow", "settings": {"dataflow": "book"}}, {"name": "none", "kind": "execute_data_flow", "settings": {"dataflow": "nothing"}},
   {"name": "save", "kind": "update_model"}, {"name": "null", "kind": "update_model_field", "settings": {"field": "a", "value": null}}, {"name": "copy", "kind": "update_model_field", "settings": {"field": "copy", "source": "b.c"}}]},
 {"name": "three", "steps": [{"name": "end", "kind": "finish"}]}]}');
SELECT smartwf.start_flow('ORDER', model => '{"amount": 10, "b": 5}') AS run \gset
SELECT stands(:run);
SELECT told(:run);
SELECT * FROM app.ledger;
SELECT flow, starter, actor, docid, key, base IS NULL FROM smartwf.runs;

-- conditions: by type, with null; the alternative runs instead of what follows
SELECT smartwf.define_flow('{"name": "IF", "stages": [{"name": "s", "steps": [
 {"name": "if", "kind": "if_condition", "settings": {"field": "f", "operator": "equal", "value": 10}, "else": [{"name": "no", "kind": "update_model_field", "settings": {"field": "result", "value": "no"}}, {"name": "end", "kind": "finish"}]},
 {"name": "yes", "kind": "update_model_field", "settings": {"field": "result", "value": "yes"}}]}]}');
CREATE FUNCTION decide(setting jsonb, f text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	run bigint;
BEGIN
	PERFORM smartwf.define_flow(jsonb_set(smartwf.flow_definition('IF')::jsonb, '{stages,0,steps,0,settings}', '{"field": "f"}' || setting));
	run := smartwf.start_flow('IF', model => CASE WHEN f IS NULL THEN '{}' ELSE jsonb_build_object('f', f::jsonb) END);
	RETURN (SELECT coalesce(model ->> 'result', message) FROM smartwf.runs WHERE id = run);
END $$;
SELECT setting, string_agg(format('%s: %s', coalesce(f, '-'), decide(setting, f)), ', ' ORDER BY n)
FROM unnest(ARRAY['{"operator": "equal", "value": 10}', '{"operator": "notEqual", "value": 10}', '{"operator": "greater", "value": 9}', '{"operator": "less", "value": 9.5}',
	'{"operator": "equal", "value": "10"}', '{"operator": "greater", "value": "2026-01-31"}', '{"operator": "less", "value": "b"}', '{"operator": "equal", "value": true}',
	'{"operator": "equal", "compareWithNull": true}', '{"operator": "notEqual", "compareWithNull": true}', '{"operator": "equal", "value": [1, 2]}']::jsonb[]) WITH ORDINALITY s (setting, m),
	unnest(ARRAY['10', '10.0', '9', '"10"', '"2026-02-01T00:00:00Z"', '"a"', 'true', 'null', NULL, '[1, 2]']) WITH ORDINALITY v (f, n)
GROUP BY m, setting ORDER BY m;
-- a day begins at midnight UTC, wherever the run is driven from
SET timezone = 'Asia/Tokyo';
SELECT decide('{"operator": "equal", "value": "2026-02-01"}', '"2026-02-01T00:00:00Z"');
RESET timezone;

-- switch: the branch of the value, else the default; nothing goes on past it
SELECT smartwf.define_flow('{"name": "SWITCH", "stages": [{"name": "s", "steps": [
 {"name": "switch", "kind": "switch_case", "settings": {"field": "f"},
  "cases": {"true": [{"name": "t", "kind": "update_model_field", "settings": {"field": "r", "value": "true"}}], "empty": [],
   "deep": [{"name": "inner", "kind": "switch_case", "settings": {"field": "g"}, "cases": {"x": [{"name": "x1", "kind": "if_condition", "settings": {"field": "h", "operator": "equal", "value": 1},
      "else": [{"name": "x2", "kind": "update_model_field", "settings": {"field": "r", "value": "deepest"}}, {"name": "x3", "kind": "finish"}]}, {"name": "x4", "kind": "update_model_field", "settings": {"field": "r", "value": "deep"}}]}}]},
  "default": [{"name": "d", "kind": "update_model_field", "settings": {"field": "r", "value": "default"}}, {"name": "d2", "kind": "update_model_field", "settings": {"field": "r2", "value": 1}}]}]}]}');
SELECT m, stands(smartwf.start_flow('SWITCH', model => m))
FROM unnest(ARRAY['{"f": true}', '{"f": "true"}', '{"f": false}', '{"f": "empty"}', '{}', '{"f": null}', '{"f": 5}', '{"f": "deep", "g": "x", "h": 1}', '{"f": "deep", "g": "x", "h": 2}', '{"f": "deep", "g": "y"}']::jsonb[]) WITH ORDINALITY u (m, n) ORDER BY n;

-- a failing step: undone, it alone; the run says where and why, and goes on from there
SELECT smartwf.define_flow('{"name": "FAIL", "stages": [{"name": "s", "steps": [{"name": "first", "kind": "execute_data_flow", "settings": {"dataflow": "book"}},
 {"name": "mark", "kind": "update_model_field", "settings": {"field": "fail", "source": "shall_fail"}}, {"name": "second", "kind": "execute_data_flow", "settings": {"dataflow": "book"}}, {"name": "last", "kind": "update_model_field", "settings": {"field": "done", "value": true}}]}]}');
TRUNCATE app.ledger;
SELECT smartwf.start_flow('FAIL', model => '{"amount": 1, "shall_fail": true}') AS run \gset
SELECT stands(:run);
SELECT what FROM app.ledger;
SELECT context IS NOT NULL FROM smartwf.runs WHERE id = :run;
SELECT smartwf.restart_run(:run);
CREATE OR REPLACE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"mended": true}'::jsonb $$;
SELECT smartwf.restart_run(:run);
SELECT stands(:run);
SELECT told(:run);
SELECT smartwf.restart_run(:run);
SELECT smartwf.cancel_run(:run);
-- from an earlier step
CREATE OR REPLACE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT (1 / 0)::text::jsonb $$;
SELECT smartwf.start_flow('FAIL', model => '{"amount": 1}') AS run \gset
SELECT smartwf.restart_run(:run, 'last');
CREATE OR REPLACE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"again": true}'::jsonb $$;
SELECT smartwf.restart_run(:run, 'first');
SELECT told(:run);
-- dataflows that are none
SELECT smartwf.define_flow('{"name": "LIST", "stages": [{"name": "s", "steps": [{"name": "x", "kind": "execute_data_flow", "settings": {"dataflow": "list"}}]}]}');
SELECT stands(smartwf.start_flow('LIST'));
DROP FUNCTION app.list;
SELECT stands(smartwf.start_flow('LIST'));
DELETE FROM smartwf.dataflows WHERE name = 'list';
SELECT stands(smartwf.start_flow('LIST'));

-- reset to draft, and started again
SELECT smartwf.define_flow('{"name": "DRAFT", "stages": [{"name": "s", "steps": [{"name": "if", "kind": "if_condition", "settings": {"field": "ready", "operator": "equal", "value": true},
 "else": [{"name": "mark", "kind": "update_model_field", "settings": {"field": "ready", "value": true}}, {"name": "back", "kind": "reset_to_draft"}, {"name": "unreached", "kind": "finish"}]}]}]}');
SELECT smartwf.define_flow('{"name": "DRAFT", "stages": [{"name": "s", "steps": [{"name": "if", "kind": "if_condition", "settings": {"field": "ready", "operator": "equal", "value": true},
 "else": [{"name": "again?", "kind": "if_condition", "settings": {"field": "x", "operator": "equal", "compareWithNull": true}, "else": [{"name": "f", "kind": "finish"}]},
  {"name": "mark", "kind": "update_model_field", "settings": {"field": "ready", "value": true}}, {"name": "back", "kind": "reset_to_draft"}]}]}]}');
SELECT smartwf.start_flow('DRAFT') AS run \gset
SELECT stands(:run);
SELECT smartwf.restart_run(:run);
SELECT stands(:run);
SELECT smartwf.reset_run(:run);

-- by key, a flow is started once; another flow has keys of its own
SELECT smartwf.start_flow('ORDER', model => '{"amount": 1}', key => 'k') = smartwf.start_flow('ORDER', model => '{"amount": 2}', key => 'k') AS same,
	smartwf.start_flow('SWITCH', key => 'k') <> smartwf.start_flow('ORDER', key => 'k') AS other;
-- a run keeps its version
CREATE OR REPLACE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT (1 / 0)::text::jsonb $$;
SELECT smartwf.start_flow('FAIL') AS run \gset
SELECT smartwf.define_flow('{"name": "FAIL", "stages": [{"name": "s", "steps": [{"name": "first", "kind": "finish"}]}]}');
CREATE OR REPLACE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"old": true}'::jsonb $$;
SELECT smartwf.restart_run(:run);
SELECT stands(:run);
SELECT stands(smartwf.start_flow('FAIL'));
-- calls that cannot be understood
SELECT smartwf.start_flow(NULL);
SELECT smartwf.start_flow('NOWHERE');
SELECT smartwf.start_flow('ORDER', model => '[]');
SELECT smartwf.start_flow('ORDER', 'no document');
SELECT smartwf.restart_run(NULL);
SELECT smartwf.restart_run(999999);
SELECT smartwf.cancel_run(999999);
-- a step that starts flows, without end
CREATE FUNCTION app.again(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('inner', smartwf.start_flow('RECURSIVE')) $$;
SELECT smartwf.register_dataflow('again', 'app.again');
SELECT smartwf.define_flow('{"name": "RECURSIVE", "stages": [{"name": "s", "steps": [{"name": "x", "kind": "execute_data_flow", "settings": {"dataflow": "again"}}]}]}');
SET max_stack_depth = '100kB';
SELECT smartwf.start_flow('RECURSIVE') > 0;
RESET max_stack_depth;
SELECT status, min(sqlstate), count(*) > 0 FROM smartwf.runs WHERE flow = 'RECURSIVE' GROUP BY status ORDER BY status;
DROP FUNCTION told, stands, decide;
DROP EXTENSION smartwf CASCADE;
DROP SCHEMA app CASCADE;
