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
'Attached tables, one row for each. name: the name of the structure; relation_schema, relation_name: the table; '
'workflow: new documents follow its newest published version; state_column, docid_column: the columns of state and '
'document id; docid_prefix: the prefix of the document ids. Maintained by smartwf.attach() and smartwf.detach().';

CREATE TRIGGER signal AFTER INSERT OR UPDATE OR DELETE ON smartwf.structures
	FOR EACH ROW EXECUTE FUNCTION smartwf.signal_definition();
ALTER TABLE smartwf.structures ENABLE ALWAYS TRIGGER signal;
CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.structures EXECUTE FUNCTION smartwf.refuse_truncate();

SELECT pg_catalog.pg_extension_config_dump('smartwf.structures', '');

CREATE FUNCTION smartwf.docid(prefix text, key anyelement) RETURNS text
	LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_docid';
COMMENT ON FUNCTION smartwf.docid(text, anyelement) IS
'Returns the document id (text) for a key: prefix (text) followed by the text of key (any type). The text of the key '
'does not depend on DateStyle, TimeZone and similar settings.';
