-- What fuzz.py works on: roles, the functions that the samples name, documents
-- that are there already, and a table to attach.
\set ON_ERROR_STOP 1
SET client_min_messages = error;
CREATE EXTENSION smartwf;
CREATE ROLE fuzz_definer LOGIN NOINHERIT;	-- defines and attaches, and is no superuser
CREATE ROLE fuzz_clerk;				-- may do what everybody may
CREATE ROLE fuzz_admin;
GRANT fuzz_clerk, fuzz_admin TO fuzz_definer;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA smartwf TO fuzz_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA smartwf TO fuzz_definer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA smartwf TO fuzz_definer;
GRANT USAGE ON SCHEMA smartwf_api TO fuzz_definer, fuzz_clerk;
GRANT SELECT ON ALL TABLES IN SCHEMA smartwf_api TO fuzz_definer, fuzz_clerk;
GRANT CREATE ON SCHEMA public TO fuzz_definer;
ALTER DATABASE smartwf_fuzz SET smartwf.admin_role = 'fuzz_admin';
ALTER DATABASE smartwf_fuzz SET smartwf.actor_claim = 'sub';

CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.log (what text);
GRANT ALL ON app.log TO PUBLIC;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.log
	VALUES ('m0'); RETURN e.element ->> 'objection'; END $$;
CREATE FUNCTION app.m1(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CASE e.comment
		WHEN 'raise' THEN RAISE EXCEPTION 'hooks may raise, too';
		WHEN 'divide' THEN RETURN 1 / 0;
		WHEN 'forge' THEN RAISE EXCEPTION 'forged' USING ERRCODE = 'WF219', DETAIL = 'no json';
		WHEN 'nest' THEN UPDATE bill SET state = 'e2' WHERE id <> e.docid; RETURN NULL;
		ELSE RETURN NULL;
	END CASE;
END $$;
CREATE FUNCTION app.m2(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'm2 says "' || e.comment || '"' $$;
CREATE FUNCTION app.m3(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT 'm3 too' $$;
CREATE FUNCTION app.quiet(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$;
CREATE FUNCTION app.may_reject(e smartwf.event) RETURNS text
	LANGUAGE sql AS $$ SELECT CASE WHEN e.actor = e.element ->> 'author' THEN 'not your own' END $$;
CREATE FUNCTION app.says(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT to_jsonb(e)::text $$;
CREATE FUNCTION app.affordable(amount numeric) RETURNS boolean LANGUAGE sql AS $$ SELECT amount < 1000 $$;
CREATE FUNCTION app.book(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('booked', model -> 'amount') $$;
CREATE FUNCTION app.note(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ INSERT INTO app.log VALUES (model::text); SELECT NULL::jsonb $$;
CREATE FUNCTION app.fail(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.log
	VALUES ('undone'); RAISE EXCEPTION 'failed: %', model; END $$;
CREATE FUNCTION app.list(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT '[1, null]'::jsonb $$;
CREATE FUNCTION app.again(model jsonb, run bigint) RETURNS jsonb
	LANGUAGE sql AS $$ SELECT jsonb_build_object('nested', smartwf.start_flow(model ->> 'flow', model => '{}')) $$;
CREATE FUNCTION app.bosses(model jsonb, run bigint) RETURNS text[] LANGUAGE sql AS $$ SELECT ARRAY['boss', NULL, 'fuzz_definer'] $$;
CREATE FUNCTION app.route(model jsonb, run bigint) RETURNS text[] LANGUAGE sql AS $$ SELECT ARRAY['fuzz_clerk', model ->> 'owner'] $$;
CREATE FUNCTION app.call(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ INSERT INTO app.log VALUES ('called'); SELECT model $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO PUBLIC;
SELECT smartwf.register_dataflow(name, 'app.' || name) FROM unnest(ARRAY['book', 'note', 'fail', 'list', 'again']) name;
INSERT INTO smartwf.templates (name, subject, text_body, html_body) VALUES
	('reminder', 'Invoice {{number}}', 'Dear {{name}}', '<p>Dear {{name}}</p>'), ('overdue', '{{title}}', 'The claim was due on {{due_on}}.', '');

SELECT smartwf.define_workflow('{"name": "WDOC_BILL", "locale": "en",
 "states": [{"name": "e1", "label": "Initial", "color": "#00CE01", "initial": true},
  {"name": "e2", "label": "Final", "activity": "Ending", "timer": "late"}, {"name": "e3"}],
 "transitions": [{"name": "t1_2", "askComment": null, "arcs": [{"from": "e1", "to": "e2"}, {"from": "e3", "to": "e2"}],
   "guard": "amount < 1000", "guardMessage": "trop cher", "m0": "app.m0", "m1": "app.m1", "m2": "app.m2", "m3": "app.m3",
   "parameters": [{"name": "reason"}, {"name": "i", "type": "int"}, {"name": "d", "type": "double", "multiple": true},
  {"name": "m", "type": "money"}, {"name": "day", "type": "date"},
     {"name": "hour", "type": "time"}, {"name": "at", "type": "timestamp", "multiple": true},
  {"name": "e", "type": "enum", "multiple": true, "options": {"values": {"a": "A", "b": "B"}}},
     {"name": "yes", "type": "boolean"}, {"name": "j", "type": "json"}, {"name": "amount", "type": "double"}]},
  {"name": "t2_1", "arcs": [{"from": "e2", "to": "e1"}], "timers": [{"timer": "late", "action": "persistent"}]},
  {"name": "round", "arcs": [{"from": "e1", "to": "e1"}], "m1": "app.m1", "m2": "app.says"},
  {"name": "granted", "arcs": [{"from": "e1", "to": "e3"}], "grants": [{"role": "fuzz_definer"}, {"column": "author"}]}],
 "timers": [{"name": "late", "column": "due_on", "delta": "1 day", "tasks": [{"kind": "go_to_state", "settings": {"state": "e1"}},
  {"delta": "-2 days", "kind": "call_function", "settings": {"function": "app.call"}}]}],
 "translations": {"fr": {"states": {"e1": "Début"}, "activities": {"e2": "Fin"}, "transitions": {"t1_2": "Passer"}, "parameters": {"reason": "Raison"}}}}');
CREATE TABLE bill (id text PRIMARY KEY, state text, amount numeric CHECK (amount >= 0), objection text, reason text, author text, due_on date);
CREATE TABLE other (id int PRIMARY KEY, state varchar(10), amount numeric DEFAULT 1, objection text, author text[], due_on timestamptz) ;
CREATE TABLE parted (id uuid, state text, amount numeric DEFAULT 1, objection text, author text, due_on date, PRIMARY KEY (id))
	PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (MINVALUE) TO ('80000000-0000-0000-0000-000000000000');
CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM ('80000000-0000-0000-0000-000000000000') TO (MAXVALUE);
SELECT smartwf.attach('bill', 'WDOC_BILL', structure => 'BILL'), smartwf.attach('other', 'WDOC_BILL', docid_prefix => 'o'), smartwf.attach('parted', 'WDOC_BILL', docid_prefix => 'p');
INSERT INTO bill VALUES ('B/1 é"%', NULL, 1), ('..', NULL, 2), ('deleted', NULL, 3), ('hidden', NULL, 4), ('1', NULL, 5), (E'a\nb', NULL, 6), ('😀', NULL, 5000);
DELETE FROM bill WHERE id = 'deleted';
INSERT INTO other VALUES (1), (2), (-3);
INSERT INTO parted VALUES ('00000000-0000-0000-0000-000000000001'), ('f0000000-0000-0000-0000-000000000001');
ALTER TABLE bill ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON bill USING (id <> 'hidden');
GRANT SELECT, INSERT, UPDATE, DELETE ON bill, other, parted TO fuzz_definer, fuzz_admin;
GRANT SELECT, UPDATE ON bill, other TO fuzz_clerk;

-- to be attached by what is defined; its columns are those that samples name
CREATE TABLE blank (id text PRIMARY KEY, state text, amount numeric, gross numeric, words int, title text, author text, clerk text, owner text, boss text, approver text,
	readers text[], due_on date, "then" timestamptz, decision text CHECK (decision IN ('yes', 'no')), booked numeric, ready boolean, reason text, kind text, model jsonb, x int, a jsonb);
CREATE TYPE mood AS ENUM ('a', 'b', 'draft', 'sent');
CREATE TABLE moody (LIKE blank INCLUDING ALL);
ALTER TABLE moody ALTER state TYPE mood USING NULL;
CREATE TABLE blank_as_new (LIKE blank INCLUDING ALL);
CREATE TABLE moody_as_new (LIKE moody INCLUDING ALL);
ALTER TABLE blank OWNER TO fuzz_definer;
ALTER TABLE moody OWNER TO fuzz_definer;
GRANT SELECT ON blank_as_new, moody_as_new TO fuzz_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON blank, moody TO fuzz_clerk, fuzz_admin;

-- with a step of most kinds
SELECT smartwf.define_flow('{"name": "standing", "stages": [{"name": "A", "steps": [
  {"name": "copy", "kind": "update_model_field", "settings": {"field": "a.b", "source": "amount"}},
  {"name": "big?", "kind": "if_condition", "settings": {"field": "amount", "operator": "less", "value": 1000}, "else": [{"name": "end", "kind": "finish"}]},
  {"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["fuzz_clerk"], "userField": "owner", "message": "{{title}} {{a}}"}},
  {"name": "book", "kind": "execute_data_flow", "settings": {"dataflow": "book"}, "failure": {"then": "skip"}},
  {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "decision", "options": ["yes", "no"], "users": ["fuzz_definer", "fuzz_clerk"], "userRouting": "app.route", "message": "{{title}}?"}}]},
 {"name": "B", "steps": [{"name": "by answer", "kind": "switch_case", "settings": {"field": "decision"},
  "cases": {"yes": [{"name": "go", "kind": "pass_transition", "settings": {"transition": "t1_2", "parameters": {"reason": "decision"}}}]}, "default": [{"name": "back", "kind": "reset_to_draft"}]}]}]}');
