-- Whom a question asks, and whom an answer counts for: people are no roles, one is not two, and
-- four eyes are more than two.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE ROLE regress_board;
CREATE ROLE regress_anna LOGIN IN ROLE regress_board;
CREATE ROLE regress_ben LOGIN IN ROLE regress_board;
CREATE ROLE regress_carl LOGIN;
CREATE ROLE regress_gate LOGIN;
GRANT regress_anna, regress_ben, regress_carl TO regress_gate;
CREATE FUNCTION ask(flow text, settings jsonb, more jsonb DEFAULT '[]') RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_flow(jsonb_build_object('name', flow, 'restrictAccess', false, 'start', '[{"role": "regress_board"}, {"role": "regress_carl"}]'::jsonb, 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
		jsonb_build_array(jsonb_build_object('name', 'ask', 'kind', 'get_user_confirmation', 'settings', '{"field": "a", "options": ["yes", "no"]}'::jsonb || settings)) || more)))) $$;
CREATE VIEW question AS SELECT max(id) AS id FROM smartwf.confirmations;
GRANT SELECT ON question TO PUBLIC;

-- one person is no quorum, whatever role he takes on
SELECT ask('quorum', '{"users": ["regress_anna", "regress_ben", "regress_board"], "answersNeeded": 2}');
GRANT regress_ben TO regress_anna;
SELECT smartwf.start_flow('quorum') IS NOT NULL;
SET SESSION AUTHORIZATION regress_anna;
SELECT smartwf.person(), smartwf.actor();
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET ROLE regress_ben;
SELECT smartwf.person(), smartwf.actor();
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET ROLE regress_board;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET ROLE;
-- nor by way of her friends
SELECT smartwf.delegate((SELECT id FROM question), 'regress_carl');
RESET SESSION AUTHORIZATION;
SELECT smartwf.start_flow('quorum') IS NOT NULL;
SET SESSION AUTHORIZATION regress_anna;
SELECT smartwf.delegate((SELECT id FROM question), 'regress_carl');
SELECT count(*) FROM smartwf.inbox;
SELECT smartwf.delegate((SELECT id FROM question), 'regress_gate');
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET ROLE regress_ben;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SELECT smartwf.delegate((SELECT id FROM question), 'regress_gate');
SET SESSION AUTHORIZATION regress_carl;
SELECT count(*) FROM smartwf.inbox;
SELECT smartwf.delegate((SELECT id FROM question), 'regress_anna');
SELECT smartwf.delegate((SELECT id FROM question), 'regress_carl');
SELECT smartwf.delegate((SELECT id FROM question), 'nobody');
SELECT smartwf.delegate((SELECT id FROM question), repeat('x', 100000)) IS NULL;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET SESSION AUTHORIZATION regress_ben;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
SELECT actor, person, choice FROM smartwf.answers WHERE confirmation = (SELECT id FROM question) ORDER BY answered_at;
SELECT users, people, excluded FROM smartwf.confirmations WHERE id = (SELECT id FROM question);

-- nor is somebody who runs her code unknowingly another
SELECT smartwf.start_flow('quorum') IS NOT NULL;
CREATE SCHEMA bait AUTHORIZATION regress_ben;
SET SESSION AUTHORIZATION regress_ben;
CREATE FUNCTION bait.sneak(question bigint) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT smartwf.answer_confirmation(question, 'yes') $$;
GRANT USAGE ON SCHEMA bait TO PUBLIC;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET SESSION AUTHORIZATION regress_carl;
SELECT bait.sneak((SELECT id FROM question));
RESET SESSION AUTHORIZATION;
DROP SCHEMA bait CASCADE;

-- behind a gateway the token tells people apart; without a name in it, all of them are one
ALTER ROLE regress_gate SET smartwf.actor_claim = 'sub';
SET smartwf.actor_claim = 'sub';
INSERT INTO smartwf.contacts VALUES ('zoe', 'smtp', 'zoe@example.org');
SELECT ask('people', '{"users": [{"person": "regress_carl"}, {"role": "regress_board"}, "zoe"], "answersNeeded": 2}');
SELECT smartwf.start_flow('people') IS NOT NULL;
SELECT users, people FROM smartwf.confirmations WHERE id = (SELECT id FROM question);
SET SESSION AUTHORIZATION regress_gate;
-- a person by the name of a role is not that role, nor the role that person
SET ROLE regress_carl;
SELECT smartwf.person(), count(*) FROM smartwf.inbox;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET ROLE regress_gate;
SET request.jwt.claims = '{"sub": "regress_board"}';
SELECT smartwf.person(), count(*) FROM smartwf.inbox WHERE confirmation IS NOT NULL;
SET ROLE regress_carl;
SET request.jwt.claims = '{"sub": "regress_carl"}';
SELECT smartwf.person(), count(*) FROM smartwf.inbox;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET request.jwt.claims = '{"sub": "zoe"}';
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'no');
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET request.jwt.claims;
SET ROLE regress_anna;
SELECT smartwf.person();
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
RESET smartwf.actor_claim;
-- a person asked is not the role that comes by that name later
SELECT ask('later', '{"users": ["regress_later"]}');
SELECT smartwf.start_flow('later') IS NOT NULL;
CREATE ROLE regress_later;
SET ROLE regress_later;
SELECT count(*) FROM smartwf.inbox;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET ROLE;
DROP ROLE regress_later;

-- four eyes: neither the starter nor who answered before, whatever role they act as
SELECT ask('eyes', '{"users": ["regress_board"], "excludeStarter": true}',
	'[{"name": "again", "kind": "get_user_confirmation", "settings": {"field": "b", "options": ["yes"], "users": ["regress_board", "regress_carl"], "excludeAnswerersOf": "ask"}}]');
GRANT regress_anna TO regress_carl;
SET SESSION AUTHORIZATION regress_anna;
SELECT smartwf.start_flow('eyes') IS NOT NULL;
SELECT count(*) FROM smartwf.inbox;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET ROLE regress_ben;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET SESSION AUTHORIZATION regress_ben;
SELECT smartwf.delegate((SELECT id FROM question), 'regress_anna');
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SELECT count(*) FROM smartwf.inbox;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
SET SESSION AUTHORIZATION regress_carl;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
-- started as another: the login is who it is
SET ROLE regress_anna;
SELECT smartwf.start_flow('eyes') IS NOT NULL;
RESET ROLE;
SELECT smartwf.answer_confirmation((SELECT id FROM question), 'yes');
RESET SESSION AUTHORIZATION;
-- nobody left to ask
SELECT ask('alone', '{"users": ["regress_anna"], "excludeStarter": true}');
SET SESSION AUTHORIZATION regress_anna;
SELECT smartwf.start_flow('alone') AS run \gset
RESET SESSION AUTHORIZATION;
SELECT status, message FROM smartwf.runs WHERE id = :run;
REVOKE regress_anna FROM regress_carl;

-- a question is one line of the inbox; what is told can be marked read and deleted, by its recipient
SELECT smartwf.define_flow('{"name": "tell", "stages": [{"name": "s", "steps": [{"name": "tell", "kind": "send_notification", "settings": {"channel": "mail", "users": ["regress_anna", "regress_ben"], "message": "hello"}},
 {"name": "ask", "kind": "get_user_confirmation", "settings": {"field": "a", "options": ["yes"], "users": ["regress_anna"], "message": "sure?"}}]}]}');
SELECT smartwf.start_flow('tell') IS NOT NULL;
SET SESSION AUTHORIZATION regress_anna;
SELECT body, notification IS NULL, read_at IS NULL FROM smartwf.inbox WHERE body <> '' ORDER BY at;
SELECT min(notification) AS note FROM smartwf.inbox \gset
SELECT smartwf.mark_read(:note);
SELECT read_at IS NOT NULL FROM smartwf.inbox WHERE notification = :note;
SELECT smartwf.mark_read(:note, false);
SELECT read_at IS NOT NULL FROM smartwf.inbox WHERE notification = :note;
SET SESSION AUTHORIZATION regress_carl;
SELECT smartwf.mark_read(:note);
SELECT smartwf.delete_notification(:note);
SET SESSION AUTHORIZATION regress_anna;
SELECT smartwf.delete_notification(:note);
SELECT count(*) FROM smartwf.inbox WHERE body = 'hello';
RESET SESSION AUTHORIZATION;
SELECT recipient FROM smartwf.notifications WHERE body = 'hello';
-- listening, or not
LISTEN "smartwf:regress_anna";
SET smartwf.notify = off;
SELECT smartwf.start_flow('tell') IS NOT NULL;
SET smartwf.notify = on;
SET SESSION AUTHORIZATION regress_anna;
SET smartwf.notify = off;
RESET SESSION AUTHORIZATION;
UNLISTEN *;
DROP VIEW question;
DROP EXTENSION smartwf;
DROP FUNCTION ask;
DROP OWNED BY regress_anna, regress_ben, regress_carl, regress_gate, regress_board CASCADE;
DROP ROLE regress_anna, regress_ben, regress_carl, regress_gate, regress_board;
