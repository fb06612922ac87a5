-- Checks of the timers of workflow definitions.

-- Tasks of kinds that flows have are checked like steps; these are the others.
CREATE FUNCTION smartwf.task_settings()
	RETURNS TABLE (kind text, setting text)
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	VALUES ('go_to_state', 'state'), ('call_function', 'function'), ('start_flow', 'flow')
$$;
COMMENT ON FUNCTION smartwf.task_settings() IS
'Returns those kinds of tasks of timers that are not kinds of steps, with the setting that each requires (a string).';

CREATE FUNCTION smartwf.is_signed_interval(text text) RETURNS boolean
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM text::interval;
	RETURN true;
EXCEPTION WHEN data_exception THEN
	RETURN false;
END
$$;
COMMENT ON FUNCTION smartwf.is_signed_interval(text) IS
'Returns true if a text (text) is an interval, which can be negative.';

CREATE FUNCTION smartwf.timer_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN QUERY
	WITH object AS (
		SELECT o.* FROM smartwf.definition_objects(definition) o
	), use (object, timer) AS (
		SELECT o.object, o.value ->> 'timer' FROM object o WHERE o.kind IN ('state', 'transition timer')
			AND jsonb_typeof(o.value -> 'timer') = 'string'
	), as_flow AS (
		SELECT smartwf.flow_of_steps(jsonb_agg(jsonb_build_object('name', o.object, 'kind', o.value -> 'kind',
			'settings', o.value -> 'settings'))) AS flow
		FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' IN ('send_notification',
			'send_templated_notification')
	), relation AS (
		SELECT smartwf.attached_relation(s.name) AS relation FROM smartwf.structures s
			WHERE s.workflow = definition ->> 'name'
	)
	SELECT 'error', 'WFL0130', o.object, 'a timer of that name is defined twice'
	FROM object o WHERE o.kind = 'timer' GROUP BY o.object HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0130', u.object, format('timer "%s" is not defined', u.timer) FROM use u
	WHERE NOT EXISTS (SELECT FROM object o WHERE o.kind = 'timer' AND o.value ->> 'name' = u.timer)
	UNION ALL
	SELECT 'error', 'WFL0131', o.parent, format('timer "%s" is named twice', o.value ->> 'timer')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'timer' IS NOT NULL GROUP BY o.parent,
		o.value ->> 'timer' HAVING count(*) > 1
	UNION ALL
	SELECT 'error', 'WFL0131', o.object, format('action "%s" must be one of volatile, persistent, unattach',
		o.value ->> 'action')
	FROM object o WHERE o.kind = 'transition timer' AND o.value ->> 'action' NOT IN ('volatile', 'persistent',
		'unattach')
	UNION ALL
	SELECT 'error', 'WFL0132', o.object, format('delta "%s" is no interval', o.value ->> 'delta')
	FROM object o WHERE o.kind IN ('timer', 'task') AND jsonb_typeof(o.value -> 'delta') = 'string'
		AND NOT smartwf.is_signed_interval(o.value ->> 'delta')
	UNION ALL
	SELECT 'error', 'WFL0132', o.object, format('staleAfter "%s" is no interval above 0', o.value ->> 'staleAfter')
	FROM object o WHERE o.kind = 'state' AND jsonb_typeof(o.value -> 'staleAfter') = 'string'
		AND CASE WHEN smartwf.is_signed_interval(o.value ->> 'staleAfter')
			THEN (o.value ->> 'staleAfter')::interval <= '0' ELSE true END
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, 'it has no task' FROM object o WHERE o.kind = 'timer'
		AND o.value -> 'tasks' = '[]'
	UNION ALL
	SELECT 'error', 'WFL0133', o.object, format('unknown kind "%s"', o.value ->> 'kind') FROM object o
	WHERE o.kind = 'task' AND o.value ->> 'kind' NOT IN ('send_notification', 'send_templated_notification')
		AND o.value ->> 'kind' NOT IN (SELECT k.kind FROM smartwf.task_settings() k)
	UNION ALL
	SELECT 'error', 'WFL0134', o.object, format('a task of kind "%s" needs the setting "%s", a string, and no other',
		k.kind, k.setting)
	FROM object o JOIN smartwf.task_settings() k ON k.kind = o.value ->> 'kind'
	WHERE o.kind = 'task' AND (jsonb_typeof(o.value -> 'settings' -> k.setting) IS DISTINCT FROM 'string'
		OR EXISTS (SELECT FROM smartwf.members(o.value -> 'settings') m WHERE m.key <> k.setting))
	UNION ALL
	SELECT 'error', f.code, regexp_replace(f.object, '^step ', ''), f.message
	FROM as_flow a, LATERAL (SELECT * FROM smartwf.flow_form_faults(a.flow) UNION ALL SELECT *
		FROM smartwf.flow_setting_faults(a.flow)) f
	WHERE a.flow #> '{stages,0,steps}' <> 'null'
	UNION ALL
	SELECT 'error', 'WFL0201', o.object, format('state "%s" is not defined', o.value #>> '{settings,state}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'go_to_state'
		AND o.value #>> '{settings,state}' IS NOT NULL
		AND NOT EXISTS (SELECT FROM object s WHERE s.kind = 'state'
			AND s.value ->> 'name' = o.value #>> '{settings,state}')
	UNION ALL
	SELECT 'error', 'WFL0516', o.object, smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'call_function'
		AND smartwf.flow_function_fault(o.value #>> '{settings,function}', 'jsonb') IS NOT NULL
	UNION ALL
	SELECT 'warning', 'WFL0905', o.object, format('flow "%s" is not published', o.value #>> '{settings,flow}')
	FROM object o WHERE o.kind = 'task' AND o.value ->> 'kind' = 'start_flow'
		AND o.value #>> '{settings,flow}' IS NOT NULL
		AND NOT smartwf.is_published_flow(o.value #>> '{settings,flow}')
	UNION ALL
	SELECT 'error', 'WFL0120', o.object, format('column "%s" of %s is no date or time', o.value ->> 'column',
		r.relation)
	FROM object o, relation r
	WHERE o.kind = 'timer' AND jsonb_typeof(o.value -> 'column') = 'string' AND r.relation IS NOT NULL
		AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			WHERE a.attrelid = r.relation AND a.attname = o.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped
				AND coalesce(nullif(t.typbasetype, 0), t.oid) IN ('date'::regtype, 'timestamp'::regtype,
					'timestamptz'::regtype))
	UNION ALL
	SELECT 'warning', 'WFL0906', o.object, 'nothing attaches it' FROM object o
	WHERE o.kind = 'timer' AND NOT EXISTS (SELECT FROM use u WHERE u.timer = o.value ->> 'name');
END
$$;
COMMENT ON FUNCTION smartwf.timer_faults(jsonb) IS
'Returns the faults and warnings about the timers in the JSON form of a workflow (jsonb).';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.timer_faults');
