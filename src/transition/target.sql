-- Who sees a document.

CREATE FUNCTION smartwf.is_visible(docid text) RETURNS boolean
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_is_visible';
COMMENT ON FUNCTION smartwf.is_visible(text) IS
'True if a document (docid, text) lives, is under a workflow, and the caller sees its row. Raises nothing.';

CREATE FUNCTION smartwf.is_readable(docid text) RETURNS boolean
	LANGUAGE c STABLE COST 50 AS 'MODULE_PATHNAME', 'smartwf_is_readable';
COMMENT ON FUNCTION smartwf.is_readable(text) IS
'True if the caller sees a document (docid, text) and may read all columns of its row, or is an administrator who '
'sees it. Raises nothing.';
