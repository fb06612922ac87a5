-- The current actor, the clock, and the list of errors.

\echo Use "CREATE EXTENSION smartwf" to load this file. \quit

-- A superuser runs this script, so it must not call functions of other users.
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
	ELSIF EXISTS (SELECT FROM aclexplode(found.nspacl) a WHERE a.privilege_type = 'CREATE'
		AND a.grantee <> found.nspowner) THEN
		RAISE EXCEPTION 'others than its owner may create objects in schema "smartwf"'
			USING ERRCODE = 'insufficient_privilege',
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
'Returns the name under which smartwf.history records the changes of the caller (text): the value of the claim of '
'request.jwt.claims that the setting smartwf.actor_claim names, or the name of the current role if there is no such '
'claim. Raises 22P02 if request.jwt.claims is not valid JSON.';

CREATE FUNCTION smartwf.acting_role() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_acting_role';
COMMENT ON FUNCTION smartwf.acting_role() IS
'Returns the name of the role whose privileges are checked (text): the current role or, inside a foreign-key cascade '
'or a statement of smartwf itself, the role on whose behalf it is executed.';

CREATE FUNCTION smartwf.actor_is_person() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_actor_is_person';
COMMENT ON FUNCTION smartwf.actor_is_person() IS
'Returns true if smartwf.actor() is the name of a person, taken from a claim, rather than the name of the current '
'role. Raises 22P02 if request.jwt.claims is not valid JSON.';

CREATE FUNCTION smartwf.is_administrator() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_is_administrator';
COMMENT ON FUNCTION smartwf.is_administrator() IS
'Returns true if the caller is an administrator: a superuser, or a member of the role that the setting '
'smartwf.admin_role names.';

CREATE FUNCTION smartwf.failures(OUT code text, OUT sqlstate text, OUT http_status int, OUT http_message text)
	RETURNS SETOF record
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_failures_list';
COMMENT ON FUNCTION smartwf.failures() IS
'Returns one row for each documented error: its code (text), SQLSTATE (text), HTTP status code (int) and HTTP reason '
'phrase (text).';

CREATE FUNCTION smartwf.clock() RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_clock';
COMMENT ON FUNCTION smartwf.clock() IS
'Returns the time that decides whether runs, timers and deliveries are due (timestamptz): the server''s current time, '
'plus the interval set by smartwf.advance_clock() in this session.';

CREATE FUNCTION smartwf.advance_clock(by interval) RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_advance_clock';
COMMENT ON FUNCTION smartwf.advance_clock(interval) IS
'Moves the clock of the current session forward, to test timers: a following CALL smartwf.work() in the same session '
'does everything that is due by then. by (interval) is added to the present setting; a negative interval moves the '
'clock back, and null resets it to the server''s time. Background workers are not affected. Returns the new time of '
'the clock (timestamptz). Raises 42501 unless the caller is an administrator.';

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
'Raises WF001 with the message that subject (text) is not valid, and one line of DETAIL for each element of faults '
'(text[]). Does nothing if faults is null or empty.';

-- Those who edit at the same time through a gateway say which revision they saw, in the header If-Match.
CREATE FUNCTION smartwf.expected_revision() RETURNS text
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT nullif(btrim(nullif(current_setting('request.headers', true), '')::json ->> 'if-match', ' "'), '*')
$$;
COMMENT ON FUNCTION smartwf.expected_revision() IS
'Returns the revision of a draft that the header If-Match of an HTTP request names (text), or null if it names none.';

CREATE FUNCTION smartwf.reader_language(languages text[]) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_reader_language';
COMMENT ON FUNCTION smartwf.reader_language(text[]) IS
'Returns which of some languages (text[], as in en) the reader wants most (text), by smartwf.locale, Accept-Language '
'or lc_messages; the first of them if the reader wants none.';
