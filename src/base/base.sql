-- Who acts, and the table of failures.

\echo Use "CREATE EXTENSION smartwf" to load this file. \quit

-- Whoever runs this script is a superuser: nothing of anybody else's is called by it.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $install$
DECLARE
	found record;
BEGIN
	SELECT n.oid, n.nspacl, n.nspowner, r.rolname, r.rolsuper INTO found
		FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'smartwf';
	IF NOT found.rolsuper AND found.rolname <> current_user THEN
		RAISE EXCEPTION 'schema "smartwf" belongs to "%"', found.rolname USING ERRCODE = 'insufficient_privilege',
			HINT = 'Drop the schema; CREATE EXTENSION makes it.';
	ELSIF EXISTS (SELECT FROM aclexplode(found.nspacl) a WHERE a.privilege_type = 'CREATE' AND a.grantee <> found.nspowner) THEN
		RAISE EXCEPTION 'others than its owner may create objects in schema "smartwf"' USING ERRCODE = 'insufficient_privilege',
			HINT = 'Drop the schema; CREATE EXTENSION makes it.';
	ELSIF EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = found.oid
			AND d.classid <> 'pg_extension'::regclass) THEN
		RAISE EXCEPTION 'schema "smartwf" is not empty' USING ERRCODE = 'duplicate_object',
			HINT = 'Drop the schema; CREATE EXTENSION makes it.';
	END IF;
END
$install$;

CREATE FUNCTION smartwf.actor() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_actor';
COMMENT ON FUNCTION smartwf.actor() IS
'The name that history keeps for the caller (text): the claim of request.jwt.claims that smartwf.actor_claim names, '
'else the current role. Raises 22P02 if the claims are no JSON.';

CREATE FUNCTION smartwf.acting_role() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_acting_role';
COMMENT ON FUNCTION smartwf.acting_role() IS
'The role (text) whose rights are checked: the current one, or the one for which a foreign-key cascade or smartwf '
'itself works. Raises nothing.';

CREATE FUNCTION smartwf.actor_is_person() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_actor_is_person';
COMMENT ON FUNCTION smartwf.actor_is_person() IS
'True if smartwf.actor() is the name of a person, from a claim, and not that of the current role. Raises 22P02 if '
'the claims are no JSON.';

CREATE FUNCTION smartwf.is_administrator() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_is_administrator';
COMMENT ON FUNCTION smartwf.is_administrator() IS
'True if the caller administers all workflows: a superuser, or a member of the role that smartwf.admin_role names. '
'Raises nothing.';

CREATE FUNCTION smartwf.failures(OUT code text, OUT sqlstate text, OUT http_status int, OUT http_message text)
	RETURNS SETOF record
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_failures_list';
COMMENT ON FUNCTION smartwf.failures() IS
'Every documented failure, a row each: code (text), SQLSTATE (text), HTTP status (int) and HTTP message (text). '
'Raises nothing.';

CREATE FUNCTION smartwf.clock() RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_clock';
COMMENT ON FUNCTION smartwf.clock() IS
'The time (timestamptz) by which runs, timers and deliveries fall due: the server''s, unless advance_clock() has put '
'it forward in this session. Raises nothing.';

CREATE FUNCTION smartwf.advance_clock(by interval) RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_advance_clock';
COMMENT ON FUNCTION smartwf.advance_clock(interval) IS
'For tests of timers: puts the clock of this session forward by an interval (back for a negative one; null: to the '
'server''s time), so that CALL smartwf.work() in it does what is due by then. Background workers go by the server''s '
'time. Returns the clock''s time (timestamptz). Raises 42501 for whom is no administrator.';

CREATE FUNCTION smartwf.refuse(subject text, faults text[]) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF cardinality(faults) > 0 THEN
		RAISE EXCEPTION '% is not valid', subject
			USING ERRCODE = 'WF001', DETAIL = array_to_string(faults, E'\n');
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.refuse(text, text[]) IS
'Raises WF001 for the subject (text) with a line of DETAIL for each fault (text[]); returns nothing if there is none.';
