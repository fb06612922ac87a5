-- A hostile search_path, hostile names, hostile guards.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_mallory;
CREATE SCHEMA trap AUTHORIZATION regress_mallory;
GRANT CREATE, USAGE ON SCHEMA public TO regress_mallory;
CREATE FUNCTION public.small(amount numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT amount < 10 $$;
SELECT smartwf.define_workflow('{"name": "S", "states": [{"name": "a", "initial": true}, {"name": "b"}],
 "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}], "guard": "amount = 5 AND public.small(amount)", "grants": [{"column": "author"}]},
  {"name": "u", "arcs": [{"from": "b", "to": "a"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, amount numeric, author text);
SELECT smartwf.attach('doc', 'S');
INSERT INTO doc VALUES (1, NULL, 7, 'regress_mallory'), (2, NULL, 5, 'other');
GRANT SELECT, UPDATE ON doc TO regress_mallory;

SET ROLE regress_mallory;
-- operators, functions, types and tables that shadow ours
CREATE FUNCTION trap.yes(numeric, numeric) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION trap.yes(numeric, int) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION trap.yes(int, int) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION trap.yes(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE OPERATOR trap.= (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.yes);
CREATE OPERATOR trap.= (LEFTARG = numeric, RIGHTARG = int, FUNCTION = trap.yes);
CREATE OPERATOR trap.= (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.yes);
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.yes);
CREATE OPERATOR trap.< (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = trap.yes);
CREATE FUNCTION trap.small(numeric) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
CREATE FUNCTION trap.to_jsonb(anyelement) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$;
CREATE FUNCTION trap.jsonb_agg(jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$;
CREATE TABLE trap.doc (id int, state text, amount numeric);
CREATE DOMAIN trap.text AS int;
CREATE DOMAIN trap.jsonb AS int;
CREATE TEMPORARY TABLE elements (docid int);
CREATE TEMPORARY TABLE history (docid int);
SET search_path = trap, pg_temp, pg_catalog, public;
SELECT pg_catalog.length(smartwf.pass_transition('1', 't')::pg_catalog.text) > 0;
UPDATE public.doc SET state = 'b' WHERE id OPERATOR(pg_catalog.=) 1;
SELECT pg_catalog.length(smartwf.pass_transition('2', 't')::pg_catalog.text) > 0;
SELECT * FROM smartwf.blockers('1', 't');
UPDATE public.doc SET amount = 5 WHERE id OPERATOR(pg_catalog.=) 1;
SELECT smartwf.pass_transition('1', 't') OPERATOR(pg_catalog.->>) 'uri';
RESET search_path;
SELECT id, state FROM doc ORDER BY id;
-- a cast on one's own type is not run with the rights of another
CREATE TYPE public.mood AS ENUM ('a', 'b');
CREATE FUNCTION trap.cast_mood(public.mood) RETURNS pg_catalog.text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE CAST (public.mood AS pg_catalog.text) WITH FUNCTION trap.cast_mood(public.mood);
CREATE TABLE moody (id int PRIMARY KEY, state public.mood);
RESET ROLE;
SELECT smartwf.attach('moody', 'S');
SELECT smartwf.define_workflow('{"name": "M", "states": [{"name": "a", "initial": true},
  {"name": "b"}], "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}]}]}');
SELECT smartwf.attach('moody', 'M', docid_prefix => 'm');
SET ROLE regress_mallory;
INSERT INTO moody VALUES (1);
SELECT smartwf.pass_transition('m1', 't') #>> '{state,id}';
TRUNCATE moody;
ALTER TABLE moody RENAME TO mood_table;
RESET ROLE;

-- values are values
SET ROLE regress_mallory;
CREATE TABLE words (id text PRIMARY KEY, state text);
RESET ROLE;
SELECT smartwf.attach('words', 'M');
INSERT INTO words VALUES (E'''; DROP TABLE doc; --'), (E'$1'), (E'a\nb'), (E'%s%n'), ('é€😀'), (repeat('x', 1000)), ('');
SELECT left(docid, 20) AS docid, left(smartwf.pass_transition(docid, 't') ->> 'uri', 60) AS uri FROM smartwf.elements
	WHERE structure = 'words' ORDER BY 1;
SELECT smartwf.pass_transition(E'''; DROP TABLE doc; --', '"; --');
SELECT smartwf.pass_transition('é€😀', 't', '%s %n', '{"%s": 1}');
SELECT smartwf.pass_transition('%s', '%d%n');
SELECT left(message, 30) FROM smartwf.pass_transitions(ARRAY[repeat('y', 100000)], 't');

-- an index must be able to hold a name (how many bytes it lacks differs by version)
\set VERBOSITY sqlstate
INSERT INTO words SELECT string_agg(md5(g::text), '') FROM generate_series(1, 400) g;
\set VERBOSITY terse

-- the trigger functions are of no use to anybody else
SET ROLE regress_mallory;
CREATE TRIGGER fake BEFORE UPDATE ON words FOR EACH ROW EXECUTE FUNCTION smartwf.judge_change('words');
SELECT smartwf.follow_ddl();
SELECT smartwf.requested_state('a'::pg_catalog.text);
RESET ROLE;
SELECT smartwf.judge_change();
CREATE TABLE stranger (id int, state text);
CREATE TRIGGER fake BEFORE UPDATE ON stranger FOR EACH ROW EXECUTE FUNCTION smartwf.judge_change();
CREATE TRIGGER "~smartwf_judge" BEFORE INSERT OR UPDATE ON stranger FOR EACH ROW EXECUTE FUNCTION smartwf.judge_change('no such');
INSERT INTO stranger VALUES (1);
DROP TRIGGER "~smartwf_judge" ON stranger;
CREATE TRIGGER "~smartwf_judge" BEFORE INSERT OR UPDATE ON stranger FOR EACH ROW EXECUTE FUNCTION smartwf.judge_change('doc');
DROP TABLE stranger, words, mood_table, doc;
DROP EXTENSION smartwf;
DROP FUNCTION small;
DROP OWNED BY regress_mallory CASCADE;
DROP ROLE regress_mallory;
