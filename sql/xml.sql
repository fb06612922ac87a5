-- The XML form of workflows: files that come apart and in any order, and back out again.
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
SET client_min_messages = notice;
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never
CREATE FUNCTION wrapped(content text) RETURNS xml LANGUAGE sql AS $$
	SELECT ('<smart:config xmlns:smart="https://platform.anakeen.com/4/schemas/smart/1.0"'
		' xmlns:workflow="https://platform.anakeen.com/4/schemas/workflow/1.0"'
		' xmlns:timer="https://platform.anakeen.com/4/schemas/timer/1.0"'
		' xmlns:mail="https://platform.anakeen.com/4/schemas/mailtemplate/1.0">' || content || '</smart:config>')::xml
$$;
CREATE FUNCTION show(name text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT jsonb_strip_nulls(d) - 'states' - 'transitions' - 'unsupported' - 'timers' || '{}' FROM (SELECT smartwf.workflow_definition(name)::jsonb AS d) x
	UNION ALL
	SELECT jsonb_strip_nulls(item) FROM (VALUES ('states'), ('transitions'), ('timers'), ('unsupported')) AS k (key),
		smartwf.items(smartwf.workflow_definition(name)::jsonb, key)
$$;

-- a configuration before its graph
SELECT smartwf.import_workflow(wrapped('<workflow:config name="WDOC" model="GRAPH"/>'));
-- the graph alone
\set graph '<workflow:graph ns="GDC" name="GRAPH" label="Bills"><workflow:steps><workflow:step name="draft" state-label="Draft" activity-label="Writing" initial="true"/><workflow:step name="sent" state-label="Sent"/><workflow:step name="paid" state-label="Paid"/></workflow:steps><workflow:transitions><workflow:transition name="send" from="draft" to="sent" label="Send"/><workflow:transition name="pay" from="sent" to="paid"/><workflow:transition name="end" from="draft" to="paid" label="End"/><workflow:transition name="end" from="draft" to="sent" label="End early"/><workflow:transition name="end" from="sent" to="paid"/><workflow:transition name="anywhere" to="paid" label="From anywhere"/></workflow:transitions></workflow:graph>'
SELECT smartwf.import_workflow(wrapped(:'graph'));
SELECT * FROM show('GRAPH');
-- settings: references in capitals, colors by name, a timer and a mail that are there, and others that are not
\set timer '<timer:timer name="TM-LATE" label="Late" structure="BILL"><timer:field-date-reference ref="due_on" delta="2 days"/><timer:tasks><timer:task delta="3 days 4 hours"><timer:sendmail ref="MAIL_LATE"/></timer:task><timer:task delta="30 days"><timer:setstate state="paid"/><timer:process><timer:process-callable function="A::b"/></timer:process></timer:task></timer:tasks></timer:timer>'
\set mails '<mail:mailtemplate name="MAIL_SENT" structure="BILL" label="Sent"><mail:from><mail:address>us@example.org</mail:address></mail:from><mail:recipients><mail:recipient dest="to"><mail:address>anna@example.org</mail:address><mail:element-account-field>clerk</mail:element-account-field></mail:recipient></mail:recipients><mail:subject>Bill {{id}}</mail:subject><mail:body content-type="html">&lt;p>{{title}}&lt;/p></mail:body></mail:mailtemplate><mail:mailtemplate name="MAIL_LATE" structure="BILL"><mail:recipients><mail:recipient dest="to"><mail:element-field-value>clerk</mail:element-field-value></mail:recipient></mail:recipients><mail:subject>Late</mail:subject><mail:body>{{id}} is late</mail:body></mail:mailtemplate>'
SELECT smartwf.import_workflow(wrapped(:'timer' || :'mails' || '<workflow:config name="WDOC" model="graph" structure="BILL" label="The bills"><workflow:description>How bills go</workflow:description><workflow:steps><workflow:step ref="DRAFT"><workflow:color>Tomato</workflow:color><workflow:mask ref="M"/></workflow:step><workflow:step ref="sent"><workflow:mailtemplate ref="MAIL_SENT"/><workflow:mailtemplate ref="MAIL_LATE"/><workflow:mailtemplate ref="MAIL_NONE"/><workflow:timer ref="TM-LATE"/><workflow:color>#0f8</workflow:color></workflow:step><workflow:step ref="paid"><workflow:timer ref="TM-NONE"/></workflow:step></workflow:steps><workflow:transitions><workflow:transition ref="SEND"><workflow:mailtemplate ref="MAIL_LATE"/><workflow:timer ref="TM-LATE" type="persistent"/></workflow:transition><workflow:transition ref="pay"><workflow:timer ref="TM-LATE" type="unattach"/></workflow:transition></workflow:transitions></workflow:config>'));
SELECT * FROM show('WDOC');
SELECT name, description, subject, text_body, html_body FROM smartwf.templates ORDER BY name;
SELECT * FROM smartwf.contacts;
-- a later file adds to what is there: rights that have no effect, and another color
\set access '<workflow:config name="WDOC" model="GRAPH" structure="BILL"><workflow:steps><workflow:step ref="DRAFT"><workflow:element-access-configuration ref="PRF"/></workflow:step><workflow:step ref="paid"><workflow:color>navy</workflow:color></workflow:step></workflow:steps></workflow:config>'
SET client_min_messages = error;
SELECT smartwf.import_workflow(wrapped(:'access'));
SELECT smartwf.import_workflow(wrapped(:'access'));		-- the same again
SELECT smartwf.workflow_definition('WDOC') #>> '{states,1,timer}', smartwf.workflow_definition('WDOC') #>> '{states,2,color}', smartwf.workflow_definition('WDOC') ->> 'label',
	(SELECT count(*) FROM smartwf.items(smartwf.workflow_definition('WDOC')::jsonb, 'unsupported') WHERE item ->> 'element' = 'element-access-configuration');

-- what comes out goes in again: nothing has changed
SELECT smartwf.export_workflow('WDOC') AS exported \gset
SELECT xmlserialize(CONTENT :'exported'::xml AS text);
CREATE TEMP TABLE before AS SELECT smartwf.workflow_definition('WDOC')::jsonb AS definition;
DELETE FROM smartwf.templates;
SELECT smartwf.import_workflow(:'exported') = 2;
SELECT key, value FROM (SELECT jsonb_each(definition) AS m FROM before) b, LATERAL (SELECT (m).key, (m).value) x
WHERE value IS DISTINCT FROM smartwf.workflow_definition('WDOC')::jsonb -> key;
SELECT name, description, subject, text_body, html_body FROM smartwf.templates ORDER BY name;
-- also under another name, from nothing
SELECT smartwf.import_workflow(replace(:'exported', 'name="WDOC"', 'name="COPY"')::xml);
SELECT key FROM (SELECT jsonb_each(definition) AS m FROM before) b, LATERAL (SELECT (m).key, (m).value) x
WHERE value IS DISTINCT FROM smartwf.workflow_definition('COPY')::jsonb -> key;

-- a graph that has changed; guards and translations of what stays are kept
SELECT smartwf.define_workflow(jsonb_set(smartwf.workflow_definition('WDOC')::jsonb || '{"translations": {"fr": {"states": {"draft": "Brouillon", "paid": "Payé"}}}}', '{transitions,0,guard}', '"true"'));
SELECT smartwf.import_workflow(wrapped(replace(replace(:'graph', '<workflow:step name="paid" state-label="Paid"/>', '<workflow:step name="done" state-label="Done"/>'), '"paid"', '"done"') || '<workflow:config name="WDOC" model="GRAPH"/>' || replace(:'timer', 'state="paid"', 'state="done"') || :'mails'));
SELECT smartwf.workflow_definition('WDOC') -> 'translations', smartwf.workflow_definition('WDOC') #>> '{transitions,0,guard}', smartwf.workflow_definition('WDOC') #>> '{states,1,timer}', smartwf.workflow_definition('WDOC') #>> '{states,2,name}';

-- what XML has no place for stays: other channels, roles, properties, tasks of other kinds; a timer of a state's name
SET client_min_messages = error;
CREATE SCHEMA app;
CREATE FUNCTION app.f(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT model';
SELECT smartwf.define_workflow('{"name": "STAYS", "states": [{"name": "new", "initial": true}, {"name": "sent", "timer": "new", "notifications": [{"template": "MAIL_SENT", "channel": "mail", "userField": "customer"},
   {"template": "MAIL_LATE", "channel": "smtp", "users": ["zoe"]}, {"template": "MAIL_SENT", "channel": "smtp", "users": [{"person": "zoe@example.org"}]}]}],
 "transitions": [{"name": "send", "arcs": [{"from": "new", "to": "sent"}]}],
 "timers": [{"name": "new", "column": "d", "tasks": [{"delta": "2 days", "kind": "send_templated_notification", "settings": {"channel": "smtp", "userField": "customer", "template": "MAIL_LATE"}}, {"delta": "1 day", "kind": "call_function", "settings": {"function": "app.f"}}]}]}');
SELECT xmlserialize(CONTENT smartwf.export_workflow('STAYS') AS text) AS stays \gset
SELECT smartwf.import_workflow(:'stays');
SELECT smartwf.workflow_definition('STAYS') #> '{states,1}', smartwf.workflow_definition('STAYS') -> 'timers';
SELECT smartwf.import_workflow(wrapped('<workflow:graph name="STAYS"><workflow:steps><workflow:step name="new" state-label="New" initial="true"/><workflow:step name="sent" state-label="Sent"/></workflow:steps><workflow:transitions><workflow:transition name="send" from="new" to="sent"/></workflow:transitions></workflow:graph>'));
SELECT smartwf.workflow_definition('STAYS') #> '{states,1}', smartwf.workflow_definition('STAYS') #> '{timers,0,tasks,1,kind}';
-- a graph that is the whole document; a mail that a task names and that is not there
SELECT smartwf.import_workflow('<w:graph xmlns:w="https://platform.anakeen.com/4/schemas/workflow/1.0" name="ROOT"><w:steps><w:step name="a" state-label="A" initial="true"/></w:steps><w:transitions/></w:graph>');
SELECT smartwf.import_workflow(smartwf.export_workflow('ROOT')), jsonb_array_length(smartwf.workflow_definition('ROOT')::jsonb -> 'states');
SET client_min_messages = notice;
SELECT smartwf.import_workflow(wrapped('<workflow:config name="ROOT" model="ROOT"/><timer:timer name="T"><timer:field-date-reference/><timer:tasks><timer:task><timer:sendmail ref="NOBODY"/><timer:setstate state="a"/></timer:task></timer:tasks></timer:timer>'));
SELECT smartwf.import_workflow(wrapped('<workflow:config name="ROOT" model="ROOT"/>' || :'mails' || :'mails'));

-- faults, all at once
\set VERBOSITY default
SELECT smartwf.import_workflow(wrapped(:'graph' || '<workflow:config name="X" model="OTHER"><workflow:steps><workflow:step ref="nowhere"/><workflow:step ref="sent"><workflow:color>reddish</workflow:color></workflow:step></workflow:steps><workflow:transitions><workflow:transition ref="none"/></workflow:transitions></workflow:config>'));
SELECT smartwf.import_workflow(wrapped('<workflow:config name="WDOC" model="OTHER"/>'));
SELECT smartwf.import_workflow(wrapped('<workflow:config name="A" model="GRAPH"/><workflow:config name="B" model="GRAPH"/>'));
SELECT smartwf.import_workflow(wrapped(:'graph' || :'graph'));
SELECT smartwf.export_workflow('NOWHERE');
SELECT count(*) FROM smartwf.workflows WHERE name IN ('A', 'B', 'X');

-- the mails and the timer work
CREATE TABLE bill (id text PRIMARY KEY, title text, clerk text, due_on date, state text);
SELECT smartwf.attach('bill', 'WDOC');
INSERT INTO bill VALUES ('b1', 'Bread', 'claire', current_date + 10);
SELECT smartwf.pass_transition('b1', 'send') #>> '{state,id}';
SELECT step, channel, recipient, subject, body, status FROM smartwf.notifications ORDER BY id;
SELECT timer, task, kind, due_at::date - current_date AS days FROM smartwf.timers ORDER BY task;
DROP TABLE bill;
DROP FUNCTION wrapped, show;
DROP EXTENSION smartwf;
DROP SCHEMA app CASCADE;
