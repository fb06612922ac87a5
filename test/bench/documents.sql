-- The contestants of script/bench documents: the states that can follow, for
-- workflows of 10 and of 100 states, all of which follow the first.
SET client_min_messages = error;
CREATE EXTENSION smartwf;
\ir ../../docs/http/roles.sql
CREATE ROLE reader LOGIN;
CREATE ROLE visitor LOGIN;
CREATE ROLE stranger LOGIN;
GRANT reader, visitor TO authenticator;

SELECT smartwf.define_workflow(jsonb_build_object('name', 'W' || n,
	'states', (SELECT jsonb_agg(jsonb_build_object('name', 'state_' || g, 'label', 'State number ' || g, 'activity', 'Activity ' || g, 'color', '#00CE01', 'initial', g = 1) ORDER BY g)
		FROM generate_series(1, n) g),
	'transitions', (SELECT jsonb_agg(jsonb_build_object('name', 'to_' || g, 'label', 'Go to ' || g, 'arcs', jsonb_build_array(jsonb_build_object('from', 'state_1', 'to', 'state_' || g))) ORDER BY g)
		FROM generate_series(2, n) g)))
FROM unnest(ARRAY[10, 100]) n;
CREATE TABLE t10 (id int PRIMARY KEY, title text, state text);
CREATE TABLE t100 (id int PRIMARY KEY, title text, state text);
SELECT smartwf.attach('t10', 'W10', docid_prefix => 'a');
SELECT smartwf.attach('t100', 'W100', docid_prefix => 'b');
INSERT INTO t10 SELECT g, 'title ' || g FROM generate_series(1, :rows) g;
INSERT INTO t100 SELECT g, 'title ' || g FROM generate_series(1, :rows) g;
GRANT SELECT, UPDATE ON t10, t100 TO reader, visitor;
-- what the rivals read as themselves
GRANT SELECT ON ALL TABLES IN SCHEMA smartwf TO reader;

-- (a) a careful author's SQL over the same tables: no lock, no guard, no hook, no language
CREATE FUNCTION states_sql(wanted text, current text) RETURNS json LANGUAGE sql STABLE AS $$
SELECT json_build_object('success', true, 'data', json_build_object(
		'uri', '/api/v2/smart-elements/' || e.docid || '/workflows/states/',
		'states', (SELECT coalesce(json_agg(json_build_object('id', s.name, 'label', s.label, 'activity', s.activity,
				'displayValue', coalesce(nullif(s.activity, ''), s.label), 'color', s.color,
				'uri', '/api/v2/smart-elements/' || e.docid || '/workflows/states/' || s.name,
				'transition', json_build_object('id', t.name, 'uri', '/api/v2/smart-elements/' || e.docid || '/workflows/transitions/' || t.name,
					'label', t.label, 'error', null, 'authorized', true)) ORDER BY s.position), '[]')
			FROM smartwf.arcs a
			JOIN smartwf.states s ON s.workflow_id = a.workflow_id AND s.name = a.to_state
			JOIN smartwf.transitions t ON t.workflow_id = a.workflow_id AND t.name = a.transition
			WHERE a.workflow_id = e.workflow_id AND a.from_state = current
				AND (NOT EXISTS (SELECT FROM smartwf.transition_grants g WHERE g.workflow_id = a.workflow_id AND g.transition = a.transition)
					OR EXISTS (SELECT FROM smartwf.transition_grants g WHERE g.workflow_id = a.workflow_id AND g.transition = a.transition
						AND pg_has_role(g.grantee, 'USAGE'))))),
	'messages', '[]'::json)
FROM smartwf.elements e WHERE e.docid = wanted AND e.deleted_at IS NULL
$$;

-- (b) the same in PL/pgSQL
CREATE FUNCTION states_plpgsql(wanted text, current text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
	element smartwf.elements;
	base text;
	list json;
BEGIN
	SELECT * INTO element FROM smartwf.elements e WHERE e.docid = wanted;
	IF NOT FOUND OR element.deleted_at IS NOT NULL THEN RAISE EXCEPTION 'not found'; END IF;
	base := '/api/v2/smart-elements/' || element.docid || '/workflows/';
	SELECT coalesce(json_agg(json_build_object('id', s.name, 'label', s.label, 'activity', s.activity,
			'displayValue', coalesce(nullif(s.activity, ''), s.label), 'color', s.color, 'uri', base || 'states/' || s.name,
			'transition', json_build_object('id', t.name, 'uri', base || 'transitions/' || t.name, 'label', t.label, 'error', null, 'authorized', true))
			ORDER BY s.position), '[]')
		INTO list
		FROM smartwf.arcs a
		JOIN smartwf.states s ON s.workflow_id = a.workflow_id AND s.name = a.to_state
		JOIN smartwf.transitions t ON t.workflow_id = a.workflow_id AND t.name = a.transition
		WHERE a.workflow_id = element.workflow_id AND a.from_state = current
			AND (NOT EXISTS (SELECT FROM smartwf.transition_grants g WHERE g.workflow_id = a.workflow_id AND g.transition = a.transition)
				OR EXISTS (SELECT FROM smartwf.transition_grants g WHERE g.workflow_id = a.workflow_id AND g.transition = a.transition
					AND pg_has_role(g.grantee, 'USAGE')));
	RETURN json_build_object('success', true, 'data', json_build_object('uri', base || 'states/', 'states', list), 'messages', '[]'::json);
END $$;
