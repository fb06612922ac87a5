-- Looking into JSON.

CREATE FUNCTION smartwf.items(object jsonb, key text, OUT item jsonb, OUT number bigint) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT value, ordinality FROM jsonb_array_elements(
		CASE WHEN jsonb_typeof(object -> key) = 'array' THEN object -> key ELSE '[]' END) WITH ORDINALITY
$$;
COMMENT ON FUNCTION smartwf.items(jsonb, text) IS
'The items (jsonb, numbered from 1) of the list that an object (jsonb) has under a key (text); none if it is no '
'list. Raises nothing.';

CREATE FUNCTION smartwf.members(object jsonb, OUT key text, OUT value jsonb) RETURNS SETOF record
	LANGUAGE sql IMMUTABLE ROWS 10 SET search_path = pg_catalog, pg_temp SET jit = off AS $$
	SELECT * FROM jsonb_each(CASE WHEN jsonb_typeof(object) = 'object' THEN object ELSE '{}' END)
$$;
COMMENT ON FUNCTION smartwf.members(jsonb) IS
'The members of a JSON object; none if it is no object. Raises nothing.';
