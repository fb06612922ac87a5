-- Migrations: documents of a structure go to another version of their workflow.
--
-- What a structure follows is changed by rows of smartwf.successions. A migration touches only
-- documents in states that the other version does not have, those with timers, and those that
-- were named: they are listed, and worked off in batches.

CREATE TABLE smartwf.migrations (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	structure text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	version int NOT NULL,
	states jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(states) = 'object'),
	by_docid boolean NOT NULL DEFAULT false,
	undoes bigint,
	status text NOT NULL DEFAULT 'running'
		CHECK (status IN ('running', 'paused', 'finished', 'failed', 'cancelled', 'undone')),
	documents bigint NOT NULL DEFAULT 0,
	done bigint NOT NULL DEFAULT 0,
	failed bigint NOT NULL DEFAULT 0,
	message text,
	actor text NOT NULL,
	actor_is_person boolean NOT NULL DEFAULT false,
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	due_at timestamptz,
	pass int NOT NULL DEFAULT 0,
	position text COLLATE "C" NOT NULL DEFAULT '',
	writers text[]
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX migrations_structure ON smartwf.migrations (structure) WHERE status IN ('running', 'paused');
CREATE INDEX migrations_due ON smartwf.migrations (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.migrations IS
'Migrations of structures to another version of their workflow. version_id, version: that version; states: where '
'documents go whose state it does not have; by_docid: whether only certain documents are moved; undoes: the migration '
'that this one undoes. status: running, paused, finished, failed (some documents could not be moved), cancelled or '
'undone. documents: how many had to be looked at one by one, done and failed: how many of them were. message: why it '
'does not go on. actor, started_at, changed_at, finished_at: by whom and when. due_at, pass, position, writers: what '
'the workers need to know. Administrators and operators see all rows. Maintained by the functions for migrations.';

CREATE TABLE smartwf.migration_documents (
	migration bigint NOT NULL,
	docid text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	to_state text COLLATE "C",
	at_revision int,
	pass int NOT NULL DEFAULT 0,
	status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
	from_id int,
	from_state text COLLATE "C",
	revision int,
	sqlstate text,
	message text,
	PRIMARY KEY (migration, docid)
) WITH (fillfactor = 50);
COMMENT ON TABLE smartwf.migration_documents IS
'Documents that a migration looks at one by one. version_id: the version that the document goes to; to_state: the '
'state that it goes back to, if it is still at_revision; pass: of the migration, in which it is looked at. status: '
'failed; done, if there is something to say about it; otherwise pending, until the migration has ended. from_id, '
'from_state: the version and the state in which it was; revision: that of its line of history, null if it has none. '
'sqlstate, message: why it could not be moved, or which timers have ended. Maintained by the functions for migrations.';

ALTER TABLE smartwf.migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.migrations FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.migrations FOR INSERT WITH CHECK (true);
ALTER TABLE smartwf.migration_documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.migration_documents FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.migration_documents FOR INSERT WITH CHECK (true);
GRANT SELECT ON smartwf.migrations, smartwf.migration_documents TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('smartwf.migrations', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.migrations_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.migration_documents', '');

-- States that other versions of a workflow have.
CREATE FUNCTION smartwf.states_elsewhere(version_id int) RETURNS TABLE (state text, timer text)
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT DISTINCT s.name, s.timer
	FROM smartwf.workflows w JOIN smartwf.workflows o ON o.name = w.name AND o.id <> w.id AND o.status = 'published'
		JOIN smartwf.states s ON s.workflow_id = o.id
	WHERE w.id = states_elsewhere.version_id
$$;
COMMENT ON FUNCTION smartwf.states_elsewhere(int) IS
'Returns the states (text) that published versions of a workflow other than this one (int, its id) have, with their '
'timers (text).';

-- States whose documents have to change their state.
CREATE FUNCTION smartwf.changing_states(version_id int, states jsonb) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT e.state), '{}') FROM smartwf.states_elsewhere(version_id) e
	WHERE states ->> e.state <> e.state OR NOT EXISTS (SELECT FROM smartwf.states s
		WHERE (s.workflow_id, s.name) = (changing_states.version_id, e.state))
$$;
COMMENT ON FUNCTION smartwf.changing_states(int, jsonb) IS
'Returns the states (text[]) that documents cannot keep when they go to a workflow version (int, its id): those that it '
'does not have, and those that states (jsonb) maps.';

-- States that have a timer in this version, and another one or none in others.
CREATE FUNCTION smartwf.states_with_other_timer(version_id int) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT e.state), '{}')
	FROM smartwf.states_elsewhere(version_id) e
		JOIN smartwf.states s ON (s.workflow_id, s.name) = (states_with_other_timer.version_id, e.state)
	WHERE s.timer IS NOT NULL AND s.timer IS DISTINCT FROM e.timer
$$;
COMMENT ON FUNCTION smartwf.states_with_other_timer(int) IS
'Returns the states (text[]) whose documents get a timer when they go to a workflow version (int, its id), because '
'other versions do not have it in that state.';

CREATE FUNCTION smartwf.timers_exist(workflow text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM smartwf.workflow_timers t JOIN smartwf.workflows w ON w.id = t.workflow_id
		WHERE w.name = workflow)
$$;
COMMENT ON FUNCTION smartwf.timers_exist(text) IS
'Returns true if any version of a workflow (text) has timers.';

-- Which version a document followed before: the latest that has its state.
CREATE FUNCTION smartwf.version_before(m smartwf.migrations, version_id int, state text) RETURNS int
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce((SELECT x.successor_id FROM smartwf.successions x
			JOIN smartwf.states s ON (s.workflow_id, s.name) = (x.successor_id, version_before.state)
			WHERE x.structure = m.structure AND x.version_id = version_before.version_id AND x.at < m.started_at
				AND (x.ended_at IS NULL OR x.ended_at >= m.started_at)
			ORDER BY x.id DESC LIMIT 1),
		(SELECT s.workflow_id FROM smartwf.states s
			WHERE (s.workflow_id, s.name) = (version_before.version_id, version_before.state)))
$$;
COMMENT ON FUNCTION smartwf.version_before(smartwf.migrations, int, text) IS
'Returns the version (int, its id) that documents followed before a migration (a row of smartwf.migrations) which have '
'a state (text) and whose line of history names a version (version_id, int); null if that version does not have it.';

-- Versions published since a migration has begun: documents that follow them are none of its business.
CREATE FUNCTION smartwf.versions_published_since(m smartwf.migrations) RETURNS int[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(o.id), '{}')
	FROM smartwf.workflows w JOIN smartwf.workflows o ON o.name = w.name AND o.id <> w.id AND o.status = 'published'
	WHERE w.id = m.version_id AND NOT EXISTS (SELECT FROM smartwf.successions x
		WHERE (x.structure, x.version_id, x.successor_id) = (m.structure, o.id, m.version_id) AND x.ended_at IS NULL)
$$;
COMMENT ON FUNCTION smartwf.versions_published_since(smartwf.migrations) IS
'Returns the versions (int[], their ids) from which a migration (a row of smartwf.migrations) does not lead, since they '
'were published after it had begun.';

-- The documents that a migration has to look at, which are not on its list yet.
CREATE FUNCTION smartwf.list_documents_to_move(m smartwf.migrations) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	gone text[] := smartwf.changing_states(m.version_id, '{}');
	-- that the version has, but that are mapped, or have another timer there
	others text[] := ARRAY(SELECT DISTINCT s FROM unnest(smartwf.changing_states(m.version_id, m.states)
		|| smartwf.states_with_other_timer(m.version_id)) AS s WHERE s <> ALL (gone));
	since int[] := smartwf.versions_published_since(m);
	listed bigint := 0;
	more bigint;
BEGIN
	IF m.by_docid OR m.undoes IS NOT NULL THEN
		RETURN 0;				-- they were listed when it began
	END IF;
	IF cardinality(gone) > 0 THEN
		INSERT INTO smartwf.migration_documents (migration, docid, version_id, pass)
			SELECT m.id, r.docid, m.version_id, m.pass + 1 FROM smartwf.rows_in_states(m.structure, gone) r
			WHERE r.docid IS NOT NULL
				AND (since = '{}' OR (SELECT l.version_id FROM smartwf.last_line(r.docid) l) <> ALL (since))
			ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS listed = ROW_COUNT;
	END IF;
	IF cardinality(others) > 0 THEN
		INSERT INTO smartwf.migration_documents (migration, docid, version_id, pass)
			SELECT m.id, r.docid, m.version_id, m.pass + 1 FROM smartwf.rows_in_states(m.structure, others) r
				CROSS JOIN LATERAL smartwf.last_line(r.docid) l
			-- not those that have come there since, by this version
			WHERE (l.version_id <> m.version_id OR l.at < m.started_at) AND l.version_id <> ALL (since)
				AND smartwf.version_before(m, l.version_id, r.state) IS DISTINCT FROM m.version_id
			ON CONFLICT DO NOTHING;
		GET DIAGNOSTICS more = ROW_COUNT;
		listed := listed + more;
	END IF;
	INSERT INTO smartwf.migration_documents (migration, docid, version_id, pass)
		SELECT DISTINCT m.id, t.docid, m.version_id, m.pass + 1
		FROM smartwf.element_timers t JOIN smartwf.elements e ON e.docid = t.docid
		WHERE e.structure = m.structure AND t.workflow_id <> m.version_id
			AND (since = '{}' OR (SELECT l.version_id FROM smartwf.last_line(t.docid) l) <> ALL (since))
		ON CONFLICT DO NOTHING;
	GET DIAGNOSTICS more = ROW_COUNT;
	RETURN listed + more;
END
$$;
COMMENT ON FUNCTION smartwf.list_documents_to_move(smartwf.migrations) IS
'Lists the documents that a migration (a row of smartwf.migrations) has to look at one by one and does not know yet. '
'Returns their number (bigint).';

-- Whoever writes while a structure moves may still go by the version of before.
CREATE FUNCTION smartwf.writers_of(structure text) RETURNS text[]
	LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}')
	FROM pg_locks l JOIN smartwf.family(smartwf.attached_relation(structure)) f ON l.relation = f
	WHERE l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
		AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
		AND l.pid IS DISTINCT FROM pg_backend_pid()
$$;
COMMENT ON FUNCTION smartwf.writers_of(text) IS
'Returns the virtual ids (text[]) of the transactions that are writing to the table of a structure (text).';

CREATE FUNCTION smartwf.end_migration(migration bigint) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations;
BEGIN
	UPDATE smartwf.migrations x SET status = CASE WHEN x.failed > 0 THEN 'failed' ELSE 'finished' END,
		finished_at = clock_timestamp(), changed_at = clock_timestamp(), due_at = NULL
		WHERE x.id = migration RETURNING * INTO m;
	IF m.undoes IS NOT NULL AND m.status = 'finished' THEN
		UPDATE smartwf.migrations x SET status = 'undone', changed_at = clock_timestamp() WHERE x.id = m.undoes;
	END IF;
	-- those of which there is nothing to say
	DELETE FROM smartwf.migration_documents d WHERE d.migration = end_migration.migration AND d.status = 'pending';
END
$$;
COMMENT ON FUNCTION smartwf.end_migration(bigint) IS
'Notes that a migration (bigint) has come to its end.';

-- Whatever is left to list is listed; if there is nothing left at all, the migration ends.
CREATE FUNCTION smartwf.list_or_end_migration(migration bigint) RETURNS text
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m smartwf.migrations;
	present text[];
	listed bigint;
BEGIN
	SELECT * INTO m FROM smartwf.migrations x WHERE x.id = migration;
	-- whoever began to write after the migration had begun goes by the new version
	IF m.writers = '{}' OR m.by_docid OR m.undoes IS NOT NULL THEN
		PERFORM smartwf.end_migration(migration);
		RETURN 'ended';
	END IF;
	present := smartwf.writers_of(m.structure);
	listed := smartwf.list_documents_to_move(m);
	UPDATE smartwf.migrations x SET documents = x.documents + listed, pass = x.pass + 1, writers = coalesce(x.writers, present),
		changed_at = clock_timestamp(), due_at = clock_timestamp()
			+ CASE WHEN listed = 0 THEN interval '0.5 s' ELSE interval '0' END
		WHERE x.id = migration RETURNING * INTO m;
	IF listed > 0 THEN
		RETURN 'goes on';
	ELSIF m.writers && present THEN
		RETURN 'waits';
	END IF;
	PERFORM smartwf.end_migration(migration);
	RETURN 'ended';
END
$$;
COMMENT ON FUNCTION smartwf.list_or_end_migration(bigint) IS
'Looks for documents that a migration (bigint) has not listed yet. Returns (text) "goes on" if there are some, "waits" '
'if transactions are still open that may go by the version of before, and ends the migration and returns "ended" '
'otherwise.';
