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

CREATE TABLE smartwf.refusals (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	docid text COLLATE "C" NOT NULL,
	structure text COLLATE "C" NOT NULL,
	workflow text COLLATE "C" NOT NULL,
	version int NOT NULL,
	transition text COLLATE "C",
	from_state text COLLATE "C",
	to_state text COLLATE "C",
	actor text NOT NULL,
	actor_is_person boolean NOT NULL,
	code text NOT NULL,
	message text NOT NULL
);
CREATE INDEX refusals_docid ON smartwf.refusals (docid, at);
COMMENT ON TABLE smartwf.refusals IS
'Attempts to change the state of documents that were refused, if their workflow keeps them ("keepRefusals": true): at, '
'docid, structure, workflow, version, transition (null if none was named), from_state, to_state, actor and '
'actor_is_person, and the code and message of the refusal, in the language of whoever was refused. Workers store them a '
'moment later, outside of the transaction that failed. Operators see all rows. Deleted by smartwf.purge().';
ALTER TABLE smartwf.refusals ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.refusals FOR SELECT USING ((SELECT smartwf.is_operator()));
CREATE POLICY inserter ON smartwf.refusals FOR INSERT WITH CHECK (true);
GRANT SELECT ON smartwf.refusals TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('smartwf.refusals', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.refusals_id_seq', '');

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
