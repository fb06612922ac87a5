-- A workflow as a diagram, with a document's way.

CREATE FUNCTION smartwf.diagram(name text, format text DEFAULT 'mermaid', docid text DEFAULT NULL,
	version int DEFAULT NULL, compare_with int DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	workflow int;
	nodes text;
	edges text;
BEGIN
	IF compare_with IS NOT NULL THEN
		RETURN smartwf.compared_diagram(format,
			smartwf.complete_definition(smartwf.definition_to_compare(name, compare_with)),
			smartwf.complete_definition(smartwf.definition_to_compare(name, version)));
	END IF;
	SELECT w.id INTO workflow FROM smartwf.workflows w
		WHERE w.name = diagram.name AND (diagram.version IS NULL OR w.version = diagram.version)
			AND (diagram.docid IS NULL OR w.id = (SELECT v.id FROM smartwf.document_state(diagram.docid) d
				JOIN smartwf.workflows v ON (v.name, v.version) = (d.workflow, d.version)))
		ORDER BY w.version DESC LIMIT 1;
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no such version, or that is no document of it', name
			USING ERRCODE = 'undefined_object';
	END IF;
	WITH state AS (
		SELECT s.*, row_number() OVER (ORDER BY s.position, s.name) AS n FROM smartwf.states s
			WHERE s.workflow_id = workflow
	), line AS (
		SELECT h.*, row_number() OVER (ORDER BY h.revision DESC) AS age FROM smartwf.document_history(diagram.docid) h
			WHERE diagram.docid IS NOT NULL
	), shown AS (
		SELECT s.n, s.name, smartwf.diagram_text(coalesce(nullif(s.label, ''), s.name), format) AS label,
			CASE WHEN EXISTS (SELECT FROM line l WHERE l.age = 1 AND l.to_state = s.name) THEN 'waiting'
				WHEN EXISTS (SELECT FROM line l WHERE l.to_state = s.name) THEN 'done' END AS status
		FROM state s)
	SELECT (SELECT string_agg(format(CASE WHEN s.status IS NULL THEN form.node ELSE form.marked END, s.n, s.label,
		smartwf.diagram_mark(format, s.status)), '' ORDER BY s.n) FROM shown s),
		(SELECT string_agg(format(CASE WHEN EXISTS (SELECT FROM line l
			WHERE (l.from_state, l.to_state, l.transition) = (a.from_state, a.to_state, a.transition))
				THEN form.marked_edge ELSE form.edge END, 'n' || f.n, 'n' || t.n,
					smartwf.diagram_text(coalesce(nullif(tr.label, ''), tr.name), format)),
				'' ORDER BY tr.position, tr.name, a.position, a.from_state)
			FROM smartwf.arcs a JOIN shown f ON f.name = a.from_state JOIN shown t ON t.name = a.to_state
			JOIN smartwf.transitions tr ON tr.workflow_id = a.workflow_id AND tr.name = a.transition
				WHERE a.workflow_id = workflow)
		INTO nodes, edges;
	RETURN form.head || coalesce(nodes, '') || coalesce(edges, '') || form.foot;
END
$$;
COMMENT ON FUNCTION smartwf.diagram(text, text, text, int, int) IS
'Returns a workflow as the source text of a diagram (text). name (text): the workflow; format (text): mermaid (the '
'default), dot or plantuml; docid (text): a document of the workflow, whose current state, past states and '
'transitions are marked in the version that it follows; version (int): the version, by default the newest; '
'compare_with (int): another version, by which what was added since, removed and changed is marked. Version 0 is the '
'draft, where two are compared. Raises WF400 if the format is unknown, and 42704 if there is no such workflow, version, '
'or document of the workflow.';
