-- Checks of flow definitions in JSON form, which report all faults at once.

CREATE FUNCTION smartwf.field_options(structure text, field text) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH field AS (
		SELECT a.attrelid, a.attnum, coalesce(nullif(t.typbasetype, 0), t.oid) AS type
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		WHERE a.attrelid = smartwf.attached_relation(structure) AND a.attname = field AND a.attnum > 0
			AND NOT a.attisdropped)
	SELECT coalesce(
		(SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM field f
			JOIN pg_enum e ON e.enumtypid = f.type),
		(SELECT ARRAY['true', 'false'] FROM field f WHERE f.type = 'boolean'::regtype),
		-- CHECK (field IN ('a', 'b')), as pg_get_expr() returns it
		(SELECT (SELECT array_agg(replace(m[1], '''''', '''') ORDER BY n)
				FROM regexp_matches(pg_get_constraintdef(c.oid), '''((?:[^'']|'''')*)''', 'g')
					WITH ORDINALITY AS r (m, n))
			FROM field f JOIN pg_constraint c ON c.conrelid = f.attrelid AND c.contype = 'c'
				AND c.conkey = ARRAY[f.attnum]
			WHERE pg_get_constraintdef(c.oid) ~ ' = ANY \(+ARRAY\[' ORDER BY c.conname LIMIT 1))
$$;
COMMENT ON FUNCTION smartwf.field_options(text, text) IS
'Returns the values (text[]) that a field (text) of a structure (text) can have: the labels of an enum, true and '
'false for a boolean, or the list of a CHECK constraint; null if the values are not restricted in this way.';

-- The settings of each kind of step, and their types.
CREATE FUNCTION smartwf.flow_settings()
	RETURNS TABLE (kind text, setting text, type text, needed boolean)
	LANGUAGE sql IMMUTABLE ROWS 40 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH form (kind, setting, type, needed) AS (VALUES
		('send_notification', 'channel', 'string', true),
		('send_notification', 'subject', 'string', false),
		('send_notification', 'message', 'string', true),
		('send_templated_notification', 'channel', 'string', true),
		('send_templated_notification', 'template', 'string', true),
		('send_templated_notification', 'renderType', 'string', false),
		('send_templated_notification', 'properties', 'object', false),
		('get_user_confirmation', 'field', 'string', true),
		('get_user_confirmation', 'options', 'array', false),
		('get_user_confirmation', 'message', 'string', false),
		('get_user_confirmation', 'channel', 'string', false),
		('get_user_confirmation', 'answersNeeded', 'number', false),
		('get_user_confirmation', 'due', 'string', false),
		('get_user_confirmation', 'dueChoice', 'string', false),
		('get_user_confirmation', 'excludeStarter', 'boolean', false),
		('get_user_confirmation', 'excludeAnswerersOf', 'string', false),
		('wait', 'duration', 'string', false),
		('wait', 'until', 'string', false),
		('execute_data_flow', 'dataflow', 'string', true),
		('execute_data_flow', 'as', 'string', false),
		('update_model', 'as', 'string', false),
		('update_model_field', 'field', 'string', true),
		('update_model_field', 'value', 'any', false),
		('update_model_field', 'source', 'string', false),
		('finish', NULL, NULL, false),
		('reset_to_draft', NULL, NULL, false),
		('if_condition', 'field', 'string', true),
		('if_condition', 'operator', 'string', true),
		('if_condition', 'compareWithNull', 'boolean', false),
		('if_condition', 'value', 'any', false),
		('switch_case', 'field', 'string', true),
		('pass_transition', 'transition', 'string', true),
		('pass_transition', 'comment', 'string', false),
		('pass_transition', 'parameters', 'object', false),
		('pass_transition', 'as', 'string', false))
	SELECT * FROM form
	UNION ALL
	SELECT DISTINCT kind, 'timeout', 'string', false FROM form
	UNION ALL
	-- recipients of notifications and questions
	SELECT kind, setting, type, false
	FROM unnest(ARRAY['send_notification', 'send_templated_notification', 'get_user_confirmation']) AS kind,
		(VALUES ('userField', 'string'), ('users', 'array'), ('userRouting', 'string')) AS recipient (setting, type)
$$;
COMMENT ON FUNCTION smartwf.flow_settings() IS
'Returns the kinds of steps and the settings of each: kind, setting, JSON type, and whether the setting is required. '
'A kind without settings has one row in which setting is null.';

-- All steps of a flow, in whatever branch.
CREATE FUNCTION smartwf.flow_steps(definition jsonb)
	RETURNS TABLE (object text, name text, kind text, item jsonb, stage text, stage_number bigint, parent text,
		branch text, branch_value text, number bigint, path text[])
	LANGUAGE sql IMMUTABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH RECURSIVE step AS (
		SELECT x.item, st.item ->> 'name' AS stage, st.number AS stage_number, NULL::text AS parent,
			NULL::text AS branch,
			NULL::text AS branch_value, x.number, ARRAY[to_char(st.number, 'FM00000')] AS list
		FROM smartwf.items(definition, 'stages') st, smartwf.items(st.item, 'steps') x
		UNION ALL
		SELECT x.item, s.stage, s.stage_number, s.item ->> 'name', b.branch, b.value, x.number,
			s.list || to_char(s.number, 'FM00000') || concat_ws(' ', b.branch, b.value)
		FROM step s,
			LATERAL (SELECT 'else' AS branch, NULL AS value, s.item -> 'else' AS steps
				UNION ALL SELECT 'default', NULL, s.item -> 'default'
				UNION ALL SELECT 'failure', NULL, s.item -> 'failure' -> 'steps'
				UNION ALL SELECT 'case', m.key, m.value FROM smartwf.members(s.item -> 'cases') m) b,
			LATERAL smartwf.items(jsonb_build_object('steps', b.steps), 'steps') x)
	SELECT format('step %s', coalesce(item ->> 'name', format('#%s of %s', number, coalesce(parent, stage)))),
		item ->> 'name', item ->> 'kind', item,
		stage, stage_number, parent, branch, branch_value, number, list || to_char(number, 'FM00000')
	FROM step
$$;
COMMENT ON FUNCTION smartwf.flow_steps(jsonb) IS
'Returns one row for each step in the JSON form of a flow (jsonb), in whatever branch: its name in messages, its JSON '
'value, its stage, parent and branch, and path (text[]), which sorts the steps in the order of the definition.';

-- Faults in names, kinds and settings.
CREATE FUNCTION smartwf.flow_form_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH flow AS (
		SELECT format('flow %s', definition ->> 'name') AS object
	), stage AS (
		SELECT format('stage %s', coalesce(item ->> 'name', '#' || number)) AS object, item
		FROM smartwf.items(definition, 'stages')
	), step AS (
		SELECT * FROM smartwf.flow_steps(definition)
	), form (kind, key, type, needed) AS (
		VALUES ('flow', '$schema', 'string', false), ('flow', 'name', 'string', true), ('flow', 'label', 'string', false),
			('flow', 'structure', 'string', false),
			('flow', 'restrictAccess', 'boolean', false), ('flow', 'runAs', 'string', false),
				('flow', 'maxRuns', 'number', false),
			('flow', 'grants', 'array', false), ('flow', 'start', 'array', false), ('flow', 'managers', 'array', false),
			('flow', 'model', 'object', false), ('flow', 'stages', 'array', true),
			('model', 'fields', 'array', true),
			('field', 'name', 'string', true), ('field', 'label', 'string', false), ('field', 'type', 'string', false),
				('field', 'options', 'array', false),
			('stage', 'name', 'string', true), ('stage', 'steps', 'array', true),
			('step', 'name', 'string', true), ('step', 'kind', 'string', true), ('step', 'settings', 'object', false),
			('step', 'else', 'array', false), ('step', 'cases', 'object', false), ('step', 'default', 'array', false),
				('step', 'failure', 'object', false),
			('failure', 'retries', 'number', false), ('failure', 'backoff', 'string', false),
				('failure', 'maximumBackoff', 'string', false),
			('failure', 'then', 'string', false), ('failure', 'steps', 'array', false),
			('grant', 'role', 'string', true)
	), part AS (
		SELECT 'flow' AS kind, object, definition AS item FROM flow
		UNION ALL
		SELECT 'stage', object, item FROM stage
		UNION ALL
		SELECT 'step', object, item FROM step
		UNION ALL
		SELECT 'failure', object, item -> 'failure' FROM step WHERE jsonb_typeof(item -> 'failure') = 'object'
		UNION ALL
		SELECT 'grant', format('%s %s', g.word, number), item
		FROM (VALUES ('grants', 'grant'), ('start', 'start'), ('managers', 'manager')) AS g (key, word),
			smartwf.items(definition, g.key)
		UNION ALL
		SELECT 'model', 'model', definition -> 'model' WHERE jsonb_typeof(definition -> 'model') = 'object'
		UNION ALL
		SELECT 'field', format('field %s', coalesce(item ->> 'name', '#' || number)), item
			FROM smartwf.items(definition -> 'model', 'fields'))
	SELECT 'WFL0504', p.object, format('must be an object, not %s', jsonb_typeof(p.item)) FROM part p
		WHERE jsonb_typeof(p.item) <> 'object'
	UNION ALL
	SELECT 'WFL0502', p.object, format('unknown property "%s"', m.key)
	FROM part p, smartwf.members(p.item) m WHERE NOT EXISTS (SELECT FROM form f WHERE (f.kind, f.key) = (p.kind, m.key))
	UNION ALL
	SELECT 'WFL0504', p.object, format('"%s" must be %s %s, not %s', f.key, CASE WHEN f.type IN ('array', 'object')
		THEN 'an' ELSE 'a' END, f.type, m.value)
	FROM part p JOIN form f USING (kind) JOIN LATERAL smartwf.members(p.item) m ON m.key = f.key
	WHERE jsonb_typeof(m.value) NOT IN (f.type, 'null')
	UNION ALL
	SELECT 'WFL0504', s.object, format('the steps of case "%s" must be an array, not %s', c.key, c.value)
	FROM step s, smartwf.members(s.item -> 'cases') c WHERE jsonb_typeof(c.value) NOT IN ('array', 'null')
	UNION ALL
	SELECT CASE f.key WHEN 'name' THEN 'WFL0500' ELSE 'WFL0503' END, p.object, format('"%s" is missing', f.key)
	FROM part p JOIN form f USING (kind) WHERE f.needed AND jsonb_typeof(p.item) = 'object' AND p.item ->> f.key IS NULL
	UNION ALL
	SELECT 'WFL0500', object,
		format('"%s" is no name: a letter or underscore, then letters, digits, "_" or ":", 49 characters at most',
		definition ->> 'name')
	FROM flow WHERE jsonb_typeof(definition -> 'name') = 'string'
		AND definition ->> 'name' !~ '^[A-Za-z_][A-Za-z0-9_:]{0,48}$'
	UNION ALL
	SELECT 'WFL0500', p.object, 'a name must not be empty, begin or end with a blank, or be longer than 100 characters'
	FROM part p WHERE p.kind IN ('stage', 'step', 'field') AND jsonb_typeof(p.item -> 'name') = 'string'
		AND p.item ->> 'name' !~ '^\S([^\r\n]{0,98}\S)?$'
	UNION ALL
	SELECT 'WFL0500', object, format('a %s of that name is defined twice', kind) FROM part
	WHERE kind IN ('stage', 'step', 'field') AND item ->> 'name' IS NOT NULL GROUP BY kind, object HAVING count(*) > 1
	UNION ALL
	SELECT 'WFL0505', object, 'it has no stage' FROM flow WHERE definition -> 'stages' = '[]'
	UNION ALL
	SELECT 'WFL0505', object, 'it has no step' FROM stage WHERE item -> 'steps' = '[]'
	UNION ALL
	SELECT 'WFL0501', object, format('unknown kind "%s"', kind) FROM step s
	WHERE kind IS NOT NULL AND NOT EXISTS (SELECT FROM smartwf.flow_settings() f WHERE f.kind = s.kind)
	UNION ALL
	SELECT 'WFL0502', s.object, format('a step of kind "%s" has no setting "%s"', s.kind, m.key)
	FROM step s, smartwf.members(s.item -> 'settings') m
	WHERE EXISTS (SELECT FROM smartwf.flow_settings() f WHERE f.kind = s.kind)
		AND NOT EXISTS (SELECT FROM smartwf.flow_settings() f WHERE (f.kind, f.setting) = (s.kind, m.key))
	UNION ALL
	SELECT 'WFL0503', s.object, format('setting "%s" is missing', f.setting)
	FROM step s JOIN smartwf.flow_settings() f ON f.kind = s.kind AND f.needed
	WHERE s.item -> 'settings' ->> f.setting IS NULL
	UNION ALL
	SELECT 'WFL0504', s.object, format('setting "%s" must be %s %s, not %s', f.setting, CASE
		WHEN f.type IN ('array', 'object') THEN 'an' ELSE 'a' END, f.type, m.value)
	FROM step s, smartwf.members(s.item -> 'settings') m, smartwf.flow_settings() f
	WHERE (f.kind, f.setting) = (s.kind, m.key) AND f.type <> 'any' AND jsonb_typeof(m.value) NOT IN (f.type, 'null')
	UNION ALL
	SELECT 'WFL0502', object, format('a step of kind "%s" has no "%s"', kind, b.key)
	FROM step s, (VALUES ('else', 'if_condition'), ('cases', 'switch_case'), ('default', 'switch_case'))
		AS b (key, of_kind)
	WHERE s.kind <> b.of_kind AND s.item ? b.key
$$;
COMMENT ON FUNCTION smartwf.flow_form_faults(jsonb) IS
'Returns the faults in the form of a flow''s JSON (jsonb): malformed names, unknown kinds, and settings that are '
'unknown, missing or of the wrong type.';

-- Functions that a flow calls: (model jsonb, run bigint) returns a given type.
CREATE FUNCTION smartwf.flow_function_fault(name text, returns text) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parts text[];
	found regprocedure;
BEGIN
	parts := parse_ident(name);
	IF cardinality(parts) <> 2 THEN
		RETURN format('function "%s" is not of the form schema.function', name);
	END IF;
	SELECT p.oid INTO found FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
		WHERE n.nspname = parts[1] AND p.proname = parts[2] AND p.proargtypes::text = '3802 20' AND p.prokind = 'f'
			AND NOT p.proretset
			AND p.prorettype = returns::regtype;
	IF found IS NULL THEN
		RETURN format('function %s(model jsonb, run bigint) returns %s does not exist', name, returns);
	END IF;
	RETURN NULL;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN format('function "%s" is not of the form schema.function', name);
END
$$;
COMMENT ON FUNCTION smartwf.flow_function_fault(text, text) IS
'Returns the reason why a function (name, text, as schema.function) cannot be called by flows, or null if it can '
'(text). It must take the arguments (model jsonb, run bigint), and return the given type (returns, text).';

-- Users in the settings of steps: a role, or a person known by a token.
CREATE FUNCTION smartwf.is_user(item jsonb) RETURNS boolean
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT coalesce(CASE jsonb_typeof(item) WHEN 'string' THEN true
		WHEN 'object' THEN (SELECT count(*) = 1 AND bool_and(m.key IN ('role', 'person')
			AND jsonb_typeof(m.value) = 'string') FROM jsonb_each(item) m)
		END, false)
$$;
COMMENT ON FUNCTION smartwf.is_user(jsonb) IS
'Returns true if a JSON value (jsonb) identifies a role or a person: a string, {"role": string} or {"person": '
'string}.';

-- A role that cannot log in, such as that of a gateway, can stand for any number of persons.
CREATE FUNCTION smartwf.number_of_people(item jsonb) RETURNS bigint
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN item IS NULL THEN 0 WHEN r.oid IS NULL OR jsonb_typeof(item) = 'object' AND item ? 'person' THEN 1
		WHEN NOT r.rolcanlogin THEN 1000000
		ELSE (SELECT count(*) FROM pg_roles m WHERE m.rolcanlogin AND NOT m.rolsuper
			AND pg_has_role(m.oid, r.oid, 'MEMBER')) END
	FROM (SELECT) AS one LEFT JOIN pg_roles r ON r.rolname = coalesce(item ->> 'role', item #>> '{}')
$$;
COMMENT ON FUNCTION smartwf.number_of_people(jsonb) IS
'Returns the largest number of persons (bigint) that a user of a step (jsonb) can stand for: one for a person or a '
'name that is not a role; for a role that can log in, the number of its members that can log in, itself included; and '
'1000000 for a role that cannot log in, such as that of a gateway.';

CREATE FUNCTION smartwf.is_interval(text text, must_last boolean) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN CASE WHEN must_last THEN text::interval > '0' ELSE text::interval >= '0' END;
EXCEPTION WHEN data_exception THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION smartwf.is_interval(text, boolean) IS
'Returns true if a text (text) is an interval that is not negative and, if must_last (boolean) is true, not zero.';

-- Faults in the settings of well-formed steps.
CREATE FUNCTION smartwf.flow_setting_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH step AS (
		SELECT s.object, s.kind, s.item -> 'settings' AS settings, s.item -> 'failure' AS failure
			FROM smartwf.flow_steps(definition) s
	), choice (setting, code, allowed) AS (
		VALUES ('channel', 'WFL0512', ARRAY['smtp', 'mail', 'signalr']),
			('renderType', 'WFL0504', ARRAY['text', 'html']),
			('operator', 'WFL0504', ARRAY['equal', 'notEqual', 'greater', 'less']), ('as', 'WFL0504', ARRAY['answerer'])
	), span (object, name, text, must_last) AS (
		SELECT s.object, m.setting, s.settings ->> m.setting, false FROM step s,
			(VALUES ('due'), ('duration')) AS m (setting) WHERE jsonb_typeof(s.settings -> m.setting) = 'string'
		UNION ALL
		SELECT s.object, 'timeout', s.settings ->> 'timeout', true FROM step s
			WHERE jsonb_typeof(s.settings -> 'timeout') = 'string'
		UNION ALL
		SELECT s.object, m.key, s.failure ->> m.key, true FROM step s,
			(VALUES ('backoff'), ('maximumBackoff')) AS m (key) WHERE jsonb_typeof(s.failure -> m.key) = 'string')
	SELECT c.code, s.object, format('%s "%s" must be one of %s', c.setting, s.settings ->> c.setting,
		array_to_string(c.allowed, ', '))
	FROM step s, choice c
	WHERE jsonb_typeof(s.settings -> c.setting) = 'string' AND s.settings ->> c.setting <> ALL (c.allowed)
	UNION ALL
	SELECT 'WFL0513', object, 'either value or source must be given, not both' FROM step
	WHERE kind = 'update_model_field' AND (settings ? 'value') = (settings ->> 'source' IS NOT NULL)
	UNION ALL
	SELECT 'WFL0513', object, 'greater and less cannot compare with null' FROM step
	WHERE kind = 'if_condition' AND settings -> 'compareWithNull' = 'true'
		AND settings ->> 'operator' IN ('greater', 'less')
	UNION ALL
	SELECT 'WFL0503', object, 'setting "value" is missing' FROM step
	WHERE kind = 'if_condition' AND settings -> 'compareWithNull' IS DISTINCT FROM 'true'
		AND settings ->> 'value' IS NULL
	UNION ALL
	SELECT 'WFL0515', object, 'it has nobody to address: userField, users or userRouting' FROM step
	WHERE kind IN ('send_notification', 'send_templated_notification', 'get_user_confirmation')
		AND settings ->> 'userField' IS NULL AND settings ->> 'userRouting' IS NULL
			AND coalesce(settings -> 'users', '[]') IN ('[]', 'null')
	UNION ALL
	SELECT 'WFL0504', object, 'setting "options" must be a list of strings' FROM step s
	WHERE EXISTS (SELECT FROM smartwf.items(s.settings, 'options') i WHERE jsonb_typeof(i.item) <> 'string')
	UNION ALL
	SELECT 'WFL0504', object,
		'setting "users" must be a list of names, as strings or as {"role": name} or {"person": name}' FROM step s
	WHERE EXISTS (SELECT FROM smartwf.items(s.settings, 'users') i WHERE NOT smartwf.is_user(i.item))
	UNION ALL
	SELECT 'WFL0504', object, 'answersNeeded must be a whole number from 1' FROM step
	WHERE jsonb_typeof(settings -> 'answersNeeded') = 'number' AND settings ->> 'answersNeeded' !~ '^[1-9][0-9]{0,3}$'
	UNION ALL
	SELECT 'WFL0504', object, format('%s "%s" is no interval%s', name, text, CASE WHEN must_last
		THEN ' longer than nothing' ELSE '' END) FROM span
	WHERE NOT smartwf.is_interval(text, must_last)
	UNION ALL
	SELECT 'WFL0504', object, format('retries must be a whole number from 0 to 1000, not %s', failure -> 'retries')
		FROM step
	WHERE jsonb_typeof(failure -> 'retries') = 'number' AND failure ->> 'retries' !~ '^([0-9]{1,3}|1000)$'
	UNION ALL
	SELECT 'WFL0504', object, format('then "%s" must be one of fail, skip, branch', failure ->> 'then') FROM step
	WHERE jsonb_typeof(failure -> 'then') = 'string' AND failure ->> 'then' NOT IN ('fail', 'skip', 'branch')
	UNION ALL
	SELECT 'WFL0513', object, 'then and steps do not agree: a branch needs steps, and only a branch has them' FROM step
	WHERE jsonb_typeof(failure) = 'object' AND (coalesce(failure ->> 'then', 'fail') = 'branch')
		= (coalesce(failure -> 'steps', '[]') IN ('[]', 'null'))
	UNION ALL
	SELECT 'WFL0504', format('flow %s', definition ->> 'name'), format('maxRuns must be a whole number from 0, not %s',
		definition -> 'maxRuns')
	WHERE jsonb_typeof(definition -> 'maxRuns') = 'number' AND definition ->> 'maxRuns' !~ '^[0-9]{1,9}$'
	UNION ALL
	SELECT 'WFL0504', format('flow %s', definition ->> 'name'), format('runAs "%s" must be one of starter, owner',
		definition ->> 'runAs')
	WHERE jsonb_typeof(definition -> 'runAs') = 'string' AND definition ->> 'runAs' NOT IN ('starter', 'owner')
	UNION ALL
	SELECT 'WFL0504', format('field %s', item ->> 'name'),
		format('type "%s" must be one of string, number, boolean, object, array', item ->> 'type')
	FROM smartwf.items(definition -> 'model', 'fields')
	WHERE jsonb_typeof(item -> 'type') = 'string' AND item ->> 'type' NOT IN ('string', 'number', 'boolean', 'object',
		'array')
	UNION ALL
	SELECT 'WFL0504', format('field %s', f.item ->> 'name'), 'options must be a list of strings'
	FROM smartwf.items(definition -> 'model', 'fields') f
	WHERE EXISTS (SELECT FROM smartwf.items(f.item, 'options') i WHERE jsonb_typeof(i.item) <> 'string')
	UNION ALL
	SELECT 'WFL0513', format('flow %s', definition ->> 'name'), 'either structure or model must be given, not both'
	WHERE definition ->> 'structure' <> '' AND jsonb_typeof(definition -> 'model') = 'object'
	UNION ALL
	SELECT 'WFL0513', object, 'either duration or until must be given, not both' FROM step
	WHERE kind = 'wait' AND (settings ->> 'duration' IS NOT NULL) = (settings ->> 'until' IS NOT NULL)
	UNION ALL
	SELECT 'WFL0513', object, 'dueChoice needs due' FROM step WHERE settings ->> 'dueChoice' IS NOT NULL
		AND settings ->> 'due' IS NULL
	UNION ALL
	SELECT 'WFL0504', object, format('dueChoice "%s" is none of the options', settings ->> 'dueChoice') FROM step
	WHERE jsonb_typeof(settings -> 'dueChoice') = 'string' AND jsonb_typeof(settings -> 'options') = 'array'
		AND NOT settings -> 'options' @> (settings -> 'dueChoice')
	UNION ALL
	SELECT 'WFL0517', s.object, format('%s: %s', t.setting, smartwf.template_fault(s.settings ->> t.setting))
	FROM step s, (VALUES ('message'), ('subject')) AS t (setting)
	WHERE jsonb_typeof(s.settings -> t.setting) = 'string'
		AND smartwf.template_fault(s.settings ->> t.setting) IS NOT NULL
	UNION ALL
	SELECT 'WFL0509', object, format('dataflow "%s" is not registered', settings ->> 'dataflow') FROM step
	WHERE jsonb_typeof(settings -> 'dataflow') = 'string'
		AND NOT EXISTS (SELECT FROM smartwf.dataflows d WHERE d.name = settings ->> 'dataflow')
	UNION ALL
	SELECT 'WFL0510', object, format('template "%s" is not defined', settings ->> 'template') FROM step
	WHERE jsonb_typeof(settings -> 'template') = 'string'
		AND NOT EXISTS (SELECT FROM smartwf.templates t WHERE t.name = settings ->> 'template')
	UNION ALL
	SELECT 'WFL0516', object, smartwf.flow_function_fault(settings ->> 'userRouting', 'text[]') FROM step
	WHERE jsonb_typeof(settings -> 'userRouting') = 'string' AND smartwf.flow_function_fault(settings ->> 'userRouting',
		'text[]') IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.flow_setting_faults(jsonb) IS
'Returns the faults in the settings of the steps in the JSON form of a flow (jsonb): channels, operators, recipients, '
'templates, data flows.';

-- What workflows do as steps do, without a flow.
CREATE FUNCTION smartwf.flow_of_steps(steps jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT jsonb_build_object('name', 'x', 'stages', jsonb_build_array(jsonb_build_object('name', 'x', 'steps', steps)))
$$;
COMMENT ON FUNCTION smartwf.flow_of_steps(jsonb) IS
'Returns a flow in JSON form (jsonb) that has the given steps (jsonb: an array of steps in JSON form), so that they '
'can be checked.';

CREATE FUNCTION smartwf.notification_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'error', f.code, regexp_replace(f.object, '^step ', ''), f.message
	FROM smartwf.flow_setting_faults(smartwf.flow_of_steps((
		SELECT jsonb_agg(jsonb_build_object('name', o.object, 'kind', 'send_templated_notification', 'settings', o.value))
		FROM smartwf.definition_objects(definition) o
		WHERE o.kind = 'notification' AND jsonb_typeof(o.value) = 'object'))) f
$$;
COMMENT ON FUNCTION smartwf.notification_faults(jsonb) IS
'Returns the faults of the notifications in the JSON form of a workflow (jsonb): channels, templates, recipients.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.notification_faults');

-- Faults in the order of the steps.
CREATE FUNCTION smartwf.flow_order_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH step AS (
		SELECT s.*, s.path[:cardinality(s.path) - 1] AS list FROM smartwf.flow_steps(definition) s)
	SELECT 'WFL0506', s.object, 'its alternative has no finish' FROM step s
	WHERE s.kind = 'if_condition' AND NOT EXISTS (SELECT FROM step f WHERE f.kind IN ('finish', 'reset_to_draft')
		AND f.path[:cardinality(s.path) + 1] = s.path || 'else'::text)
	UNION ALL
	-- a step "as": "answerer" needs a question before it
	SELECT 'WFL0521', s.object, 'nobody has answered anything before it' FROM step s
	WHERE s.item -> 'settings' ->> 'as' = 'answerer' AND NOT EXISTS (SELECT FROM step q
		WHERE q.kind = 'get_user_confirmation' AND q.path < s.path)
	UNION ALL
	SELECT 'WFL0522', s.object, format('excludeAnswerersOf names "%s", which is no question before it',
		s.item -> 'settings' ->> 'excludeAnswerersOf') FROM step s
	WHERE jsonb_typeof(s.item -> 'settings' -> 'excludeAnswerersOf') = 'string'
		AND NOT EXISTS (SELECT FROM step q WHERE q.kind = 'get_user_confirmation'
			AND q.name = s.item -> 'settings' ->> 'excludeAnswerersOf' AND q.path < s.path)
	UNION ALL
	SELECT 'WFL0507', s.object, 'it has no branch' FROM step s
	WHERE s.kind = 'switch_case' AND NOT EXISTS (SELECT FROM smartwf.members(s.item -> 'cases'))
	UNION ALL
	-- a step after one that ends the run, in the same list or in a later stage
	SELECT 'WFL0508', s.object, format('nothing reaches it: %s goes on nowhere', (
		SELECT e.object FROM step e
		WHERE e.kind IN ('finish', 'reset_to_draft', 'switch_case')
			AND ((e.list = s.list AND e.number < s.number) OR (e.parent IS NULL AND e.stage_number < s.stage_number))
		ORDER BY e.path LIMIT 1))
	FROM step s
	WHERE EXISTS (SELECT FROM step e
		WHERE e.kind IN ('finish', 'reset_to_draft', 'switch_case')
			AND ((e.list = s.list AND e.number < s.number) OR (e.parent IS NULL AND e.stage_number < s.stage_number)))
$$;
COMMENT ON FUNCTION smartwf.flow_order_faults(jsonb) IS
'Returns the faults in the order of the steps in the JSON form of a flow (jsonb): an else without a finish, a '
'switch_case without branches, steps that cannot be reached, steps for the answerer without a question before them.';

-- The fields of the model, from the columns of the structure or the declaration in the flow,
-- and the values that each can have (null: any).
CREATE FUNCTION smartwf.flow_fields(definition jsonb) RETURNS TABLE (field text, options text[])
	LANGUAGE sql STABLE ROWS 20 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT a.attname::text, smartwf.field_options(s.name, a.attname)
	FROM smartwf.structures s JOIN pg_attribute a ON a.attrelid = smartwf.attached_relation(s.name) AND a.attnum > 0
		AND NOT a.attisdropped
	WHERE s.name = definition ->> 'structure'
	UNION ALL
	SELECT f.item ->> 'name', CASE WHEN f.item ->> 'type' = 'boolean' THEN ARRAY['true', 'false']
		WHEN jsonb_typeof(f.item -> 'options') = 'array' THEN ARRAY(SELECT o.item #>> '{}'
			FROM smartwf.items(f.item, 'options') o) END
	FROM smartwf.items(definition -> 'model', 'fields') f
$$;
COMMENT ON FUNCTION smartwf.flow_fields(jsonb) IS
'Returns the fields of the model in the JSON form of a flow (jsonb), from the columns of its structure or the model '
'that it declares: field (text), and the values that the field can have (text[], null if they are not restricted). '
'Returns no rows if the model is not known.';

CREATE FUNCTION smartwf.model_options(flow int, field text) RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT f.options FROM smartwf.flows w, smartwf.flow_fields(jsonb_build_object('model', w.model)) f
	WHERE w.id = flow AND f.field = model_options.field
$$;
COMMENT ON FUNCTION smartwf.model_options(int, text) IS
'Returns the values (text[]) that a field (text) can have by the model that a flow version (flow, int, its id) declares; '
'null if the model does not restrict it.';

-- Faults in the fields that the steps use, and in values that a field cannot have.
CREATE FUNCTION smartwf.flow_field_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH relation AS (
		SELECT smartwf.attached_relation(s.name)::text AS name FROM smartwf.structures s
			WHERE s.name = definition ->> 'structure'
		UNION ALL
		SELECT 'the model' WHERE jsonb_typeof(definition -> 'model') = 'object'
	), known AS MATERIALIZED (
		SELECT * FROM smartwf.flow_fields(definition)
	), step AS (
		SELECT s.object, s.kind, s.item, s.item -> 'settings' AS settings, s.branch = 'failure' AS is_failure
			FROM smartwf.flow_steps(definition) s
	), named (severity, object, field) AS (
		SELECT 'error', s.object, s.settings ->> f.setting
		FROM step s, (VALUES ('field'), ('source'), ('userField'), ('until')) AS f (setting)
			WHERE jsonb_typeof(s.settings -> f.setting) = 'string'
		UNION ALL
		SELECT 'error', s.object, m.value #>> '{}' FROM step s, smartwf.members(s.settings -> 'properties') m
		UNION ALL
		-- a missing field is empty in a template
		SELECT 'warning', s.object, field
		FROM step s, (VALUES ('message'), ('subject')) AS t (setting),
			unnest(smartwf.template_fields(s.settings ->> t.setting)) AS field
		WHERE jsonb_typeof(s.settings -> t.setting) = 'string'
			AND smartwf.template_fault(s.settings ->> t.setting) IS NULL
		UNION ALL
		SELECT 'warning', s.object, field
		FROM step s JOIN smartwf.templates t ON t.name = s.settings ->> 'template',
			unnest(ARRAY[t.subject, CASE s.settings ->> 'renderType' WHEN 'html' THEN t.html_body
				ELSE t.text_body END]) AS part,
			unnest(smartwf.template_fields(part)) AS field
		WHERE NOT coalesce(s.settings -> 'properties' ? field, false)
			AND NOT EXISTS (SELECT FROM smartwf.items(jsonb_build_object('properties', t.properties), 'properties') p
				WHERE p.item ->> 'name' = field)
	), held (object, field, value) AS (
		SELECT s.object, s.settings ->> 'field', o.item #>> '{}' FROM step s, smartwf.items(s.settings, 'options') o
			WHERE s.kind = 'get_user_confirmation'
		UNION ALL
		SELECT s.object, s.settings ->> 'field', s.settings ->> 'value' FROM step s
			WHERE s.kind IN ('update_model_field', 'if_condition')
		UNION ALL
		SELECT s.object, s.settings ->> 'field', c.key FROM step s, smartwf.members(s.item -> 'cases') c)
	SELECT 'error', 'WFL0518', format('flow %s', definition ->> 'name'), format('structure "%s" is not attached',
		definition ->> 'structure')
	WHERE definition ->> 'structure' <> '' AND NOT EXISTS (SELECT FROM relation)
	UNION ALL
	SELECT DISTINCT n.severity, 'WFL0511', n.object, format('%s has no field "%s"', r.name, n.field)
	FROM named n, relation r
	-- in a failure branch, the model also has the field error
	WHERE NOT EXISTS (SELECT FROM known k WHERE k.field = split_part(n.field, '.', 1))
		AND split_part(n.field, '.', 1) <> 'error'
	UNION ALL
	SELECT DISTINCT 'error', 'WFL0523', h.object, format('field "%s" cannot hold "%s", only: %s', h.field, h.value,
		array_to_string(k.options, ', '))
	FROM held h JOIN known k ON k.field = h.field WHERE h.value <> ALL (k.options)
$$;
COMMENT ON FUNCTION smartwf.flow_field_faults(jsonb) IS
'Returns the faults in the fields that the JSON form of a flow (jsonb) uses: fields that the model lacks, if the '
'model is known (a warning if only a template uses them), and values that a field cannot have.';

-- References to other objects, and the number of persons that are asked.
CREATE FUNCTION smartwf.flow_reference_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH step AS (
		SELECT s.object, s.kind, s.item -> 'settings' AS settings FROM smartwf.flow_steps(definition) s
	), workflow AS (
		SELECT s.workflow, (SELECT w.id FROM smartwf.workflows w WHERE w.name = s.workflow AND w.status = 'published'
			ORDER BY w.version DESC LIMIT 1) AS id
		FROM smartwf.structures s WHERE s.name = definition ->> 'structure'
	), asked AS (
		SELECT s.object, (s.settings ->> 'answersNeeded')::numeric AS needed,
			sum(smartwf.number_of_people(u.item)) AS people, count(*) AS named
		FROM step s LEFT JOIN LATERAL smartwf.items(s.settings, 'users') u ON true
		WHERE s.kind = 'get_user_confirmation' AND jsonb_typeof(s.settings -> 'answersNeeded') = 'number'
			AND s.settings ->> 'userField' IS NULL AND s.settings ->> 'userRouting' IS NULL
		GROUP BY s.object, s.settings
	), property AS (
		SELECT s.object, s.settings, t.name AS template, p.item ->> 'name' AS name,
			(p.item ->> 'needed')::boolean AS needed
		FROM step s JOIN smartwf.templates t ON t.name = s.settings ->> 'template',
			smartwf.items(jsonb_build_object('properties', t.properties), 'properties') p)
	SELECT 'error', 'WFL0524', s.object, format('workflow "%s" has no transition "%s"', w.workflow,
		s.settings ->> 'transition')
	FROM step s, workflow w
	WHERE s.kind = 'pass_transition' AND jsonb_typeof(s.settings -> 'transition') = 'string'
		AND NOT EXISTS (SELECT FROM smartwf.transitions t WHERE t.workflow_id = w.id
			AND t.name = s.settings ->> 'transition')
	UNION ALL
	SELECT 'error', 'WFL0525', a.object, format('%s answers are needed, but no more than %s can be given', a.needed,
		a.people)
	FROM asked a WHERE a.people < a.needed
	UNION ALL
	SELECT 'error', 'WFL0526', p.object, format('template "%s" needs property "%s"', p.template, p.name)
	FROM property p
	WHERE p.needed AND p.settings -> 'properties' ->> p.name IS NULL
		AND NOT EXISTS (SELECT FROM smartwf.flow_fields(definition) f WHERE f.field = split_part(p.name, '.', 1))
	UNION ALL
	SELECT 'error', 'WFL0526', s.object, format('template "%s" has no property "%s"', t.name, m.key)
	FROM step s JOIN smartwf.templates t ON t.name = s.settings ->> 'template',
		smartwf.members(s.settings -> 'properties') m
	WHERE t.properties <> '[]' AND NOT EXISTS (SELECT FROM property p WHERE p.object = s.object AND p.name = m.key)
$$;
COMMENT ON FUNCTION smartwf.flow_reference_faults(jsonb) IS
'Returns the faults in what the JSON form of a flow (jsonb) refers to: unknown transitions of the workflow of its '
'structure, missing properties of templates, and more required answers than there are persons to give them.';

-- What a person could still look at; those that were published before go on.
CREATE FUNCTION smartwf.flow_size_faults(definition jsonb)
	RETURNS TABLE (code text, object text, message text)
	LANGUAGE sql IMMUTABLE ROWS 1 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'WFL0504', format('flow %s', definition ->> 'name'), s.message
	FROM (SELECT CASE WHEN count(*) > 3000 THEN 'it has more than 3,000 steps'
		WHEN max(cardinality(path)) > 80 THEN 'its steps are nested more than 40 deep' END AS message
		FROM smartwf.flow_steps(definition)) s
	WHERE s.message IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.flow_size_faults(jsonb) IS
'Returns a fault (code, object and message, text each) if the JSON form of a flow (jsonb) has more than 3,000 steps, or '
'nests them more than 40 deep.';

CREATE FUNCTION smartwf.flow_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT * FROM (
		SELECT 'error', f.* FROM smartwf.flow_form_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_size_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_setting_faults(definition) f
		UNION ALL
		SELECT 'error', f.* FROM smartwf.flow_order_faults(definition) f
		UNION ALL
		SELECT * FROM smartwf.flow_field_faults(definition)
		UNION ALL
		SELECT * FROM smartwf.flow_reference_faults(definition)
		UNION ALL
		SELECT 'warning', 'WFL0901', format('%s %s', g.word, number), format('role "%s" does not exist',
			item ->> 'role')
		FROM (VALUES ('grants', 'grant'), ('start', 'start'), ('managers', 'manager')) AS g (key, word),
			smartwf.items(definition, g.key)
		WHERE jsonb_typeof(item -> 'role') = 'string' AND NOT EXISTS (SELECT FROM pg_roles
			WHERE rolname = item ->> 'role')
	) AS fault (severity, code, object, message)
	ORDER BY severity, object COLLATE "C", code COLLATE "C", message COLLATE "C"
$$;
COMMENT ON FUNCTION smartwf.flow_faults(jsonb) IS
'Returns all faults (severity error) and warnings (severity warning) of the JSON form of a flow (jsonb): severity, '
'code, object and message (text each).';

CREATE FUNCTION smartwf.is_published_flow(flow text) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN EXISTS (SELECT FROM smartwf.flows f WHERE f.name = flow AND f.status = 'published');
END
$$;
COMMENT ON FUNCTION smartwf.is_published_flow(text) IS
'Returns true if a flow (text) has a published version.';

CREATE FUNCTION smartwf.started_flow_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT 'warning', 'WFL0905', o.object, format('flow "%s" is not published', o.value ->> 'flow')
	FROM smartwf.definition_objects(definition) o
	WHERE o.kind IN ('state', 'transition') AND jsonb_typeof(o.value -> 'flow') = 'string'
		AND NOT smartwf.is_published_flow(o.value ->> 'flow')
$$;
COMMENT ON FUNCTION smartwf.started_flow_faults(jsonb) IS
'Returns a warning for each flow that the states and transitions in the JSON form of a workflow (jsonb) start, and '
'that is not published.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.started_flow_faults');
