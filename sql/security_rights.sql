-- Nobody gets rights that he lacks: by a grant, a guard, a hook, a cascade, a name; nor does he see what he may not.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_owner;
CREATE ROLE regress_clerk;
CREATE ROLE regress_definer;
CREATE ROLE regress_web;
CREATE ROLE regress_low;
GRANT CREATE, USAGE ON SCHEMA public TO regress_owner;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
-- tells as whom it runs, and refuses to be run by a superuser
CREATE FUNCTION app.whoami(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RAISE EXCEPTION '% runs as a superuser', what; END IF;
	RAISE INFO '% runs as %', what, current_user;
	RETURN true;
END $$;

-- a grant is a right to one change: what the table's owner put on it runs as the caller, by his path
SELECT smartwf.define_workflow('{"name": "G", "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "paid"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "grants": [{"role": "regress_clerk"}]},
  {"name": "back", "arcs": [{"from": "sent", "to": "draft"}], "grants": [{"role": "regress_clerk"}]},
  {"name": "pay", "arcs": [{"from": "sent", "to": "paid"}], "grants": [{"column": "author"}]}]}');
CREATE TABLE bill (id int PRIMARY KEY, state text, secret text DEFAULT 'top secret', author text, seen boolean,
	CHECK (state <> 'sent' OR secret <> 'unfit'));
SELECT smartwf.attach('bill', 'G');
ALTER TABLE bill OWNER TO regress_owner;
SET ROLE regress_owner;
INSERT INTO bill (id, author) VALUES (1, 'regress_clerk'), (2, 'regress_low');
CREATE TABLE log (who text);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO log VALUES (current_user);
	PERFORM note(current_user::text);
	NEW.seen := true;
	RETURN NEW;
END $$;
CREATE FUNCTION note(who text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'the owner''s note: %', who; END $$;
CREATE TRIGGER audit BEFORE UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION audit();
CREATE INDEX ON bill ((app.whoami('index of ' || state)));
ALTER TABLE bill ADD CHECK (app.whoami('check ' || state));
GRANT SELECT (id, state) ON bill TO regress_clerk;
RESET ROLE;
CREATE SCHEMA trap AUTHORIZATION regress_clerk;
SET ROLE regress_clerk;
CREATE FUNCTION trap.note(who text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'trapped: %', who; END $$;
CREATE TEMPORARY TABLE log (who text);
GRANT INSERT ON log TO PUBLIC;
SET search_path = trap, public;
SELECT smartwf.pass_transition('1', 'send') #>> '{state,id}';
SELECT who FROM pg_temp.log;
UPDATE public.bill SET state = 'draft' WHERE id = 1;
SELECT smartwf.pass_transition('1', 'back') #>> '{state,id}';
RESET search_path;
DROP TABLE pg_temp.log;
RESET ROLE;
ALTER TABLE bill DROP CONSTRAINT bill_state_check;
DROP TRIGGER audit ON bill;
UPDATE bill SET secret = 'unfit' WHERE id = 1;
-- a constraint that fails shows the columns that he may read
SET ROLE regress_clerk;
\set VERBOSITY default
SELECT smartwf.pass_transition('1', 'send');
\set VERBOSITY terse
-- he can lock, too, and is nobody else for that
SELECT smartwf.lock_element('1'), smartwf.unlock_element('1');
RESET ROLE;
DROP TABLE bill, log;
DROP FUNCTION audit, note;

-- guards: nothing runs while they are checked, neither for define_workflow() nor for rows nor at commit; then as the caller
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA smartwf TO regress_definer;
REVOKE EXECUTE ON FUNCTION smartwf.judge_change(), smartwf.record_change(), smartwf.record_truncate() FROM regress_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA smartwf TO regress_definer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA smartwf TO regress_definer;
SET ROLE regress_definer;
SELECT smartwf.define_workflow('{"name": "F", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "guard": "app.whoami(''guard'')"},
  {"name": "back", "arcs": [{"from": "sent", "to": "draft"}]}]}');
BEGIN;
INSERT INTO smartwf.workflows (id, name) VALUES (900, 'ROWS');
INSERT INTO smartwf.states (workflow_id, name, is_initial) VALUES (900, 'draft', true), (900, 'sent', false);
INSERT INTO smartwf.transitions (workflow_id, name, guard) VALUES (900, 'send', 'app.whoami(''rows'')');
INSERT INTO smartwf.arcs (workflow_id, from_state, to_state, transition) VALUES (900, 'draft', 'sent', 'send');
COMMIT;
RESET ROLE;
-- nor by a literal, whose type has a domain in it
CREATE SCHEMA def;
CREATE DOMAIN def.d AS int CHECK (app.whoami('domain'));
CREATE TYPE def.c AS (x def.d);
CREATE TYPE def.r AS RANGE (subtype = def.d);
CREATE TYPE def.e AS ENUM ('a', 'b');
GRANT USAGE ON SCHEMA def TO regress_definer, regress_clerk;
SET ROLE regress_definer;
SELECT smartwf.define_workflow(jsonb_build_object('name', 'LITERALS', 'states', '[{"name": "draft", "initial": true},
  {"name": "sent"}]'::jsonb, 'transitions',
	(SELECT jsonb_agg(jsonb_build_object('name', 't' || n, 'arcs', '[{"from": "draft", "to": "sent"}]'::jsonb, 'guard', guard)) FROM (VALUES
		(1, '''{1}''::def.d[] IS NOT NULL'), (2, '''(1)''::def.c IS NOT NULL'), (3, '''[1,2)''::def.r IS NOT NULL'), (4, '''1''::def.d > 0'), (5, 'def.d ''1'' > 0'),
		(6, 'list = ''{1}'''), (7, '''a''::def.e = ''a'' AND ''x'' || ''y'' = ''xy'' AND concat(''a'', id) <> '''' AND ''2020-01-01'' < CAST(''2021-01-01'' AS date)')) AS g (n, guard))));
SELECT code, message FROM smartwf.check_workflow('LITERALS') WHERE severity = 'error';
SELECT smartwf.guard_fault(g, NULL) FROM unnest(ARRAY['''z''::def.e = ''a''', '''x''::int > 0', '$1', '''a'' = $1', 'INTERVAL ''1 day'' > ''1 hour''', 'num_nulls(''a'') = 0 AND EXTRACT(year FROM DATE ''2020-01-01'') = 2020']) g;
RESET ROLE;
CREATE TABLE listed (id int PRIMARY KEY, state text, list def.d[]);
SELECT smartwf.attach('listed', 'LITERALS', docid_prefix => 'l');
GRANT SELECT, UPDATE ON listed TO regress_clerk;
INSERT INTO listed VALUES (1);
ALTER TABLE listed OWNER TO regress_owner;
SET ROLE regress_owner;
ALTER TABLE listed ADD note text;
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('l1', 't1') #>> '{state,id}';
RESET ROLE;
UPDATE listed SET state = 'draft';
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('l1', 't7') #>> '{state,id}';
RESET ROLE;
UPDATE listed SET state = 'draft';
SET ROLE regress_clerk;
SELECT t, message FROM unnest(ARRAY['t2', 't3', 't4', 't5', 't6']) t, smartwf.blockers('l1', t);
RESET ROLE;
DROP TABLE listed;
CREATE TABLE doc (id int PRIMARY KEY, state text, amount text DEFAULT '5', author text);
SELECT smartwf.attach('doc', 'F', docid_prefix => 'd');
SELECT * FROM smartwf.check_workflow('F');
ALTER TABLE doc OWNER TO regress_owner;
GRANT SELECT, UPDATE ON doc TO regress_clerk;
INSERT INTO doc VALUES (1), (2);
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('d1', 'send') #>> '{state,id}';
SELECT smartwf.get_states('d2') #>> '{data,states,0,transition,error}';
RESET ROLE;
DROP TABLE doc;

-- hooks and guards without a search_path of their own do not look where the caller wants
CREATE FUNCTION app.small(amount numeric) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN limit_of(amount) > 0; END $$;
CREATE FUNCTION app.limit_of(amount numeric) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION app.m0(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM helper((e.element ->> 'amount')::numeric);
	RETURN NULL;
END $$;
CREATE FUNCTION app.helper(amount numeric) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
SELECT smartwf.define_workflow('{"name": "P", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "m0": "app.m0", "guard": "app.small(amount)", "grants": [{"role": "regress_clerk"}]}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, state text, amount numeric DEFAULT 1);
SELECT smartwf.attach('app.doc', 'P', docid_prefix => 'h');
GRANT SELECT (id) ON app.doc TO regress_clerk;
INSERT INTO app.doc VALUES (1, NULL, 1), (2, NULL, 12345);
SET ROLE regress_clerk;
CREATE FUNCTION trap.helper(amount numeric) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'seen: %', amount; RETURN 1; END $$;
CREATE FUNCTION trap.limit_of(amount numeric) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'seen: %', amount; RETURN 1; END $$;
CREATE FUNCTION pg_temp.helper(amount numeric) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'seen: %', amount; RETURN 1; END $$;
SET search_path = trap, app, public;
SELECT smartwf.pass_transition('h1', 'send') #>> '{state,id}';
SELECT * FROM smartwf.blockers('h2', 'send');
SHOW search_path;
RESET search_path;
RESET ROLE;
DROP TABLE app.doc;

-- what they say of a row that he may not read, they do not say to him
CREATE FUNCTION app.casts(e smartwf.event) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM (e.element ->> 'amount')::int; RETURN NULL; END $$;
SELECT smartwf.define_workflow('{"name": "E", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "guard": "CAST(amount AS pg_catalog.int4) > 0", "grants": [{"role": "regress_clerk"}]},
  {"name": "hook", "arcs": [{"from": "draft", "to": "sent"}], "m0": "app.casts", "grants": [{"role": "regress_clerk"}], "parameters": [{"name": "reason"}, {"name": "note"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, amount text, reason text);
SELECT smartwf.attach('doc', 'E', docid_prefix => 'e');
INSERT INTO doc VALUES (1, NULL, 'the secret'), (2, NULL, '5');
GRANT SELECT (id, state) ON doc TO regress_clerk;
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('e1', 'send');
SELECT smartwf.pass_transition('e1', 'hook');
SELECT * FROM smartwf.blockers('e1', 'send');
SELECT smartwf.get_states('e1') #>> '{data,states,0,transition,error}', smartwf.get_states('e1') #>> '{data,states,1,transition,error}';
SELECT smartwf.pass_transition('e2', 'hook', parameters => '{"reason": "private", "note": "for all"}') #>> '{state,id}';
-- nor does history
SELECT smartwf.get_history('e2') #> '{data,history,0,parameters}';
RESET ROLE;
SELECT smartwf.get_history('e2') #> '{data,history,0,parameters}';
GRANT SELECT ON doc TO regress_clerk;
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('e1', 'send');
SELECT smartwf.get_history('e2') #> '{data,history,0,parameters}';
RESET ROLE;

-- a document that is hidden is hidden, alive or not; a deleted one is told to those from whom no policy hides rows
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON doc FOR SELECT USING (id <> 2);
INSERT INTO doc VALUES (3);
SET ROLE regress_clerk;
SELECT smartwf.get_states('e2');
RESET ROLE;
DELETE FROM doc WHERE id IN (2, 3);
SET ROLE regress_clerk;
SELECT smartwf.get_states('e2');
SELECT smartwf.get_states('e3');
SELECT smartwf.get_states('e1') #>> '{data,states,0,id}';
RESET ROLE;
SELECT smartwf.get_states('e3');
ALTER TABLE doc DISABLE ROW LEVEL SECURITY;
SET ROLE regress_clerk;
SELECT smartwf.get_states('e3');
RESET ROLE;
-- the state of a hidden document is not told to somebody who may not select the column either
REVOKE ALL ON doc FROM regress_clerk;
GRANT SELECT (id) ON doc TO regress_clerk;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
INSERT INTO doc VALUES (4);
DROP POLICY visible ON doc;
CREATE POLICY visible ON doc FOR SELECT USING (id <> 4);
SET ROLE regress_clerk;
SELECT smartwf.get_states('e4', true), smartwf.get_transitions('e4');
SELECT smartwf.get_states('e1') #>> '{data,states,0,id}';
RESET ROLE;
-- nor what became of a table that was taken out
SELECT smartwf.detach('doc');
SET ROLE regress_clerk;
SELECT smartwf.get_states('e1');
RESET ROLE;
SELECT smartwf.get_states('e1');
DROP TABLE doc;

-- what guard and hooks were shown is what is stored, whoever else changes the row
SELECT smartwf.define_workflow('{"name": "S", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "guard": "amount < 100"},
  {"name": "free", "arcs": [{"from": "sent", "to": "draft"}]}]}');
CREATE TABLE doc (id int, region text DEFAULT 'a', state text, amount numeric DEFAULT 1, twice numeric GENERATED ALWAYS AS (amount * 2) STORED)
	PARTITION BY LIST (region);
CREATE TABLE doc_a PARTITION OF doc FOR VALUES IN ('a');
CREATE TABLE doc_b (amount numeric, gone int, twice numeric GENERATED ALWAYS AS (amount * 2) STORED, state text, region text, id int);
ALTER TABLE doc_b DROP gone;
ALTER TABLE doc ATTACH PARTITION doc_b FOR VALUES IN ('b');
SELECT smartwf.attach('doc', 'S', docid_column => 'id', docid_prefix => 's');
INSERT INTO doc (id) VALUES (1), (2), (3);
CREATE FUNCTION raise_amount() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.amount := 1000; RETURN NEW; END $$;
CREATE TRIGGER "~~later" BEFORE UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION raise_amount();
UPDATE doc SET state = 'sent' WHERE id = 1;
SELECT smartwf.pass_transition('s1', 'send');
DROP TRIGGER "~~later" ON doc;
CREATE TRIGGER "~~later" BEFORE INSERT ON doc_b FOR EACH ROW EXECUTE FUNCTION raise_amount();
UPDATE doc SET state = 'sent', region = 'b' WHERE id = 1;
DROP TRIGGER "~~later" ON doc_b;
UPDATE doc SET state = 'sent', region = 'b' WHERE id = 1;
-- one that sorts before is judged as it is, one that nobody looks at may change
CREATE TRIGGER earlier BEFORE UPDATE ON doc_a FOR EACH ROW WHEN (OLD.id = 2) EXECUTE FUNCTION raise_amount();
UPDATE doc SET state = 'sent' WHERE id = 2;
CREATE TRIGGER "~~later" BEFORE UPDATE ON doc FOR EACH ROW WHEN (OLD.state = 'sent') EXECUTE FUNCTION raise_amount();
UPDATE doc SET state = 'draft' WHERE id = 1;
SELECT id, region, state, amount, twice FROM doc ORDER BY 1;
DROP TABLE doc;
DROP FUNCTION raise_amount;

-- inner functions, granted together with the others, are no doors
CREATE TABLE hidden (id int PRIMARY KEY, state text);
SELECT smartwf.attach('hidden', 'F', docid_prefix => 'z');
INSERT INTO hidden VALUES (1);
GRANT CREATE ON SCHEMA public TO regress_definer;
SET ROLE regress_definer;
CREATE TABLE own (id int PRIMARY KEY, state text);
SELECT * FROM smartwf.rows_of_structure('hidden');
SELECT smartwf.make_triggers('own', 'hidden');
SELECT smartwf.make_triggers('hidden', 'hidden');
SELECT smartwf.make_triggers_as_owner('own', 'hidden');
SELECT smartwf.own_ddl('ALTER TABLE hidden DISABLE TRIGGER ALL');
SELECT smartwf.reconcile('hidden');
SELECT smartwf.detach('hidden');
DROP TABLE own;
RESET ROLE;
DROP TABLE hidden;
-- TRUNCATE ends no document that somebody has locked; a name is free again when its document is gone
CREATE TABLE one (id text PRIMARY KEY, state text);
CREATE TABLE two (id text PRIMARY KEY, state text);
SELECT smartwf.attach('one', 'F', docid_prefix => 'x'), smartwf.attach('two', 'F', docid_prefix => 'x');
GRANT ALL ON one, two TO regress_clerk, regress_low;
INSERT INTO one VALUES ('a'), ('b');
SET ROLE regress_clerk;
SELECT smartwf.lock_element('xa');
SET ROLE regress_low;
TRUNCATE one;
TRUNCATE one, two;
DELETE FROM one WHERE id = 'a';
SET ROLE regress_clerk;
TRUNCATE one;
SET ROLE regress_low;
INSERT INTO two VALUES ('a');
INSERT INTO one VALUES ('a');
SELECT smartwf.pass_transition('xa', 'send') #>> '{state,id}';
SELECT smartwf.get_history('xa') #>> '{data,history,0,revision}', json_array_length(smartwf.get_history('xa') #> '{data,history}');
DELETE FROM two;
INSERT INTO one VALUES ('a');
SELECT json_array_length(smartwf.get_history('xa') #> '{data,history}');
RESET ROLE;
SELECT revision, actor, from_state, to_state FROM smartwf.history WHERE docid = 'xa' ORDER BY 1;
DROP TABLE one, two;

-- a cascade is checked as for whoever caused it
CREATE TABLE names (state text PRIMARY KEY);
INSERT INTO names VALUES ('draft'), ('sent'), ('paid'), ('spare');
SELECT smartwf.define_workflow('{"name": "C", "states": [{"name": "draft", "initial": true}, {"name": "sent"}, {"name": "paid"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "grants": [{"role": "regress_clerk"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, kind text DEFAULT 'draft' REFERENCES names ON UPDATE CASCADE, state text);
ALTER TABLE doc ADD FOREIGN KEY (state) REFERENCES names ON UPDATE CASCADE ON DELETE CASCADE;
SELECT smartwf.attach('doc', 'C', docid_prefix => 'c');
ALTER TABLE doc OWNER TO regress_owner;
GRANT ALL ON names TO PUBLIC;
INSERT INTO doc VALUES (1);
CREATE FUNCTION app.rename(old text, new text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	UPDATE public.names SET state = new || '_' WHERE state = new;
	UPDATE public.names SET state = new WHERE state = old;
	RETURN (SELECT string_agg(h.actor || ' ' || h.to_state, ', ' ORDER BY revision) FROM smartwf.history h WHERE docid = 'c1');
END $$;
GRANT SELECT ON smartwf.history TO regress_low, regress_clerk;
GRANT SELECT ON smartwf.history TO regress_web;
SET ROLE regress_low;
UPDATE names SET state = 'sent2' WHERE state = 'sent';
UPDATE names SET state = 'sent' WHERE state = 'draft';
RESET ROLE;
-- low's function does not act for the superuser who calls it
ALTER FUNCTION app.rename OWNER TO regress_low;
BEGIN;
SELECT app.rename('draft', 'sent');
ROLLBACK;
-- clerk's acts for clerk, whoever calls it
ALTER FUNCTION app.rename OWNER TO regress_clerk;
BEGIN;
SET LOCAL ROLE regress_low;
SELECT app.rename('draft', 'sent');
ROLLBACK;
BEGIN;
SELECT app.rename('draft', 'sent');
ROLLBACK;
-- in a step of a flow that somebody else drives on
CREATE FUNCTION app.step(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	UPDATE public.names SET state = 'sent_' WHERE state = 'sent';
	UPDATE public.names SET state = 'sent' WHERE state = 'draft';
	RETURN NULL;
END $$;
SELECT smartwf.register_dataflow('rename', 'app.step');
SELECT smartwf.define_flow('{"name": "cascade", "restrictAccess": false, "start": [{"role": "regress_clerk"}, {"role": "regress_low"}], "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "go", "options": ["yes"], "users": ["regress_clerk", "regress_web"]}},
 {"name": "rename", "kind": "execute_data_flow", "settings": {"dataflow": "rename"}}]}]}');
SET ROLE regress_low;
SELECT smartwf.start_flow('cascade') IS NOT NULL;
SET ROLE regress_clerk;
SELECT smartwf.answer_confirmation(max(id), 'yes') FROM smartwf.confirmations;
SELECT message FROM smartwf.runs ORDER BY id DESC LIMIT 1;
SELECT smartwf.start_flow('cascade') IS NOT NULL;
SET ROLE regress_web;
SELECT smartwf.answer_confirmation(max(id), 'yes') FROM smartwf.confirmations;
RESET ROLE;
SELECT actor, transition, to_state FROM smartwf.history WHERE docid = 'c1' ORDER BY revision;
-- by work(), too
DELETE FROM doc;
DELETE FROM names;
INSERT INTO names VALUES ('draft');
INSERT INTO doc VALUES (2);
SET ROLE regress_low;
SELECT smartwf.enqueue_flow('cascade') IS NOT NULL;
RESET ROLE;
CALL smartwf.work();
SET ROLE regress_clerk;
SELECT smartwf.answer_confirmation(max(id), 'yes') FROM smartwf.confirmations;
RESET ROLE;
CALL smartwf.work();
SELECT status, message FROM smartwf.runs ORDER BY id DESC LIMIT 1;
DROP TABLE doc, names;

-- people are not roles
SELECT smartwf.define_workflow('{"name": "N", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "grants": [{"column": "author"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, author text);
SELECT smartwf.attach('doc', 'N', docid_prefix => 'n');
GRANT SELECT, DELETE ON doc TO regress_web, regress_clerk;
INSERT INTO doc VALUES (1, NULL, 'regress_clerk'), (2, NULL, 'anna'), (3, NULL, 'regress_clerk'), (4, NULL, 'regress_clerk');
SET ROLE regress_clerk;
SELECT smartwf.lock_element('n3');
SELECT smartwf.start_flow('cascade') IS NOT NULL;
RESET ROLE;
SET smartwf.actor_claim = 'sub';
SET request.jwt.claims = '{"sub": "regress_clerk"}';
SET ROLE regress_web;
SELECT smartwf.actor(), smartwf.caller_names();
SELECT smartwf.pass_transition('n1', 'send');
DELETE FROM doc WHERE id = 3;
SELECT smartwf.unlock_element('n3');
SELECT count(*) FROM smartwf.confirmations c WHERE c.users = '{regress_clerk}';
SELECT smartwf.restart_run(max(id)) FROM smartwf.runs;
SET request.jwt.claims = '{"sub": "anna"}';
SELECT smartwf.caller_names(), smartwf.pass_transition('n2', 'send') #>> '{state,id}';
RESET ROLE;
RESET request.jwt.claims;
RESET smartwf.actor_claim;
-- anna the role is not anna the person, nor may one unlock what the other locked
SET ROLE regress_clerk;
SELECT smartwf.unlock_element('n3');
SELECT smartwf.pass_transition('n1', 'send') #>> '{state,id}';
RESET ROLE;

-- what is bound to a role does not pass to the next one of its name
DELETE FROM smartwf.confirmations;
SELECT smartwf.define_workflow('{"name": "B", "states": [{"name": "draft", "initial": true}, {"name": "sent"}],
 "transitions": [{"name": "send", "arcs": [{"from": "draft", "to": "sent"}], "grants": [{"role": "regress_gone"}]}]}');
CREATE ROLE regress_gone;
UPDATE smartwf.transition_grants SET position = 1 WHERE grantee = 'regress_gone';
CREATE TABLE bound (id int PRIMARY KEY, state text);
SELECT smartwf.attach('bound', 'B', docid_prefix => 'b');
GRANT SELECT ON bound TO PUBLIC;
INSERT INTO bound VALUES (1), (2);
SELECT smartwf.define_flow('{"name": "mine", "start": [{"role": "regress_gone"}], "stages": [{"name": "s", "steps": [
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "go", "options": ["yes"], "users": ["regress_gone"]}}]}]}');
SET ROLE regress_gone;
SELECT smartwf.lock_element('b2');
SELECT smartwf.start_flow('mine') IS NOT NULL, smartwf.enqueue_flow('mine') IS NOT NULL;
SELECT smartwf.pass_transition('b1', 'send') #>> '{state,id}';
RESET ROLE;
INSERT INTO bound VALUES (3);
DROP ROLE regress_gone;
CREATE ROLE regress_gone;
SET ROLE regress_gone;
SELECT smartwf.pass_transition('b3', 'send');
SELECT count(*) FROM smartwf.runs WHERE flow = 'mine';
SELECT count(*) FROM smartwf.inbox;
SELECT smartwf.cancel_run(id) FROM smartwf.runs WHERE flow = 'cascade' ORDER BY id LIMIT 1;
SELECT smartwf.unlock_element('b2');
SELECT smartwf.start_flow('mine');
RESET ROLE;
CALL smartwf.work();
SELECT status, message IS NOT NULL AS failed FROM smartwf.runs WHERE flow = 'mine' ORDER BY id;
UPDATE smartwf.transition_grants SET position = 2 WHERE grantee = 'regress_gone';
SET ROLE regress_low;
SELECT smartwf.forget_role('regress_gone');
RESET ROLE;
SELECT smartwf.forget_role('regress_gone');
SELECT status FROM smartwf.runs WHERE flow = 'mine' ORDER BY id;
SELECT count(*) FROM smartwf.transition_grants WHERE grantee = 'regress_gone';
INSERT INTO smartwf.flow_grants (flow_id, privilege, role) SELECT id, 'start', 'regress_gone' FROM smartwf.flows WHERE name = 'mine';
SET ROLE regress_gone;
SELECT smartwf.start_flow('mine') IS NOT NULL;
SELECT count(*) FROM smartwf.runs WHERE flow = 'mine';
RESET ROLE;
-- the history of another structure's document of that name, page by page
SELECT smartwf.define_workflow('{"name": "P", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "go", "arcs": [{"from": "a", "to": "b"}], "parameters": [{"name": "salary", "type": "int"}]}]}');
CREATE TABLE secret (id int PRIMARY KEY, salary int, state text);
CREATE TABLE public_doc (id int PRIMARY KEY, state text);
SELECT smartwf.attach('secret', 'P', docid_prefix => 'p'), smartwf.attach('public_doc', 'P', docid_prefix => 'p');
GRANT SELECT ON public_doc TO regress_low;
INSERT INTO secret VALUES (1);
SELECT smartwf.pass_transition('p1', 'go', 'confidential', '{"salary": 99000}') IS NOT NULL AS passed;
DELETE FROM secret;
INSERT INTO public_doc VALUES (1);
SET ROLE regress_low;
SELECT before, json_array_length(smartwf.get_history('p1', before => before) #> '{data,history}') FROM unnest(ARRAY[NULL, 4, 3, 2, 1]) before;
RESET ROLE;
DROP TABLE secret, public_doc;
-- a hook that gives up rights: they stay given up
GRANT regress_low TO regress_clerk;
CREATE FUNCTION app.humble(e smartwf.event) RETURNS text LANGUAGE sql AS $$ SELECT nullif(set_config('role', 'regress_low', false), 'regress_low') $$;
GRANT USAGE ON SCHEMA app TO regress_clerk, regress_low;
SELECT smartwf.define_workflow('{"name": "H", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "go", "m3": "app.humble", "arcs": [{"from": "a", "to": "b"}]}]}');
CREATE TABLE humble (id int PRIMARY KEY, state text);
SELECT smartwf.attach('humble', 'H', docid_prefix => 'h');
INSERT INTO humble VALUES (1);
GRANT SELECT, UPDATE ON humble TO regress_clerk;
SET SESSION AUTHORIZATION regress_clerk;
UPDATE humble SET state = 'b' WHERE id = 1;
SELECT current_user, current_setting('role') AS role, session_user;
RESET SESSION AUTHORIZATION;
RESET ROLE;
DROP TABLE humble;
DROP TABLE doc, bound;
DROP SCHEMA app, trap, def CASCADE;
DROP EXTENSION smartwf;
DROP OWNED BY regress_owner, regress_clerk, regress_definer, regress_web, regress_low, regress_gone CASCADE;
DROP ROLE regress_owner, regress_clerk, regress_definer, regress_web, regress_low, regress_gone;
