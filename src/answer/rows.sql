-- Documents as rows: what views show of one document.

CREATE FUNCTION smartwf.document_state(docid text, OUT workflow text, OUT version int, OUT state text, OUT label text,
	OUT activity text, OUT color text, OUT since timestamptz, OUT actor text, OUT locked_by text) RETURNS SETOF record
	LANGUAGE c STABLE COST 20 ROWS 1 AS 'MODULE_PATHNAME', 'smartwf_document_state';
COMMENT ON FUNCTION smartwf.document_state(text) IS
'Returns the state of a document (docid, text) as one row: workflow (text), version (int), state, label, activity and '
'color (text) in the reader''s language, since when it is in this state (since, timestamptz), who has brought it '
'there (actor, text) and who has locked it (locked_by, text). since and actor are null if the state was changed while '
'the triggers did not fire. Returns no row of a document that the caller cannot see.';

CREATE FUNCTION smartwf.document_next_states(docid text, OUT state text, OUT label text, OUT activity text,
	OUT color text, OUT transition text, OUT transition_label text, OUT error text) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 5 AS 'MODULE_PATHNAME', 'smartwf_document_next_states';
COMMENT ON FUNCTION smartwf.document_next_states(text) IS
'Returns the states that the caller may bring a document (docid, text) to, one row each: state, label, activity, '
'color, the transition that leads there (transition, transition_label), and what another''s lock, its guard or m0 '
'object to it (error) (text each). Returns no row of a document that the caller cannot see.';

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
'Returns the names (text) of the states of the workflow of a document (docid, text). Returns no row of a document '
'that the caller cannot see.';

CREATE FUNCTION smartwf.document_history(docid text, OUT revision int, OUT at timestamptz, OUT actor text,
	OUT transition text, OUT from_state text, OUT to_state text, OUT comment text, OUT parameters jsonb,
	OUT messages text[]) RETURNS SETOF record
	LANGUAGE c STABLE COST 50 ROWS 20 AS 'MODULE_PATHNAME', 'smartwf_document_history';
COMMENT ON FUNCTION smartwf.document_history(text) IS
'Returns the history of a document (docid, text), the latest change first: revision (int), at (timestamptz), actor, '
'transition, from_state, to_state and comment (text), parameters (jsonb, without those of columns that the caller may '
'not select), and what the hooks returned (messages, text[]). Returns no row of a document that the caller cannot '
'see.';

CREATE FUNCTION smartwf.visible_structures() RETURNS text[]
	LANGUAGE c STABLE COST 100 AS 'MODULE_PATHNAME', 'smartwf_visible_structures';
COMMENT ON FUNCTION smartwf.visible_structures() IS
'Returns the structures (text[]) of tables of which the caller may select the document ids.';

-- Roles see the documents whose rows they see; those to whom the table itself was granted see all.
-- What does not depend on the row is asked once for a query.  A condition of the query's own on these
-- columns may come before the policy, and EXPLAIN shows how many rows it left: so PUBLIC gets those
-- columns only that are no secret.
CREATE FUNCTION smartwf.is_filtered() RETURNS boolean
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT row_security_active('smartwf.elements') AND NOT has_table_privilege('smartwf.elements', 'SELECT')
$$;
COMMENT ON FUNCTION smartwf.is_filtered() IS
'Returns true if the caller sees only those rows of smartwf.elements that are about documents whose rows the caller '
'can see.';

ALTER TABLE smartwf.elements ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON smartwf.elements FOR SELECT USING (
	(SELECT NOT smartwf.is_filtered()) OR (deleted_at IS NULL
		AND structure = ANY ((SELECT smartwf.visible_structures())::text[]) AND smartwf.is_visible(docid)));
-- writing is a matter of privileges alone: of those who restore a dump
CREATE POLICY inserter ON smartwf.elements FOR INSERT WITH CHECK (true);
CREATE POLICY updater ON smartwf.elements FOR UPDATE USING (true);
CREATE POLICY deleter ON smartwf.elements FOR DELETE USING (true);
GRANT SELECT (docid, structure) ON smartwf.elements TO PUBLIC;
