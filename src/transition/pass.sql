-- Passing transitions.

CREATE FUNCTION smartwf.pass_transition(docid text, transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transition';
COMMENT ON FUNCTION smartwf.pass_transition(text, text, text, jsonb, text) IS
'Passes a transition (text), which must leave the current state of the document (docid, text), with a comment (text) '
'and parameters (jsonb object) where it asks for them; structure (text), if given, must be the document''s. Returns '
'the documented data: uri and the new state (json). Raises WF200, WF201, WF219, WF220, WF227, WF229, WF235, WF300, '
'and WF400 for a malformed call.';

CREATE FUNCTION smartwf.set_state(docid text, state text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, structure text DEFAULT NULL) RETURNS json
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_set_state';
COMMENT ON FUNCTION smartwf.set_state(text, text, text, jsonb, text) IS
'Takes a document (docid, text) to a state (text) by the transition that leads there from its current one; an '
'administrator may go without. Arguments and errors as for pass_transition(), and WF228. Returns the documented '
'data: uri and the new state (json).';

CREATE FUNCTION smartwf.pass_transitions(docids text[], transition text, comment text DEFAULT NULL,
		parameters jsonb DEFAULT NULL, OUT docid text, OUT ok boolean, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_pass_transitions';
COMMENT ON FUNCTION smartwf.pass_transitions(text[], text, text, jsonb) IS
'Passes a transition (text) for many documents (docids, text[]), each on its own: a row each says whether it went '
'through (boolean), else the documented code or SQLSTATE, and the message (text). Raises WF400 for a malformed call.';

CREATE FUNCTION smartwf.blockers(docid text, transition text, structure text DEFAULT NULL, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_blockers';
COMMENT ON FUNCTION smartwf.blockers(text, text, text) IS
'Every reason why the caller cannot pass a transition (text) of a document (docid, text) now, a row each: code and '
'message (text); no row if he can. Changes nothing: what guards and hooks do is undone. m1 is asked only where no '
'parameter is needed. Raises WF400 for a malformed call.';

CREATE FUNCTION smartwf.lock_element(docid text, temporary boolean DEFAULT false) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_lock_element';
COMMENT ON FUNCTION smartwf.lock_element(text, boolean) IS
'Locks a document (docid, text) for the actor: nobody else passes a transition or deletes it until it is unlocked; a '
'temporary lock (boolean) ends with the next transition. Raises WF300 if another holds it or the caller may not '
'change it, and what pass_transition() raises for a document that is not to be found.';

CREATE FUNCTION smartwf.unlock_element(docid text, force boolean DEFAULT false) RETURNS boolean
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_unlock_element';
COMMENT ON FUNCTION smartwf.unlock_element(text, boolean) IS
'Unlocks a document (docid, text); force (boolean) releases the lock of another, for administrators. Returns whether '
'there was a lock (boolean). Raises WF300 for the lock of another, and what lock_element() raises.';

CREATE FUNCTION smartwf.migrate(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}', docid text DEFAULT NULL)
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
		RAISE EXCEPTION 'workflow "%" has no published version %', s.workflow, coalesce(version::text, '') USING ERRCODE = 'undefined_object';
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
'Moves the elements of a structure (text), or one of them (docid, text), to a version (int, default: the newest) of '
'its workflow; states (jsonb object) maps states that the version has no more to those that take their place. '
'Returns how many moved (bigint). For administrators (else 42501). Raises WF001 naming each element whose state the '
'version does not know, 42704 for an unknown structure or version.';
