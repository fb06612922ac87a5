-- The life of an article.  Shown by script/demo.
\set QUIET on
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset border 0
\pset footer off
\pset null '-'
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
CREATE ROLE writer;
CREATE ROLE editor;

\echo '1. A lifecycle, read from demo/article.graph.xml, gets a guard and a right as its next version.'
\set graph `cat demo/article.graph.xml`
SELECT smartwf.import_workflow(:'graph') AS version \gset
SELECT smartwf.define_workflow(jsonb_set(jsonb_set(definition, '{transitions,3,guard}', '"words <= 500"'),
	'{transitions,3,grants}', '[{"role": "editor"}]')) AS version
FROM (SELECT smartwf.workflow_definition('ARTICLE')::jsonb AS definition) d \gset

\echo '2. It is attached to an ordinary table.'
CREATE TABLE article (id int PRIMARY KEY, title text, words int, state text);
GRANT SELECT, INSERT, UPDATE ON article TO writer, editor;
SELECT smartwf.attach('article', 'ARTICLE', docid_prefix => 'A') AS attached \gset

\echo '3. A writer writes, transmits, and tries to go further:'
SET ROLE writer;
INSERT INTO article (id, title, words) VALUES (1, 'Le cycle de vie', 800);
SELECT smartwf.pass_transition('A1', 'transmission', 'first draft') -> 'state' ->> 'displayValue' AS "now in";
\echo '   * by a plain UPDATE to a state that does not follow:'
UPDATE article SET state = 'printed';
\echo '   * by a transition that is not his:'
SELECT smartwf.pass_transition('A1', 'publishing');
\echo '4. The editor holds the right, but the guard does not let him yet:'
SET ROLE editor;
SELECT smartwf.pass_transition('A1', 'publishing');
UPDATE article SET words = 450;
SELECT smartwf.pass_transition('A1', 'publishing', 'shortened') -> 'state' ->> 'displayValue' AS "now in";
\echo '   A plain UPDATE obeys the same rules, and passes where they allow it:'
UPDATE article SET state = 'printed' RETURNING id, title, state;
RESET ROLE;

\echo
\echo '5. What history tells:'
SELECT docid, revision AS rev, to_char(at, 'HH24:MI:SS') AS at, actor, transition, from_state AS "from", to_state AS "to", comment
FROM smartwf.history ORDER BY docid, revision;
