-- Visibility of documents.

CREATE FUNCTION smartwf.is_visible(docid text) RETURNS boolean
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_is_visible';
COMMENT ON FUNCTION smartwf.is_visible(text) IS
'Returns true if a document (docid, text) exists, belongs to an attached table, and the caller can see its row.';

CREATE FUNCTION smartwf.is_readable(docid text) RETURNS boolean
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_is_readable';
COMMENT ON FUNCTION smartwf.is_readable(text) IS
'Returns true if the caller can see the row of a document (docid, text), and is an administrator or has the SELECT '
'privilege on all of its columns.';

CREATE FUNCTION smartwf.equality_of(type regtype) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_equality_of';
COMMENT ON FUNCTION smartwf.equality_of(regtype) IS
'Returns the equality operator of a type (regtype) as schema.operator (text), as OPERATOR() takes it. Raises 42883 if '
'the type has none.';
