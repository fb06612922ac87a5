-- Workflows as pictures.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "start", "label": "Début \"#1\"", "initial": true}, {"name": "control"}, {"name": "end", "label": "Fin"}],
 "transitions": [{"name": "go", "label": "Aller \\", "arcs": [{"from": "start", "to": "control"}, {"from": "control", "to": "end"}]}, {"name": "back", "arcs": [{"from": "control", "to": "start"}]}]}');
CREATE TABLE doc (id int PRIMARY KEY, state text);
SELECT smartwf.attach('doc', 'W');
INSERT INTO doc VALUES (1);
SELECT smartwf.pass_transition('1', 'go') IS NOT NULL, smartwf.pass_transition('1', 'back') IS NOT NULL, smartwf.pass_transition('1', 'go') IS NOT NULL;
SELECT smartwf.diagram('W');
SELECT smartwf.diagram('W', 'mermaid', '1');
SELECT smartwf.diagram('W', 'dot', '1');
SELECT smartwf.diagram('W', 'plantuml', '1');
-- a document's picture is that of its version
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "only", "initial": true}]}');
SELECT smartwf.diagram('W', version => 2);
SELECT smartwf.diagram('W', 'dot', '1') LIKE '%Fin%', smartwf.diagram('W', version => 1) LIKE '%Fin%';
SELECT smartwf.diagram('W', 'gif');
SELECT smartwf.diagram('nowhere');
SELECT smartwf.diagram('W', 'dot', 'nobody');
SELECT smartwf.diagram('W', 'dot', '1', 2);
-- what labels say is no markup of a format
SELECT f, smartwf.diagram_text(E'1. <b>"a_b"</b> _c_\n%%{x}%% `d` C:\\n &lt; $$ fa:fa-car', f) FROM unnest('{mermaid,dot,plantuml}'::text[]) AS f;
DROP TABLE doc;
DROP EXTENSION smartwf;
