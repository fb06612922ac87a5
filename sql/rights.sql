-- Who may: grants, columns of the element, privileges, policies, locks, actors.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\set VERBOSITY terse
CREATE ROLE regress_editor;
CREATE ROLE regress_alice IN ROLE regress_editor;
CREATE ROLE regress_bob;
CREATE ROLE regress_carol;
CREATE ROLE regress_admin;
CREATE ROLE regress_dave IN ROLE regress_admin;
SELECT smartwf.define_workflow('{"name": "R", "states": [{"name": "start", "initial": true}, {"name": "control"}, {"name": "end"}, {"name": "out"}],
 "transitions": [
  {"name": "check", "arcs": [{"from": "start", "to": "control"}], "grants": [{"role": "regress_editor"}, {"column": "author"}, {"column": "readers"}]},
  {"name": "open", "arcs": [{"from": "control", "to": "start"}]},
  {"name": "ghost", "arcs": [{"from": "control", "to": "end"}], "grants": [{"role": "regress_ghost"}]},
  {"name": "finish", "arcs": [{"from": "control", "to": "end"}], "grants": [{"column": "author"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text, author text, readers text[], secret boolean DEFAULT false);
SELECT smartwf.attach('doc', 'R');
INSERT INTO doc VALUES (1, NULL, 'regress_bob', '{}', false), (2, NULL, 'nobody', '{regress_carol,x}', false), (3, NULL, NULL, NULL, true);
CREATE FUNCTION try(role text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	BEGIN
		EXECUTE call INTO result;
		RAISE EXCEPTION USING ERRCODE = 'UNDO0', MESSAGE = coalesce('ok ' || result, 'ok');
	EXCEPTION WHEN OTHERS THEN
		result := CASE SQLSTATE WHEN 'UNDO0' THEN SQLERRM ELSE SQLSTATE || ' ' || SQLERRM END;
	END;
	RESET ROLE;
	RETURN result;
END $$;
CREATE FUNCTION pass(role text, docid text, transition text) RETURNS text LANGUAGE sql AS $$
	SELECT try(role, format('SELECT smartwf.pass_transition(%L, %L) #>> ''{state,id}''', docid, transition)) $$;

-- whoever may not see the row is told nothing else
SELECT pass('regress_alice', '1', 'check'), pass('regress_alice', '1', 'nowhere'), pass('regress_alice', '9', 'check');
GRANT SELECT ON doc TO regress_editor, regress_bob, regress_carol, regress_admin;
-- a grant is enough: no UPDATE privilege is needed
SELECT r, pass(r, '1', 'check'), pass(r, '2', 'check'), pass(r, '3', 'check')
FROM unnest(ARRAY['regress_alice', 'regress_bob', 'regress_carol']) r;
-- but a plain UPDATE needs both
SELECT r, try(r, 'UPDATE doc SET state = ''control'' WHERE id = 1 RETURNING state') FROM unnest(ARRAY['regress_alice', 'regress_carol']) r;
GRANT UPDATE ON doc TO regress_editor, regress_carol;
SELECT r, try(r, 'UPDATE doc SET state = ''control'' WHERE id = 1 RETURNING state') FROM unnest(ARRAY['regress_alice', 'regress_carol']) r;
-- nobody names himself in the UPDATE that he needs the right for
SELECT try('regress_carol', 'UPDATE doc SET state = ''control'', author = ''regress_carol'' WHERE id = 1 RETURNING state');
-- a transition without any grant needs the privilege
UPDATE doc SET state = 'control';
SELECT r, pass(r, '1', 'open') FROM unnest(ARRAY['regress_alice', 'regress_bob']) r;
SELECT try('regress_bob', 'SELECT smartwf.set_state(''1'', ''start'')');
-- on the state column, that is
REVOKE UPDATE ON doc FROM regress_carol;
GRANT UPDATE (author) ON doc TO regress_carol;
SELECT pass('regress_carol', '1', 'open');
GRANT UPDATE (state) ON doc TO regress_carol;
SELECT pass('regress_carol', '1', 'open');
-- two transitions lead there: the one whose right the caller holds
SELECT try('regress_bob', 'SELECT smartwf.set_state(''1'', ''end'') #>> ''{state,id}''');
SELECT try('regress_alice', 'SELECT smartwf.set_state(''1'', ''end'')');
-- a revoked grant counts at once, also for what began before
DELETE FROM smartwf.transition_grants WHERE transition = 'finish';
INSERT INTO smartwf.transition_grants (workflow_id, transition, grantee) SELECT id, 'finish', 'regress_editor' FROM smartwf.workflows;
SELECT r, pass(r, '1', 'finish') FROM unnest(ARRAY['regress_alice', 'regress_bob']) r;

-- row-level security: what a policy hides is not there, what it forbids is refused
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON doc FOR SELECT USING (NOT secret);
CREATE POLICY own ON doc FOR UPDATE USING (author = current_user);
SELECT pass('regress_alice', '3', 'open'), pass('regress_alice', '1', 'open'), pass('regress_alice', '1', 'finish');
SELECT * FROM smartwf.blockers('3', 'open');
SET ROLE regress_alice;
SELECT * FROM smartwf.blockers('3', 'open');
SELECT * FROM smartwf.blockers('1', 'ghost');
RESET ROLE;
ALTER TABLE doc FORCE ROW LEVEL SECURITY;
SELECT pass('regress_alice', '1', 'finish');
ALTER TABLE doc DISABLE ROW LEVEL SECURITY;

-- administrators go anywhere, even without a transition
SELECT pass('regress_dave', '1', 'finish');
SET smartwf.admin_role = 'regress_admin';
SELECT pass('regress_dave', '1', 'finish'), pass('regress_dave', '1', 'check'),
	try('regress_dave', 'SELECT smartwf.set_state(''1'', ''out'') #>> ''{state,id}'''),
	try('regress_dave', 'SELECT smartwf.set_state(''1'', ''control'')'),
	try('regress_alice', 'SELECT smartwf.set_state(''1'', ''out'')');
SELECT try('regress_dave', 'SET smartwf.admin_role = ''''');
RESET smartwf.admin_role;
SELECT try('regress_alice', 'SET smartwf.admin_role = ''regress_editor''');
SELECT try('regress_alice', 'SET smartwf.actor_claim = ''sub''');

-- locks
CREATE FUNCTION locks(role text, call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	BEGIN
		EXECUTE 'SELECT ' || call INTO call;
	EXCEPTION WHEN OTHERS THEN
		call := SQLSTATE || ' ' || SQLERRM;
	END;
	RESET ROLE;
	RETURN call;
END $$;
UPDATE doc SET state = 'start';
SELECT locks('regress_carol', 'smartwf.lock_element(''1'')'), locks('regress_alice', 'smartwf.lock_element(''1'')'),
	locks('regress_alice', 'smartwf.lock_element(''9'')');
SELECT locks('regress_bob', 'smartwf.lock_element(''3'')');
SELECT pass('regress_carol', '1', 'check'), pass('regress_alice', '1', 'check'), pass('regress_bob', '1', 'check');
SELECT locks('regress_alice', 'smartwf.unlock_element(''1'')'), locks('regress_alice', 'smartwf.unlock_element(''1'', true)');
SELECT try('regress_alice', 'DELETE FROM doc WHERE id = 1 RETURNING state');
GRANT DELETE ON doc TO regress_editor;
SELECT try('regress_alice', 'DELETE FROM doc WHERE id = 1 RETURNING state');
SELECT smartwf.unlock_element('1', true), smartwf.unlock_element('1');
-- a temporary lock ends with the next transition
SELECT locks('regress_alice', 'smartwf.lock_element(''1'', true)');
SELECT docid, locked_by, lock_is_temporary FROM smartwf.elements WHERE locked_by IS NOT NULL;
SET ROLE regress_alice;
SELECT smartwf.pass_transition('1', 'check') #>> '{state,id}';
RESET ROLE;
SELECT count(*) FROM smartwf.elements WHERE locked_by IS NOT NULL;

-- the actor: role, or claim of a gateway's request
SET request.jwt.claims = '{"sub": "zoé", "role": "regress_alice", "n": 7}';
SELECT smartwf.actor();
SET smartwf.actor_claim = 'sub';
SELECT smartwf.actor();
SET smartwf.actor_claim = 'n';
SELECT smartwf.actor();
SET smartwf.actor_claim = 'sub';
UPDATE doc SET author = 'zoé', state = 'control' WHERE id = 2;
SELECT pass('regress_alice', '2', 'open'), pass('regress_bob', '2', 'finish');
DELETE FROM smartwf.transition_grants WHERE transition = 'finish';
INSERT INTO smartwf.transition_grants (workflow_id, transition, grantee, kind) SELECT id, 'finish', 'author', 'column' FROM smartwf.workflows;
SET ROLE regress_bob;
SELECT smartwf.pass_transition('2', 'finish') #>> '{state,id}';
RESET ROLE;
SELECT actor, transition FROM smartwf.history WHERE docid = '2' ORDER BY revision DESC LIMIT 1;
SET request.jwt.claims = 'no json';
SELECT smartwf.actor();
SET request.jwt.claims = '[]';
SELECT smartwf.actor();
RESET request.jwt.claims;
RESET smartwf.actor_claim;

-- a definer's function acts with his rights; what runs as the owner of the table acts for the caller
CREATE FUNCTION by_definer(docid text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
	SELECT smartwf.actor() || ' ' || (smartwf.pass_transition(docid, 'check') #>> '{state,id}') $$;
CREATE FUNCTION whoami() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE INFO 'user %, actor %', current_user, smartwf.actor(); RETURN NEW;
END $$;
CREATE TRIGGER whoami BEFORE UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION whoami();
ALTER FUNCTION by_definer OWNER TO regress_alice;
ALTER TABLE doc OWNER TO regress_admin;
GRANT ALL ON doc TO regress_bob;
UPDATE doc SET state = 'start', author = NULL;
SET ROLE regress_bob;
SELECT by_definer('1');
RESET ROLE;
SELECT actor, transition FROM smartwf.history WHERE docid = '1' ORDER BY revision DESC LIMIT 1;

-- nobody but the owner of the extension writes history or elements
GRANT ALL ON doc TO regress_alice;
SELECT t, try('regress_admin', format('%s', t)) FROM unnest(ARRAY['UPDATE smartwf.history SET actor = ''me''', 'DELETE FROM smartwf.history',
	'INSERT INTO smartwf.history VALUES (''1'')', 'UPDATE smartwf.elements SET locked_by = NULL', 'TRUNCATE smartwf.history',
	'SELECT smartwf.migrate(''doc'')', 'SELECT smartwf.attach(''doc'', ''R'')', 'SELECT smartwf.end_without_rows(''doc'')']) t;

DROP TABLE doc;
DROP FUNCTION try, pass, locks, by_definer, whoami;
DROP EXTENSION smartwf;
DROP ROLE regress_alice, regress_bob, regress_carol, regress_dave, regress_admin, regress_editor;
