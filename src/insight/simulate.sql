-- What history would have met under another definition.

CREATE FUNCTION smartwf.try_rules(docid text, transition text, from_state text, to_state text, guard text, m0 text,
	m1 text, comment text, parameters jsonb, actor text, calls_functions boolean) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_try_rules';
COMMENT ON FUNCTION smartwf.try_rules(text, text, text, text, text, text, text, text, jsonb, text, boolean) IS
'Returns what the guard (text) and the hooks m0 and m1 (text) of a transition (text) would object to (text) for the row '
'that a document (docid, text) has now, and null if nothing. from_state, to_state, comment, actor (text) and parameters '
'(jsonb) are what the hooks are told. They act as the caller, and what they do is rolled back. If calls_functions '
'(boolean) is false, a guard that calls other functions than PostgreSQL''s own is not evaluated, and that is the '
'objection; so it is if the caller does not see the row.';

-- The transitions of a definition, by what is asked of whoever passes them.
CREATE FUNCTION smartwf.simulated_transitions(definition jsonb) RETURNS TABLE (transition text, from_state text,
	to_state text, forbids_comment boolean, guard text, m0 text, m1 text, needed text[], roles text[], columns text[])
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT t.item ->> 'name', a.item ->> 'from', a.item ->> 'to', t.item -> 'askComment' = 'false', t.item ->> 'guard',
		t.item ->> 'm0', t.item ->> 'm1',
		ARRAY(SELECT p.item ->> 'name' FROM smartwf.items(t.item, 'parameters') p WHERE p.item -> 'needed' = 'true'),
		ARRAY(SELECT g.item ->> 'role' FROM smartwf.items(t.item, 'grants') g WHERE g.item ? 'role'),
		ARRAY(SELECT g.item ->> 'column' FROM smartwf.items(t.item, 'grants') g WHERE g.item ? 'column')
	FROM smartwf.items(definition, 'transitions') t, smartwf.items(t.item, 'arcs') a
$$;
COMMENT ON FUNCTION smartwf.simulated_transitions(jsonb) IS
'Returns the arcs of the transitions in the JSON form of a workflow (jsonb), with what is asked of those who pass them: '
'whether a comment is refused, guard and hooks, the names of parameters that are needed, and the roles and columns to '
'which it is granted.';

CREATE FUNCTION smartwf.simulate_workflow_as_owner(structure text, definition jsonb, since timestamptz,
	call_hooks boolean, OUT docid text, OUT revision int, OUT transition text, OUT verdict text, OUT reason text)
	RETURNS SETOF record
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures := smartwf.structure_to_move(structure);
	states text[] := ARRAY(SELECT i.item ->> 'name' FROM smartwf.items(definition, 'states') i);
BEGIN
	PERFORM smartwf.refuse(format('definition of workflow "%s"', definition ->> 'name'), ARRAY(
		SELECT format('%s %s: %s', f.code, f.object, f.message) FROM smartwf.definition_faults(definition) f
		WHERE f.severity = 'error'));
	RETURN QUERY
	WITH arc AS MATERIALIZED (
		SELECT * FROM smartwf.simulated_transitions(definition)
	), past AS MATERIALIZED (
		SELECT h.* FROM smartwf.elements e JOIN smartwf.history h ON h.docid = e.docid
		WHERE e.structure = s.name AND h.at >= e.created_at AND (since IS NULL OR h.at >= since)
			AND h.from_state IS NOT NULL AND h.to_state IS NOT NULL AND (h.transition IS NOT NULL OR h.from_state <> h.to_state)
	), judged AS MATERIALIZED (
		SELECT h.docid, h.revision, h.transition, r.verdict, r.reason
		FROM past h LEFT JOIN arc a ON (a.transition, a.from_state) = (h.transition, h.from_state), LATERAL (
			SELECT 1 AS n, 'refused' AS verdict, format('CRUD0228: there is no state "%s"', x.state) AS reason
			FROM unnest(ARRAY[h.from_state, h.to_state]) AS x (state) WHERE x.state <> ALL (states)
			UNION ALL
			SELECT 2, 'refused', format('CRUD0229: there is no transition "%s"', h.transition)
			WHERE h.transition NOT IN (SELECT x.transition FROM arc x)
			UNION ALL
			SELECT 3, 'refused', CASE WHEN a.transition IS NULL THEN format(
					'CRUD0235: the transition does not leave state "%s"', h.from_state)
				ELSE format('CRUD0235: the transition leads from state "%s" to "%s", not to "%s"', h.from_state, a.to_state,
					h.to_state) END
			WHERE h.transition IS NOT NULL AND a.to_state IS DISTINCT FROM h.to_state
			UNION ALL
			SELECT 4, 'refused', 'WFL0300: a comment is not accepted' WHERE a.forbids_comment AND h.comment <> ''
			UNION ALL
			SELECT 5, 'refused', format('WFL0300: parameter "%s" is needed', p.name) FROM unnest(a.needed) AS p (name)
			WHERE nullif(h.parameters ->> p.name, '') IS NULL
			UNION ALL
			-- a person may have come by any role, and a column held another name then
			SELECT 6, CASE WHEN a.columns <> '{}' OR u.oid IS NULL THEN 'doubtful' ELSE 'refused' END,
				concat_ws(', ', format('WFL0300: "%s" does not hold the right', h.actor),
					'granted to ' || nullif(array_to_string(a.roles, ', '), ''),
					'unless the row named them in ' || nullif(array_to_string(a.columns, ', '), ''))
			FROM (SELECT 1) one LEFT JOIN pg_roles u ON u.rolname = h.actor
			WHERE a.roles || a.columns <> '{}' AND u.rolsuper IS NOT TRUE AND NOT EXISTS (SELECT FROM unnest(a.roles) AS g (role)
				JOIN pg_roles x ON x.rolname = g.role WHERE u.oid IS NOT NULL AND pg_has_role(u.oid, x.oid, 'MEMBER'))
			ORDER BY 1 LIMIT 1) r
	), doubted AS (
		-- guards and hooks are asked about what has passed all else, since they cost, and may do things
		SELECT h.docid, h.revision, h.transition, 'doubtful' AS verdict,
			format('WFL0300: with the row as it is today, %s', y.objection) AS reason
		FROM past h JOIN arc a ON (a.transition, a.from_state, a.to_state) = (h.transition, h.from_state, h.to_state),
			LATERAL (SELECT smartwf.try_rules(h.docid, h.transition, h.from_state, h.to_state, a.guard,
				CASE WHEN call_hooks THEN a.m0 END, CASE WHEN call_hooks THEN a.m1 END, h.comment, h.parameters, h.actor,
				call_hooks)
					AS objection WHERE a.guard IS NOT NULL OR call_hooks AND (a.m0 IS NOT NULL OR a.m1 IS NOT NULL)) y
		WHERE y.objection IS NOT NULL
			AND NOT EXISTS (SELECT FROM judged j WHERE (j.docid, j.revision) = (h.docid, h.revision))
	), stuck AS (
		SELECT e.docid, l.revision, NULL::text AS transition, 'stuck' AS verdict,
			CASE WHEN l.state <> ALL (states) THEN format('there is no state "%s", in which it is', l.state)
				ELSE format('no transition leaves state "%s" any more, in which it is', l.state) END AS reason
		FROM smartwf.elements e CROSS JOIN LATERAL smartwf.last_line(e.docid) l
		WHERE e.structure = s.name AND e.deleted_at IS NULL AND (l.state <> ALL (states)
			OR l.state NOT IN (SELECT a.from_state FROM arc a) AND EXISTS (SELECT FROM smartwf.arcs a
				WHERE (a.workflow_id, a.from_state) = (smartwf.followed_version(s.name, l.version_id, l.state), l.state))))
	SELECT * FROM judged j
	UNION ALL
	SELECT * FROM doubted d
	UNION ALL
	SELECT * FROM stuck k
	ORDER BY docid, revision, verdict;
END
$$;
COMMENT ON FUNCTION smartwf.simulate_workflow_as_owner(text, jsonb, timestamptz, boolean) IS
'What smartwf.simulate_workflow() does, as the owner of the extension.';

CREATE FUNCTION smartwf.simulate_workflow(structure text, definition jsonb, since timestamptz DEFAULT NULL,
	call_hooks boolean DEFAULT false, OUT docid text, OUT revision int, OUT transition text, OUT verdict text,
	OUT reason text) RETURNS SETOF record
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_administer';
COMMENT ON FUNCTION smartwf.simulate_workflow(text, jsonb, timestamptz, boolean) IS
'Lets the history of a structure (text) pass by a definition (jsonb, as for smartwf.define_workflow()). since '
'(timestamptz): only changes from then on, by default all; call_hooks (boolean): if true, the hooks m0 and m1 are called, '
'and guards that call functions, as the caller, who should trust the definition; by default false. Returns the changes '
'of the past that would have been refused, and the documents of today that would be stuck: docid (text), revision (int), transition (text), verdict (text) and reason (text). verdict: '
'refused; doubtful, if it depends on what the row was like then, which history does not keep: guards and hooks are asked '
'about the row of today, as the caller; stuck, of a document whose state is not there, or is one that nothing leaves any '
'more. Nothing is written: what guards and hooks do is rolled back. Raises 42501 unless the caller is an administrator, '
'42704 if there is no such structure, and WF001 with one line of DETAIL for each fault of the definition.';
