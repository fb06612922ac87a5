-- Synchronization of smartwf.elements and smartwf.history with the rows of a table, where
-- rows were changed without firing the triggers.

CREATE FUNCTION smartwf.rows_of_structure(structure text, OUT docid text, OUT state text) RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_rows_of_structure';
COMMENT ON FUNCTION smartwf.rows_of_structure(text) IS
'Returns the document id and the state (text each) of every row in the attached table of a structure (text), its '
'partitions and children. The rows are scanned directly, so that row-level security does not apply. Returns no rows '
'if there is no such structure. Raises 42P01 if no table has the triggers of the structure, and 42501 unless the '
'caller owns the table or is an administrator.';

CREATE FUNCTION smartwf.rows_in_states(structure text, states text[], OUT docid text, OUT state text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_rows_of_structure';
COMMENT ON FUNCTION smartwf.rows_in_states(text, text[]) IS
'Returns the same as smartwf.rows_of_structure() of those rows of a structure (text) that are in one of the states '
'(text[]), with the same errors.';

CREATE FUNCTION smartwf.announce_end(docid text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_announce_end';
COMMENT ON FUNCTION smartwf.announce_end(text) IS
'Informs the parts of smartwf that work on a document (docid, text) that it has been deleted: its unfinished runs are '
'cancelled, and its timers end.';

CREATE FUNCTION smartwf.announce_state(docid text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_announce_state';
COMMENT ON FUNCTION smartwf.announce_state(text) IS
'Informs the parts of smartwf that work on a document (docid, text) that it is in a state to which no transition has '
'led: the timer of that state is attached, and all its other timers end.';

CREATE FUNCTION smartwf.is_replicated() RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid IN ('smartwf.history'::regclass,
		'smartwf.elements'::regclass))
$$;
COMMENT ON FUNCTION smartwf.is_replicated() IS
'Returns true if a subscription applies changes to smartwf.elements or smartwf.history. Rows that are inserted here '
'would then conflict with those of the publisher.';

-- Locks of documents whose rows are gone.
CREATE FUNCTION smartwf.require_unlocked(structure text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	e smartwf.elements;
BEGIN
	FOR e IN SELECT x.* FROM smartwf.elements x
		WHERE x.structure = require_unlocked.structure AND x.deleted_at IS NULL AND x.locked_by IS NOT NULL
			AND NOT (x.locked_by = smartwf.actor() AND coalesce(x.locked_by_person, false) = smartwf.actor_is_person())
			AND NOT EXISTS (SELECT FROM smartwf.rows_of_structure(require_unlocked.structure) r WHERE r.docid = x.docid)
		ORDER BY x.docid LIMIT 1
	LOOP
		PERFORM smartwf.refuse_locked(e.docid, e.locked_by);
	END LOOP;
END
$$;
COMMENT ON FUNCTION smartwf.require_unlocked(text) IS
'Raises WF300 if a document of a structure (text) has no row any more, and is locked by someone other than the '
'current actor.';

-- Documents that an old snapshot does not see would remain without rows.
CREATE FUNCTION smartwf.require_read_committed() RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
		RAISE EXCEPTION 'rows of an attached table come and go by DDL or TRUNCATE in READ COMMITTED only'
			USING ERRCODE = 'invalid_transaction_state', HINT = 'Begin a transaction of that isolation level.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_read_committed() IS
'Raises 25000 if the isolation level of the transaction is REPEATABLE READ or SERIALIZABLE, in which recently '
'committed rows could not be seen.';

CREATE FUNCTION smartwf.end_without_rows(structure text) RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ended bigint;
BEGIN
	PERFORM smartwf.require_read_committed();
	PERFORM smartwf.require_unlocked(structure);
	WITH gone AS (
		UPDATE smartwf.elements e SET deleted_at = clock_timestamp()
		WHERE e.structure = end_without_rows.structure AND e.deleted_at IS NULL
			AND e.docid NOT IN (SELECT r.docid FROM smartwf.rows_of_structure(end_without_rows.structure) r
				WHERE r.docid IS NOT NULL)
		RETURNING e.docid, e.workflow_id
	), line AS (
		INSERT INTO smartwf.history (docid, revision, at, actor, from_state, workflow_id)
		SELECT g.docid, coalesce(last.revision, -1) + 1, clock_timestamp(), smartwf.actor(), last.to_state,
			g.workflow_id
		FROM gone g LEFT JOIN LATERAL (
			SELECT h.revision, h.to_state FROM smartwf.history h
			WHERE h.docid = g.docid ORDER BY h.revision DESC LIMIT 1) last ON true
		RETURNING docid)
	SELECT count(*) INTO ended FROM (SELECT smartwf.announce_end(docid) FROM line) announced;
	RETURN ended;
END
$$;
COMMENT ON FUNCTION smartwf.end_without_rows(text) IS
'Records the deletion of those documents of a structure (text) that have no row any more. Returns their number '
'(bigint). Raises WF300 if one of them is locked by someone else, and 25000 unless the transaction is READ COMMITTED.';

-- Rows that were added without firing the triggers.  Unless the caller is trusted, new
-- documents must be in the initial state.
CREATE FUNCTION smartwf.row_faults(s smartwf.structures, version_id int, is_trusted boolean) RETURNS text[]
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(fault) FROM (
		SELECT CASE WHEN x.name IS NULL THEN format('CRUD0228 %s: state %s is not available for workflow "%s"',
				r.docid, CASE WHEN r.state IS NULL THEN 'null' ELSE format('"%s"', r.state) END, s.workflow)
			ELSE format('CRUD0235 %s: a new document does not start in state "%s"', r.docid, r.state) END AS fault
		FROM smartwf.rows_of_structure(s.name) r
		LEFT JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
		LEFT JOIN smartwf.states x ON x.workflow_id = version_id AND x.name = r.state
		WHERE e.docid IS NULL AND (r.docid IS NULL OR x.name IS NULL OR NOT (is_trusted OR x.is_initial))
		UNION ALL
		-- the row of an existing document was replaced by another one
		SELECT format('CRUD0235 %s: its history says that it is in state "%s", not "%s"', r.docid, h.to_state, r.state)
		FROM smartwf.rows_of_structure(s.name) r JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL,
			LATERAL (SELECT x.to_state FROM smartwf.history x WHERE x.docid = r.docid ORDER BY x.revision DESC
				LIMIT 1) h
		WHERE NOT is_trusted AND h.to_state IS DISTINCT FROM r.state
		ORDER BY 1 LIMIT 100) f
$$;
COMMENT ON FUNCTION smartwf.row_faults(smartwf.structures, int, boolean) IS
'Returns the faults of rows that are to become documents of a structure (a row of smartwf.structures) in a workflow '
'version (int, its id), at most one hundred (text[], null if there are none): rows in an unknown state and, unless '
'is_trusted (boolean), new rows in a state other than the initial one, and rows whose state differs from that in the '
'history of the existing document.';

CREATE FUNCTION smartwf.require_free_names(s smartwf.structures) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[];
BEGIN
	SELECT array_agg(format('%s (structure "%s")', taken.docid, taken.structure)) INTO faults FROM (
		SELECT r.docid, e.structure FROM smartwf.rows_of_structure(s.name) r
			JOIN smartwf.elements e ON e.docid = r.docid
		WHERE e.structure <> s.name AND e.deleted_at IS NULL
		UNION ALL
		SELECT r.docid, s.name FROM smartwf.rows_of_structure(s.name) r GROUP BY r.docid HAVING count(*) > 1
		ORDER BY 1 LIMIT 100) taken;
	IF faults IS NOT NULL THEN
		RAISE EXCEPTION 'documents of structure "%" exist already', s.name
			USING ERRCODE = 'unique_violation', DETAIL = array_to_string(faults, E'\n'),
			HINT = 'Attach the tables with different values of docid_prefix, or choose a docid_column that is unique.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_free_names(smartwf.structures) IS
'Raises 23505 if document ids of a structure (a row of smartwf.structures) are in use in another structure, or occur '
'more than once.';

CREATE FUNCTION smartwf.register_rows(s smartwf.structures, version_id int, OUT registered bigint,
	OUT with_timer text[])
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	-- in the order of the indexes, which then are written page by page
	WITH missing AS MATERIALIZED (
		SELECT r.docid, r.state, e.docid IS NOT NULL AS lived_before, clock_timestamp() AS at
		FROM smartwf.rows_of_structure(s.name) r LEFT JOIN smartwf.elements e ON e.docid = r.docid
		WHERE e.docid IS NULL OR e.deleted_at IS NOT NULL
		ORDER BY r.docid
	), born AS (
		INSERT INTO smartwf.elements (docid, structure, workflow_id, created_at)
		SELECT docid, s.name, version_id, at FROM missing WHERE NOT lived_before
	), born_again AS (
		UPDATE smartwf.elements e SET structure = s.name, workflow_id = version_id,
			created_at = CASE WHEN e.structure = s.name THEN e.created_at ELSE m.at END,
			deleted_at = NULL, locked_by = NULL, locked_by_person = NULL, lock_is_temporary = NULL
		FROM missing m WHERE m.lived_before AND e.docid = m.docid
	), line AS (
		INSERT INTO smartwf.history (docid, revision, at, actor, to_state, workflow_id)
		SELECT docid, CASE WHEN lived_before
				THEN (SELECT coalesce(max(revision), -1) + 1 FROM smartwf.history h WHERE h.docid = missing.docid)
				ELSE 0 END,
			at, smartwf.actor(), state, version_id FROM missing
		RETURNING docid, to_state)
	SELECT count(*), array_agg(docid) FILTER (WHERE to_state IN (SELECT x.name FROM smartwf.states x
		WHERE x.workflow_id = version_id AND x.timer IS NOT NULL))
	FROM line
$$;
COMMENT ON FUNCTION smartwf.register_rows(smartwf.structures, int) IS
'Registers the rows of a structure (a row of smartwf.structures) that are not documents yet as documents of a '
'workflow version (int, its id). Returns their number (bigint), and the ids of those whose state has a timer '
'(text[]).';

CREATE FUNCTION smartwf.reconcile_rows(structure text, is_trusted boolean, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	version_id int;
	with_timer text[];
BEGIN
	PERFORM smartwf.require_read_committed();
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	SELECT id INTO version_id FROM smartwf.workflows w
		WHERE w.name = s.workflow AND status = 'published' ORDER BY version DESC LIMIT 1;
	PERFORM smartwf.refuse(format('definition of structure "%s"', structure), smartwf.row_faults(s, version_id,
		is_trusted));
	PERFORM smartwf.require_free_names(s);
	SELECT * INTO registered, with_timer FROM smartwf.register_rows(s, version_id);
	PERFORM smartwf.announce_state(docid) FROM unnest(with_timer) AS docid;
	ended := smartwf.end_without_rows(structure);
END
$$;
COMMENT ON FUNCTION smartwf.reconcile_rows(text, boolean) IS
'Registers new rows of an attached structure (text), and records the deletion of documents without rows, as '
'smartwf.reconcile() does. is_trusted (boolean): if false, new documents must be in the initial state, and existing '
'ones in the state that their history shows. Returns how many documents were registered and how many were deleted '
'(bigint each). Raises the errors of smartwf.reconcile().';

CREATE FUNCTION smartwf.reconcile(structure text, OUT registered bigint, OUT ended bigint)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation regclass := smartwf.attached_relation(structure);
BEGIN
	IF relation IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	ELSIF smartwf.is_replicated() THEN
		RAISE EXCEPTION 'documents of structure "%" come from a publisher', structure
			USING ERRCODE = 'object_not_in_prerequisite_state',
			DETAIL = 'A subscription applies to smartwf.elements or smartwf.history; lines that are '
				'written here would stop it.',
			HINT = 'Call smartwf.reconcile() on the publisher, or after the subscription is dropped.';
	END IF;
	-- concurrent changes of rows have to wait until this transaction ends
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
	SELECT * INTO registered, ended FROM smartwf.reconcile_rows(structure, true);
END
$$;
COMMENT ON FUNCTION smartwf.reconcile(text) IS
'Synchronizes smartwf.elements and smartwf.history with the rows of an attached table whose changes have not fired '
'triggers, for example after a restore, with logical replication, or while triggers were disabled. structure (text): '
'the name of the structure. Rows that are not documents are registered in their present state, and documents without '
'rows are marked as deleted. Returns how many documents were registered and how many were deleted (bigint each). '
'Raises 42704 if the structure is not attached, 42501 unless the caller owns the table or is an administrator, WF001 '
'if rows are in an unknown state, 23505 if document ids are already in use, WF300 if a document without a row is '
'locked by someone else, 25000 unless the transaction is READ COMMITTED, and 55000 on a subscriber to which '
'smartwf.elements or smartwf.history is replicated.';
