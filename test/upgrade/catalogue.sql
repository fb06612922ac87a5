-- What the extension is made of, a line each: two databases with the same lines have the same schema.
SELECT line FROM (
	SELECT format('function %s -> %s %s %s %s %s %s %s %s %s %s %s', p.oid::regprocedure, pg_get_function_result(p.oid),
		pg_get_function_arguments(p.oid), l.lanname, p.prosrc, p.provolatile, p.proparallel, p.proisstrict, p.prosecdef,
		p.prorows, p.proconfig, p.prokind) AS line
	FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
	WHERE p.pronamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
	UNION ALL
	SELECT format('relation %s %s %s %s %s', c.oid::regclass, c.relkind, c.relpersistence, c.reloptions, c.relrowsecurity)
	FROM pg_class c WHERE c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
	UNION ALL
	SELECT format('column %s.%s %s %s %s %s %s %s', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
		a.attnotnull, a.attidentity, a.attcollation::regcollation, a.attstorage, pg_get_expr(d.adbin, d.adrelid))
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
	UNION ALL
	SELECT format('constraint %s %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid))
	FROM pg_constraint c WHERE c.connamespace = 'smartwf'::regnamespace
	UNION ALL
	SELECT format('index %s', pg_get_indexdef(i.indexrelid)) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
	WHERE c.relnamespace = 'smartwf'::regnamespace
	UNION ALL
	SELECT format('view %s %s', c.oid::regclass, pg_get_viewdef(c.oid)) FROM pg_class c
	WHERE c.relkind = 'v' AND c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
	UNION ALL
	SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), t.tgenabled) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
	WHERE c.relnamespace = 'smartwf'::regnamespace AND NOT t.tgisinternal
	UNION ALL
	SELECT format('policy %s %s %s %s %s', p.polrelid::regclass, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid),
		pg_get_expr(p.polwithcheck, p.polrelid)) FROM pg_policy p
	UNION ALL
	SELECT format('event trigger %s %s %s %s', evtname, evtevent, evtfoid::regproc, evtenabled) FROM pg_event_trigger
	UNION ALL
	SELECT format('privilege %s %s %s', what, a.grantee::regrole, a.privilege_type) FROM (
		SELECT 'function ' || p.oid::regprocedure, coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc p
		WHERE p.pronamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
		UNION ALL
		SELECT 'relation ' || c.oid::regclass, coalesce(c.relacl, acldefault('r', c.relowner)) FROM pg_class c
		WHERE c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace) AND c.relkind IN ('r', 'v', 'S')
		UNION ALL
		SELECT format('column %s.%s', a.attrelid::regclass, a.attname), a.attacl FROM pg_attribute a
		JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
		UNION ALL
		SELECT 'schema ' || n.nspname, n.nspacl FROM pg_namespace n WHERE n.nspname LIKE 'smartwf%') AS o (what, acl), aclexplode(o.acl) a
	UNION ALL
	SELECT format('member %s', pg_describe_object(classid, objid, 0)) FROM pg_depend
	WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'smartwf')
	UNION ALL
	SELECT format('dumped %s', unnest(extconfig)::regclass) FROM pg_extension WHERE extname = 'smartwf'
	UNION ALL
	SELECT format('version %s', extversion) FROM pg_extension WHERE extname = 'smartwf'
	UNION ALL
	SELECT format('comment %s: %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
	FROM pg_description d JOIN pg_depend e ON e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e'
		AND e.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'smartwf')
	UNION ALL
	SELECT format('checker %s %s', subject, function) FROM smartwf.checkers) AS x (line)
ORDER BY line COLLATE "C"
