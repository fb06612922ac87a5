-- Which version of its workflow a document follows.

CREATE TABLE smartwf.successions (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	structure text COLLATE "C" NOT NULL,
	version_id int NOT NULL,
	successor_id int NOT NULL,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	actor text NOT NULL,
	ended_at timestamptz,
	ended_by text
);
CREATE INDEX successions_structure ON smartwf.successions (structure);
COMMENT ON TABLE smartwf.successions IS
'How structures have moved to other versions of their workflows: documents of the structure whose last line of history '
'names the version version_id follow the version successor_id since the time at, if that has their state. Of several '
'rows the latest one that has it counts. actor: who has moved the structure; ended_at, ended_by: when and by whom it '
'was undone, null if it was not. Maintained by the functions for migrations.';
CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.successions
	FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition();
ALTER TABLE smartwf.successions ENABLE ALWAYS TRIGGER signal;
SELECT pg_catalog.pg_extension_config_dump('smartwf.successions', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.successions_id_seq', '');

CREATE FUNCTION smartwf.followed_version(structure text, version_id int, state text) RETURNS int
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_followed_version';
COMMENT ON FUNCTION smartwf.followed_version(text, int, text) IS
'Returns the workflow version (int, its id) that documents follow which have a state (text) of a structure (text), and '
'whose last line of history names a version (version_id, int). Returns version_id if nothing succeeds it.';
