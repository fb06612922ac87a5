-- The right to operate runs and deliveries.

CREATE FUNCTION smartwf.operation() RETURNS boolean
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT true $$;
COMMENT ON FUNCTION smartwf.operation() IS
'Returns true (boolean). EXECUTE on this function is the privilege to operate: to see all runs, to restart, skip and '
'cancel them, and to have notifications delivered again. Granted by smartwf.grant_operation().';

CREATE FUNCTION smartwf.is_operator() RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_is_operator';
COMMENT ON FUNCTION smartwf.is_operator() IS
'Returns true if the caller may operate runs and deliveries: an administrator, or a role that has the privileges of '
'smartwf.grant_operation().';
