-- Access to JSON values.

CREATE FUNCTION smartwf.items(object jsonb, key text, OUT item jsonb, OUT number bigint) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT value, ordinality FROM jsonb_array_elements(
		CASE WHEN jsonb_typeof(object -> key) = 'array' THEN object -> key ELSE '[]' END) WITH ORDINALITY
$$;
COMMENT ON FUNCTION smartwf.items(jsonb, text) IS
'Returns the elements of the JSON array stored under key (text) of object (jsonb): item (jsonb) and number (bigint, '
'starting with 1). Returns no rows if there is no array under that key.';

CREATE FUNCTION smartwf.members(object jsonb, OUT key text, OUT value jsonb) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT * FROM jsonb_each(CASE WHEN jsonb_typeof(object) = 'object' THEN object ELSE '{}' END)
$$;
COMMENT ON FUNCTION smartwf.members(jsonb) IS
'Returns the members of a JSON object (jsonb): key (text) and value (jsonb). Returns no rows if the argument is not '
'an object.';
