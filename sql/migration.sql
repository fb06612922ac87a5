-- Documents go to another version of their workflow.
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
RESET client_min_messages;
\set VERBOSITY terse
CREATE ROLE regress_admin;
CREATE ROLE regress_clerk;
ALTER DATABASE :DBNAME SET smartwf.admin_role = 'regress_admin';
SET smartwf.admin_role = 'regress_admin';
CREATE SCHEMA migration;
GRANT USAGE ON SCHEMA migration TO PUBLIC;
SET search_path = migration;

CREATE FUNCTION version_of(states text, arcs text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('name', 'LETTER',
		'states', (SELECT jsonb_agg(jsonb_build_object('name', s, 'initial', n = 1) ORDER BY n)
			FROM regexp_split_to_table(states, ' ') WITH ORDINALITY AS t (s, n)),
		'transitions', (SELECT jsonb_agg(jsonb_build_object('name', replace(a, '>', '_to_'),
				'arcs', jsonb_build_array(jsonb_build_object('from', split_part(a, '>', 1), 'to', split_part(a, '>', 2)))))
			FROM regexp_split_to_table(arcs, ' ') AS a))
$$;
CREATE VIEW progress AS
	SELECT id - (SELECT min(id) FROM smartwf.migrations) AS n, version, undoes IS NOT NULL AS undo, status, documents, done,
		failed, message FROM smartwf.migrations ORDER BY id;

SELECT smartwf.define_workflow(version_of('new read sent', 'new>read read>sent'));
CREATE TABLE letter (id int PRIMARY KEY, state text, weight int, CONSTRAINT light CHECK (state <> 'checked' OR weight < 10));
ALTER TABLE letter OWNER TO regress_clerk;
SELECT smartwf.attach('letter', 'LETTER', docid_prefix => 'L');
CREATE VIEW standing AS -- where the documents are
	SELECT s.version, s.state, count(*) FROM letter l, smartwf.document_state('L' || l.id) s GROUP BY 1, 2 ORDER BY 1, 2;
INSERT INTO letter (id, weight) SELECT n, n FROM generate_series(1, 12) n;
UPDATE letter SET state = 'read' WHERE id > 6;
UPDATE letter SET state = 'sent' WHERE id > 11;

-- no state disappears: one row, no line of history, nothing to do
SELECT smartwf.define_workflow(version_of('new read sent lost', 'new>read read>sent read>lost'));
SELECT from_version, state, elements, to_state, verdict, reason FROM smartwf.migration_plan('letter');
SELECT count(*) FROM smartwf.history WHERE docid LIKE 'L%';
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('L7', 'read_to_lost');
RESET ROLE;
SELECT smartwf.start_migration('letter') > 0 AS started;
SELECT * FROM progress;
SELECT count(*) FROM smartwf.history WHERE docid LIKE 'L%';
SELECT * FROM standing;
SELECT version_id <> successor_id AS differs, ended_at FROM smartwf.successions WHERE structure = 'letter';
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('L7', 'read_to_lost');
UPDATE letter SET state = 'lost' WHERE id = 1;
RESET ROLE;
SELECT revision, from_state, to_state, comment FROM smartwf.document_history('L1');
SELECT revision, transition, from_state, to_state, comment FROM smartwf.document_history('L7');
SELECT line ->> 'revision' AS revision, line #>> '{fromState,id}' AS from_state, line #>> '{toState,id}' AS to_state,
		line ->> 'comment' AS comment
	FROM json_array_elements(smartwf.get_history('L7') -> 'data' -> 'history') AS line;
-- a page shows what came between its lines
SELECT line ->> 'revision' AS revision, line ->> 'comment' AS comment
	FROM json_array_elements(smartwf.get_history('L7', before => 2) -> 'data' -> 'history') AS line;
SELECT smartwf.start_migration('letter') > 0 AS again;
SELECT * FROM smartwf.migration_plan('letter');

-- a state that disappears
SELECT smartwf.define_workflow(version_of('new checked sent', 'new>checked checked>sent'));
SELECT smartwf.start_migration('letter');
SELECT smartwf.start_migration('letter', states => '{"read": "nowhere", "lost": "sent"}');
SELECT smartwf.start_migration('letter', states => '["read"]');
SELECT smartwf.start_migration('letter', 9);
SELECT smartwf.start_migration('nothing');
SELECT from_version, state, elements, to_state, verdict, reason, timers, locks, questions, runs
	FROM smartwf.migration_plan('letter', states => '{"read": "checked"}');
SELECT smartwf.lock_element('L8');
SET ROLE regress_admin;
SELECT from_version, state, elements, to_state, verdict, reason, locks
	FROM smartwf.migration_plan('letter', states => '{"read": "checked", "lost": "sent"}');
SELECT plan AS plan FROM smartwf.migration_plan('letter', states => '{"read": "checked", "lost": "sent"}') LIMIT 1 \gset
SELECT smartwf.start_migration('letter', states => '{"read": "checked", "lost": "new"}', plan => :'plan');
SELECT smartwf.start_migration('letter', states => '{"read": "checked", "lost": "sent"}', plan => :'plan') AS third \gset
-- before any worker has come: each document is in a state of the version that it follows
RESET ROLE;
SELECT * FROM standing;
SET ROLE regress_clerk;
SELECT smartwf.pass_transition('L9', 'read_to_sent');
SELECT smartwf.pass_transition('L2', 'new_to_checked');
RESET ROLE;
SELECT smartwf.start_migration('letter', 1);
SET ROLE regress_admin;
CALL smartwf.work_migration(:third);
RESET ROLE;
SELECT * FROM progress;
SELECT docid, status, from_state, sqlstate, message FROM smartwf.migration_documents WHERE migration = :third ORDER BY docid;
SELECT * FROM standing;
SELECT revision, actor, transition, from_state, to_state, comment FROM smartwf.document_history('L1');
-- what was in the way is mended
SELECT smartwf.unlock_element('L8');
UPDATE letter SET weight = 1 WHERE id = 10;
SELECT smartwf.resume_migration(:third);
CALL smartwf.work_migration(:third);
SELECT * FROM progress WHERE n = 2;
UPDATE letter SET weight = 2 WHERE id = 11;
SELECT smartwf.resume_migration(:third);
CALL smartwf.work_migration(:third);
SELECT * FROM progress WHERE n = 2;
SELECT * FROM standing;
SELECT smartwf.resume_migration(:third);
SELECT smartwf.pause_migration(:third);
SELECT smartwf.cancel_migration(:third);
SELECT smartwf.cancel_migration(0);

-- undone
SELECT from_version, state, elements, to_version, to_state, verdict, reason FROM smartwf.migration_undo_plan(:third);
SELECT smartwf.undo_migration(:third);
DELETE FROM letter WHERE id = 2;
SELECT from_version, state, elements, to_version, to_state, verdict, reason FROM smartwf.migration_undo_plan(:third);
SELECT smartwf.undo_migration(:third - 1);
SELECT smartwf.undo_migration(:third) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT * FROM progress;
SELECT * FROM standing;
SELECT revision, transition, from_state, to_state, comment FROM smartwf.document_history('L8');
SELECT revision, transition, from_state, to_state, comment FROM smartwf.document_history('L3');
SELECT smartwf.undo_migration(:third);
SELECT smartwf.undo_migration(:undo);
SELECT smartwf.undo_migration(:third - 1) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT smartwf.undo_migration(:third - 2);
UPDATE letter SET state = 'sent' WHERE state = 'lost';
DELETE FROM letter WHERE id IN (1, 7);
SELECT smartwf.undo_migration(:third - 2) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT * FROM standing;
SELECT revision, transition, from_state, to_state, comment FROM smartwf.document_history('L3');

-- some documents only
SELECT from_version, state, elements, to_state, verdict FROM smartwf.migration_plan('letter', 2, docids => '{L3,L4,L99}');
SELECT smartwf.start_migration('letter', 2, docids => '{L3,L4,L99,L4}') AS some \gset
SELECT smartwf.pause_migration(:some);
CALL smartwf.work_migration(:some);
SELECT * FROM standing;
SELECT smartwf.resume_migration(:some);
CALL smartwf.work_migration(:some);
SELECT * FROM standing;
SELECT revision, from_state, to_state, comment FROM smartwf.document_history('L3') LIMIT 1;
SELECT smartwf.undo_migration(:some) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT * FROM standing;

-- down to an earlier version, all in one transaction, and up again
SELECT smartwf.migrate('letter');
SELECT smartwf.migrate('letter', states => '{"read": "sent", "lost": "sent"}');
SELECT * FROM standing;
SELECT smartwf.migrate('letter', 1, '{"checked": "read"}');
INSERT INTO letter (id, weight) VALUES (20, 1);
SELECT * FROM standing;
SELECT smartwf.start_migration('letter', 3, docids => '{L20}');
SELECT smartwf.migrate('letter', 3, '{"read": "sent", "lost": "sent"}');
SELECT * FROM standing;
SELECT smartwf.migrate('letter', 3);
-- born in the version, moved away from it, and back
SELECT smartwf.start_migration('letter', 1, '{"sent": "new"}') AS away \gset
CALL smartwf.work_migration(:away);
SELECT * FROM standing;
SELECT smartwf.undo_migration(:away) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT * FROM standing;
SELECT * FROM smartwf.migration_plan('letter', 1, '[]');

-- neither rights nor policies: an administrator who has none on the table, whose owner acts
ALTER TABLE letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE letter FORCE ROW LEVEL SECURITY;
SET ROLE regress_admin;
SELECT from_version, state, elements, to_state, verdict FROM smartwf.migration_plan('letter', 1, '{"checked": "read"}');
SELECT smartwf.start_migration('letter', 1, '{"sent": "new"}') AS forced \gset
CALL smartwf.work_migration(:forced);
RESET ROLE;
ALTER TABLE letter NO FORCE ROW LEVEL SECURITY;
SELECT * FROM standing;
SELECT DISTINCT actor FROM smartwf.history WHERE comment = 'version 1' AND from_state = 'sent';

-- whatever the table has its owner do, it does as the owner, with the names of its schema; and a trigger of
-- the table may move a document before its turn comes
DROP VIEW standing;
DROP TABLE letter;
GRANT CREATE ON SCHEMA migration TO regress_clerk;
SET ROLE regress_clerk;
CREATE TABLE acted (who name, state text);
CREATE TABLE card (id int PRIMARY KEY, state text);
CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO acted VALUES (current_user, NEW.state);
	IF NEW.id = 1 AND NEW.state = 'd' THEN
		UPDATE card SET state = 'c' WHERE id = 2;
	END IF;
	RETURN NEW;
END
$$;
RESET ROLE;
SELECT smartwf.define_workflow(replace(version_of('a b c', 'a>b b>c')::text, 'LETTER', 'CARD')::jsonb);
SELECT smartwf.attach('card', 'CARD', docid_prefix => 'C');
INSERT INTO card (id) VALUES (1), (2), (3);
UPDATE card SET state = 'b';
CREATE TRIGGER act BEFORE UPDATE ON card FOR EACH ROW EXECUTE FUNCTION act();
SELECT smartwf.define_workflow(replace(version_of('a d c', 'a>d d>c')::text, 'LETTER', 'CARD')::jsonb);
SET search_path = pg_catalog;
BEGIN;
SELECT smartwf.migrate('card', states => '{"b": "d"}');
SELECT id, state FROM migration.card ORDER BY id;
SELECT DISTINCT who FROM migration.acted;
ROLLBACK;
SELECT smartwf.start_migration('card', states => '{"b": "d"}') AS card \gset
CALL smartwf.work_migration(:card);
SET search_path = migration;
SELECT id, state FROM card ORDER BY id;
SELECT DISTINCT who FROM acted;
SELECT status, documents, done, failed FROM smartwf.migrations WHERE id = :card;
SELECT revision, transition, from_state, to_state, comment FROM smartwf.document_history('C2');
DROP TABLE card, acted;
DROP FUNCTION act;

-- for administrators alone
SET ROLE regress_clerk;
SELECT * FROM smartwf.migration_plan('letter');
SELECT smartwf.start_migration('letter');
SELECT smartwf.finish_migration(:forced);
SELECT smartwf.undo_migration(:forced);
SELECT smartwf.migrate('letter');
CALL smartwf.work_migration(:forced);
SELECT count(*) FROM smartwf.migrations;
SELECT smartwf.start_migration_as_owner('letter', 1, '{}', NULL, NULL);
SELECT * FROM smartwf.refused_rows('letter', '{new}', '{sent}');
RESET ROLE;
CALL smartwf.work_migration(NULL);
CALL smartwf.work_migration(0);
BEGIN;
CALL smartwf.work_migration(:forced);
ROLLBACK;


-- timers follow by their names; a partitioned table whose states are an enum
CREATE TYPE phase AS ENUM ('open', 'waiting', 'closed');
CREATE TABLE ticket (id text, part int, state phase, due date, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
CREATE TABLE ticket1 PARTITION OF ticket FOR VALUES IN (1);
CREATE TABLE ticket2 (state phase, due date, part int NOT NULL, id text NOT NULL);
ALTER TABLE ticket ATTACH PARTITION ticket2 FOR VALUES IN (2);
CREATE FUNCTION ticket_version(states jsonb, timers jsonb, of_wait jsonb, final text) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_workflow(jsonb_build_object('name', 'TICKET', 'states', states, 'timers', timers, 'transitions',
		jsonb_build_array(jsonb_build_object('name', 'wait', 'arcs', '[{"from": "open", "to": "waiting"}]'::jsonb, 'timers', of_wait),
			jsonb_build_object('name', 'end', 'arcs', jsonb_build_array(jsonb_build_object('from', 'waiting', 'to', final))))))
$$;
SELECT ticket_version('[{"name": "open", "initial": true, "timer": "remind"}, {"name": "waiting"}]',
	'[{"name": "remind", "tasks": [{"delta": "1 day", "kind": "go_to_state", "settings": {"state": "waiting"}},
		{"delta": "2 days", "kind": "go_to_state", "settings": {"state": "waiting"}}]},
	  {"name": "watch", "tasks": [{"delta": "10 days", "kind": "go_to_state", "settings": {"state": "open"}}]}]',
	'[{"timer": "watch", "action": "persistent"}]', 'open');
SELECT smartwf.attach('ticket', 'TICKET', docid_column => 'id');
INSERT INTO ticket VALUES ('a', 1, NULL, '2030-01-01'), ('b', 2, NULL, '2030-01-01');
SELECT smartwf.pass_transition('b', 'wait') #>> '{state,id}';
SELECT smartwf.advance_clock('25 hours') IS NOT NULL AS later;
CALL smartwf.work();
CREATE VIEW due AS SELECT docid, timer, task, action, reference_column,
	round(extract(epoch FROM due_at - CASE WHEN reference_column IS NULL THEN attached_at ELSE '2030-01-01 00:00Z' END) / 3600)
		AS hours, version FROM smartwf.element_timers JOIN smartwf.workflows w ON w.id = workflow_id ORDER BY 1, 2, 3;
INSERT INTO ticket VALUES ('c', 2, NULL, '2030-01-01'), ('d', 2, NULL, '2030-01-01');
SELECT docid, timer, task, action, version FROM due;
-- remind has another task and another rhythm, watch is gone, and waiting has a timer
SELECT ticket_version('[{"name": "open", "initial": true, "timer": "remind"}, {"name": "waiting", "timer": "hurry"}, {"name": "closed"}]',
	'[{"name": "remind", "tasks": [{"delta": "12 hours", "kind": "go_to_state", "settings": {"state": "waiting"}},
		{"delta": "3 days", "kind": "go_to_state", "settings": {"state": "waiting"}},
		{"delta": "5 days", "kind": "go_to_state", "settings": {"state": "waiting"}}]},
	  {"name": "hurry", "column": "due", "delta": "-1 day", "tasks": [{"delta": "0", "kind": "go_to_state", "settings": {"state": "closed"}}]}]',
	'[]', 'closed');
SELECT from_version, state, elements, verdict, reason, timers FROM smartwf.migration_plan('ticket');
SELECT smartwf.start_migration('ticket') AS ticket \gset
-- a timer that falls due before a worker has come to its document is that of the version that it follows
SELECT docid, timer, version FROM due WHERE docid = 'd';
CALL smartwf.work_migration(:ticket);
SELECT status, documents, done, failed FROM smartwf.migrations WHERE id = :ticket;
SELECT docid, status, message FROM smartwf.migration_documents WHERE migration = :ticket ORDER BY docid;
SELECT * FROM due;
SELECT smartwf.undo_migration(:ticket) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT status, documents, done, failed FROM smartwf.migrations WHERE id = :undo;
SELECT * FROM due;

-- documents of a version that is published while a migration runs are none of its business
CREATE FUNCTION parcel_version(states text[]) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_workflow(jsonb_build_object('name', 'PARCEL', 'timers', '[{"name": "remind", "tasks": [
		{"delta": "1 day", "kind": "go_to_state", "settings": {"state": "here"}}]}]'::jsonb, 'states', (SELECT
		jsonb_agg(jsonb_build_object('name', s, 'initial', n = 1, 'timer', CASE n WHEN 1 THEN 'remind' END))
		FROM unnest(states) WITH ORDINALITY u (s, n)), 'transitions', jsonb_build_array(jsonb_build_object('name', 'carry',
		'arcs', jsonb_build_array(jsonb_build_object('from', states[1], 'to', states[2]))))))
$$;
CREATE TABLE parcel (id text PRIMARY KEY, state text);
SELECT parcel_version('{here,there}');
SELECT smartwf.attach('parcel', 'PARCEL');
INSERT INTO parcel VALUES ('first');
SELECT smartwf.start_migration('parcel', 1, '{"gone": "there"}') AS parcel \gset
SELECT parcel_version('{here,gone,there}');
INSERT INTO parcel VALUES ('second'), ('third');
UPDATE parcel SET state = 'gone' WHERE id = 'third';
CALL smartwf.work_migration(:parcel);
SELECT status, documents FROM smartwf.migrations WHERE id = :parcel;
CREATE VIEW places AS SELECT p.id, p.state, w.version, d.version AS version_told, t.version AS version_of_timer
	FROM parcel p JOIN smartwf.standings w ON w.docid = p.id CROSS JOIN LATERAL smartwf.document_state(p.id) d
	LEFT JOIN due t ON t.docid = p.id ORDER BY p.id;
SELECT * FROM places;

-- who comes back to a migration that has failed, but too late
CREATE FUNCTION not_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'not here';
END
$$;
CREATE TRIGGER not_here BEFORE UPDATE ON parcel FOR EACH ROW WHEN (NEW.state = 'here') EXECUTE FUNCTION not_here();
SELECT smartwf.start_migration('parcel', 1, '{"gone": "here"}') AS failed \gset
CALL smartwf.work_migration(:failed);
SELECT status, documents, failed FROM smartwf.migrations WHERE id = :failed;
SELECT * FROM places;
SELECT smartwf.start_migration('parcel', 2) AS later \gset
SELECT smartwf.resume_migration(:failed);
CALL smartwf.work_migration(:later);
SELECT smartwf.resume_migration(:failed);
SELECT smartwf.undo_migration(:later) AS undo \gset
SELECT smartwf.resume_migration(:failed);
CALL smartwf.work_migration(:undo);
DROP TRIGGER not_here ON parcel;
SELECT smartwf.resume_migration(:failed);
CALL smartwf.work_migration(:failed);
SELECT status, documents, failed FROM smartwf.migrations WHERE id = :failed;
SELECT * FROM places;

-- back to a version that the structure had left before, and to none in which a document was born
SELECT parcel_version('{there,here}');
SELECT smartwf.migrate('parcel', 3);
SELECT * FROM places;
SELECT smartwf.start_migration('parcel', 1) AS back \gset
CALL smartwf.work_migration(:back);
SELECT * FROM places;
SELECT smartwf.undo_migration(:back) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT * FROM places;
SELECT transition, from_state, to_state, comment FROM smartwf.document_history('first');
SELECT parcel_version('{here,stray}');
SELECT smartwf.migrate('parcel', 4);
SELECT smartwf.pass_transition('third', 'carry') #>> '{state,id}';
SELECT smartwf.migrate('parcel', 1, '{"stray": "there"}');
SELECT max(id) AS back FROM smartwf.migrations \gset
SELECT from_version, state, elements, to_version, to_state, verdict, reason FROM smartwf.migration_undo_plan(:back);
SELECT smartwf.undo_migration(:back) AS undo \gset
CALL smartwf.work_migration(:undo);
SELECT * FROM places;

-- documents that could not be moved, and are born again in a version that is published since
INSERT INTO parcel VALUES ('fourth');
UPDATE parcel SET state = 'stray' WHERE id = 'fourth';
CREATE TRIGGER not_here BEFORE UPDATE ON parcel FOR EACH ROW WHEN (NEW.state = 'here') EXECUTE FUNCTION not_here();
SELECT smartwf.start_migration('parcel', 1, '{"stray": "here"}') AS failed \gset
CALL smartwf.work_migration(:failed);
SELECT parcel_version('{here,new}');
DELETE FROM parcel WHERE id IN ('third', 'fourth');
INSERT INTO parcel VALUES ('third'), ('fourth');
UPDATE parcel SET state = 'new' WHERE id = 'fourth';
SELECT * FROM places;
SELECT smartwf.resume_migration(:failed);
CALL smartwf.work_migration(:failed);
SELECT status, documents, done, failed FROM smartwf.migrations WHERE id = :failed;
SELECT * FROM places;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA migration CASCADE;
DROP EXTENSION smartwf;
ALTER DATABASE :DBNAME RESET smartwf.admin_role;
DROP ROLE regress_admin, regress_clerk;
