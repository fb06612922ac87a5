-- Checks of the guards, hooks and grants of workflow definitions.

CREATE FUNCTION smartwf.hook_fault(hook text) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_hook_fault';
COMMENT ON FUNCTION smartwf.hook_fault(text) IS
'Returns the reason why a function (text, as schema.function) cannot be used as a hook (text), or null if it can.';

CREATE FUNCTION smartwf.guard_fault(guard text, relation regclass) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_guard_fault';
COMMENT ON FUNCTION smartwf.guard_fault(text, regclass) IS
'Returns the reason why an expression (text) cannot be used as a guard on a table (regclass), or null if it can '
'(text). If the table is null, the expression is only checked for its syntax and form, not for the columns that it '
'uses.';

CREATE FUNCTION smartwf.guard_contradiction(guard text, relation regclass) RETURNS text
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_guard_contradiction';
COMMENT ON FUNCTION smartwf.guard_contradiction(text, regclass) IS
'Returns what makes a guard (text) false for every row of a table (regclass): itself, or a constraint of the table '
'(text); null if nothing is known to do so.';

-- Types that a column can have which holds a parameter of a type.
CREATE FUNCTION smartwf.column_holds(type text, multiple boolean, column_type oid) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN multiple THEN b.typcategory = 'A' OR b.oid IN ('json'::regtype, 'jsonb'::regtype)
		ELSE CASE type WHEN 'text' THEN b.typcategory IN ('S', 'E', 'U') WHEN 'enum' THEN b.typcategory IN ('S', 'E')
			WHEN 'int' THEN b.typcategory = 'N' WHEN 'double' THEN b.typcategory = 'N' WHEN 'money' THEN b.typcategory = 'N'
			WHEN 'boolean' THEN b.typcategory = 'B' WHEN 'json' THEN b.oid IN ('json'::regtype, 'jsonb'::regtype)
			WHEN 'time' THEN b.oid IN ('time'::regtype, 'timetz'::regtype)
			ELSE b.oid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) END
		OR b.typcategory = 'S' END
	FROM pg_type t JOIN pg_type b ON b.oid = smartwf.base_type(t.oid) WHERE t.oid = column_type
$$;
COMMENT ON FUNCTION smartwf.column_holds(text, boolean, oid) IS
'Returns true if a column of a type (column_type, oid) can hold the values of a parameter of a type (type, text), or '
'lists of them if multiple (boolean) is true.';

-- What a definition asks of the tables that are attached to it, though it can be published.
CREATE FUNCTION smartwf.table_warnings(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition) WHERE kind IN ('transition', 'parameter')
	), attached AS (
		SELECT r.relation, s.state_column, s.docid_column FROM smartwf.structures s,
			LATERAL (SELECT smartwf.attached_relation(s.name) AS relation) r
		WHERE s.workflow = definition ->> 'name' AND r.relation IS NOT NULL)
	SELECT 'warning', 'WFL0910', o.object, format('guard "%s" is never fulfilled by a row of %s: it contradicts %s',
		o.value ->> 'guard', a.relation, smartwf.guard_contradiction(o.value ->> 'guard', a.relation))
	FROM object o, attached a
	WHERE o.kind = 'transition' AND jsonb_typeof(o.value -> 'guard') = 'string'
		AND smartwf.guard_contradiction(o.value ->> 'guard', a.relation) IS NOT NULL
	UNION ALL
	SELECT 'warning', 'WFL0912', o.object, format('column "%s" of %s, which holds its value, is of type %s, not %s',
		c.attname, a.relation, format_type(c.atttypid, c.atttypmod), coalesce(o.value ->> 'type', 'text'))
	FROM object o, attached a JOIN pg_attribute c ON c.attrelid = a.relation AND c.attnum > 0 AND NOT c.attisdropped
	WHERE o.kind = 'parameter' AND o.value ->> 'name' = c.attname
		AND coalesce(o.value ->> 'type', 'text') = ANY (smartwf.parameter_types())
		AND c.attname NOT IN (a.state_column, a.docid_column)
		AND NOT smartwf.column_holds(coalesce(o.value ->> 'type', 'text'), coalesce(o.value -> 'multiple', 'false') = 'true',
			c.atttypid)
$$;
COMMENT ON FUNCTION smartwf.table_warnings(jsonb) IS
'Returns warnings about guards and parameters in the JSON form of a workflow (jsonb) that do not fit the tables which '
'are attached to it.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.table_warnings');

CREATE FUNCTION smartwf.rule_faults(definition jsonb)
	RETURNS TABLE (severity text, code text, object text, message text)
	LANGUAGE sql VOLATILE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	WITH object AS (
		SELECT * FROM smartwf.definition_objects(definition)
	), attached AS (
		SELECT smartwf.attached_relation(name) AS relation FROM smartwf.structures
			WHERE workflow = definition ->> 'name')
	SELECT 'error', h.code, object, smartwf.hook_fault(value ->> h.key)
	FROM object, (VALUES ('m0', 'WFL0108'), ('m1', 'WFL0105'), ('m2', 'WFL0106'), ('m3', 'WFL0109')) AS h (key, code)
	WHERE kind = 'transition' AND jsonb_typeof(value -> h.key) = 'string'
		AND smartwf.hook_fault(value ->> h.key) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0110', object, smartwf.guard_fault(value ->> 'guard', NULL)
	FROM object WHERE kind = 'transition' AND jsonb_typeof(value -> 'guard') = 'string'
		AND smartwf.guard_fault(value ->> 'guard', NULL) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0110', o.object, smartwf.guard_fault(o.value ->> 'guard', r.relation)
	FROM object o, attached r
	WHERE o.kind = 'transition' AND jsonb_typeof(o.value -> 'guard') = 'string'
		AND smartwf.guard_fault(o.value ->> 'guard', NULL) IS NULL
		AND r.relation IS NOT NULL AND smartwf.guard_fault(o.value ->> 'guard', r.relation) IS NOT NULL
	UNION ALL
	SELECT 'error', 'WFL0120', o.object, format('column "%s" does not exist in %s', o.value ->> 'column', r.relation)
	FROM object o, attached r
	WHERE o.kind = 'grant' AND o.value ->> 'column' IS NOT NULL AND r.relation IS NOT NULL
		AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.relation
			AND a.attname = o.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped)
$$;
COMMENT ON FUNCTION smartwf.rule_faults(jsonb) IS
'Returns the faults of the hooks, guards and column grants in the JSON form of a workflow (jsonb), also with regard '
'to the tables that are attached to it.';
INSERT INTO smartwf.checkers VALUES ('definition', 'smartwf.rule_faults');

CREATE FUNCTION smartwf.attached_guard_faults(relation regclass, workflow_id int, state_column text, docid_column text)
	RETURNS SETOF text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('WFL0110 transition %s: %s', t.name, smartwf.guard_fault(t.guard, relation))
	FROM smartwf.transitions t
	WHERE t.workflow_id = attached_guard_faults.workflow_id AND smartwf.guard_fault(t.guard, relation) IS NOT NULL
$$;
COMMENT ON FUNCTION smartwf.attached_guard_faults(regclass, int, text, text) IS
'Returns one line (setof text) for each guard of a workflow version (int, its id) that cannot be evaluated on a table '
'(regclass). The columns of state and document id (text) are not used. Registered in smartwf.checkers.';
INSERT INTO smartwf.checkers VALUES ('attachment', 'smartwf.attached_guard_faults');
