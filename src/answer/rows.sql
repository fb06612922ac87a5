-- Documents as rows: what views show of one document.

CREATE FUNCTION smartwf.document_state(docid text, OUT workflow text, OUT version int, OUT state text, OUT label text,
	OUT activity text, OUT color text, OUT since timestamptz, OUT actor text) RETURNS SETOF record
	LANGUAGE c STABLE COST 20 ROWS 1 AS 'MODULE_PATHNAME', 'smartwf_document_state';
COMMENT ON FUNCTION smartwf.document_state(text) IS
'Returns the state of a document (docid, text) as one row: workflow (text), version (int), state, label, activity and '
'color (text) in the reader''s language, since when it is in this state (since, timestamptz) and who has brought it '
'there (actor, text). Returns no row of a document that the caller cannot see.';

CREATE FUNCTION smartwf.document_next_states(docid text, OUT state text, OUT label text, OUT activity text,
	OUT color text, OUT transition text, OUT transition_label text, OUT error text) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 5 AS 'MODULE_PATHNAME', 'smartwf_document_next_states';
COMMENT ON FUNCTION smartwf.document_next_states(text) IS
'Returns the states that the caller may bring a document (docid, text) to, one row each: state, label, activity, color, '
'the transition that leads there (transition, transition_label), and what another''s lock, its guard or m0 object to it '
'(error) (text each). Returns no row of a document that the caller cannot see.';

CREATE FUNCTION smartwf.document_transitions(docid text, OUT transition text, OUT label text, OUT valid boolean,
	OUT to_state text, OUT ask_comment boolean) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 10 AS 'MODULE_PATHNAME', 'smartwf_document_transitions';
COMMENT ON FUNCTION smartwf.document_transitions(text) IS
'Returns the transitions of the workflow of a document (docid, text), one row each: transition and label (text), '
'whether it leaves the current state (valid, boolean) and where it leads (to_state, text), and whether it accepts a '
'comment (ask_comment, boolean). Returns no row of a document that the caller cannot see.';

CREATE FUNCTION smartwf.document_states(docid text) RETURNS SETOF text
	LANGUAGE c STABLE COST 20 ROWS 10 AS 'MODULE_PATHNAME', 'smartwf_document_states';
COMMENT ON FUNCTION smartwf.document_states(text) IS
'Returns the names (text) of the states of the workflow of a document (docid, text). Returns no row of a document that '
'the caller cannot see.';

CREATE FUNCTION smartwf.sees_line(docid text, at timestamptz) RETURNS boolean
	LANGUAGE c STABLE STRICT COST 50 AS 'MODULE_PATHNAME', 'smartwf_sees_line';
COMMENT ON FUNCTION smartwf.sees_line(text, timestamptz) IS
'Returns true if the caller can see a document (docid, text), and a line of history of that time (at, timestamptz) is '
'its own, not that of a document of another structure that had the same id before.';

CREATE FUNCTION smartwf.history_parameters(docid text, revision int) RETURNS jsonb
	LANGUAGE c STABLE STRICT COST 20 AS 'MODULE_PATHNAME', 'smartwf_history_parameters';
COMMENT ON FUNCTION smartwf.history_parameters(text, int) IS
'Returns the parameters of a change (jsonb), without those of columns that the caller may not select. docid (text): the '
'document; revision (int): the change. Returns null if the caller cannot see the document.';

CREATE FUNCTION smartwf.visible_structures() RETURNS text[]
	LANGUAGE c STABLE COST 100 AS 'MODULE_PATHNAME', 'smartwf_visible_structures';
COMMENT ON FUNCTION smartwf.visible_structures() IS
'Returns the structures (text[]) of tables of which the caller may select the document ids.';

-- Roles see the documents whose rows they see, and the history of these; those to whom the tables
-- themselves were granted see all.  What does not depend on the row is asked once for a query.
CREATE FUNCTION smartwf.is_filtered(relation text) RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT row_security_active(relation) AND NOT has_table_privilege(relation, 'SELECT')
$$;
COMMENT ON FUNCTION smartwf.is_filtered(text) IS
'Returns true if the caller sees only those rows of a table (relation, text: smartwf.elements or smartwf.history) that '
'are about documents whose rows the caller can see.';

ALTER TABLE smartwf.elements ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.elements FOR SELECT USING (
	(SELECT NOT smartwf.is_filtered('smartwf.elements')) OR (deleted_at IS NULL
		AND structure = ANY ((SELECT smartwf.visible_structures())::text[]) AND smartwf.is_visible(docid)));
GRANT SELECT (docid, structure, workflow_id, locked_by, created_at, deleted_at) ON smartwf.elements TO PUBLIC;
ALTER TABLE smartwf.history ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.history FOR SELECT USING (
	(SELECT NOT smartwf.is_filtered('smartwf.history')) OR smartwf.sees_line(docid, at));
GRANT SELECT (docid, revision, at, actor, transition, from_state, to_state, comment, messages) ON smartwf.history
	TO PUBLIC;
-- writing is a matter of privileges alone: of those who restore a dump
DO $install$
DECLARE
	command text;
BEGIN
	FOREACH command IN ARRAY ARRAY['INSERT WITH CHECK (true)', 'UPDATE USING (true)', 'DELETE USING (true)'] LOOP
		EXECUTE format('CREATE POLICY %s ON smartwf.elements FOR %s', lower(split_part(command, ' ', 1)), command);
		EXECUTE format('CREATE POLICY %s ON smartwf.history FOR %s', lower(split_part(command, ' ', 1)), command);
	END LOOP;
END
$install$;
