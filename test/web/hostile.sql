-- Names that are hostile, in every place where a name can stand; \202E turns the direction of text
\set QUIET on
SET client_min_messages = error;
SELECT '<img src=x onerror=document.title=''owned''>' AS evil, U&'\202Etxet\202C ' || repeat('x', 60) AS turned, repeat('W', 190) AS long \gset
SELECT smartwf.define_workflow(jsonb_build_object('name', 'EVIL', 'label', :'evil', 'states', jsonb_build_array(
  jsonb_build_object('name', 'one', 'label', :'evil', 'activity', :'turned', 'color', '#123456', 'initial', true), jsonb_build_object('name', 'two', 'label', :'long')),
 'transitions', jsonb_build_array(jsonb_build_object('name', 'go', 'label', :'evil', 'arcs', '[{"from": "one", "to": "two"}]'::jsonb, 'grants', '[{"role": "boss"}]'::jsonb,
   'parameters', jsonb_build_array(jsonb_build_object('name', 'p', 'label', :'evil', 'type', 'enum', 'options', jsonb_build_object('values', jsonb_build_array(:'evil', :'turned')))))))) AS defined \gset
CREATE TABLE evil (id text PRIMARY KEY, title text, "<b>col</b>" text, decision text, state text);
SELECT smartwf.attach('evil', 'EVIL') AS attached \gset
GRANT SELECT, INSERT, UPDATE (decision) ON evil TO clerk;
GRANT SELECT ON evil TO boss, chief;
INSERT INTO evil (id, title, "<b>col</b>") VALUES (:'evil', :'turned', :'evil'), (:'long', :'evil', ''), (:'turned', 'x', ''), ('a/b?c#d%20e', '', '');
SELECT smartwf.define_flow(jsonb_build_object('name', 'evil', 'label', :'evil', 'structure', 'evil', 'start', '[{"role": "clerk"}]'::jsonb, 'stages', jsonb_build_array(
  jsonb_build_object('name', left(:'evil', 90), 'steps', jsonb_build_array(
    jsonb_build_object('name', left(:'evil', 90), 'kind', 'get_user_confirmation', 'settings', jsonb_build_object('field', 'decision', 'options', jsonb_build_array(:'evil', :'long', :'turned'),
      'users', '[{"role": "boss"}]'::jsonb, 'message', '{{{title}}} ' || :'evil')),
    jsonb_build_object('name', trim(left(:'turned', 90)), 'kind', 'finish')))))) AS version \gset
SET ROLE clerk;
SELECT smartwf.start_flow('evil', id) AS run FROM evil \g /dev/null
RESET ROLE;
