-- What every object owes: a comment; functions a safe search_path; privileges.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
SELECT pg_describe_object(d.classid, d.objid, 0) AS lacks_comment
FROM pg_depend d
WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'smartwf') AND d.deptype = 'e'
	AND obj_description(d.objid, d.classid::regclass::name) IS NULL
	AND NOT (d.classid = 'pg_type'::regclass AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND (t.typelem <> 0 OR t.typrelid <> 0)))
	AND NOT (d.classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = d.objid) IN ('S', 'c'))
ORDER BY 1;
-- functions in SQL or PL/pgSQL fix their search_path; none is SECURITY DEFINER
SELECT p.oid::regprocedure AS unsafe
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace)
	AND (p.prosecdef OR (l.lanname <> 'c' AND NOT coalesce(p.proconfig @> '{"search_path=pg_catalog, pg_temp"}', false)));
-- open to all
SELECT p.oid::regprocedure AS open_to_all
FROM pg_proc p WHERE p.pronamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace) AND has_function_privilege('pg_signal_backend', p.oid, 'EXECUTE')
ORDER BY p.oid::regprocedure::text;
SELECT c.oid::regclass AS readable_by_all
FROM pg_class c WHERE c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace) AND c.relkind IN ('r', 'v')
	AND (has_any_column_privilege('pg_signal_backend', c.oid, 'SELECT') OR has_table_privilege('pg_signal_backend', c.oid, 'INSERT'))
ORDER BY c.oid::regclass::text;
-- views: those of the gateway's schema say what each column is, and keep what they hide from the functions of others
SELECT c.oid::regclass AS unsafe_view, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace) AND c.relkind = 'v'
	AND (col_description(c.oid, a.attnum) IS NULL OR NOT coalesce(c.reloptions && '{security_barrier=true,security_invoker=true}', false));
-- no OIDs in tables: they would not survive pg_upgrade
SELECT attrelid::regclass, attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
WHERE c.relnamespace = 'smartwf'::regnamespace AND c.relkind = 'r' AND attnum > 0
	AND atttypid IN ('oid'::regtype, 'regclass'::regtype, 'regproc'::regtype, 'regprocedure'::regtype, 'regrole'::regtype, 'regtype'::regtype);
SELECT * FROM smartwf.failures() ORDER BY 1;
DROP EXTENSION smartwf;
