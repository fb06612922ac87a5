-- Relationships for PostgREST: from a user's table to its documents, and between the views.

-- Between the views.
CREATE FUNCTION smartwf_api.next_states(smartwf_api.documents) RETURNS SETOF smartwf_api.next_states
	LANGUAGE sql STABLE ROWS 5 AS
$$ SELECT n.* FROM smartwf_api.next_states n WHERE n.docid OPERATOR(pg_catalog.=) $1.docid $$;
COMMENT ON FUNCTION smartwf_api.next_states(smartwf_api.documents) IS
'Relationship: the rows of next_states about a document (a row of documents).';

CREATE FUNCTION smartwf_api.transitions(smartwf_api.documents) RETURNS SETOF smartwf_api.transitions
	LANGUAGE sql STABLE ROWS 10 AS
$$ SELECT t.* FROM smartwf_api.transitions t WHERE t.docid OPERATOR(pg_catalog.=) $1.docid $$;
COMMENT ON FUNCTION smartwf_api.transitions(smartwf_api.documents) IS
'Relationship: the rows of transitions about a document (a row of documents).';

CREATE FUNCTION smartwf_api.history(smartwf_api.documents) RETURNS SETOF smartwf_api.history
	LANGUAGE sql STABLE ROWS 10 AS
$$ SELECT h.* FROM smartwf_api.history h WHERE h.docid OPERATOR(pg_catalog.=) $1.docid $$;
COMMENT ON FUNCTION smartwf_api.history(smartwf_api.documents) IS
'Relationship: the rows of history about a document (a row of documents).';

CREATE FUNCTION smartwf.create_relationships(structure text, schema name DEFAULT NULL) RETURNS SETOF regprocedure
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s smartwf.structures;
	relation regclass;
	key_type text;
	place name;
	view name;
BEGIN
	SELECT x.* INTO s FROM smartwf.structures x WHERE x.name = structure;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'structure "%" is not attached', structure USING ERRCODE = 'undefined_object';
	END IF;
	relation := format('%I.%I', s.relation_schema, s.relation_name)::regclass;
	place := coalesce(schema, s.relation_schema);
	SELECT format_type(a.atttypid, a.atttypmod) INTO key_type FROM pg_attribute a
		WHERE a.attrelid = relation AND a.attname = s.docid_column;
	-- bodies in the form that PostgreSQL keeps right when something is renamed
	FOREACH view IN ARRAY ARRAY['documents', 'next_states', 'transitions', 'history']::name[] LOOP
		EXECUTE format('CREATE OR REPLACE FUNCTION %I.%I(d %s) RETURNS SETOF smartwf_api.%I LANGUAGE sql STABLE ROWS %s '
			'BEGIN ATOMIC SELECT v.* FROM smartwf_api.%I v WHERE v.docid OPERATOR(pg_catalog.=) smartwf.docid(%L, d.%I); END',
			place, view, relation, view, CASE view WHEN 'documents' THEN 1 ELSE 10 END, view, s.docid_prefix, s.docid_column);
		RETURN NEXT format('%I.%I(%s)', place, view, relation)::regprocedure;
	END LOOP;
	EXECUTE format('CREATE OR REPLACE FUNCTION %I.%I(d smartwf_api.documents) RETURNS SETOF %s LANGUAGE sql '
		'STABLE ROWS 1 BEGIN ATOMIC SELECT t.* FROM %s t WHERE t.%I OPERATOR(%s) CASE '
		'WHEN d.structure OPERATOR(pg_catalog.=) %L THEN CAST(pg_catalog.substr(d.docid, %s) AS %s) END; END', place, s.relation_name, relation, relation,
		s.docid_column, smartwf.equality_of(key_type::regtype), s.name, length(s.docid_prefix) + 1, key_type);
	RETURN NEXT format('%I.%I(smartwf_api.documents)', place, s.relation_name)::regprocedure;
END
$$;
COMMENT ON FUNCTION smartwf.create_relationships(text, name) IS
'Creates the functions by which PostgREST embeds the documents of an attached table, their next states, transitions '
'and history in its rows, and its rows in documents. structure (text): the structure; schema (name): an exposed '
'schema for the functions, by default that of the table. Returns the functions (regprocedure). They read as the '
'caller, and depend on the table: DROP TABLE takes CASCADE. Raises 42704 if there is no such structure, and 42501 if '
'the caller may not create functions in the schema.';
REVOKE ALL ON FUNCTION smartwf.create_relationships(text, name) FROM PUBLIC;
