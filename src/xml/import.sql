-- Import of the XML form of workflows: a graph, configurations of it, and the timers and
-- mail templates that they name.
--
-- A file need not have all of it.  What it says replaces what there is; the rest of the
-- workflow stays.  What has no effect here is kept in workflows.unsupported.

-- One entry of workflows.unsupported.
CREATE FUNCTION smartwf.kept(object text, element text, source text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_build_object('object', object, 'element', element, 'xml', source)
$$;
COMMENT ON FUNCTION smartwf.kept(text, text, text) IS
'Returns an entry (jsonb) of workflows.unsupported. object (text): what contains it; element (text): its name in XML, '
'attributes with @; source (text): the element as XML, or the value of the attribute.';

-- Attributes that have no effect, or are needed to write the XML again.
CREATE FUNCTION smartwf.imported_attributes(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(smartwf.kept(x.kind, '@' || a.name, a.value) ORDER BY x.number, a.name), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph | //workflow:config' PASSING definition
		COLUMNS number FOR ORDINALITY, kind text PATH 'local-name(.)', ns text PATH '@ns', name text PATH '@name',
			label text PATH '@label', structure text PATH '@structure') x,
		LATERAL (VALUES ('ns', x.ns), ('name', CASE x.kind WHEN 'graph' THEN x.name END),
			('label', CASE x.kind WHEN 'graph' THEN x.label END), ('structure', x.structure)) a (name, value)
	WHERE a.value IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.imported_attributes(xml) IS
'Returns the attributes of graph and configurations in XML form (xml) that have no effect in smartwf, or are needed '
'to export the workflow, as entries of workflows.unsupported (jsonb).';

-- Elements that have no effect: access rights, masks, views and others.
CREATE FUNCTION smartwf.imported_unsupported(definition xml, workflow jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH kept AS MATERIALIZED (
		SELECT x.number, x.element, x.kind, CASE x.kind WHEN 'task' THEN x.timer ELSE x.ref END AS ref,
			x.source::text AS source
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow,
			'https://platform.anakeen.com/4/schemas/timer/1.0' AS timer,
			'https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//workflow:graph/*[not(self::workflow:steps or self::workflow:transitions)]
		| //workflow:graph/workflow:steps/*[not(self::workflow:step)]
		| //workflow:graph/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:graph/*/workflow:transition[@name and not(@from and @to)]
		| //workflow:graph/*/*[self::workflow:step or self::workflow:transition]/*
		| //workflow:config/*[not(self::workflow:steps or self::workflow:transitions or self::workflow:description)]
		| //workflow:config/workflow:steps/*[not(self::workflow:step)]
		| //workflow:config/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:config/*/workflow:step/*[not(self::workflow:color or self::workflow:timer
			or self::workflow:mailtemplate)]
		| //workflow:config/*/workflow:transition/*[not(self::workflow:timer or self::workflow:mailtemplate)]
		| //mail:mailtemplate/*[not(self::mail:recipients or self::mail:subject or self::mail:body)]
		| //timer:task/timer:process
		| //timer:task/timer:sendmail[not(@ref = //mail:mailtemplate/@name)]
		| /*[not(self::workflow:graph or self::workflow:config)]/*[not(self::workflow:graph or self::workflow:config
			or self::timer:timer or self::mail:mailtemplate)]'
		PASSING definition
		COLUMNS number FOR ORDINALITY, element text PATH 'local-name(.)', kind text PATH 'local-name(..)',
			ref text PATH 'string((../@ref | ../@name)[1])', timer text PATH '../../../@name', source xml PATH '.') x
	), named AS (
		SELECT r.number, r.name FROM (SELECT array_agg(kind ORDER BY number) AS kinds, array_agg(ref ORDER BY number) AS refs
			FROM kept) k, smartwf.references_of(workflow, k.kinds, k.refs) r)
	SELECT coalesce(jsonb_agg(smartwf.kept(btrim(concat_ws(' ', k.kind, coalesce(n.name, k.ref))), k.element, k.source)
		ORDER BY k.number), '[]')
	FROM (SELECT *, row_number() OVER (ORDER BY number) AS place FROM kept) k LEFT JOIN named n ON n.number = k.place
$$;
COMMENT ON FUNCTION smartwf.imported_unsupported(xml, jsonb) IS
'Returns the elements in XML form (xml) that have no effect in smartwf, as entries of workflows.unsupported (jsonb). '
'workflow (jsonb): the workflow in JSON form, which knows the names that references mean.';

CREATE FUNCTION smartwf.imported_states(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', g.name, 'label', g.label, 'activity',
		g.activity, 'initial', lower(g.initial) IN ('true', '1'))) ORDER BY g.number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph/workflow:steps/workflow:step' PASSING definition
		COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@state-label',
			activity text PATH '@activity-label', initial text PATH '@initial') g
$$;
COMMENT ON FUNCTION smartwf.imported_states(xml) IS
'Returns the states of a workflow in XML form (xml) in JSON form (jsonb).';

-- A transition has one arc from each state: of two elements with the same name and origin, the second
-- becomes a transition of its own, name:to.
CREATE FUNCTION smartwf.imported_transitions(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH element AS (
		SELECT DISTINCT ON (name, "from", "to", unnamed) * FROM (
			SELECT x.*, CASE WHEN x.name IS NULL THEN x.number END AS unnamed FROM xmltable(
				XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
				'//workflow:graph/workflow:transitions/workflow:transition[not(@name) or (@from and @to)]'
				PASSING definition
				COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@label',
					"from" text PATH '@from', "to" text PATH '@to') x) e
		ORDER BY name, "from", "to", unnamed, number
	), named AS (
		SELECT CASE WHEN row_number() OVER (PARTITION BY name, "from" ORDER BY number) > 1
			THEN format('%s:%s', name, "to") ELSE name END AS name, label, "from", "to", number, unnamed FROM element)
	SELECT coalesce(jsonb_agg(transition ORDER BY number), '[]') FROM (
		SELECT min(number) AS number, jsonb_strip_nulls(jsonb_build_object('name', name,
			'label', (array_agg(label ORDER BY number) FILTER (WHERE label IS NOT NULL))[1],
			'arcs', jsonb_agg(jsonb_build_object('from', "from", 'to', "to") ORDER BY number))) AS transition
		FROM named GROUP BY name, unnamed) t
$$;
COMMENT ON FUNCTION smartwf.imported_transitions(xml) IS
'Returns the transitions of a workflow in XML form (xml) in JSON form (jsonb). Transitions of the same name become '
'arcs of one transition, unless they leave the same state.';

-- Mail templates go to smartwf.templates; whom they address stays with the workflow.
CREATE FUNCTION smartwf.imported_mails(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_object_agg(m.name, jsonb_strip_nulls(jsonb_build_object('template', m.name, 'channel', 'smtp',
		'renderType', CASE WHEN m.is_html THEN 'html' END,
		'users', (SELECT jsonb_agg(DISTINCT jsonb_build_object('person', btrim(r.address))) FROM xmltable(
			XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
			'//mail:recipient/mail:address' PASSING m.source COLUMNS address text PATH '.') r),
		'userField', nullif(m.field, '')))), '{}')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//mail:mailtemplate[@name]' PASSING definition
		COLUMNS name text PATH '@name', source xml PATH '.',
			is_html boolean PATH 'boolean(mail:body[@content-type = "html"])',
			field text PATH 'normalize-space((.//mail:recipient/*[self::mail:element-account-field
				or self::mail:element-field-value])[1])') m
$$;
COMMENT ON FUNCTION smartwf.imported_mails(xml) IS
'Returns the mail templates in XML form (xml) as a JSON object (jsonb): for each name, the settings of a '
'notification.';

CREATE FUNCTION smartwf.mail_faults(definition xml) RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(format('WFL0510 mail template %s: it is defined twice', name) ORDER BY name) FROM (
		SELECT name FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
			'//mail:mailtemplate[@name]' PASSING definition COLUMNS name text PATH '@name')
		GROUP BY name HAVING count(*) > 1) twice
$$;
COMMENT ON FUNCTION smartwf.mail_faults(xml) IS
'Returns the faults of the mail templates in XML form (xml) (text[], null if there are none).';

CREATE FUNCTION smartwf.store_templates(definition xml) RETURNS void
	LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO smartwf.templates AS t (name, description, subject, text_body, html_body)
	SELECT name, label, subject, CASE WHEN is_html THEN '' ELSE body END, CASE WHEN is_html THEN body ELSE '' END
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//mail:mailtemplate[@name]' PASSING definition
		COLUMNS name text PATH '@name', label text PATH '@label' DEFAULT '', subject text PATH 'mail:subject' DEFAULT '',
			body text PATH 'mail:body' DEFAULT '', is_html boolean PATH 'boolean(mail:body[@content-type = "html"])')
	-- a body of the other form, which the document does not have, stays
	ON CONFLICT (name) DO UPDATE SET description = excluded.description, subject = excluded.subject,
		text_body = CASE WHEN excluded.text_body = '' THEN t.text_body ELSE excluded.text_body END,
		html_body = CASE WHEN excluded.html_body = '' THEN t.html_body ELSE excluded.html_body END;
	INSERT INTO smartwf.contacts (name, channel, address)
	SELECT DISTINCT btrim(address), 'smtp', btrim(address)
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS mail),
		'//mail:mailtemplate[@name]//mail:recipient/mail:address' PASSING definition COLUMNS address text PATH '.')
	ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION smartwf.store_templates(xml) IS
'Stores the mail templates in XML form (xml) in smartwf.templates, and the addresses that they name in '
'smartwf.contacts.';

CREATE FUNCTION smartwf.imported_timers(definition xml, mails jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', t.name, 'label', t.label,
		'column', nullif(t."column", ''), 'delta', nullif(t.delta, ''), 'tasks', (
			SELECT coalesce(jsonb_agg(jsonb_build_object('delta', coalesce(nullif(k.delta, ''), '0'), 'kind', k.kind,
				'settings', k.settings) ORDER BY k.number), '[]') FROM (
				SELECT a.number, a.delta, CASE a.element WHEN 'setstate' THEN 'go_to_state'
					ELSE 'send_templated_notification' END AS kind,
					CASE a.element WHEN 'setstate' THEN jsonb_build_object('state', a.state)
						ELSE mails -> a.ref END AS settings
				FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/timer/1.0' AS timer),
					'//timer:task/*[self::timer:sendmail or self::timer:setstate]' PASSING t.source
					COLUMNS number FOR ORDINALITY, element text PATH 'local-name(.)', delta text PATH '../@delta',
						state text PATH '@state', ref text PATH '@ref') a) k
			WHERE k.settings IS NOT NULL))) ORDER BY t.number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/timer/1.0' AS timer),
		'//timer:timer[@name]' PASSING definition
		COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@label',
			"column" text PATH 'timer:field-date-reference/@ref',
			delta text PATH 'timer:field-date-reference/@delta', source xml PATH '.') t
$$;
COMMENT ON FUNCTION smartwf.imported_timers(xml, jsonb) IS
'Returns the timers in XML form (xml) in JSON form (jsonb). mails (jsonb): the settings of each notification, by the '
'name of its mail template.';

-- What configurations say of steps and transitions, one row for each element.
CREATE FUNCTION smartwf.imported_settings(definition xml)
	RETURNS TABLE (number bigint, kind text, ref text, element text, value text, action text, source text)
	LANGUAGE sql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
	SELECT number, rtrim(kind, 's'), ref, element, value, action, source::text
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:config/workflow:steps/workflow:step/*[self::workflow:color or self::workflow:timer
			or self::workflow:mailtemplate]
		| //workflow:config/workflow:transitions/workflow:transition/*[self::workflow:timer
			or self::workflow:mailtemplate]' PASSING definition
		COLUMNS number FOR ORDINALITY, kind text PATH 'local-name(../..)', ref text PATH '../@ref',
			element text PATH 'local-name(.)', value text PATH 'normalize-space(concat(@ref, self::workflow:color))',
			action text PATH '@type', source xml PATH '.')
$$;
COMMENT ON FUNCTION smartwf.imported_settings(xml) IS
'Returns colors, timers and mail templates that configurations in XML form (xml) give to steps and transitions: '
'number (bigint), kind (step or transition), ref, element, value (the color or the name), action (of the timer of a '
'transition) and source (the element) (text each).';

-- Which states and transitions the references of a document mean: they may be in capitals.
CREATE FUNCTION smartwf.references_of(workflow jsonb, kinds text[], refs text[])
	RETURNS TABLE (number bigint, kind text, ref text, name text)
	LANGUAGE sql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH named AS MATERIALIZED (
		SELECT list.kind, item ->> 'name' AS name, lower(item ->> 'name') AS lower_name
		FROM (VALUES ('step', 'states'), ('transition', 'transitions')) list (kind, key), smartwf.items(workflow, list.key))
	SELECT DISTINCT ON (r.number) r.number, r.kind, r.ref, n.name
	FROM unnest(kinds, refs) WITH ORDINALITY r (kind, ref, number)
	LEFT JOIN named n ON n.kind = r.kind AND n.lower_name = lower(r.ref)
	ORDER BY r.number, n.name IS DISTINCT FROM r.ref, n.name
$$;
COMMENT ON FUNCTION smartwf.references_of(jsonb, text[], text[]) IS
'Returns what references mean: number (bigint), kind, ref and name (text), which is null if there is nothing of that '
'name. workflow (jsonb): the workflow in JSON form; kinds (text[]): step or transition; refs (text[]): names, perhaps '
'with other capitals.';

CREATE FUNCTION smartwf.with_graph(base jsonb, graph jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(base, '{}') || (graph - 'states' - 'transitions') || jsonb_build_object(key.states, merged.states,
		key.transitions, merged.transitions, 'translations', (
			SELECT coalesce(jsonb_object_agg(l.key, (SELECT jsonb_object_agg(part.key, (
					SELECT coalesce(jsonb_object_agg(m.key, m.value), '{}') FROM smartwf.members(part.value) m
					WHERE part.key = 'parameters' OR EXISTS (SELECT FROM smartwf.items(graph,
						CASE part.key WHEN 'transitions' THEN 'transitions' ELSE 'states' END)
						WHERE item ->> 'name' = m.key)))
				FROM smartwf.members(l.value) part)), '{}')
			FROM smartwf.members(base -> 'translations') l))
	FROM (VALUES ('states', 'transitions')) key (states, transitions), LATERAL (SELECT
		(SELECT coalesce(jsonb_agg(coalesce(b.item - 'label' - 'activity' - 'initial', '{}') || g.item
			ORDER BY g.number), '[]')
			FROM smartwf.items(graph, key.states) g
			LEFT JOIN smartwf.items(base, key.states) b ON b.item ->> 'name' = g.item ->> 'name') AS states,
		(SELECT coalesce(jsonb_agg(coalesce(b.item - 'label' - 'arcs', '{}') || g.item ORDER BY g.number), '[]')
			FROM smartwf.items(graph, key.transitions) g
			LEFT JOIN smartwf.items(base, key.transitions) b ON b.item ->> 'name' = g.item ->> 'name')
			AS transitions) merged
$$;
COMMENT ON FUNCTION smartwf.with_graph(jsonb, jsonb) IS
'Returns a workflow in JSON form (jsonb) with the states, transitions and labels of a graph (jsonb), which keep all '
'else that they have in the workflow (jsonb, null if there is none).';

-- Does the XML form have a place for a notification, or for a task of a timer?  The others stay, whatever
-- a document says.
CREATE FUNCTION smartwf.has_xml(item jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE coalesce(item ->> 'kind', 'send_templated_notification')
		WHEN 'go_to_state' THEN true
		WHEN 'send_templated_notification' THEN settings ->> 'channel' = 'smtp' AND NOT settings ? 'properties'
			AND NOT settings ? 'userRouting' AND NOT EXISTS (
				SELECT FROM smartwf.items(settings, 'users') u WHERE coalesce(u.item ->> 'person', '') NOT LIKE '%@%')
		ELSE false END
	FROM (SELECT coalesce(item -> 'settings', item) AS settings) s
$$;
COMMENT ON FUNCTION smartwf.has_xml(jsonb) IS
'Returns true if the XML form of workflows can express a notification or a task of a timer (jsonb): going to a '
'state, or mail from a template to people known by their addresses, or to those whom a field names.';

-- Mail templates that are known: those of the file, then those that the workflow uses already.
CREATE FUNCTION smartwf.known_mails(definition xml, base jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_object_agg(n.item ->> 'template', n.item), '{}') || smartwf.imported_mails(definition)
	FROM (VALUES ('states'), ('transitions')) AS part (key), smartwf.items(base, part.key) o,
		smartwf.items(o.item, 'notifications') n
	WHERE smartwf.has_xml(n.item)
$$;
COMMENT ON FUNCTION smartwf.known_mails(xml, jsonb) IS
'Returns the settings of notifications by the name of their template, as a JSON object (jsonb): those of the mail '
'templates in XML form (xml), and of those that a workflow in JSON form (jsonb) uses.';

-- What the document says of each state and transition, as members of its JSON form, and what of that
-- cannot have an effect.
CREATE FUNCTION smartwf.imported_members(workflow jsonb, definition xml, mails jsonb)
	RETURNS TABLE (kind text, name text, members jsonb, left_over jsonb)
	LANGUAGE sql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH setting AS MATERIALIZED (
		SELECT x.*, row_number() OVER (ORDER BY x.number) AS place FROM smartwf.imported_settings(definition) x
	), timer AS MATERIALIZED (
		SELECT item ->> 'name' AS name FROM smartwf.items(workflow, 'timers')
	), judged AS MATERIALIZED (
		SELECT s.*, r.name, mails -> s.value AS mail, s.value <> '' AND CASE s.element
			WHEN 'mailtemplate' THEN NOT coalesce(mails -> s.value ?| ARRAY['users', 'userField'], false)
			WHEN 'timer' THEN s.value NOT IN (SELECT t.name FROM timer t WHERE t.name IS NOT NULL)
			ELSE false END AS is_left_over
		FROM setting s, (SELECT array_agg(kind ORDER BY place) AS kinds, array_agg(ref ORDER BY place) AS refs
			FROM setting) a, smartwf.references_of(workflow, a.kinds, a.refs) r
		WHERE r.number = s.place AND r.name IS NOT NULL)
	SELECT kind, name, jsonb_object_agg(key, value) FILTER (WHERE key IS NOT NULL),
		jsonb_agg(kept) FILTER (WHERE kept IS NOT NULL)
	FROM (
		SELECT kind, name, 'color' AS key, to_jsonb(smartwf.color_code((array_agg(value ORDER BY number DESC))[1])) AS value,
			NULL::jsonb AS kept
		FROM judged WHERE element = 'color' GROUP BY kind, name
		UNION ALL
		SELECT kind, name, 'timer', to_jsonb(nullif((array_agg(value ORDER BY number DESC))[1], '')), NULL
		FROM judged WHERE element = 'timer' AND kind = 'step' AND NOT is_left_over GROUP BY kind, name
		UNION ALL
		SELECT kind, name, 'timers', jsonb_agg(jsonb_build_object('timer', value, 'action', action) ORDER BY number)
			FILTER (WHERE value <> ''), NULL
		FROM judged WHERE element = 'timer' AND kind = 'transition' AND NOT is_left_over GROUP BY kind, name
		UNION ALL
		SELECT kind, name, 'notifications', coalesce(jsonb_agg(mail ORDER BY number) FILTER (WHERE mail IS NOT NULL), '[]'),
			NULL
		FROM judged WHERE element = 'mailtemplate' AND NOT is_left_over GROUP BY kind, name
		UNION ALL
		SELECT kind, name, NULL, NULL, smartwf.kept(format('%s %s', kind, name), element, source)
		FROM judged WHERE is_left_over) x
	GROUP BY kind, name
$$;
COMMENT ON FUNCTION smartwf.imported_members(jsonb, xml, jsonb) IS
'Returns what configurations in XML form (xml) say of the states and transitions of a workflow in JSON form (jsonb): '
'kind (step or transition) and name (text), their members in JSON form (members, jsonb), and entries of '
'workflows.unsupported for what names a timer or mail template that nobody knows (left_over, jsonb). mails (jsonb): '
'the settings of each notification, by the name of its mail template.';

CREATE FUNCTION smartwf.with_settings(workflow jsonb, definition xml, mails jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH said AS MATERIALIZED (
		SELECT * FROM smartwf.imported_members(workflow, definition, mails))
	SELECT smartwf.with_kept(workflow || lists.changed, coalesce((
			SELECT jsonb_agg(e.item ORDER BY e.item) FROM said, jsonb_array_elements(said.left_over) e (item)), '[]'), false)
	FROM (SELECT jsonb_object_agg(list.key, (
			SELECT coalesce(jsonb_agg(i.item || coalesce(said.members, '{}') || CASE WHEN said.members ? 'notifications' THEN
					jsonb_build_object('notifications', (SELECT coalesce(jsonb_agg(n.item ORDER BY n.number), '[]')
						FROM smartwf.items(i.item, 'notifications') n WHERE NOT smartwf.has_xml(n.item))
						|| (said.members -> 'notifications')) ELSE '{}' END ORDER BY i.number), '[]')
			FROM smartwf.items(workflow, list.key) i
			LEFT JOIN said ON said.kind = list.kind AND said.name = i.item ->> 'name')) AS changed
		FROM (VALUES ('step', 'states'), ('transition', 'transitions')) list (kind, key)) lists
$$;
COMMENT ON FUNCTION smartwf.with_settings(jsonb, xml, jsonb) IS
'Returns a workflow in JSON form (jsonb) with the settings of configurations in XML form (xml). mails (jsonb): the '
'settings of each notification, by the name of its mail template.';

CREATE FUNCTION smartwf.reference_faults(workflow jsonb, definition xml) RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(format('WFL0201 configuration: %s "%s" is not defined in the graph', r.kind, r.ref)
		ORDER BY r.number)
	FROM (SELECT array_agg(kind ORDER BY number) AS kinds, array_agg(ref ORDER BY number) AS refs
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:config/*/*[self::workflow:step or self::workflow:transition]' PASSING definition
			COLUMNS number FOR ORDINALITY, kind text PATH 'local-name(.)', ref text PATH '@ref')) c,
		smartwf.references_of(workflow, c.kinds, c.refs) r
	WHERE r.name IS NULL
$$;
COMMENT ON FUNCTION smartwf.reference_faults(jsonb, xml) IS
'Returns the faults (text[], null if there are none) of references in XML form (xml) to states and transitions that a '
'workflow in JSON form (jsonb) does not have.';

-- Timers of the document instead of those of their names, which keep the tasks that XML does not know.
CREATE FUNCTION smartwf.with_timers(workflow jsonb, timers jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT workflow || jsonb_build_object('timers', (
		SELECT jsonb_agg(coalesce(new.item || jsonb_build_object('tasks', (new.item -> 'tasks') || (
				SELECT coalesce(jsonb_agg(k.item ORDER BY k.number), '[]') FROM smartwf.items(old.item, 'tasks') k
				WHERE NOT smartwf.has_xml(k.item))), new.item, old.item) ORDER BY old.number, new.number)
		FROM smartwf.items(workflow, 'timers') old
		FULL JOIN smartwf.items(jsonb_build_object('timers', timers), 'timers') new
			ON new.item ->> 'name' = old.item ->> 'name'))
$$;
COMMENT ON FUNCTION smartwf.with_timers(jsonb, jsonb) IS
'Returns a workflow in JSON form (jsonb) with the timers of an XML document in JSON form (jsonb, an array).';

-- The workflow that a file builds upon: the one of that name or, for a configuration alone, its graph.
CREATE FUNCTION smartwf.import_base(name text, model text, has_graph boolean, OUT base jsonb, OUT fault text)
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	graph text;
BEGIN
	base := smartwf.workflow_definition(name);
	IF has_graph THEN
		RETURN;
	END IF;
	SELECT item ->> 'xml' INTO graph FROM smartwf.items(base, 'unsupported')
		WHERE (item ->> 'object', item ->> 'element') = ('graph', '@name');
	IF base IS NULL THEN
		SELECT smartwf.workflow_definition(w.name)::jsonb INTO base FROM smartwf.workflows w
			WHERE lower(w.name) = lower(model) ORDER BY w.name <> model, w.name LIMIT 1;
		IF base IS NULL THEN
			fault := format('WFL0207 configuration %s: graph "%s" is not defined; import it first', name, model);
		END IF;
		base := smartwf.with_kept(base, jsonb_build_array(smartwf.kept('graph', '@name',
			coalesce((SELECT item ->> 'xml' FROM smartwf.items(base, 'unsupported')
				WHERE (item ->> 'object', item ->> 'element') = ('graph', '@name')), base ->> 'name'))), false)
			|| jsonb_build_object('name', name);
	ELSIF lower(coalesce(graph, name)) <> lower(model) THEN
		fault := format('WFL0207 configuration %s: it is of graph "%s", not "%s"', name, model, coalesce(graph, name));
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.import_base(text, text, boolean) IS
'Returns the workflow in JSON form (base, jsonb) that an XML file adds to, null if there is none, and the fault if '
'there must be one (fault, text). name (text): the workflow; model (text): the graph of its configuration; has_graph '
'(boolean): whether the file contains the graph.';

-- Entries of one object and element replace those that were there.
CREATE FUNCTION smartwf.with_kept(workflow jsonb, entries jsonb, has_graph boolean) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT workflow || jsonb_build_object('unsupported', (
		SELECT coalesce(jsonb_agg(item ORDER BY item ->> 'object', item ->> 'element', item ->> 'xml'), '[]') FROM (
			SELECT old.item FROM smartwf.items(workflow, 'unsupported') old
			WHERE NOT (has_graph AND old.item ->> 'object' ~ '^(graph( .*)?|steps|transitions)$')
				AND NOT EXISTS (SELECT FROM jsonb_array_elements(entries) new (item) WHERE
					(new.item ->> 'object', new.item ->> 'element') = (old.item ->> 'object', old.item ->> 'element'))
			UNION ALL
			SELECT new.item FROM jsonb_array_elements(entries) new (item)) kept))
$$;
COMMENT ON FUNCTION smartwf.with_kept(jsonb, jsonb, boolean) IS
'Returns a workflow in JSON form (jsonb) with more entries (jsonb, an array) in its key unsupported. They replace '
'entries about the same object and element and, if they come with a graph (has_graph, boolean), those of the former '
'graph.';

CREATE FUNCTION smartwf.import_workflow(definition xml) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ns text[] := ARRAY[['workflow', 'https://platform.anakeen.com/4/schemas/workflow/1.0']];
	graphs int := cardinality(xpath('//workflow:graph', definition, ns));
	part record;
	base record;
	mails jsonb;
	workflow jsonb;
	faults text[] := '{}';
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	END IF;
	LOCK TABLE smartwf.workflows IN SHARE ROW EXCLUSIVE MODE;	-- another import adds to what this one leaves
	SELECT count(DISTINCT name) AS names, min(name) AS name, min(model) AS model, min(label) AS label,
		min(description) AS description, min(graph) AS graph, min(graph_label) AS graph_label INTO part
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:config | //workflow:graph' PASSING definition
			COLUMNS name text PATH 'self::workflow:config/@name', model text PATH 'self::workflow:config/@model',
				label text PATH 'self::workflow:config/@label', description text PATH 'workflow:description',
				graph text PATH 'self::workflow:graph/@name', graph_label text PATH 'self::workflow:graph/@label');
	IF graphs > 1 OR graphs = 0 AND part.names = 0 THEN
		RAISE EXCEPTION 'document must hold one workflow:graph or configurations of one, not %', graphs
			USING ERRCODE = 'WF400', HINT = format('Elements belong to the namespace %s.', ns[1][2]);
	ELSIF part.names > 1 THEN
		RAISE EXCEPTION 'configurations must be of one workflow, not of %', part.names USING ERRCODE = 'WF400';
	ELSIF graphs = 1 AND lower(part.model) <> lower(part.graph) THEN
		faults := ARRAY[format('WFL0207 configuration %s: it is of graph "%s", not "%s"', part.name, part.model,
			part.graph)];
	END IF;
	part.name := coalesce(part.name, part.graph);
	base := smartwf.import_base(part.name, part.model, graphs = 1);
	faults := array_remove(faults || base.fault, NULL);
	IF graphs = 0 AND base.base IS NULL THEN
		PERFORM smartwf.refuse(format('definition of workflow "%s"', part.name), faults);
	END IF;
	workflow := base.base;
	IF graphs = 1 THEN
		workflow := smartwf.with_graph(base.base, jsonb_strip_nulls(jsonb_build_object('name', part.name, 'label',
			part.graph_label, 'states', smartwf.imported_states(definition),
			'transitions', smartwf.imported_transitions(definition))));
	END IF;
	workflow := smartwf.with_kept(workflow || jsonb_strip_nulls(jsonb_build_object('label', part.label, 'description',
		part.description)), smartwf.imported_attributes(definition)
			|| smartwf.imported_unsupported(definition, workflow), graphs = 1);
	mails := smartwf.known_mails(definition, base.base);
	workflow := smartwf.with_timers(workflow, smartwf.imported_timers(definition, mails));
	faults := faults || smartwf.reference_faults(workflow, definition) || smartwf.mail_faults(definition);
	workflow := smartwf.with_settings(workflow, definition, mails);
	IF cardinality(faults) > 0 THEN
		PERFORM smartwf.refuse(format('definition of workflow "%s"', part.name), faults || ARRAY(
			SELECT format('%s %s: %s', code, object, message) FROM smartwf.definition_faults(workflow)
				WHERE severity = 'error' AND code <> 'WFL0510'));
	END IF;
	IF cardinality(xpath('//mail:mailtemplate', definition, ARRAY[['mail',
			'https://platform.anakeen.com/4/schemas/mailtemplate/1.0']])) > 0 THEN
		PERFORM smartwf.store_templates(definition);
	END IF;
	RETURN smartwf.define_workflow(workflow);
END
$$;
COMMENT ON FUNCTION smartwf.import_workflow(xml) IS
'Creates a workflow, or its next version, from its XML form, and publishes it. definition (xml): a graph, '
'configurations of it, or both, with the timers and mail templates that they name. The name of the workflow is that '
'of the configuration or, without one, that of the graph. What the document says replaces what the workflow has; the '
'rest stays, so that graph and configurations can be imported one after the other. Returns the version number (int). '
'What has no effect is kept, and reported as warnings. Raises WF001 with one line of DETAIL for each fault, and '
'WF400 if the document contains neither graph nor configuration, or several graphs or workflows.';
