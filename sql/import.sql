-- The documented XML form.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS smartwf;
SET client_min_messages = notice;
\set VERBOSITY terse

\set article `cat demo/article.graph.xml`
SELECT smartwf.import_workflow(:'article');
SELECT jsonb_pretty(smartwf.workflow_definition('ARTICLE')::jsonb -> 'states' -> 0);
SELECT t ->> 'name' AS name, t ->> 'label' AS label, t ->> 'arcs' AS arcs
FROM json_array_elements(smartwf.workflow_definition('ARTICLE') -> 'transitions') t;
-- the same again changes nothing
SELECT smartwf.import_workflow(:'article');

-- graph and configuration; what has no meaning yet is kept and said
\set bill '<?xml version="1.0"?><smart:config xmlns:smart="https://platform.anakeen.com/4/schemas/smart/1.0" xmlns:w="https://platform.anakeen.com/4/schemas/workflow/1.0"><w:graph ns="GDC" name="WFAM_BILL" label="Bills &amp; more"><w:steps><w:step name="e1" state-label="Initial" initial="true"/><w:step name="e2" state-label="Final"/></w:steps><w:transitions><w:transition name="t12" from="e1" to="e2" label="Go"/></w:transitions></w:graph><w:config name="WDOC_BILL" model="WFAM_BILL" structure="DEVBILL"><w:access ref="wfl_access"/><w:steps><w:step ref="e1"><w:color>#00CE01</w:color><w:mailtemplates><w:mailtemplate ref="MAIL_1"/></w:mailtemplates><w:timer ref="TM_1"/></w:step><w:step ref="e2"><w:color>#FF4249</w:color></w:step></w:steps><w:transitions><w:transition ref="t12"><w:volatile-timers><w:timer ref="TM_2"/></w:volatile-timers></w:transition></w:transitions></w:config></smart:config>'
SELECT smartwf.import_workflow(:'bill');
SELECT smartwf.workflow_definition('WDOC_BILL') ->> 'label' AS label,
	smartwf.workflow_definition('WDOC_BILL') -> 'states' -> 1 ->> 'color' AS color;
SELECT item ->> 'object' AS object, item ->> 'element' AS element, item ->> 'xml' AS xml
FROM json_array_elements(smartwf.workflow_definition('WDOC_BILL') -> 'unsupported') item;
SELECT * FROM smartwf.check_workflow('WDOC_BILL');
SELECT smartwf.define_workflow(smartwf.workflow_definition('WDOC_BILL')::jsonb);

-- faults
SELECT smartwf.import_workflow(NULL);
SELECT smartwf.import_workflow('<a/>');
\set VERBOSITY default
SELECT smartwf.import_workflow('<c xmlns:w="https://platform.anakeen.com/4/schemas/workflow/1.0"><w:graph name="X"><w:steps><w:step name="a b"/><w:step state-label="no name"/></w:steps><w:transitions><w:transition name="t" from="x"/><w:transition from="a" to="b"/></w:transitions></w:graph><w:config name="X"><w:steps><w:step ref="q''s"><w:color>red</w:color></w:step></w:steps></w:config></c>');
\set VERBOSITY terse
SELECT smartwf.import_workflow('not xml');
DROP EXTENSION smartwf;
