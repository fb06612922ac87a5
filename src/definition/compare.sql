-- What differs between two definitions of a workflow.

-- The draft counts as version 0.
CREATE FUNCTION smartwf.definition_to_compare(name text, version int) RETURNS jsonb
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	definition jsonb;
BEGIN
	IF version = 0 THEN
		SELECT d.definition INTO definition FROM smartwf.workflow_drafts d WHERE d.name = definition_to_compare.name;
	ELSE
		definition := smartwf.workflow_definition(name, version)::jsonb;
	END IF;
	IF definition IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no %', name, CASE WHEN version = 0 THEN 'draft'
			ELSE concat_ws(' ', 'version', version) END USING ERRCODE = 'undefined_object';
	END IF;
	RETURN definition;
END
$$;
COMMENT ON FUNCTION smartwf.definition_to_compare(text, int) IS
'Returns the JSON form (jsonb) of a version (int, by default the newest) of a workflow (text); version 0 is its draft. '
'Raises 42704 if there is none.';

-- Parts of a definition by names that stay when others come and go.
CREATE FUNCTION smartwf.definition_parts(definition jsonb) RETURNS TABLE (kind text, object text, value jsonb)
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH item AS MATERIALIZED (
		SELECT l.list, l.kind, i.item, i.number, format('%s %s', l.kind, i.item ->> 'name') AS object
		FROM (VALUES ('states', 'state'), ('transitions', 'transition'), ('timers', 'timer')) AS l (list, kind),
			smartwf.items(definition, l.list) i
		WHERE jsonb_typeof(i.item) = 'object'
	), label AS (
		SELECT l.key AS locale, k.key AS list, m.key AS name, m.value
		FROM smartwf.members(definition -> 'translations') l, smartwf.members(l.value) k, smartwf.members(k.value) m)
	SELECT 'workflow', format('workflow %s', definition ->> 'name'),
		definition - '{states,transitions,timers,translations,unsupported}'::text[] WHERE definition IS NOT NULL
	UNION ALL
	SELECT i.kind, i.object, i.item - '{arcs,parameters,grants,timers,tasks,notifications}'::text[] FROM item i
	UNION ALL
	SELECT 'arc', format('%s from %s', i.object, a.item ->> 'from'), a.item
	FROM item i, smartwf.items(i.item, 'arcs') a
	UNION ALL
	SELECT 'parameter', format('%s parameter %s', i.object, p.item ->> 'name'), p.item
	FROM item i, smartwf.items(i.item, 'parameters') p
	UNION ALL
	SELECT 'grant', format('%s %s %s', i.object, m.key, m.value #>> '{}'), '{}'
	FROM item i, smartwf.items(i.item, 'grants') g, smartwf.members(g.item) m
	UNION ALL
	SELECT 'transition timer', format('%s timer %s', i.object, t.item ->> 'timer'), t.item
	FROM item i, smartwf.items(i.item, 'timers') t WHERE i.kind = 'transition'
	UNION ALL
	SELECT 'notification', format('%s notification %s', i.object, n.number), n.item
	FROM item i, smartwf.items(i.item, 'notifications') n
	UNION ALL
	SELECT 'task', format('%s task %s', i.object, k.number), k.item
	FROM item i, smartwf.items(i.item, 'tasks') k WHERE i.kind = 'timer'
	UNION ALL
	SELECT 'translation', format('translation %s %s %s', l.locale, l.list, l.name), jsonb_build_object('label', l.value)
	FROM label l
$$;
COMMENT ON FUNCTION smartwf.definition_parts(jsonb) IS
'Returns the parts of the JSON form of a workflow (jsonb), each without the parts that it contains: its kind and name '
'(object) (text), and its JSON value (jsonb).';

CREATE FUNCTION smartwf.compare_completed(before_ jsonb, after_ jsonb)
	RETURNS TABLE (change text, kind text, object text, property text, before jsonb, after jsonb)
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH pair AS MATERIALIZED (
		SELECT coalesce(b.kind, a.kind) AS kind, coalesce(b.object, a.object) AS object, b.value AS before,
			a.value AS after
		FROM smartwf.definition_parts(before_) b FULL JOIN smartwf.definition_parts(after_) a USING (kind, object)
	), listed AS (
		SELECT l.list, d.side, i.number, i.item ->> 'name' AS name
		FROM (VALUES ('states'), ('transitions'), ('timers')) AS l (list),
			(VALUES ('before', before_), ('after', after_)) AS d (side, definition), smartwf.items(d.definition, l.list) i
		UNION ALL
		SELECT format('%s of transition %s', l.list, t.item ->> 'name'), d.side, i.number,
			CASE l.list WHEN 'arcs' THEN i.item ->> 'from' WHEN 'parameters' THEN i.item ->> 'name' ELSE i.item::text END
		FROM (VALUES ('arcs'), ('parameters'), ('grants')) AS l (list),
			(VALUES ('before', before_), ('after', after_)) AS d (side, definition),
			smartwf.items(d.definition, 'transitions') t, smartwf.items(t.item, l.list) i
	), common AS (
		-- the order of those that both have
		SELECT x.list, x.side, jsonb_agg(x.name ORDER BY x.number) AS names
		FROM listed x WHERE EXISTS (SELECT FROM listed y WHERE (y.list, y.name) = (x.list, x.name) AND y.side <> x.side)
		GROUP BY x.list, x.side
	), difference AS (
		SELECT CASE WHEN p.before IS NULL THEN 'added' ELSE 'removed' END AS change, p.kind, p.object,
			NULL::text AS property, p.before, p.after
		FROM pair p WHERE p.before IS NULL OR p.after IS NULL
		UNION ALL
		SELECT 'changed', p.kind, p.object, k.key, p.before -> k.key, p.after -> k.key
		FROM pair p, LATERAL (SELECT jsonb_object_keys(p.before || p.after) AS key) k
		WHERE p.before IS NOT NULL AND p.after IS NOT NULL
			AND nullif(p.before -> k.key, 'null') IS DISTINCT FROM nullif(p.after -> k.key, 'null')
		UNION ALL
		SELECT 'changed', 'workflow', format('workflow %s', after_ ->> 'name'), format('order of %s', b.list), b.names,
			a.names
		FROM common b JOIN common a USING (list) WHERE b.side = 'before' AND a.side = 'after' AND b.names <> a.names)
	SELECT * FROM difference d ORDER BY d.kind <> 'workflow', d.object COLLATE "C", d.kind, d.property COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.compare_completed(jsonb, jsonb) IS
'Returns what differs between two complete JSON forms of a workflow (jsonb), as smartwf.compare_workflows() does.';

CREATE FUNCTION smartwf.compare_definitions(definition jsonb, with_definition jsonb)
	RETURNS TABLE (change text, kind text, object text, property text, before jsonb, after jsonb)
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF coalesce(jsonb_typeof(definition), 'object') <> 'object' OR jsonb_typeof(with_definition) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION 'a definition must be a JSON object' USING ERRCODE = 'WF400';
	END IF;
	RETURN QUERY SELECT * FROM smartwf.compare_completed(smartwf.complete_definition(definition),
		smartwf.complete_definition(with_definition));
END
$$;
COMMENT ON FUNCTION smartwf.compare_definitions(jsonb, jsonb) IS
'Returns what differs between two JSON forms of a workflow, for example the published one and that of a file. definition '
'(jsonb): the one before, null if there is none; with_definition (jsonb): the one after. Returns the same as '
'smartwf.compare_workflows(). Raises WF400 if one of them is no JSON object.';

CREATE FUNCTION smartwf.compare_workflows(name text, from_version int DEFAULT NULL, to_version int DEFAULT 0)
	RETURNS TABLE (change text, kind text, object text, property text, before jsonb, after jsonb)
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY SELECT * FROM smartwf.compare_definitions(smartwf.definition_to_compare(name, from_version),
		smartwf.definition_to_compare(name, to_version));
END
$$;
COMMENT ON FUNCTION smartwf.compare_workflows(text, int, int) IS
'Returns what differs between two versions of a workflow (name, text). from_version (int): by default the newest one; '
'to_version (int): by default 0, which is the draft. One row for each difference: change (text: added, removed or '
'changed), kind (text: workflow, state, transition, arc, parameter, grant, timer, transition timer, task, notification '
'or translation) and object (text) of what differs, the property that has changed (text), and its values before and '
'after (jsonb). Raises 42704 if there is no such workflow, version or draft.';

-- Both in one picture. What has come or gone says so by its label, too, since colors do not tell everybody.
CREATE FUNCTION smartwf.compared_diagram(format text, before_ jsonb, after_ jsonb) RETURNS text
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	nodes text;
	edges text;
BEGIN
	WITH difference AS MATERIALIZED (
		SELECT * FROM smartwf.compare_completed(before_, after_)
	), side AS (
		SELECT s.item, s.number + 1000 * d.rank AS number, d.rank
		FROM (VALUES (1, after_), (2, before_)) AS d (rank, definition), smartwf.items(d.definition, 'states') s
	), state AS MATERIALIZED (
		SELECT x.*, row_number() OVER (ORDER BY x.number) AS n FROM (
			SELECT DISTINCT ON (s.item ->> 'name') s.item ->> 'name' AS name, s.item, s.number
			FROM side s WHERE s.item ->> 'name' IS NOT NULL ORDER BY s.item ->> 'name', s.rank) x
	), arc AS MATERIALIZED (
		SELECT DISTINCT ON (t.item ->> 'name', a.item ->> 'from', a.item ->> 'to') t.item ->> 'name' AS transition,
			coalesce(nullif(t.item ->> 'label', ''), t.item ->> 'name') AS label, a.item ->> 'from' AS "from",
			a.item ->> 'to' AS "to", d.rank, t.number
		FROM (VALUES (1, after_), (2, before_)) AS d (rank, definition), smartwf.items(d.definition, 'transitions') t,
			smartwf.items(t.item, 'arcs') a
		ORDER BY t.item ->> 'name', a.item ->> 'from', a.item ->> 'to', d.rank
	), shown AS (
		SELECT a.*, CASE WHEN a.rank = 2 THEN 'removed'
			WHEN NOT jsonb_path_exists(before_, '$.transitions[*] ? (@.name == $t).arcs[*] ? (@.from == $f && @.to == $g)',
				jsonb_build_object('t', a.transition, 'f', a."from", 'g', a."to")) THEN 'added'
			WHEN EXISTS (SELECT FROM difference d WHERE d.object = 'transition ' || a.transition
				OR d.object LIKE 'transition ' || replace(replace(a.transition, '_', '\_'), '%', '\%') || ' %'
					AND d.kind <> 'arc') THEN 'changed' END AS change
		FROM arc a
	), marked AS (
		SELECT s.n, smartwf.diagram_text(concat_ws(' ', c.sign, coalesce(nullif(s.item ->> 'label', ''), s.name)), format)
			AS label, c.change
		FROM state s LEFT JOIN LATERAL (SELECT d.change FROM difference d WHERE d.object = 'state ' || s.name
				AND d.kind = 'state' LIMIT 1) d ON true
			LEFT JOIN (VALUES ('added', '+'), ('removed', '−'), ('changed', '~')) AS c (change, sign) USING (change))
	SELECT (SELECT string_agg(format(CASE WHEN m.change IS NULL THEN form.node ELSE form.marked END, m.n, m.label,
			smartwf.diagram_mark(format, m.change)), '' ORDER BY m.n) FROM marked m),
		(SELECT string_agg(format(CASE a.change WHEN 'added' THEN form.marked_edge WHEN 'removed' THEN form.removed_edge
				ELSE form.edge END, 'n' || f.n, 'n' || t.n,
				smartwf.diagram_text(concat_ws(' ', c.sign, a.label), format)), '' ORDER BY a.rank, a.number, f.n)
			FROM shown a JOIN state f ON f.name = a."from" JOIN state t ON t.name = a."to"
			LEFT JOIN (VALUES ('added', '+'), ('removed', '−'), ('changed', '~')) AS c (change, sign) USING (change))
		INTO nodes, edges;
	RETURN form.head || coalesce(nodes, '') || coalesce(edges, '') || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.compared_diagram(text, jsonb, jsonb) IS
'Returns two JSON forms of a workflow (jsonb) as the source text of one diagram (text) of a format (text), in which '
'what was added, removed and changed is marked, with +, − and ~ before the labels. Raises WF400 if the format is '
'unknown.';
