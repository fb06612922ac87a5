-- What a visual builder of flows offers, and an editor of workflows.

CREATE FUNCTION smartwf.builder_catalogue(structure text DEFAULT NULL) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
	reader text := smartwf.reader_language('{en,fr}');
	of_workflow int;
BEGIN
	IF structure <> '' AND NOT EXISTS (SELECT FROM smartwf.structures s WHERE s.name = structure) THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	SELECT w.id INTO of_workflow FROM smartwf.structures s JOIN smartwf.workflows w ON w.name = s.workflow
		WHERE s.name = structure AND w.status = 'published' ORDER BY w.version DESC LIMIT 1;
	RETURN json_build_object('language', reader,
		'groups', (SELECT json_agg(json_build_object('name', g.name, 'label', g.label) ORDER BY g.number)
			FROM smartwf.step_groups() g WHERE g.language = reader),
		'kinds', smartwf.step_catalogue(reader),
		'failure', smartwf.setting_catalogue(NULL, reader),
		'structures', (SELECT coalesce(json_agg(s.name ORDER BY s.name), '[]') FROM smartwf.structures s),
		'fields', smartwf.field_catalogue(structure),
		'roles', (SELECT json_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.rolname !~ '^pg_'),
		'people', (SELECT coalesce(json_agg(DISTINCT c.name), '[]') FROM smartwf.contacts c
			WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = c.name)),
		'templates', (SELECT coalesce(json_agg(json_build_object('name', t.name, 'description', t.description,
			'properties', t.properties) ORDER BY t.name), '[]') FROM smartwf.templates t),
		'dataflows', (SELECT coalesce(json_agg(json_build_object('name', d.name, 'description', d.description)
			ORDER BY d.name), '[]') FROM smartwf.dataflows d),
		'routings', (SELECT coalesce(json_agg(format('%I.%I', n.nspname, p.proname) ORDER BY n.nspname, p.proname),
			'[]')
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.proargtypes::text = '3802 20' AND p.prorettype = 'text[]'::regtype AND p.prokind = 'f'
				AND NOT p.proretset AND n.nspname NOT IN ('pg_catalog', 'smartwf', 'smartwf_api')),
		'transitions', (SELECT coalesce(json_agg(json_build_object('name', t.name, 'label', coalesce(
				(SELECT x.label FROM smartwf.translations x WHERE (x.workflow_id, x.kind, x.name, x.locale)
					= (of_workflow, 'transition', t.name, reader)), t.label),
			'parameters', (SELECT coalesce(json_agg(json_build_object('name', p.name, 'label', p.label, 'type', p.type,
				'needed', p.needed) ORDER BY p.position, p.name), '[]') FROM smartwf.transition_parameters p
				WHERE p.workflow_id = t.workflow_id AND p.transition = t.name)) ORDER BY t.position, t.name), '[]')
			FROM smartwf.transitions t WHERE t.workflow_id = of_workflow));
END
$$;
COMMENT ON FUNCTION smartwf.builder_catalogue(text) IS
'Returns what a builder of flows offers, with labels in the reader''s language (json). structure (text): the '
'structure whose documents the flow works on, null or empty for none. The keys: groups; kinds, with their settings; '
'failure, the settings of a failing step; structures; fields of the structure, with types and options; roles; '
'people; templates, with their properties; dataflows; routings, functions that pick users; transitions, with their '
'parameters. Raises 42704 if there is no such structure, and 42501 unless the caller may read the definitions.';

CREATE FUNCTION smartwf.workflow_catalogue(workflow text) RETURNS json
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
	RETURN json_build_object(
		'structures', (SELECT coalesce(json_agg(s.name ORDER BY s.name), '[]') FROM smartwf.structures s
			WHERE s.workflow = workflow_catalogue.workflow),
		'columns', (SELECT coalesce(json_agg(json_build_object('structure', s.name, 'name', a.attname,
				'type', format_type(a.atttypid, a.atttypmod),
				'holds', (SELECT json_agg(t) FROM unnest(smartwf.parameter_types()) AS t
					WHERE smartwf.column_holds(t, false, a.atttypid))) ORDER BY s.name, a.attnum), '[]')
			FROM smartwf.structures s JOIN pg_attribute a ON a.attrelid = smartwf.attached_relation(s.name)
				AND a.attnum > 0 AND NOT a.attisdropped
			WHERE s.workflow = workflow_catalogue.workflow AND a.attname NOT IN (s.state_column, s.docid_column)),
		'roles', (SELECT json_agg(r.rolname ORDER BY r.rolname) FROM pg_roles r WHERE r.rolname !~ '^pg_'),
		'hooks', (SELECT coalesce(json_agg(format('%I.%I', n.nspname, p.proname) ORDER BY n.nspname, p.proname), '[]')
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			WHERE p.pronargs = 1 AND p.proargtypes[0] = 'smartwf.event'::regtype AND p.prorettype = 'text'::regtype
				AND p.prokind = 'f' AND NOT p.proretset AND n.nspname NOT IN ('smartwf', 'smartwf_api')),
		'flows', (SELECT coalesce(json_agg(DISTINCT f.name), '[]') FROM smartwf.flows f WHERE f.status = 'published'),
		'templates', (SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]') FROM smartwf.templates t),
		'parameterTypes', to_json(smartwf.parameter_types()));
END
$$;
COMMENT ON FUNCTION smartwf.workflow_catalogue(text) IS
'Returns what an editor of a workflow (text) offers (json): the structures that are attached to it; columns of their '
'tables, with their types and the types of parameters that they can hold; roles; hooks, functions that can be used as '
'such; flows; templates; and parameterTypes. Raises 42501 unless the caller may read the definitions.';
