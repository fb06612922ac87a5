-- What a migration would do.

CREATE FUNCTION smartwf.refused_rows(structure text, from_states text[], to_states text[], OUT docid text,
	OUT reason text) RETURNS SETOF record
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_refused_rows';
COMMENT ON FUNCTION smartwf.refused_rows(text, text[], text[]) IS
'Returns the documents (docid, text) of a structure (text) whose rows cannot be in the state to_states[i] instead of '
'from_states[i] (text[] each), with the constraint of the table, or of the type of its column, that does not allow it '
'(reason, text). The constraints are evaluated as the owner of the table.';

CREATE FUNCTION smartwf.structure_to_move(structure text) RETURNS smartwf.structures
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
BEGIN
	SELECT * INTO s FROM smartwf.structures x WHERE x.name = structure;
	IF s.name IS NULL OR smartwf.attached_relation(structure) IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	RETURN s;
END
$$;
COMMENT ON FUNCTION smartwf.structure_to_move(text) IS
'Returns the row of smartwf.structures of a structure (text). Raises 42704 if it is not attached.';

CREATE FUNCTION smartwf.version_to_follow(workflow text, version int) RETURNS smartwf.workflows
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	target smartwf.workflows;
BEGIN
	SELECT * INTO target FROM smartwf.workflows w WHERE w.name = workflow AND w.status = 'published'
		AND (w.version = version_to_follow.version OR version_to_follow.version IS NULL)
		ORDER BY w.version DESC LIMIT 1;
	IF target.id IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version %', workflow, coalesce(version::text, '')
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN target;
END
$$;
COMMENT ON FUNCTION smartwf.version_to_follow(text, int) IS
'Returns the row of smartwf.workflows of a published version (int, by default the newest) of a workflow (text). Raises '
'42704 if there is none.';

CREATE FUNCTION smartwf.require_object(mapping jsonb, argument text, what text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF jsonb_typeof(mapping) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION '% must be a JSON object', argument USING ERRCODE = 'WF400',
			HINT = format('It maps each %s that the version does not have to one that it has: {"old": "new"}.', what);
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_object(jsonb, text, text) IS
'Raises WF400 unless an argument (its value, jsonb, and its name, text), which maps states or steps (what, text), is a '
'JSON object.';

CREATE FUNCTION smartwf.mapping_faults(version_id int, states jsonb) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(format('CRUD0228 states: state "%s", to which "%s" is mapped, is not available', m.value, m.key)
		ORDER BY m.key)
	FROM jsonb_each_text(states) m
	WHERE NOT EXISTS (SELECT FROM smartwf.states s WHERE (s.workflow_id, s.name) = (mapping_faults.version_id, m.value))
$$;
COMMENT ON FUNCTION smartwf.mapping_faults(int, jsonb) IS
'Returns one line (text[]) for each state that states (jsonb) maps to one which a workflow version (int, its id) does '
'not have; null if there are none.';

-- What a plan rests on: how many documents there are may change until it is carried out.
CREATE FUNCTION smartwf.plan_checksum(s smartwf.structures, version_id int, states jsonb, docids text[]) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT encode(sha256(convert_to(jsonb_build_array(s.name, s.workflow, s.state_column, s.docid_column,
		s.docid_prefix, smartwf.attached_relation(s.name)::oid::bigint, version_id, states, docids,
		(SELECT jsonb_agg(jsonb_build_array(w.id, w.shape) ORDER BY w.id) FROM smartwf.workflows w
			WHERE w.name = s.workflow AND w.status = 'published'),
		(SELECT jsonb_agg(jsonb_build_array(x.id, x.ended_at) ORDER BY x.id) FROM smartwf.successions x
			WHERE x.structure = s.name),
		(SELECT jsonb_agg(jsonb_build_array(c.conrelid::bigint, c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.oid)
			FROM smartwf.family(smartwf.attached_relation(s.name)) f JOIN pg_constraint c ON c.conrelid = f
			WHERE c.contype = 'c'),
		(SELECT jsonb_agg(jsonb_build_array(c.conname, pg_get_constraintdef(c.oid)) ORDER BY c.oid)
			FROM pg_attribute a JOIN pg_constraint c ON c.contypid = a.atttypid
			WHERE a.attrelid = smartwf.attached_relation(s.name) AND a.attname = s.state_column),
		(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
			WHERE a.attrelid = smartwf.attached_relation(s.name) AND a.attname = s.state_column))::text, 'UTF8')), 'hex')
$$;
COMMENT ON FUNCTION smartwf.plan_checksum(smartwf.structures, int, jsonb, text[]) IS
'Returns a checksum (text) of what the plan of a migration rests on: the structure (a row of smartwf.structures) and '
'its table, the versions of its workflow and which of them are followed, the version (int, its id) that it goes to, '
'states (jsonb) and docids (text[]).';

-- The documents that would move: where to, and what stands against it.
CREATE FUNCTION smartwf.documents_to_move(s smartwf.structures, version_id int, states jsonb, docids text[])
	RETURNS TABLE (docid text, from_id int, state text, to_state text, is_locked boolean, refusal text)
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	changing text[] := ARRAY(SELECT c.state FROM unnest(smartwf.changing_states(version_id, states)) AS c (state)
		WHERE states ? c.state);
BEGIN
	RETURN QUERY
	WITH moving AS MATERIALIZED (
		SELECT r.docid, smartwf.followed_version(s.name, l.version_id, r.state) AS from_id, r.state,
			coalesce(states ->> r.state, x.name) AS to_state,
			e.locked_by IS NOT NULL AND NOT (e.locked_by = smartwf.actor()
				AND coalesce(e.locked_by_person, false) = smartwf.actor_is_person()) AS is_locked
		FROM smartwf.rows_of_structure(s.name) r
			JOIN smartwf.elements e ON e.docid = r.docid AND e.deleted_at IS NULL
			CROSS JOIN LATERAL smartwf.last_line(r.docid) l
			LEFT JOIN smartwf.states x ON (x.workflow_id, x.name) = (documents_to_move.version_id, r.state)
		WHERE docids IS NULL OR r.docid = ANY (docids))
	SELECT m.docid, m.from_id, m.state, m.to_state, m.is_locked, f.reason
	FROM moving m LEFT JOIN smartwf.refused_rows(s.name, changing, ARRAY(SELECT states ->> c FROM unnest(changing) c)) f
		ON f.docid = m.docid
	WHERE m.from_id <> documents_to_move.version_id;
END
$$;
COMMENT ON FUNCTION smartwf.documents_to_move(smartwf.structures, int, jsonb, text[]) IS
'Returns the documents of a structure (a row of smartwf.structures) that do not follow a workflow version (int, its '
'id) yet, or those among docids (text[]): the version that they follow (from_id, int), their state, the state that they '
'would get (to_state, text), null if there is none, whether somebody else has locked them (boolean), and the '
'constraint that the state would break (refusal, text).';

CREATE FUNCTION smartwf.ending_timers(docid text, from_id int, version_id int, state text) RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT string_agg(DISTINCT format('"%s"', e.timer), ', ') FROM smartwf.element_timers e
	WHERE e.docid = ending_timers.docid AND (
		NOT EXISTS (SELECT FROM smartwf.workflow_timers t
			WHERE (t.workflow_id, t.name) = (ending_timers.version_id, e.timer))
		OR e.action = 'volatile' AND EXISTS (SELECT FROM smartwf.states o JOIN smartwf.states n ON n.name = o.name
			WHERE (o.workflow_id, o.name, o.timer) = (ending_timers.from_id, ending_timers.state, e.timer)
				AND n.workflow_id = ending_timers.version_id AND n.timer IS DISTINCT FROM o.timer))
$$;
COMMENT ON FUNCTION smartwf.ending_timers(text, int, int, text) IS
'Returns the timers (text) of a document (docid, text) in a state (text) that end when it goes from one workflow version '
'(from_id, int) to another (version_id, int, its id), which does not have them, or not in that state; null if there are '
'none.';

CREATE FUNCTION smartwf.migration_plan_as_owner(structure text, version int, states jsonb, docids text[],
	OUT from_version int, OUT state text, OUT elements bigint, OUT to_state text, OUT verdict text, OUT reason text,
	OUT timers bigint, OUT locks bigint, OUT questions bigint, OUT runs bigint, OUT plan text) RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures := smartwf.structure_to_move(structure);
	target smartwf.workflows := smartwf.version_to_follow(s.workflow, version);
	has_timers boolean := smartwf.timers_exist(s.workflow);
	has_runs boolean := EXISTS (SELECT FROM smartwf.runs r WHERE r.docid IS NOT NULL);
BEGIN
	PERFORM smartwf.require_object(states, 'states', 'state');
	PERFORM smartwf.refuse(format('migration of structure "%s"', structure), smartwf.mapping_faults(target.id, states)
		|| ARRAY(SELECT smartwf.attachment_faults(smartwf.attached_relation(structure), target.id, s.state_column,
			s.docid_column)));
	RETURN QUERY
	WITH judged AS (
		SELECT d.docid, d.from_id, d.state, d.to_state,
			CASE WHEN d.to_state IS NULL THEN format('version %s does not have the state, and no other is given for it',
					target.version)
				WHEN d.refusal IS NOT NULL THEN d.refusal
				WHEN d.is_locked AND d.to_state <> d.state THEN 'somebody has locked the document' END AS obstacle,
			CASE WHEN has_timers THEN smartwf.ending_timers(d.docid, d.from_id, target.id, d.state) END AS ending, d.is_locked
		FROM smartwf.documents_to_move(s, target.id, states, docids) d)
	SELECT w.version, j.state, count(*), j.to_state,
		CASE WHEN j.obstacle IS NOT NULL THEN 'cannot' WHEN j.to_state <> j.state THEN 'changes' ELSE 'follows' END,
		coalesce(j.obstacle, 'timer ' || j.ending || format(' ends, since version %s does not have it there', target.version)),
		CASE WHEN has_timers THEN sum((SELECT count(DISTINCT t.timer) FROM smartwf.element_timers t
			WHERE t.docid = j.docid))::bigint ELSE 0 END,
		count(*) FILTER (WHERE j.is_locked),
		CASE WHEN has_runs THEN sum((SELECT count(*) FROM smartwf.runs r JOIN smartwf.confirmations c ON c.run = r.id
			WHERE r.docid = j.docid AND c.status = 'open'))::bigint ELSE 0 END,
		CASE WHEN has_runs THEN sum((SELECT count(*) FROM smartwf.runs r
			WHERE r.docid = j.docid AND r.status NOT IN ('finished', 'cancelled')))::bigint ELSE 0 END,
		smartwf.plan_checksum(s, target.id, states, docids)
	FROM judged j JOIN smartwf.workflows w ON w.id = j.from_id
	GROUP BY w.version, j.state, j.to_state, j.obstacle, j.ending
	ORDER BY w.version, j.state COLLATE "C", j.obstacle COLLATE "C" NULLS FIRST, j.ending COLLATE "C" NULLS FIRST;
END
$$;
COMMENT ON FUNCTION smartwf.migration_plan_as_owner(text, int, jsonb, text[]) IS
'What smartwf.migration_plan() does, as the owner of the extension.';

CREATE FUNCTION smartwf.migration_plan(structure text, version int DEFAULT NULL, states jsonb DEFAULT '{}',
	docids text[] DEFAULT NULL, OUT from_version int, OUT state text, OUT elements bigint, OUT to_state text,
	OUT verdict text, OUT reason text, OUT timers bigint, OUT locks bigint, OUT questions bigint, OUT runs bigint,
	OUT plan text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.migration_plan(text, int, jsonb, text[]) IS
'Returns what smartwf.start_migration() would do with the same arguments; nothing is written, and no writer has to '
'wait. One row for each version that documents follow (from_version, int), their state (text), the state that they '
'would be in (to_state, text) and what becomes of them: how many documents (elements, bigint), verdict (text: follows, '
'if they keep their state; changes, if they get another one; cannot, with the reason), reason (text: also timers that '
'would end), how many timers, locks, open questions and runs they have (timers, locks, questions, runs, bigint), and a '
'checksum of all that the plan rests on (plan, text). Raises 42501 unless the caller is an administrator, 42704 if '
'there is no such structure or published version, and WF001 if states maps to a state that the version does not have.';
