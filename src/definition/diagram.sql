-- Diagrams of workflows; flows use the same formats.

-- The templates of each format, for format().
CREATE FUNCTION smartwf.diagram_forms()
	RETURNS TABLE (format text, head text, stage text, node text, marked text, stage_end text, edge text,
		marked_edge text, foot text, stop text)
	LANGUAGE sql IMMUTABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		('mermaid',
			E'flowchart TD\n  classDef done fill:#dfd\n  classDef waiting fill:#ffd\n  classDef failed fill:#fdd\n',
			E'  subgraph s%1$s ["%2$s"]\n', E'    n%1$s["%2$s"]\n', E'    n%1$s["%2$s"]:::%3$s\n', E'  end\n',
			E'  %1$s -->|"%3$s"| %2$s\n', E'  %1$s ==>|"%3$s"| %2$s\n', '', E'  stop(("end"))\n'),
		('dot', E'digraph {\n  node [shape=box, style=filled, fillcolor=white];\n',
			E'  subgraph cluster_%1$s {\n    label="%2$s";\n', E'    n%1$s [label="%2$s"];\n',
			E'    n%1$s [label="%2$s", fillcolor=%3$s];\n', E'  }\n',
			E'  %1$s -> %2$s [label="%3$s"];\n', E'  %1$s -> %2$s [label="%3$s", penwidth=3];\n', E'}\n',
				E'  stop [shape=circle, label="end"];\n'),
		('plantuml', E'@startuml\n', E'package "%2$s" {\n', E'  rectangle "%2$s" as n%1$s\n',
			E'  rectangle "%2$s" as n%1$s %3$s\n', E'}\n',
			E'%1$s --> %2$s : %3$s\n', E'%1$s -[bold]-> %2$s : %3$s\n', E'@enduml\n', E'circle "end" as stop\n')
$$;
COMMENT ON FUNCTION smartwf.diagram_forms() IS
'Returns one row for each format of diagrams: the templates for its head, groups, nodes, marked nodes, edges, marked '
'edges, foot, and the end of a flow (text each).';

CREATE FUNCTION smartwf.diagram_text(name text, format text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'dot' THEN replace(replace(name, '\', '\\'), '"', '\"')
		WHEN 'mermaid' THEN replace(replace(name, '#', '#35;'), '"', '#quot;')
		ELSE replace(name, '"', '''''') END
$$;
COMMENT ON FUNCTION smartwf.diagram_text(text, text) IS
'Returns name (text) quoted for use in a label of a diagram of the given format (text).';

CREATE FUNCTION smartwf.diagram_mark(format text, status text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'mermaid' THEN status ELSE m.color END
	FROM (VALUES ('dot', 'done', 'palegreen'), ('dot', 'waiting', 'khaki'), ('dot', 'failed', 'salmon'),
		('plantuml', 'done', '#PaleGreen'),
		('plantuml', 'waiting', '#Khaki'), ('plantuml', 'failed', '#Salmon'), ('mermaid', status, '')) AS m (of_format,
			of_status, color)
	WHERE (m.of_format, m.of_status) = (format, status)
$$;
COMMENT ON FUNCTION smartwf.diagram_mark(text, text) IS
'Returns the color or class (text) by which a diagram of the given format (text) marks a node of the given status '
'(text: done, waiting or failed).';

CREATE FUNCTION smartwf.diagram_form(format text) RETURNS record
	LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record;
BEGIN
	SELECT * INTO form FROM smartwf.diagram_forms() f WHERE f.format = diagram_form.format;
	IF form.format IS NULL THEN
		RAISE EXCEPTION 'format must be mermaid, dot or plantuml, not "%"', format USING ERRCODE = 'WF400';
	END IF;
	RETURN form;
END
$$;
COMMENT ON FUNCTION smartwf.diagram_form(text) IS
'Returns the row of smartwf.diagram_forms() for a format (text). Raises WF400 if the format is unknown.';

CREATE FUNCTION smartwf.diagram(name text, format text DEFAULT 'mermaid', docid text DEFAULT NULL,
	version int DEFAULT NULL) RETURNS text
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	form record := smartwf.diagram_form(format);
	workflow int;
	nodes text;
	edges text;
BEGIN
	SELECT w.id INTO workflow FROM smartwf.workflows w
		WHERE w.name = diagram.name AND (diagram.version IS NULL OR w.version = diagram.version)
			AND (diagram.docid IS NULL OR w.id = (SELECT e.workflow_id FROM smartwf.elements e
				WHERE e.docid = diagram.docid))
		ORDER BY w.version DESC LIMIT 1;
	IF workflow IS NULL THEN
		RAISE EXCEPTION 'workflow "%" has no such version, or that is no document of it', name
			USING ERRCODE = 'undefined_object';
	END IF;
	WITH state AS (
		SELECT s.*, row_number() OVER (ORDER BY s.position, s.name) AS n FROM smartwf.states s
			WHERE s.workflow_id = workflow
	), line AS (
		SELECT h.*, row_number() OVER (ORDER BY h.revision DESC) AS age FROM smartwf.history h
			WHERE h.docid = diagram.docid
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
COMMENT ON FUNCTION smartwf.diagram(text, text, text, int) IS
'Returns a workflow as the source text of a diagram (text). name (text): the workflow; format (text): mermaid (the '
'default), dot or plantuml; docid (text): a document of the workflow, whose current state, past states and '
'transitions are marked in the version that it follows; version (int): the version, by default the newest. Raises '
'WF400 if the format is unknown, and 42704 if there is no such workflow, version, or document of the workflow.';
