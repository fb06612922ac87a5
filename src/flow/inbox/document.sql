-- The progress of a run as JSON; diagrams of flows.

CREATE FUNCTION smartwf.run_steps_document(of_run bigint, of_flow int, of_stage text, of_parent text, of_branch text,
	of_value text, has_ended boolean, shows_model boolean) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (SELECT coalesce(json_agg(json_build_object('name', s.name, 'kind', s.kind,
			'status', coalesce(r.outcome, CASE WHEN has_ended THEN 'skipped' ELSE 'pending' END),
			'attempts', coalesce(r.attempt, 0), 'startedAt', r.started_at, 'seconds', extract(epoch FROM r.duration),
			'changes', CASE WHEN shows_model THEN r.changes END,
			'error', CASE WHEN r.outcome = 'failed' THEN json_build_object('sqlstate', r.sqlstate, 'message',
				r.message) END,
			'waitingFor', (SELECT array_to_json(array_agg(u.name ORDER BY u.n))
				FROM smartwf.confirmations c, unnest(c.users) WITH ORDINALITY AS u (name, n)
				WHERE c.run = of_run AND c.step = s.name AND c.status = 'open'
					AND NOT EXISTS (SELECT FROM smartwf.answers a WHERE a.confirmation = c.id AND a.actor = u.name)),
			'branches', (SELECT coalesce(json_agg(json_build_object('branch', b.branch, 'value', b.value,
					'steps', smartwf.run_steps_document(of_run, of_flow, of_stage, s.name, b.branch, b.value, has_ended,
						shows_model)) ORDER BY b.branch, b.value), '[]')
				FROM (SELECT 'else' AS branch, NULL AS value WHERE s.kind = 'if_condition'
					UNION ALL SELECT 'default', NULL WHERE s.kind = 'switch_case'
					UNION ALL SELECT 'failure', NULL WHERE s.failure ->> 'then' = 'branch'
					UNION ALL SELECT 'case', c FROM jsonb_array_elements_text(coalesce(s.cases, '[]')) c) b))
			ORDER BY s.position), '[]')
		FROM smartwf.steps s
		LEFT JOIN LATERAL (SELECT * FROM smartwf.run_steps x WHERE x.run = of_run AND x.step = s.name
			AND x.outcome <> 'changed' ORDER BY x.number DESC LIMIT 1) r ON true
		WHERE s.flow_id = of_flow AND s.stage = of_stage AND s.parent IS NOT DISTINCT FROM of_parent
			AND s.branch IS NOT DISTINCT FROM of_branch AND s.branch_value IS NOT DISTINCT FROM of_value);
END
$$;
COMMENT ON FUNCTION smartwf.run_steps_document(bigint, int, text, text, text, text, boolean, boolean) IS
'Returns one list of steps of a run (bigint) with their status, including the steps in their branches (json). of_flow '
'(int): the flow version; of_stage, of_parent, of_branch, of_value (text): the list; has_ended (boolean): whether the '
'run has ended; shows_model (boolean): whether changes to the model are included.';

CREATE FUNCTION smartwf.whole_run_document(run bigint, shows_model boolean) RETURNS json
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT json_build_object('run', r.id, 'flow', f.name, 'version', f.version, 'label', f.label, 'docid', r.docid,
		'status', r.status,
		'actor', r.actor, 'startedAt', r.started_at, 'changedAt', r.changed_at, 'step', r.step,
		'error', CASE WHEN r.status = 'failed' THEN json_build_object('sqlstate', r.sqlstate, 'message', r.message,
			'context', r.context) END,
		'stages', (SELECT json_agg(json_build_object('name', s.name,
				'steps', smartwf.run_steps_document(r.id, f.id, s.name, NULL, NULL, NULL,
					r.status IN ('finished', 'cancelled'), shows_model)) ORDER BY s.position)
			FROM smartwf.stages s WHERE s.flow_id = f.id))
	FROM smartwf.runs r JOIN smartwf.flows f ON f.id = r.flow_id WHERE r.id = run
$$;
COMMENT ON FUNCTION smartwf.whole_run_document(bigint, boolean) IS
'Returns the result of smartwf.run_document() for a run (bigint), or null if there is no such run (json). shows_model '
'(boolean): whether changes to the model are included. Requires privileges on the tables of smartwf.';

CREATE FUNCTION smartwf.run_document(run bigint) RETURNS json
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_run_document';
COMMENT ON FUNCTION smartwf.run_document(bigint) IS
'Returns the progress of a run (bigint) as JSON (json): flow, document, status and error, and the stages and steps '
'with status (done, waiting, failed, cancelled, pending or skipped), attempts, times, duration in seconds, changes to '
'the model, the users who are asked, and branches. Raises 42704 if there is no such run or the caller may not see it, '
'and WF400 if run is null.';

-- The edges of a flow, for all formats of diagrams.
CREATE FUNCTION smartwf.flow_edges(of_flow int)
	RETURNS TABLE (from_step text, to_step text, label text)
	LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp AS $$
	WITH step AS (
		SELECT s.*, st.position AS stage_position FROM smartwf.steps s
		JOIN smartwf.stages st ON st.flow_id = s.flow_id AND st.name = s.stage WHERE s.flow_id = of_flow
	), next AS (
		SELECT s.name, (SELECT n.name FROM step n
			WHERE (n.stage = s.stage AND n.parent IS NOT DISTINCT FROM s.parent
				AND n.branch IS NOT DISTINCT FROM s.branch
					AND n.branch_value IS NOT DISTINCT FROM s.branch_value AND n.position > s.position)
				OR (s.parent IS NULL AND n.parent IS NULL AND n.stage_position > s.stage_position)
			ORDER BY n.stage_position, n.position LIMIT 1) AS next
		FROM step s)
	SELECT s.name, coalesce(n.next, CASE WHEN s.branch = 'failure' THEN (SELECT p.next FROM next p
		WHERE p.name = s.parent) END), CASE s.kind WHEN 'if_condition' THEN 'yes' ELSE '' END
	FROM step s JOIN next n USING (name) WHERE s.kind NOT IN ('finish', 'reset_to_draft', 'switch_case')
	UNION ALL
	SELECT s.name, NULL, CASE s.kind WHEN 'reset_to_draft' THEN 'draft' ELSE '' END FROM step s
		WHERE s.kind IN ('finish', 'reset_to_draft')
	UNION ALL
	SELECT s.name, (SELECT f.name FROM step f WHERE f.parent = s.name AND f.branch = b.branch
		AND f.branch_value IS NOT DISTINCT FROM b.value AND f.position = 1),
		coalesce(b.value, CASE b.branch WHEN 'else' THEN 'no' WHEN 'failure' THEN 'failed' ELSE 'else' END)
	FROM step s, LATERAL (SELECT 'else' AS branch, NULL AS value WHERE s.kind = 'if_condition'
		UNION ALL SELECT 'case', c FROM jsonb_array_elements_text(coalesce(s.cases, '[]')) c
		UNION ALL SELECT 'default', NULL WHERE s.kind = 'switch_case'
		UNION ALL SELECT 'failure', NULL WHERE s.failure ->> 'then' = 'branch') b
$$;
COMMENT ON FUNCTION smartwf.flow_edges(int) IS
'Returns which step of a flow version (int, its id) can follow which, and the condition (label). to_step is null at '
'the end of the flow.';

CREATE FUNCTION smartwf.flow_diagram(name text, format text DEFAULT 'mermaid', run bigint DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	of_flow int;
	body text;
	edges text;
BEGIN
	SELECT f.id INTO of_flow FROM smartwf.flows f
		WHERE f.name = flow_diagram.name AND (run IS NULL OR f.id = (SELECT r.flow_id FROM smartwf.runs r
			WHERE r.id = run))
		ORDER BY f.version DESC LIMIT 1;
	IF of_flow IS NULL THEN
		RAISE EXCEPTION 'flow "%" is not defined, or that is no run of it', name USING ERRCODE = 'undefined_object';
	END IF;
	WITH step AS (
		SELECT s.*, row_number() OVER (ORDER BY st.position, s.parent NULLS FIRST, s.branch, s.branch_value,
			s.position) AS n,
			smartwf.diagram_text(s.name, format) AS shown,
			(SELECT x.outcome FROM smartwf.run_steps x WHERE x.run = flow_diagram.run AND x.step = s.name
				AND x.outcome <> 'changed' ORDER BY x.number DESC LIMIT 1) AS outcome
		FROM smartwf.steps s JOIN smartwf.stages st ON st.flow_id = s.flow_id AND st.name = s.stage
			WHERE s.flow_id = of_flow)
	SELECT (SELECT string_agg(format(form.stage, st.position, smartwf.diagram_text(st.name, format))
				|| coalesce((SELECT string_agg(format(CASE WHEN s.outcome IS NULL THEN form.node
					ELSE form.marked END, s.n, s.shown,
						smartwf.diagram_mark(form.format, CASE s.outcome WHEN 'cancelled' THEN 'failed' WHEN 'skipped'
							THEN 'done' ELSE s.outcome END)), '' ORDER BY s.n)
					FROM step s WHERE s.stage = st.name), '') || form.stage_end, '' ORDER BY st.position)
			FROM smartwf.stages st WHERE st.flow_id = of_flow),
		(SELECT string_agg(format(form.edge, 'n' || a.n, coalesce('n' || b.n, 'stop'),
			coalesce(nullif(smartwf.diagram_text(e.label, format), ''), ' ')), '' ORDER BY a.n, e.label, b.n)
			FROM smartwf.flow_edges(of_flow) e JOIN step a ON a.name = e.from_step LEFT
				JOIN step b ON b.name = e.to_step)
		INTO body, edges;
	RETURN form.head || coalesce(body, '') || coalesce(edges, '') || form.stop || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.flow_diagram(text, text, bigint) IS
'Returns a flow as the source text of a diagram (text). name (text): the flow, in its newest version; format (text): '
'mermaid (the default), dot or plantuml; run (bigint): a run of the flow, whose steps are marked in the version that '
'it follows. Raises WF400 if the format is unknown, and 42704 if there is no such flow, or no such run of it.';
