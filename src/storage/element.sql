-- The elements of attached tables, and their history.

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
'Every element of every structure: the version of the workflow that it lives by, who locked it (a person, by a '
'token, or a role), since when it is deleted. created_at: since when it has its name; what ended before was a '
'document of that name in another structure. Changed by smartwf alone.';

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
'Every change of every element: revision 0 is its birth (from_state null), its deletion has to_state null. '
'transition is null where an administrator went without one. Written by smartwf alone; the last line of a living '
'element must stay, since it tells the element''s version.';

SELECT pg_catalog.pg_extension_config_dump('smartwf.elements', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.history', '');

CREATE FUNCTION smartwf.refuse_locked(docid text, holder text) RETURNS void
	LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'smartwf_refuse_locked';
COMMENT ON FUNCTION smartwf.refuse_locked(text, text) IS
'Raises WF300: a document (text) cannot be deleted, since it is locked by its holder (text).';
