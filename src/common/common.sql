-- Who acts, and the table of failures.

\echo Use "CREATE EXTENSION smartwf" to load this file. \quit

CREATE FUNCTION smartwf.actor() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_actor';
COMMENT ON FUNCTION smartwf.actor() IS
'The name that history keeps for the caller (text): the claim of request.jwt.claims that smartwf.actor_claim names, else the current role. Raises 22P02 if the claims are no JSON.';

CREATE FUNCTION smartwf.is_administrator() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_is_administrator';
COMMENT ON FUNCTION smartwf.is_administrator() IS
'True if the caller administers all workflows: a superuser, or a member of the role that smartwf.admin_role names. Raises nothing.';

CREATE FUNCTION smartwf.failures(OUT code text, OUT sqlstate text, OUT http_status int, OUT http_message text)
	RETURNS SETOF record
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_failures_list';
COMMENT ON FUNCTION smartwf.failures() IS
'Every documented failure, a row each: code (text), SQLSTATE (text), HTTP status (int) and HTTP message (text). Raises nothing.';

CREATE FUNCTION smartwf.clock() RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_clock';
COMMENT ON FUNCTION smartwf.clock() IS
'The time (timestamptz) by which runs, timers and deliveries fall due: the server''s, unless advance_clock() has put it forward in this session. Raises nothing.';

CREATE FUNCTION smartwf.advance_clock(by interval) RETURNS timestamptz
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_advance_clock';
COMMENT ON FUNCTION smartwf.advance_clock(interval) IS
'For tests of timers: puts the clock of this session forward by an interval (back for a negative one; null: to the server''s time), so that CALL smartwf.work() in it does what is due by then. Background workers go by the server''s time. Returns the clock''s time (timestamptz). Raises 42501 for whom is no administrator.';
