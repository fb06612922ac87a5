-- The documents of attached tables, and their history.

CREATE TABLE smartwf.elements (
	docid text COLLATE "C" PRIMARY KEY,
	structure text COLLATE "C" NOT NULL,
	workflow_id int NOT NULL,
	locked_by text,
	lock_is_temporary boolean,
	created_at timestamptz NOT NULL,
	deleted_at timestamptz,
	locked_by_person boolean
) WITH (fillfactor = 90);
CREATE INDEX elements_structure ON smartwf.elements (structure);
CREATE INDEX elements_locked ON smartwf.elements (docid) WHERE locked_by IS NOT NULL;
COMMENT ON TABLE smartwf.elements IS
'Documents, one row for each document of an attached table. workflow_id: the version of the workflow that the '
'document follows. locked_by: the role or person that has locked it, a person if locked_by_person is true; '
'lock_is_temporary: whether the next transition releases the lock. created_at: when the document got its id; earlier '
'history belongs to a document of another structure that had the same id. deleted_at: when it was deleted, null if it '
'exists. Maintained by smartwf.';

CREATE TABLE smartwf.history (
	docid text COLLATE "C" NOT NULL,
	revision int NOT NULL,
	at timestamptz NOT NULL,
	actor text NOT NULL,
	transition text COLLATE "C",
	from_state text COLLATE "C",
	to_state text COLLATE "C",
	comment text,
	parameters jsonb,
	messages text[],
	workflow_id int NOT NULL,
	PRIMARY KEY (docid, revision)
);
COMMENT ON TABLE smartwf.history IS
'History of documents, one row for each change. revision counts from 0, which is the creation (from_state is null); '
'to_state is null for the deletion. transition is null if an administrator has changed the state without one. '
'comment, parameters: as given; messages: what the hooks m2 and m3 returned; workflow_id: the version of the '
'workflow. Maintained by smartwf. The last row of an existing document must not be deleted.';

SELECT pg_catalog.pg_extension_config_dump('smartwf.elements', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.history', '');

CREATE FUNCTION smartwf.last_line(docid text, OUT revision int, OUT version_id int, OUT state text,
	OUT at timestamptz) RETURNS record
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_last_line';
COMMENT ON FUNCTION smartwf.last_line(text) IS
'Returns the last line in the history of a document (text): its revision (int), the version that it names (int, its '
'id), its state (text), and when it was written (at, timestamptz); nulls if there is no such document.';

CREATE FUNCTION smartwf.refuse_locked(docid text, holder text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_refuse_locked';
COMMENT ON FUNCTION smartwf.refuse_locked(text, text) IS
'Raises WF300: the document docid (text) cannot be deleted, because it is locked by holder (text).';
