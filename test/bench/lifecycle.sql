-- The contestants of script/bench lifecycle: one table each of the same rows.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
CREATE TABLE source AS SELECT g AS id, 'title ' || g AS title, 'draft'::text AS state FROM generate_series(1, :rows) g;

-- smartwf
SELECT smartwf.define_workflow('{"name": "FLIP", "states": [{"name": "draft", "initial": true}, {"name": "control"}],
 "transitions": [{"name": "flip", "arcs": [{"from": "draft", "to": "control"}, {"from": "control", "to": "draft"}]}]}');
CREATE TABLE wf (id int PRIMARY KEY, title text, state text NOT NULL);
INSERT INTO wf SELECT * FROM source;
SELECT smartwf.attach('wf', 'FLIP');

-- (a) the bare UPDATE and INSERT: no rule at all, and a revision that costs nothing
CREATE TABLE bare (id int PRIMARY KEY, title text, state text NOT NULL);
CREATE TABLE bare_history (LIKE smartwf.history INCLUDING ALL);
CREATE SEQUENCE bare_revision CACHE 100;
INSERT INTO bare SELECT * FROM source;
INSERT INTO bare_history (docid, revision, at, actor, to_state, workflow_id)
	SELECT id::text, 0, now(), current_user, 'draft', 1 FROM source;

-- rows that come and go
CREATE TABLE wf_in (id int PRIMARY KEY, title text, state text NOT NULL);
SELECT smartwf.attach('wf_in', 'FLIP', docid_prefix => 'i');
CREATE TABLE bare_in (id int PRIMARY KEY, title text, state text NOT NULL);
CREATE TABLE bare_elements (LIKE smartwf.elements INCLUDING ALL);
CREATE TABLE bare_in_history (LIKE smartwf.history INCLUDING ALL);

-- the rules of (b) and (c), as a careful author would have them in tables
CREATE TABLE rule_arcs (workflow_id int, from_state text COLLATE "C", to_state text COLLATE "C", transition text COLLATE "C",
	PRIMARY KEY (workflow_id, from_state, to_state, transition));
INSERT INTO rule_arcs VALUES (1, 'draft', 'control', 'flip'), (1, 'control', 'draft', 'flip');
CREATE TABLE rule_grants (workflow_id int, transition text COLLATE "C", grantee name, PRIMARY KEY (workflow_id, transition, grantee));

-- (b) a trigger in PL/pgSQL
CREATE TABLE trg (id int PRIMARY KEY, title text, state text NOT NULL);
CREATE TABLE trg_elements (docid text COLLATE "C" PRIMARY KEY, workflow_id int NOT NULL, locked_by text);
CREATE TABLE trg_history (LIKE smartwf.history INCLUDING ALL);
INSERT INTO trg SELECT * FROM source;
INSERT INTO trg_elements SELECT id::text, 1, NULL FROM source;
INSERT INTO trg_history SELECT * FROM bare_history;
CREATE FUNCTION trg_judge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	element trg_elements;
	passed text;
BEGIN
	IF NEW.state IS NOT DISTINCT FROM OLD.state THEN RETURN NEW; END IF;
	SELECT * INTO element FROM trg_elements WHERE docid = NEW.id::text;
	IF element.locked_by <> current_user THEN RAISE EXCEPTION 'locked by %', element.locked_by; END IF;
	SELECT a.transition INTO passed FROM rule_arcs a
		WHERE a.workflow_id = element.workflow_id AND a.from_state = OLD.state AND a.to_state = NEW.state LIMIT 1;
	IF passed IS NULL THEN RAISE EXCEPTION 'no way from % to %', OLD.state, NEW.state; END IF;
	IF EXISTS (SELECT FROM rule_grants g WHERE g.workflow_id = element.workflow_id AND g.transition = passed)
		AND NOT EXISTS (SELECT FROM rule_grants g WHERE g.workflow_id = element.workflow_id AND g.transition = passed
			AND pg_has_role(g.grantee, 'USAGE'))
	THEN RAISE EXCEPTION 'not granted'; END IF;
	RETURN NEW;
END $$;
CREATE FUNCTION trg_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.state IS NOT DISTINCT FROM OLD.state THEN RETURN NULL; END IF;
	INSERT INTO trg_history (docid, revision, at, actor, transition, from_state, to_state, workflow_id)
	SELECT NEW.id::text, coalesce(max(revision), -1) + 1, clock_timestamp(), current_user, 'flip', OLD.state, NEW.state, 1
	FROM trg_history WHERE docid = NEW.id::text;
	RETURN NULL;
END $$;
CREATE TRIGGER judge BEFORE UPDATE ON trg FOR EACH ROW EXECUTE FUNCTION trg_judge();
CREATE TRIGGER record AFTER UPDATE ON trg FOR EACH ROW EXECUTE FUNCTION trg_record();

-- (c) a function in PL/pgSQL
CREATE TABLE fun (id int PRIMARY KEY, title text, state text NOT NULL);
CREATE TABLE fun_elements (LIKE trg_elements INCLUDING ALL);
CREATE TABLE fun_history (LIKE smartwf.history INCLUDING ALL);
INSERT INTO fun SELECT * FROM source;
INSERT INTO fun_elements SELECT * FROM trg_elements;
INSERT INTO fun_history SELECT * FROM bare_history;
CREATE FUNCTION fun_pass(wanted int, by_transition text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	element fun_elements;
	old_state text;
	new_state text;
BEGIN
	SELECT * INTO element FROM fun_elements WHERE docid = wanted::text;
	IF NOT FOUND THEN RAISE EXCEPTION 'not found'; END IF;
	SELECT state INTO old_state FROM fun WHERE id = wanted FOR NO KEY UPDATE;
	SELECT a.to_state INTO new_state FROM rule_arcs a
		WHERE a.workflow_id = element.workflow_id AND a.from_state = old_state AND a.transition = by_transition LIMIT 1;
	IF new_state IS NULL THEN RAISE EXCEPTION 'no way from %', old_state; END IF;
	IF element.locked_by <> current_user THEN RAISE EXCEPTION 'locked by %', element.locked_by; END IF;
	IF EXISTS (SELECT FROM rule_grants g WHERE g.workflow_id = element.workflow_id AND g.transition = by_transition)
		AND NOT EXISTS (SELECT FROM rule_grants g WHERE g.workflow_id = element.workflow_id AND g.transition = by_transition
			AND pg_has_role(g.grantee, 'USAGE'))
	THEN RAISE EXCEPTION 'not granted'; END IF;
	UPDATE fun SET state = new_state WHERE id = wanted;
	INSERT INTO fun_history (docid, revision, at, actor, transition, from_state, to_state, workflow_id)
	SELECT wanted::text, coalesce(max(revision), -1) + 1, clock_timestamp(), current_user, by_transition, old_state, new_state, 1
	FROM fun_history WHERE docid = wanted::text;
	RETURN json_build_object('id', wanted, 'state', new_state);
END $$;
DROP TABLE source;
