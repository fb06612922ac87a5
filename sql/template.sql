-- Templates: Mustache.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
CREATE FUNCTION r(template text, model jsonb DEFAULT '{"name": "Anna & <Bob>", "n": 12.50, "yes": true, "no": false, "nothing": null, "empty": "", "list": [{"x": 1}, {"x": 2}], "none": [], "a": {"b": {"c": "deep"}, "name": "inner"}}',
	type text DEFAULT 'text', partials jsonb DEFAULT NULL) RETURNS text LANGUAGE sql AS 'SELECT smartwf.render_template(template, model, type, partials)';
-- variables: what is not there is empty; html escapes, text does not
SELECT r('Hello {{name}}, {{ n }} {{yes}}{{no}}|{{nothing}}|{{missing}}|{{a.b.c}}|{{a.x.c}}|{{a}}|{{list}}');
SELECT r('{{name}} {{{name}}} {{&name}} {{q}}', '{"name": "<&>\"''", "q": "\""}', 'html');
SELECT r('{{.}}', '"alone"'), r('{{.}}', '5'), r('{{.}}', 'null'), r('', '{}');
-- sections
SELECT r('{{#yes}}yes{{/yes}}{{#no}}no{{/no}}{{^no}}not no{{/no}}{{#empty}}full{{/empty}}{{^empty}}empty{{/empty}}{{#nothing}}x{{/nothing}}{{^none}}none{{/none}}{{^missing}}!{{/missing}}');
SELECT r('{{#list}}{{x}} of {{name}};{{/list}} {{#a}}{{name}} {{n}} {{#b}}{{c}}{{/b}}{{/a}} {{#a.b}}{{c}}{{/a.b}}');
SELECT r('{{#.}}<{{.}}>{{/.}}', '[1, "b", [2], null]');
-- tags that stand alone take their line with them
SELECT r(E'one\n  {{#yes}}\ntwo\n  {{! not shown }}\n  {{/yes}}\nthree {{#yes}} four {{/yes}}\r\n{{#yes}}\r\nfive\r\n{{/yes}}\r\n');
-- delimiters, partials
SELECT r('{{=<% %>=}}<% name %>{{name}}<%={{ }}=%>{{n}}');
SELECT r(E'{{>head}}\n  {{>line}}\nend', '{"name": "x"}', 'html', '{"head": "Hello {{name}}", "line": "a {{name}}\nb\n"}');
SELECT r('{{>unknown}}|', '{}', 'text', '{"other": 5}'), r('{{>other}}|', '{}', 'text', '{"other": 5}'), r('{{>x}}|', '{}', 'text', '[]');
-- faults, with the line
SELECT r(E'a\nb {{#x}}');
SELECT r(E'a\n{{/x}}');
SELECT r('{{#x}}{{#y}}{{/x}}{{/y}}');
SELECT r(E'\n\n{{x');
SELECT r('{{{x}}');
SELECT r('{{}}');
SELECT r('{{=a=}}');
SELECT r('{{= a b c =}}');
SELECT r('{{= ================== ' || repeat('x', 40) || ' =}}');
SELECT r('x', '{}', 'docx');
SELECT smartwf.render_template(NULL, '{}');
SELECT smartwf.render_template('x', NULL);
-- a partial that names itself comes to an end
SELECT r('{{>x}}', '{}', 'text', '{"x": "x{{>x}}"}');
-- long ones
SELECT length(r(repeat('{{name}} ', 20000))), length(r('{{#list}}' || repeat('{{#list}}', 8) || 'x' || repeat('{{/list}}', 8) || '{{/list}}'));
DROP FUNCTION r;
DROP EXTENSION smartwf;
