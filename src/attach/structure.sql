-- Attached tables.

CREATE TABLE smartwf.structures (
	name text COLLATE "C" PRIMARY KEY,
	relation_schema text COLLATE "C" NOT NULL,
	relation_name text COLLATE "C" NOT NULL,
	workflow text COLLATE "C" NOT NULL,
	state_column text COLLATE "C" NOT NULL,
	docid_column text COLLATE "C" NOT NULL,
	docid_prefix text NOT NULL DEFAULT '',
	UNIQUE (relation_schema, relation_name)
);
COMMENT ON TABLE smartwf.structures IS
'Attached tables, a row each: the table, the workflow by whose newest published version new elements live, the '
'columns that hold state and document id. Managed by attach() and detach().';

CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.structures
	FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition();
ALTER TABLE smartwf.structures ENABLE ALWAYS TRIGGER signal;

SELECT pg_catalog.pg_extension_config_dump('smartwf.structures', '');

CREATE FUNCTION smartwf.docid(prefix text, key anyelement) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_docid';
COMMENT ON FUNCTION smartwf.docid(text, anyelement) IS
'The document id (text) of a key of any type: prefix and the key''s text, the same under every setting of DateStyle, '
'TimeZone and the like. Raises nothing.';
