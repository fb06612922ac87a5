-- What a visual builder of flows offers.

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
