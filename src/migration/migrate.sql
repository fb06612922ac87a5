-- Moving documents to another version of their workflow.

CREATE FUNCTION smartwf.migrate(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docid text DEFAULT NULL)
	RETURNS bigint
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	target smartwf.workflows;
	faults text[];
	moved bigint;
	element record;
BEGIN
	IF NOT smartwf.is_administrator() THEN
		RAISE EXCEPTION 'only an administrator may migrate elements' USING ERRCODE = 'insufficient_privilege';
	END IF;
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	IF s.name IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	SELECT * INTO target FROM smartwf.workflows w WHERE w.name = s.workflow AND w.status = 'published'
		AND (w.version = migrate.version OR migrate.version IS NULL) ORDER BY w.version DESC LIMIT 1;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version %', s.workflow, coalesce(version::text, '')
			USING ERRCODE = 'undefined_object';
	END IF;
	EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', smartwf.attached_relation(structure));
	EXECUTE format('CREATE TEMPORARY TABLE smartwf_moving ON COMMIT DROP AS
		SELECT e.docid, smartwf.docid('''', t.%I) AS state, $2 ->> smartwf.docid('''', t.%I) AS new_state
		FROM %s t JOIN smartwf.elements e ON e.docid = smartwf.docid(%L, t.%I)
		WHERE e.structure = $1 AND e.deleted_at IS NULL AND e.workflow_id <> $3 AND ($4 IS NULL OR e.docid = $4)',
		s.state_column, s.state_column, smartwf.attached_relation(structure), s.docid_prefix, s.docid_column)
		USING structure, states, target.id, docid;
	SELECT array_agg(fault) INTO faults FROM (
		SELECT format('CRUD0228 %s: state "%s" is not available for workflow "%s" version %s',
			m.docid, coalesce(m.new_state, m.state), target.name, target.version) AS fault
		FROM pg_temp.smartwf_moving m
		WHERE NOT EXISTS (SELECT FROM smartwf.states x WHERE x.workflow_id = target.id
			AND x.name = coalesce(m.new_state, m.state))
		ORDER BY m.docid LIMIT 100) f;
	PERFORM smartwf.refuse(format('migration of structure "%s"', structure), faults);
	UPDATE smartwf.elements e SET workflow_id = target.id FROM pg_temp.smartwf_moving m WHERE e.docid = m.docid;
	GET DIAGNOSTICS moved = ROW_COUNT;
	INSERT INTO smartwf.history (docid, revision, at, actor, from_state, to_state, comment, workflow_id)
		SELECT m.docid, (SELECT coalesce(max(h.revision), -1) + 1 FROM smartwf.history h WHERE h.docid = m.docid),
			clock_timestamp(), smartwf.actor(), m.state, m.state, format('version %s', target.version), target.id
		FROM pg_temp.smartwf_moving m;
	FOR element IN SELECT * FROM pg_temp.smartwf_moving m WHERE m.new_state <> m.state LOOP
		PERFORM smartwf.set_state(element.docid, element.new_state,
			format('version %s', target.version));
	END LOOP;
	DROP TABLE pg_temp.smartwf_moving;
	RETURN moved;
END
$$;
COMMENT ON FUNCTION smartwf.migrate(text, int, jsonb, text) IS
'Moves documents of a structure to another version of its workflow. structure (text): the structure; version (int): a '
'published version, by default the newest; states (jsonb): an object that maps states which the version does not have '
'to states which it has; docid (text): if given, only this document is moved. Documents that follow the version '
'already are not changed. Returns the number of documents that were moved (bigint). Raises 42501 unless the caller is '
'an administrator, WF001 with one line of DETAIL for each document whose state the version does not have, and 42704 '
'if there is no such structure or published version.';
