-- Export of workflows in the XML form that import_workflow() reads.

-- Entries of workflows.unsupported about one object: attributes, and elements as they came.
CREATE FUNCTION smartwf.kept_attribute(workflow jsonb, object text, attribute text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT item ->> 'xml' FROM smartwf.items(workflow, 'unsupported')
	WHERE (item ->> 'object', item ->> 'element') = (object, '@' || attribute) ORDER BY number LIMIT 1
$$;
COMMENT ON FUNCTION smartwf.kept_attribute(jsonb, text, text) IS
'Returns the value (text) of an attribute that an import of a workflow in JSON form (jsonb) has kept, null if there '
'is none. object (text): graph or config; attribute (text): its name.';

CREATE FUNCTION smartwf.kept_elements(workflow jsonb, object text, elements text[] DEFAULT '{}',
	others boolean DEFAULT false) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlagg(xmlparse(CONTENT item ->> 'xml') ORDER BY number) FROM smartwf.items(workflow, 'unsupported')
	WHERE item ->> 'object' = object AND item ->> 'element' NOT LIKE '@%'
		AND (item ->> 'element' = ANY (elements)) <> others AND xml_is_well_formed_content(item ->> 'xml')
$$;
COMMENT ON FUNCTION smartwf.kept_elements(jsonb, text, text[], boolean) IS
'Returns the elements (xml) that an import of a workflow in JSON form (jsonb) has kept of an object (text, for '
'example "step sent"). elements (text[]): those of these names, or all others if others (boolean) is true.';

CREATE FUNCTION smartwf.exported_graph(workflow jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:graph", xmlattributes(smartwf.kept_attribute(workflow, 'graph', 'ns') AS ns,
			coalesce(smartwf.kept_attribute(workflow, 'graph', 'name'), workflow ->> 'name') AS name,
			coalesce(smartwf.kept_attribute(workflow, 'graph', 'label'), nullif(workflow ->> 'label', '')) AS label),
		smartwf.kept_elements(workflow, 'graph ' || coalesce(smartwf.kept_attribute(workflow, 'graph', 'name'),
			workflow ->> 'name'), others => true),
		xmlelement(NAME "workflow:steps", (
			SELECT xmlagg(xmlelement(NAME "workflow:step", xmlattributes(item ->> 'name' AS name,
				item ->> 'label' AS "state-label", nullif(item ->> 'activity', '') AS "activity-label",
				CASE item -> 'initial' WHEN 'true' THEN 'true' END AS initial)) ORDER BY number)
			FROM smartwf.items(workflow, 'states'))),
		xmlelement(NAME "workflow:transitions", (
			SELECT xmlagg(xmlelement(NAME "workflow:transition", xmlattributes(
				CASE WHEN right(t.item ->> 'name', length(a.item ->> 'to') + 1) = ':' || (a.item ->> 'to')
						AND EXISTS (SELECT FROM smartwf.items(workflow, 'transitions') o, smartwf.items(o.item, 'arcs') b
							WHERE o.item ->> 'name' || ':' || (a.item ->> 'to') = t.item ->> 'name'
								AND b.item -> 'from' = a.item -> 'from')
					THEN left(t.item ->> 'name', -length(a.item ->> 'to') - 1) ELSE t.item ->> 'name' END AS name,
				a.item ->> 'from' AS "from", a.item ->> 'to' AS "to",
				nullif(t.item ->> 'label', '') AS label)) ORDER BY t.number, a.number)
			FROM smartwf.items(workflow, 'transitions') t, smartwf.items(t.item, 'arcs') a),
			smartwf.kept_elements(workflow, 'transitions', others => true)))
$$;
COMMENT ON FUNCTION smartwf.exported_graph(jsonb) IS
'Returns the graph of a workflow in JSON form (jsonb) as XML (xml).';

CREATE FUNCTION smartwf.exported_step(workflow jsonb, state jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:step", xmlattributes(state ->> 'name' AS ref), content)
	FROM (SELECT xmlconcat(
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['element-access-configuration']),
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['field-access-configuration']),
		(SELECT xmlagg(xmlelement(NAME "workflow:mailtemplate", xmlattributes(item ->> 'template' AS ref))
			ORDER BY number) FROM smartwf.items(state, 'notifications') WHERE smartwf.has_xml(item)),
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['mailtemplate']),
		CASE WHEN state ->> 'timer' IS NOT NULL THEN
			xmlelement(NAME "workflow:timer", xmlattributes(state ->> 'timer' AS ref)) END,
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['timer']),
		CASE WHEN state ->> 'color' <> '' THEN xmlelement(NAME "workflow:color", state ->> 'color') END,
		smartwf.kept_elements(workflow, 'step ' || (state ->> 'name'), ARRAY['mailtemplate', 'timer',
			'element-access-configuration', 'field-access-configuration'], others => true)) AS content) c
	WHERE content IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.exported_step(jsonb, jsonb) IS
'Returns what the configuration of a workflow in JSON form (jsonb) says of a state in JSON form (jsonb) as XML (xml), '
'null if that is nothing.';

CREATE FUNCTION smartwf.exported_transition(workflow jsonb, transition jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:transition", xmlattributes(transition ->> 'name' AS ref), content)
	FROM (SELECT xmlconcat(
		(SELECT xmlagg(xmlelement(NAME "workflow:mailtemplate", xmlattributes(item ->> 'template' AS ref))
			ORDER BY number) FROM smartwf.items(transition, 'notifications') WHERE smartwf.has_xml(item)),
		smartwf.kept_elements(workflow, 'transition ' || (transition ->> 'name'), ARRAY['mailtemplate']),
		(SELECT xmlagg(xmlelement(NAME "workflow:timer", xmlattributes(item ->> 'timer' AS ref, item ->> 'action' AS type))
			ORDER BY number) FROM smartwf.items(transition, 'timers')),
		smartwf.kept_elements(workflow, 'transition ' || (transition ->> 'name'), ARRAY['mailtemplate'],
			others => true)) AS content) c
	WHERE content IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.exported_transition(jsonb, jsonb) IS
'Returns what the configuration of a workflow in JSON form (jsonb) says of a transition in JSON form (jsonb) as XML '
'(xml), null if that is nothing.';

CREATE FUNCTION smartwf.exported_config(workflow jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlelement(NAME "workflow:config", xmlattributes(workflow ->> 'name' AS name,
			coalesce(smartwf.kept_attribute(workflow, 'graph', 'name'), workflow ->> 'name') AS model,
			smartwf.kept_attribute(workflow, 'config', 'structure') AS structure,
			nullif(workflow ->> 'label', '') AS label),
		CASE WHEN workflow ->> 'description' <> '' THEN
			xmlelement(NAME "workflow:description", workflow ->> 'description') END,
		smartwf.kept_elements(workflow, 'config ' || (workflow ->> 'name'), others => true),
		xmlelement(NAME "workflow:steps", (
			SELECT xmlagg(smartwf.exported_step(workflow, item) ORDER BY number) FROM smartwf.items(workflow, 'states')),
			smartwf.kept_elements(workflow, 'steps', others => true)),
		xmlelement(NAME "workflow:transitions", (
			SELECT xmlagg(smartwf.exported_transition(workflow, item) ORDER BY number)
			FROM smartwf.items(workflow, 'transitions'))))
$$;
COMMENT ON FUNCTION smartwf.exported_config(jsonb) IS
'Returns the configuration of a workflow in JSON form (jsonb) as XML (xml).';

CREATE FUNCTION smartwf.exported_timers(workflow jsonb) RETURNS xml
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT xmlagg(xmlelement(NAME "timer:timer", xmlattributes(t.item ->> 'name' AS name,
			nullif(t.item ->> 'label', '') AS label),
		xmlelement(NAME "timer:field-date-reference", xmlattributes(t.item ->> 'column' AS ref,
			nullif(t.item ->> 'delta', '0') AS delta)),
		xmlelement(NAME "timer:tasks", (
			SELECT xmlagg(xmlelement(NAME "timer:task", xmlattributes(nullif(k.item ->> 'delta', '0') AS delta),
				CASE k.item ->> 'kind'
					WHEN 'go_to_state' THEN xmlelement(NAME "timer:setstate",
						xmlattributes(k.item #>> '{settings,state}' AS state))
					WHEN 'send_templated_notification' THEN xmlelement(NAME "timer:sendmail",
						xmlattributes(k.item #>> '{settings,template}' AS ref)) END) ORDER BY k.number)
			FROM smartwf.items(t.item, 'tasks') k
			WHERE smartwf.has_xml(k.item)))) ORDER BY t.number)
	FROM smartwf.items(workflow, 'timers') t
$$;
COMMENT ON FUNCTION smartwf.exported_timers(jsonb) IS
'Returns the timers of a workflow in JSON form (jsonb) as XML (xml), null if it has none.';

CREATE FUNCTION smartwf.exported_mails(workflow jsonb) RETURNS xml
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH used AS (
		SELECT n.item FROM (VALUES ('states'), ('transitions')) AS part (key), smartwf.items(workflow, part.key) o,
			smartwf.items(o.item, 'notifications') n
		WHERE smartwf.has_xml(n.item)
		UNION ALL
		SELECT k.item -> 'settings' FROM smartwf.items(workflow, 'timers') t, smartwf.items(t.item, 'tasks') k
		WHERE k.item ->> 'kind' = 'send_templated_notification' AND smartwf.has_xml(k.item))
	SELECT xmlagg(xmlelement(NAME "mail:mailtemplate", xmlattributes(t.name AS name, '' AS structure,
			nullif(t.description, '') AS label),
		smartwf.kept_elements(workflow, 'mailtemplate ' || t.name, ARRAY['from']),
		xmlelement(NAME "mail:recipients",
			(SELECT xmlagg(xmlelement(NAME "mail:recipient", xmlattributes('to' AS dest),
				xmlelement(NAME "mail:address", u.item ->> 'person')))
				FROM smartwf.items(t.settings, 'users') u),
			CASE WHEN t.settings ->> 'userField' IS NOT NULL THEN
				xmlelement(NAME "mail:recipient", xmlattributes('to' AS dest),
					xmlelement(NAME "mail:element-account-field", t.settings ->> 'userField')) END),
		xmlelement(NAME "mail:subject", t.subject),
		smartwf.kept_elements(workflow, 'mailtemplate ' || t.name, ARRAY['savecopy', 'use-html-anchor']),
		CASE WHEN t.settings ->> 'renderType' = 'html'
			THEN xmlelement(NAME "mail:body", xmlattributes('html' AS "content-type"), t.html_body)
			ELSE xmlelement(NAME "mail:body", t.text_body) END,
		smartwf.kept_elements(workflow, 'mailtemplate ' || t.name, ARRAY['attachments'])) ORDER BY t.name)
	FROM (SELECT DISTINCT ON (x.name) x.*, used.item AS settings FROM used
		JOIN smartwf.templates x ON x.name = used.item ->> 'template' ORDER BY x.name, used.item) t
$$;
COMMENT ON FUNCTION smartwf.exported_mails(jsonb) IS
'Returns the mail templates that a workflow in JSON form (jsonb) uses, with their recipients, as XML (xml), null if '
'it uses none.';

CREATE FUNCTION smartwf.export_workflow(name text, version int DEFAULT NULL) RETURNS xml
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	workflow jsonb := smartwf.workflow_definition(name, version);
BEGIN
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" is not defined%', name,
			CASE WHEN version IS NULL THEN '' ELSE format(' in version %s', version) END USING ERRCODE = 'WF400';
	END IF;
	RETURN xmlelement(NAME "smart:config", xmlattributes(
			'https://platform.anakeen.com/4/schemas/smart/1.0' AS "xmlns:smart",
			'https://platform.anakeen.com/4/schemas/workflow/1.0' AS "xmlns:workflow",
			'https://platform.anakeen.com/4/schemas/timer/1.0' AS "xmlns:timer",
			'https://platform.anakeen.com/4/schemas/mailtemplate/1.0' AS "xmlns:mail"),
		smartwf.exported_graph(workflow), smartwf.exported_mails(workflow), smartwf.exported_timers(workflow),
		smartwf.exported_config(workflow),
		smartwf.kept_elements(workflow, 'config', others => true));
END
$$;
COMMENT ON FUNCTION smartwf.export_workflow(text, int) IS
'Returns a workflow in the XML form that import_workflow() reads (xml): graph, configuration, timers and mail '
'templates. name (text): the workflow; version (int): the version, by default the newest, including drafts. What has '
'no place in that form (guards, hooks, grants, parameters, translations, other tasks and notifications) is left out. '
'Raises WF400 if there is no such workflow or version.';
