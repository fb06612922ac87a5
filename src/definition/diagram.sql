-- The formats of diagrams, for workflows and flows.

-- The templates of each format, for format().
CREATE FUNCTION smartwf.diagram_forms()
	RETURNS TABLE (format text, head text, stage text, node text, marked text, stage_end text, edge text,
		marked_edge text, removed_edge text, foot text, stop text)
	LANGUAGE sql IMMUTABLE ROWS 3 SET search_path = pg_catalog, pg_temp AS $$
	VALUES
		('mermaid',
			E'flowchart TD\n  classDef done fill:#dfd\n  classDef waiting fill:#ffd\n  classDef failed fill:#fdd\n',
			E'  subgraph s%1$s ["%2$s"]\n', E'    n%1$s["%2$s"]\n', E'    n%1$s["%2$s"]:::%3$s\n', E'  end\n',
			E'  %1$s -->|"%3$s"| %2$s\n', E'  %1$s ==>|"%3$s"| %2$s\n', E'  %1$s -.->|"%3$s"| %2$s\n', '', E'  stop(("end"))\n'),
		('dot', E'digraph {\n  node [shape=box, style=filled, fillcolor=white];\n',
			E'  subgraph cluster_%1$s {\n    label="%2$s";\n', E'    n%1$s [label="%2$s"];\n',
			E'    n%1$s [label="%2$s", fillcolor=%3$s];\n', E'  }\n',
			E'  %1$s -> %2$s [label="%3$s"];\n', E'  %1$s -> %2$s [label="%3$s", penwidth=3];\n',
			E'  %1$s -> %2$s [label="%3$s", style=dashed];\n', E'}\n',
				E'  stop [shape=circle, label="end"];\n'),
		('plantuml', E'@startuml\n', E'package "%2$s" {\n', E'  rectangle "%2$s" as n%1$s\n',
			E'  rectangle "%2$s" as n%1$s %3$s\n', E'}\n',
			E'%1$s --> %2$s : %3$s\n', E'%1$s -[bold]-> %2$s : %3$s\n', E'%1$s -[dashed]-> %2$s : %3$s\n', E'@enduml\n', E'circle "end" as stop\n')
$$;
COMMENT ON FUNCTION smartwf.diagram_forms() IS
'Returns one row for each format of diagrams: the templates for its head, groups, nodes, marked nodes, edges, marked '
'edges, edges that were removed, foot, and the end of a flow (text each).';

-- Labels are what anybody has written.  Mermaid takes for markup what looks like HTML, Markdown, icons, formulas,
-- directives or line breaks, its versions not all the same.
CREATE FUNCTION smartwf.diagram_text(name text, format text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'dot' THEN replace(replace(replace(l.label, '&', '&amp;'), '\', '\\'), '"', '\"')
		WHEN 'mermaid' THEN (SELECT string_agg(CASE WHEN c.c ~ '[]["#$%&*+.:<>@\\^`{|}~]'
				OR c.c ~ '[-)]' AND substr(l.label, 1, c.n::int - 1) ~ '^[0-9]*$'
				OR c.c = '_' AND substr(' ' || l.label || ' ', c.n::int, 3) !~ '[[:alnum:]]_[[:alnum:]]'
			THEN format('#%s;', ascii(c.c)) ELSE c.c END, '' ORDER BY c.n)
			FROM regexp_split_to_table(l.label, '') WITH ORDINALITY AS c (c, n))
		ELSE replace(l.label, '"', '''''') END
	FROM regexp_replace(name, '[[:cntrl:]]+', ' ', 'g') AS l (label)
$$;
COMMENT ON FUNCTION smartwf.diagram_text(text, text) IS
'Returns name (text) quoted for use in a label of a diagram of the given format (text).';

CREATE FUNCTION smartwf.diagram_mark(format text, status text) RETURNS text
	LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE format WHEN 'mermaid' THEN m.class WHEN 'dot' THEN lower(m.color) ELSE '#' || m.color END
	FROM (VALUES ('done', 'done', 'PaleGreen'), ('waiting', 'waiting', 'Khaki'), ('failed', 'failed', 'Salmon'),
		('added', 'done', 'PaleGreen'), ('changed', 'waiting', 'Khaki'), ('removed', 'failed', 'Salmon'))
		AS m (status, class, color)
	WHERE m.status = diagram_mark.status
$$;
COMMENT ON FUNCTION smartwf.diagram_mark(text, text) IS
'Returns the color or class (text) by which a diagram of the given format (text) marks a node of the given status '
'(text: done, waiting or failed, or added, changed or removed).';

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
