-- Migrations are started, paused, cancelled and undone.

CREATE FUNCTION smartwf.refuse_second_migration(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'migration % of structure "%" has not ended', (SELECT m.id FROM smartwf.migrations m
			WHERE m.structure = refuse_second_migration.structure AND m.status IN ('running', 'paused')), structure
		USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait for its end, or cancel it.';
END
$$;
COMMENT ON FUNCTION smartwf.refuse_second_migration(text) IS
'Raises 55000, since another migration of a structure (text) has not ended.';

CREATE FUNCTION smartwf.open_migration(structure text, target smartwf.workflows, states jsonb, by_docid boolean,
	undoes bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	opened bigint;
BEGIN
	INSERT INTO smartwf.migrations (structure, version_id, version, states, by_docid, undoes, actor, actor_is_person,
			due_at)
		VALUES (structure, target.id, target.version, states, by_docid, undoes, smartwf.actor(),
			smartwf.actor_is_person(), clock_timestamp())
		ON CONFLICT DO NOTHING RETURNING id INTO opened;
	IF opened IS NULL THEN
		PERFORM smartwf.refuse_second_migration(structure);
	END IF;
	RETURN opened;
END
$$;
COMMENT ON FUNCTION smartwf.open_migration(text, smartwf.workflows, jsonb, boolean, bigint) IS
'Stores a new migration of a structure (text) to a version (a row of smartwf.workflows), with states (jsonb), by_docid '
'(boolean), and the migration that it undoes (bigint). Returns its id (bigint). Raises 55000 if another migration of '
'the structure has not ended.';

-- Documents in a state that is not there any more, and for which no other is given
CREATE FUNCTION smartwf.homeless_documents(s smartwf.structures, target smartwf.workflows, states jsonb, docids text[])
	RETURNS text[]
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	homeless text[] := ARRAY(SELECT c.state FROM unnest(smartwf.changing_states(target.id, states)) AS c (state)
		WHERE NOT states ? c.state);
BEGIN
	IF cardinality(homeless) = 0 THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT array_agg(format('CRUD0228 %s: state "%s" is not available for workflow "%s" version %s', r.docid,
			r.state, target.name, target.version) ORDER BY r.docid)
		FROM (SELECT x.docid, x.state FROM smartwf.rows_in_states(s.name, homeless) x
			WHERE docids IS NULL OR x.docid = ANY (docids) ORDER BY x.docid LIMIT 100) r);
END
$$;
COMMENT ON FUNCTION smartwf.homeless_documents(smartwf.structures, smartwf.workflows, jsonb, text[]) IS
'Returns one line (text[]), at most one hundred, for each document of a structure (a row of smartwf.structures), or '
'among docids (text[]), whose state a version (a row of smartwf.workflows) does not have and states (jsonb) does not '
'map; null if there are none.';

-- One moment for all that changes, since history tells what was followed before and after it.
CREATE FUNCTION smartwf.move_structure(s smartwf.structures, target smartwf.workflows) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	moment timestamptz := clock_timestamp();
BEGIN
	INSERT INTO smartwf.successions (structure, version_id, successor_id, at, actor)
	SELECT s.name, w.id, target.id, moment, smartwf.actor() FROM smartwf.workflows w
	WHERE w.name = target.name AND w.status = 'published' AND w.id <> target.id
		AND target.id IS DISTINCT FROM (SELECT x.successor_id FROM smartwf.successions x
			WHERE x.structure = s.name AND x.version_id = w.id AND x.ended_at IS NULL ORDER BY x.id DESC LIMIT 1)
	ORDER BY w.id;
	-- a structure that had left the version comes back to it
	UPDATE smartwf.successions x SET ended_at = moment, ended_by = smartwf.actor()
	WHERE x.structure = s.name AND x.version_id = target.id AND x.ended_at IS NULL;
END
$$;
COMMENT ON FUNCTION smartwf.move_structure(smartwf.structures, smartwf.workflows) IS
'Has the documents of a structure (a row of smartwf.structures) follow another version (a row of smartwf.workflows), '
'as far as it has their states.';

-- What had ended begins anew: the rows tell what was followed at any time.
CREATE FUNCTION smartwf.move_structure_back(m smartwf.migrations) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	moment timestamptz := clock_timestamp();
BEGIN
	UPDATE smartwf.successions x SET ended_at = moment, ended_by = smartwf.actor()
	WHERE x.structure = m.structure AND x.at >= m.started_at AND x.ended_at IS NULL;
	INSERT INTO smartwf.successions (structure, version_id, successor_id, at, actor)
	SELECT x.structure, x.version_id, x.successor_id, moment, smartwf.actor() FROM smartwf.successions x
	WHERE x.structure = m.structure AND x.at < m.started_at AND x.ended_at >= m.started_at
	ORDER BY x.id;
END
$$;
COMMENT ON FUNCTION smartwf.move_structure_back(smartwf.migrations) IS
'Has the documents of a structure follow the versions again that they followed before a migration (a row of '
'smartwf.migrations).';

CREATE FUNCTION smartwf.start_migration_as_owner(structure text, version int, states jsonb, docids text[], plan text)
	RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures := smartwf.structure_to_move(structure);
	target smartwf.workflows := smartwf.version_to_follow(s.workflow, version);
	started bigint;
	elsewhere int;
BEGIN
	PERFORM smartwf.require_object(states, 'states', 'state');
	PERFORM smartwf.refuse(format('migration of structure "%s"', structure), smartwf.mapping_faults(target.id, states)
		|| ARRAY(SELECT smartwf.attachment_faults(smartwf.attached_relation(structure), target.id, s.state_column,
			s.docid_column))
		|| smartwf.homeless_documents(s, target, states, docids));
	IF plan <> smartwf.plan_checksum(s, target.id, states, docids) THEN
		RAISE EXCEPTION 'the plan of this migration is out of date' USING ERRCODE = 'WF412',
			DETAIL = 'The structure, its table, or a version of its workflow has changed since, or the arguments differ.',
			HINT = 'Call smartwf.migration_plan() again.';
	END IF;
	started := smartwf.open_migration(structure, target, states, docids IS NOT NULL, NULL);
	IF docids IS NULL THEN
		PERFORM smartwf.move_structure(s, target);
	ELSE
		SELECT w.version INTO elsewhere FROM smartwf.successions x JOIN smartwf.workflows w ON w.id = x.successor_id
			WHERE x.structure = s.name AND x.version_id = target.id AND x.ended_at IS NULL ORDER BY x.id DESC LIMIT 1;
		IF elsewhere IS NOT NULL THEN
			RAISE EXCEPTION 'documents of version % of workflow "%" follow version %', target.version, target.name,
				elsewhere USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = format('Structure "%s" has been moved from the one to the other.', structure);
		END IF;
		PERFORM smartwf.list_named_documents(started, s, target, states, docids);
	END IF;
	IF docids IS NULL AND smartwf.changing_states(target.id, states) = '{}' AND NOT smartwf.timers_exist(s.workflow) THEN
		PERFORM smartwf.end_migration(started);
	END IF;
	RETURN started;
END
$$;
COMMENT ON FUNCTION smartwf.start_migration_as_owner(text, int, jsonb, text[], text) IS
'What smartwf.start_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.list_named_documents(migration bigint, s smartwf.structures, target smartwf.workflows,
	states jsonb, docids text[]) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	WITH listed AS (
		INSERT INTO smartwf.migration_documents (migration, docid, version_id)
		SELECT migration, e.docid, target.id
		FROM (SELECT DISTINCT d.docid FROM unnest(docids) AS d (docid)) d
			JOIN smartwf.elements e ON e.docid = d.docid AND e.structure = s.name AND e.deleted_at IS NULL
			CROSS JOIN LATERAL smartwf.last_line(e.docid) l
		WHERE smartwf.followed_version(s.name, l.version_id, l.state) <> target.id
		RETURNING 1)
	UPDATE smartwf.migrations m SET documents = (SELECT count(*) FROM listed) WHERE m.id = migration
$$;
COMMENT ON FUNCTION smartwf.list_named_documents(bigint, smartwf.structures, smartwf.workflows, jsonb, text[]) IS
'Lists those documents among docids (text[]) that a migration (bigint) of a structure (a row of smartwf.structures) to '
'a version (a row of smartwf.workflows) has to move.';

CREATE FUNCTION smartwf.start_migration(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docids text[] DEFAULT NULL, plan text DEFAULT NULL) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.start_migration(text, int, jsonb, text[], text) IS
'Moves the documents of a structure to another version of its workflow. structure (text): the structure; version '
'(int): a published version, by default the newest; states (jsonb): an object that maps states which the version does '
'not have to states that it has; docids (text[]): if given, only these documents are moved; plan (text): the checksum '
'that smartwf.migration_plan() has told, if the migration must be what it said. Documents whose state the version has '
'follow it as soon as the transaction commits, however many they are. Those that get another state, those with timers '
'and those named by docids are worked off in batches by the workers, or by CALL smartwf.work_migration(). Returns the id '
'of the migration (bigint), a row of smartwf.migrations that shows its progress. Documents that the plan says cannot '
'move, because of a constraint or a lock, do not keep it from starting: they stay where they are, and it ends as failed. '
'Raises 42501 unless the caller is an '
'administrator, 42704 if there is no such structure or published version, WF001 with one line of DETAIL for each '
'fault, such as a document whose state has no target, WF412 if what the plan rests on has changed, WF400 if states is '
'no object, and 55000 if another migration of the structure has not ended.';

-- Steering

CREATE FUNCTION smartwf.migration_to_steer(migration bigint) RETURNS smartwf.migrations
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations;
BEGIN
	-- waits for the end of the present batch
	SELECT * INTO m FROM smartwf.migrations x WHERE x.id = migration FOR UPDATE;
	IF m.id IS NULL THEN
		RAISE EXCEPTION 'there is no migration %', migration USING ERRCODE = 'undefined_object';
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION smartwf.migration_to_steer(bigint) IS
'Returns and locks a migration (bigint, its id; a row of smartwf.migrations). Raises 42704 if there is none.';

CREATE FUNCTION smartwf.require_last_migration(m smartwf.migrations) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	later bigint := (SELECT max(x.id) FROM smartwf.migrations x WHERE x.structure = m.structure AND x.id > m.id
		AND x.undoes IS NULL AND x.status <> 'undone');
BEGIN
	IF later IS NOT NULL THEN
		RAISE EXCEPTION 'migration % of structure "%" came later', later, m.structure
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Undo the last one first.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_last_migration(smartwf.migrations) IS
'Raises 55000 if a migration of the same structure came later than a migration (a row of smartwf.migrations), and has '
'not been undone.';

CREATE FUNCTION smartwf.steer_migration(migration bigint, verb text, wanted text[], status text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_steer(migration);
BEGIN
	IF m.status <> ALL (wanted) THEN
		RAISE EXCEPTION 'migration % cannot be %, since it is %', migration, verb, m.status
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	UPDATE smartwf.migrations x SET status = steer_migration.status, changed_at = clock_timestamp(), message = NULL,
		finished_at = CASE WHEN steer_migration.status = 'cancelled' THEN clock_timestamp() END,
		due_at = CASE WHEN steer_migration.status = 'running' THEN clock_timestamp() END,
		position = CASE m.status WHEN 'failed' THEN '' ELSE x.position END
		WHERE x.id = migration;
END
$$;
COMMENT ON FUNCTION smartwf.steer_migration(bigint, text, text[], text) IS
'Changes the status of a migration (bigint) that has one of some statuses (wanted, text[]) to another one (status, '
'text). verb (text) is for the message. Raises 42704 if there is no such migration, and 55000 if it has another '
'status.';

CREATE FUNCTION smartwf.pause_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.steer_migration(migration, 'paused', '{running}', 'paused')
$$;
COMMENT ON FUNCTION smartwf.pause_migration_as_owner(bigint) IS
'What smartwf.pause_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.resume_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_steer(migration);
BEGIN
	PERFORM smartwf.require_last_migration(m);
	BEGIN
		PERFORM smartwf.steer_migration(migration, 'resumed', '{paused,failed}', 'running');
	EXCEPTION WHEN unique_violation THEN
		PERFORM smartwf.refuse_second_migration(m.structure);
	END;
	UPDATE smartwf.migrations x SET failed = 0, finished_at = NULL WHERE x.id = migration RETURNING * INTO m;
	UPDATE smartwf.migration_documents d SET status = 'pending', sqlstate = NULL, message = NULL, pass = m.pass
		WHERE d.migration = m.id AND d.status = 'failed';
END
$$;
COMMENT ON FUNCTION smartwf.resume_migration_as_owner(bigint) IS
'What smartwf.resume_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.cancel_migration_as_owner(migration bigint) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT smartwf.steer_migration(migration, 'cancelled', '{running,paused,failed}', 'cancelled');
	DELETE FROM smartwf.migration_documents d
		WHERE d.migration = cancel_migration_as_owner.migration AND d.status = 'pending'
$$;
COMMENT ON FUNCTION smartwf.cancel_migration_as_owner(bigint) IS
'What smartwf.cancel_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.pause_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.pause_migration(bigint) IS
'Pauses a running migration (bigint, its id) after the present batch. Documents that have moved follow the other '
'version, those that have not keep theirs. Raises 42501 unless the caller is an administrator, 42704 if there is no '
'such migration, and 55000 if it is not running.';

CREATE FUNCTION smartwf.resume_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.resume_migration(bigint) IS
'Goes on with a migration (bigint, its id) that was paused, or of which documents have failed: these are tried again. '
'Raises 42501 unless the caller is an administrator, 42704 if there is no such migration, and 55000 if it is neither '
'paused nor failed, or if a later one of the structure was not undone.';

CREATE FUNCTION smartwf.cancel_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.cancel_migration(bigint) IS
'Cancels a migration (bigint, its id) after the present batch. Documents that have moved stay where they are (see '
'smartwf.undo_migration()), those that have not keep their version and state. Raises 42501 unless the caller is an '
'administrator, 42704 if there is no such migration, and 55000 if it has ended.';

-- Undo

CREATE FUNCTION smartwf.migration_to_undo(migration bigint) RETURNS smartwf.migrations
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_steer(migration);
BEGIN
	PERFORM smartwf.require_last_migration(m);
	IF m.undoes IS NOT NULL OR m.status NOT IN ('finished', 'failed', 'cancelled') THEN
		RAISE EXCEPTION 'migration % cannot be undone, since it %', migration, CASE WHEN m.undoes IS NOT NULL
			THEN 'undoes another one' ELSE 'is ' || m.status END
			USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = 'A migration that runs can be cancelled, and then undone.';
	END IF;
	RETURN m;
END
$$;
COMMENT ON FUNCTION smartwf.migration_to_undo(bigint) IS
'Returns and locks a migration (bigint, its id; a row of smartwf.migrations) that is to be undone. Raises 42704 if '
'there is none, and 55000 if it cannot be undone: it has not ended, was undone, or a later one was not.';

-- Documents that do not simply follow the version of before again: the migration, or a change
-- since, has written the version into their history.
CREATE FUNCTION smartwf.documents_to_return(m smartwf.migrations)
	RETURNS TABLE (docid text, from_id int, state text, version_id int, to_state text, revision int, is_locked boolean,
		refusal text)
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	WITH known AS MATERIALIZED (
		SELECT e.docid, l.revision, l.workflow_id AS version_id, l.to_state AS state, d.from_id, p.workflow_id AS before_id,
			coalesce(d.from_state, l.from_state) AS from_state,
			CASE WHEN m.by_docid THEN d.revision = l.revision ELSE l.is_written END AS is_as_left,
			e.locked_by IS NOT NULL AND NOT (e.locked_by = smartwf.actor()
				AND coalesce(e.locked_by_person, false) = smartwf.actor_is_person()) AS is_locked
		FROM smartwf.elements e CROSS JOIN LATERAL (
				-- the migration has written it if it changed the state, without a transition, in its name and time
				SELECT h.*, h.transition IS NULL AND h.from_state <> h.to_state AND h.actor = m.actor
					AND h.comment = format('version %s', m.version) AND h.at BETWEEN m.started_at AND m.finished_at AS is_written
				FROM smartwf.history h WHERE h.docid = e.docid ORDER BY h.revision DESC LIMIT 1) l
			LEFT JOIN smartwf.migration_documents d ON m.by_docid AND (d.migration, d.docid, d.status) = (m.id, e.docid, 'done')
			LEFT JOIN LATERAL (
				-- the last line of before, unless the document was born since
				SELECT h.workflow_id, h.to_state FROM smartwf.history h WHERE h.docid = e.docid AND h.revision < l.revision
					AND (h.at < m.started_at OR h.to_state IS NULL OR h.workflow_id <> m.version_id AND h.at <= m.finished_at)
				ORDER BY h.revision DESC LIMIT 1) p ON l.at >= m.started_at
		WHERE e.structure = m.structure AND e.deleted_at IS NULL AND l.workflow_id = m.version_id
			AND CASE WHEN m.by_docid THEN d.docid IS NOT NULL ELSE p.to_state IS NOT NULL END
	), back AS MATERIALIZED (
		SELECT k.*, CASE WHEN k.is_as_left THEN k.from_state ELSE k.state END AS goes_to FROM known k
	), pair AS (
		SELECT array_agg(p.state) AS states, array_agg(p.goes_to) AS goals
		FROM (SELECT DISTINCT b.state, b.goes_to FROM back b WHERE b.state <> b.goes_to) p
	), refused AS (
		SELECT f.* FROM pair p, smartwf.refused_rows(m.structure, p.states, p.goals) f)
	SELECT b.docid, b.version_id, b.state, v.version_id, b.goes_to, b.revision, b.is_locked,
		(SELECT f.reason FROM refused f WHERE f.docid = b.docid AND b.is_as_left LIMIT 1)
	FROM back b CROSS JOIN LATERAL (SELECT coalesce(CASE WHEN b.is_as_left THEN b.from_id END,
			smartwf.version_before(m, coalesce(b.from_id, b.before_id), b.goes_to)) AS version_id) v
	WHERE v.version_id IS DISTINCT FROM m.version_id OR b.goes_to <> b.state
$$;
COMMENT ON FUNCTION smartwf.documents_to_return(smartwf.migrations) IS
'Returns the documents that must be touched to undo a migration (a row of smartwf.migrations): the version that they '
'follow (from_id, int, its id) and their state, the version that they go back to (version_id, int, its id), null if it '
'does not have their state, the state that they go back to (to_state, text), their revision (int), whether somebody '
'else has locked them (boolean), and the constraint that the state would break (refusal, text).';

CREATE FUNCTION smartwf.migration_undo_plan_as_owner(migration bigint, OUT from_version int, OUT state text,
	OUT elements bigint, OUT to_version int, OUT to_state text, OUT verdict text, OUT reason text) RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_undo(migration);
BEGIN
	RETURN QUERY
	WITH judged AS (
		SELECT d.*, CASE WHEN d.version_id IS NULL
				THEN 'it has come to a state since that the version of before does not have'
			WHEN d.refusal IS NOT NULL THEN d.refusal
			WHEN d.is_locked AND d.to_state <> d.state THEN 'somebody has locked the document' END AS obstacle
		FROM smartwf.documents_to_return(m) d)
	SELECT f.version, j.state, count(*), t.version, j.to_state,
		CASE WHEN j.obstacle IS NOT NULL THEN 'cannot' WHEN j.to_state <> j.state THEN 'changes' ELSE 'follows' END,
		j.obstacle
	FROM judged j JOIN smartwf.workflows f ON f.id = j.from_id LEFT JOIN smartwf.workflows t ON t.id = j.version_id
	GROUP BY f.version, j.state, t.version, j.to_state, j.obstacle
	ORDER BY f.version, j.state COLLATE "C", t.version, j.to_state COLLATE "C", j.obstacle COLLATE "C" NULLS FIRST;
END
$$;
COMMENT ON FUNCTION smartwf.migration_undo_plan_as_owner(bigint) IS
'What smartwf.migration_undo_plan() does, as the owner of the extension.';

CREATE FUNCTION smartwf.migration_undo_plan(migration bigint, OUT from_version int, OUT state text,
	OUT elements bigint, OUT to_version int, OUT to_state text, OUT verdict text, OUT reason text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.migration_undo_plan(bigint) IS
'Returns what smartwf.undo_migration() would do with documents that it has to touch, because the migration (bigint, its '
'id) has changed their state or they have changed it since: the version that they follow (from_version, int), their '
'state (text), how many documents (elements, bigint), the version and state that they would go back to (to_version, '
'int, and to_state, text), verdict (text: follows, changes or cannot) and reason (text). All others follow the version '
'of before again. Nothing is written. Raises 42501 unless the caller is an administrator, 42704 if there is no such '
'migration, and 55000 if it cannot be undone: it has not ended, was undone, or a later one was not.';

CREATE FUNCTION smartwf.undo_migration_as_owner(migration bigint) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations := smartwf.migration_to_undo(migration);
	s smartwf.structures := smartwf.structure_to_move(m.structure);
	target smartwf.workflows;
	undo bigint;
	faults text[];
	listed bigint;
BEGIN
	SELECT array_agg(format('CRUD0228 %s documents in state "%s": %s', p.elements, p.state, p.reason)) INTO faults
		FROM smartwf.migration_undo_plan_as_owner(migration) p WHERE p.verdict = 'cannot';
	PERFORM smartwf.refuse(format('undo of migration %s', migration), faults);
	SELECT * INTO target FROM smartwf.workflows w WHERE w.id = m.version_id;
	undo := smartwf.open_migration(m.structure, target, '{}', m.by_docid, m.id);
	INSERT INTO smartwf.migration_documents (migration, docid, version_id, to_state, at_revision)
		SELECT undo, d.docid, d.version_id, d.to_state, d.revision FROM smartwf.documents_to_return(m) d;
	GET DIAGNOSTICS listed = ROW_COUNT;
	PERFORM smartwf.move_structure_back(m);
	-- timers go back, too
	INSERT INTO smartwf.migration_documents (migration, docid, version_id)
		SELECT DISTINCT undo, t.docid, smartwf.version_before(m, l.version_id, l.state)
		FROM smartwf.element_timers t JOIN smartwf.elements e ON e.docid = t.docid
			CROSS JOIN LATERAL smartwf.last_line(t.docid) l
		WHERE e.structure = m.structure AND t.workflow_id = m.version_id
			AND smartwf.version_before(m, l.version_id, l.state) <> m.version_id
		ON CONFLICT DO NOTHING;
	UPDATE smartwf.migrations x SET documents = (SELECT count(*) FROM smartwf.migration_documents d
		WHERE d.migration = undo) WHERE x.id = undo RETURNING x.documents INTO listed;
	IF listed = 0 THEN
		PERFORM smartwf.end_migration(undo);
	END IF;
	RETURN undo;
END
$$;
COMMENT ON FUNCTION smartwf.undo_migration_as_owner(bigint) IS
'What smartwf.undo_migration() does, as the owner of the extension.';

CREATE FUNCTION smartwf.undo_migration(migration bigint) RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.undo_migration(bigint) IS
'Undoes a migration (bigint, its id): its documents follow the version of before again, and those whose state it has '
'changed get that back, unless they have changed it since; then they keep it. Nothing is erased: the history shows '
'both. Documents that must be touched are worked off in batches, as smartwf.start_migration() does. Returns the id of '
'the migration that undoes (bigint). Raises 42501 unless the caller is an administrator, 42704 if there is no such '
'migration, WF001 with one line of DETAIL for each kind of documents that cannot go back (see '
'smartwf.migration_undo_plan()), and 55000 if the migration cannot be undone: it has not ended, was undone, or a later '
'one was not.';

-- At once, in the caller's transaction

CREATE FUNCTION smartwf.finish_migration(migration bigint) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_finish_migration';
COMMENT ON FUNCTION smartwf.finish_migration(bigint) IS
'Carries out a migration (bigint, its id) in the transaction of the caller, as the owner of the table, waiting for rows '
'that others have locked. If it cannot come to its end, since others write by the version of before, it says so. Raises '
'the error of the first document that cannot be moved, 42501 unless the caller is an administrator, and 42704 if there '
'is no such migration.';

CREATE FUNCTION smartwf.migrate(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docid text DEFAULT NULL)
	RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	docids text[] := CASE WHEN docid IS NOT NULL THEN ARRAY[docid] END;
	planned bigint;
	started bigint;
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may migrate elements' USING ERRCODE = 'insufficient_privilege';
	END IF;
	SELECT coalesce(sum(p.elements), 0) INTO planned FROM smartwf.migration_plan(structure, version, states, docids) p;
	IF planned > 0 THEN
		started := smartwf.start_migration(structure, version, states, docids);
		PERFORM smartwf.finish_migration(started);
	END IF;
	RETURN planned;
END
$$;
COMMENT ON FUNCTION smartwf.migrate(text, int, jsonb, text) IS
'Moves documents of a structure to another version of its workflow, as smartwf.start_migration() does, but all of it in '
'the transaction of the caller, except for what others still write by the version of before: the workers move that when '
'they have committed. structure (text): the structure; version (int): a published version, by default the '
'newest; states (jsonb): an object that maps states which the version does not have to states which it has; docid '
'(text): if given, only this document is moved. Documents that follow the version already are not changed. Returns the '
'number of documents that were moved (bigint). Raises 42501 unless the caller is an administrator, WF001 with one line '
'of DETAIL for each document whose state the version does not have, 42704 if there is no such structure or published '
'version, 55000 if another migration of the structure has not ended, and the error of a document that cannot be moved.';
