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
