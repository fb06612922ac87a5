-- Import of the XML form of workflows (graph and configuration).

CREATE FUNCTION smartwf.import_namespaces() RETURNS text[]
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT ARRAY[['workflow', 'https://platform.anakeen.com/4/schemas/workflow/1.0']]
$$;
COMMENT ON FUNCTION smartwf.import_namespaces() IS
'Returns the prefixes and XML namespaces (text[][]) of the XML form of a workflow.';

CREATE FUNCTION smartwf.imported_states(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', g.name, 'label', g.label, 'activity',
		g.activity,
		'color', (SELECT c.color
			FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
				'//workflow:config/workflow:steps/workflow:step' PASSING definition
				COLUMNS ref text PATH '@ref', color text PATH 'normalize-space(workflow:color)') c
			WHERE c.ref = g.name LIMIT 1),
		'initial', CASE lower(g.initial) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0'
			THEN false END))
		ORDER BY g.number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph/workflow:steps/workflow:step' PASSING definition
		COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@state-label',
			activity text PATH '@activity-label', initial text PATH '@initial') g
$$;
COMMENT ON FUNCTION smartwf.imported_states(xml) IS
'Returns the states of a workflow in XML form (xml) in JSON form (jsonb).';

CREATE FUNCTION smartwf.imported_transitions(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(transition ORDER BY number), '[]') FROM (
		SELECT min(number) AS number, jsonb_strip_nulls(jsonb_build_object('name', name,
			'label', (array_agg(label ORDER BY number) FILTER (WHERE label IS NOT NULL))[1],
			'arcs', jsonb_agg(jsonb_build_object('from', "from", 'to', "to") ORDER BY number))) AS transition
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:graph/workflow:transitions/workflow:transition' PASSING definition
			COLUMNS number FOR ORDINALITY, name text PATH '@name', label text PATH '@label',
				"from" text PATH '@from', "to" text PATH '@to')
		GROUP BY name, CASE WHEN name IS NULL THEN number END) t
$$;
COMMENT ON FUNCTION smartwf.imported_transitions(xml) IS
'Returns the transitions of a workflow in XML form (xml) in JSON form (jsonb). Transitions of the same name become '
'arcs of one transition.';

-- Elements that have no effect in smartwf: mail templates, timers, access references and
-- others.
CREATE FUNCTION smartwf.imported_unsupported(definition xml) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('object', btrim(concat_ws(' ', kind, ref)), 'element', element, 'xml',
		source::text)
		ORDER BY number), '[]')
	FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
		'//workflow:graph/*[not(self::workflow:steps or self::workflow:transitions)]
		| //workflow:graph/workflow:steps/*[not(self::workflow:step)]
		| //workflow:graph/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:graph/*/*[self::workflow:step or self::workflow:transition]/*
		| //workflow:config/*[not(self::workflow:steps or self::workflow:transitions)]
		| //workflow:config/workflow:steps/*[not(self::workflow:step)]
		| //workflow:config/workflow:transitions/*[not(self::workflow:transition)]
		| //workflow:config/*/*[self::workflow:step or self::workflow:transition]/*[not(self::workflow:color)]
		| //workflow:config/workflow:transitions/*/workflow:color
		| /*/*[not(self::workflow:graph or self::workflow:config)]' PASSING definition
		COLUMNS number FOR ORDINALITY, element text PATH 'local-name(.)', kind text PATH 'local-name(..)',
			ref text PATH 'string((../@ref | ../@name)[1])', source xml PATH '.')
$$;
COMMENT ON FUNCTION smartwf.imported_unsupported(xml) IS
'Returns the elements of a workflow in XML form (xml) that have no effect in smartwf, as a JSON array of objects with '
'the keys object, element and xml (jsonb).';

CREATE FUNCTION smartwf.import_workflow(definition xml) RETURNS int
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	ns text[] := smartwf.import_namespaces();
	graphs int := cardinality(xpath('//workflow:graph', definition, ns));
	fault text;
	faults text[] := '{}';
	workflow jsonb;
BEGIN
	IF definition IS NULL THEN
		RAISE EXCEPTION 'definition must not be null' USING ERRCODE = 'WF400';
	ELSIF graphs <> 1 THEN
		RAISE EXCEPTION 'document must hold one workflow:graph, not %', graphs USING ERRCODE = 'WF400',
			HINT = format('Elements belong to the namespace %s.', ns[1][2]);
	END IF;
	FOR fault IN
		SELECT format('WFL0201 configuration: %s "%s" is not defined in the graph', c.kind, c.ref)
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'//workflow:config/*/*[self::workflow:step or self::workflow:transition]' PASSING definition
			COLUMNS kind text PATH 'local-name(.)', ref text PATH '@ref') c
		WHERE NOT EXISTS (SELECT FROM smartwf.items(jsonb_build_object('step', smartwf.imported_states(definition),
			'transition', smartwf.imported_transitions(definition)), c.kind) WHERE item ->> 'name' = c.ref)
	LOOP
		faults := faults || fault;
	END LOOP;
	SELECT jsonb_strip_nulls(jsonb_build_object('name', coalesce(nullif(x.config, ''), nullif(x.graph, '')), 'label',
		x.label))
		|| jsonb_build_object('states', smartwf.imported_states(definition),
			'transitions', smartwf.imported_transitions(definition),
			'unsupported', smartwf.imported_unsupported(definition))
		INTO workflow
		FROM xmltable(XMLNAMESPACES ('https://platform.anakeen.com/4/schemas/workflow/1.0' AS workflow),
			'/*' PASSING definition
			COLUMNS config text PATH 'string((//workflow:config/@name)[1])',
				graph text PATH 'string(//workflow:graph/@name)',
				label text PATH 'string(//workflow:graph/@label)') x;
	IF cardinality(faults) > 0 THEN
		PERFORM smartwf.refuse(format('definition of workflow "%s"', workflow ->> 'name'), faults || ARRAY(
			SELECT format('%s %s: %s', code, object, message) FROM smartwf.definition_faults(workflow)
				WHERE severity = 'error'));
	END IF;
	RETURN smartwf.define_workflow(workflow);
END
$$;
COMMENT ON FUNCTION smartwf.import_workflow(xml) IS
'Creates a workflow, or its next version, from its XML form (xml: graph and configuration), and publishes it. The '
'name of the workflow is that of the configuration or, without one, that of the graph. Returns the version number '
'(int). Elements that have no effect, such as mail templates and timers, are kept, and reported as warnings. Raises '
'WF001 with one line of DETAIL for each fault, and WF400 if the document does not contain exactly one graph.';
