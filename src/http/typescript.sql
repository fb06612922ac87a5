-- Types for clients in TypeScript.

CREATE FUNCTION smartwf.typescript_of_parameter(parameter jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN (parameter ->> 'multiple')::boolean THEN format('(%s)[]', type) ELSE type END
	FROM (SELECT CASE parameter ->> 'type'
		WHEN 'int' THEN 'number' WHEN 'double' THEN 'number' WHEN 'money' THEN 'number | string'
		WHEN 'boolean' THEN 'boolean' WHEN 'json' THEN 'unknown'
		WHEN 'enum' THEN coalesce((SELECT string_agg(to_json(v.value)::text, ' | ' ORDER BY v.number) FROM (
			SELECT item #>> '{}', number FROM smartwf.items(parameter -> 'options', 'values')
			UNION ALL
			SELECT m.key, row_number() OVER (ORDER BY m.key) FROM smartwf.members(parameter #> '{options,values}') m)
			v (value, number)), 'never')
		ELSE 'string' END) t (type)
$$;
COMMENT ON FUNCTION smartwf.typescript_of_parameter(jsonb) IS
'Returns the type in TypeScript (text) of the values of a parameter in JSON form (jsonb).';

CREATE FUNCTION smartwf.typescript(structure text) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	workflow text := (SELECT s.workflow FROM smartwf.structures s WHERE s.name = structure);
	definition jsonb := (SELECT smartwf.workflow_definition(w.name, max(w.version)) FROM smartwf.workflows w
		WHERE w.name = workflow AND w.status = 'published' GROUP BY w.name);
	-- an identifier, whatever the structure is called
	name text := (SELECT string_agg(upper(left(word, 1)) || substr(word, 2), '' ORDER BY number)
		FROM regexp_split_to_table(structure, '[^A-Za-z0-9]+') WITH ORDINALITY w (word, number));
BEGIN
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	ELSIF definition IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no published version', workflow USING ERRCODE = 'WF227';
	END IF;
	IF name !~ '^[A-Za-z]' THEN
		name := 'Structure' || name;
	END IF;
	-- these two end a line for JavaScript, where JSON lets them stand
	RETURN format('// Structure %s, workflow %s.', replace(replace(to_json(structure)::text, U&'\2028', '\u2028'),
			U&'\2029', '\u2029'), to_json(workflow)) || E'\n'
		|| format(E'export type %sState = %s;\n', name, (
			SELECT string_agg(to_json(item ->> 'name')::text, ' | ' ORDER BY number)
			FROM smartwf.items(definition, 'states')))
		|| format(E'\n// What each transition asks for.\nexport interface %sParameters {\n%s}\n', name, (
			SELECT string_agg(format(E'  %s: %s;\n', to_json(t.item ->> 'name'), coalesce((
				SELECT '{ ' || string_agg(format('%s%s: %s', to_json(p.item ->> 'name'),
					CASE WHEN (p.item ->> 'needed')::boolean THEN '' ELSE '?' END,
					smartwf.typescript_of_parameter(p.item)), '; ' ORDER BY p.number) || ' }'
				FROM smartwf.items(t.item, 'parameters') p WHERE p.item ->> 'visibility' = 'write'),
				'Record<string, never>')), '' ORDER BY t.number)
			FROM smartwf.items(definition, 'transitions') t))
		|| format(E'export type %sTransition = keyof %1$sParameters;\n', name)
		|| format(E'\n// From where to where each transition leads.\nexport interface %sArcs {\n%s}\n', name, (
			SELECT string_agg(format(E'  %s: %s;\n', to_json(t.item ->> 'name'), (
				SELECT string_agg(format('{ from: %s; to: %s }', a.item -> 'from', a.item -> 'to'), ' | ' ORDER BY a.number)
				FROM smartwf.items(t.item, 'arcs') a)), '' ORDER BY t.number)
			FROM smartwf.items(definition, 'transitions') t))
		|| format(E'\n// The argument of rpc(''pass_transition'').\nexport type %sCall =\n%s;\n', name, (
			SELECT coalesce(string_agg(format(
				'  | { docid: string; transition: %s; comment?: %s; parameters%s: %sParameters[%1$s] }',
				to_json(t.item ->> 'name'), CASE t.item -> 'askComment' WHEN 'false' THEN 'null' ELSE 'string | null' END,
				CASE WHEN EXISTS (SELECT FROM smartwf.items(t.item, 'parameters') p
					WHERE (p.item ->> 'needed')::boolean AND p.item ->> 'visibility' = 'write') THEN '' ELSE '?' END, name),
				E'\n' ORDER BY t.number), '  | never')
			FROM smartwf.items(definition, 'transitions') t));
END
$$;
COMMENT ON FUNCTION smartwf.typescript(text) IS
'Returns types in TypeScript (text) for clients: the states, the transitions and their parameters of the newest '
'published version of the workflow that an attached table follows. structure (text): the structure. Raises 42704 if '
'there is no such structure, and WF227 if its workflow has no published version.';
REVOKE ALL ON FUNCTION smartwf.typescript(text), smartwf.typescript_of_parameter(jsonb) FROM PUBLIC;
