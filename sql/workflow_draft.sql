-- Drafts of workflows: edited verb by verb, published, discarded; a draft never acts.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
CREATE ROLE regress_editor;
SELECT smartwf.grant_design('regress_editor');
CREATE FUNCTION faults(answer json) RETURNS SETOF text LANGUAGE sql AS $$
SELECT concat_ws(' ', f ->> 'severity', f ->> 'code', f ->> 'object', f ->> 'message') FROM json_array_elements(answer -> 'faults') f $$;
CREATE FUNCTION shape(answer json) RETURNS text LANGUAGE sql AS $$
SELECT (SELECT string_agg(s ->> 'name', ',' ORDER BY n) FROM json_array_elements(answer -> 'definition' -> 'states') WITH ORDINALITY AS s (s, n)) || ' | '
  || coalesce((SELECT string_agg(t ->> 'name' || (SELECT coalesce(string_agg(format(' %s>%s', a ->> 'from', a ->> 'to'), '' ORDER BY m), '') FROM json_array_elements(t -> 'arcs') WITH ORDINALITY AS a (a, m)), ', ' ORDER BY n)
    FROM json_array_elements(answer -> 'definition' -> 'transitions') WITH ORDINALITY AS t (t, n)), '') $$;
SET ROLE regress_editor;
-- from nothing
SELECT faults(smartwf.draft_workflow('PAPER'));
SELECT faults(smartwf.add_state('PAPER', '{"name": "draft", "initial": true}'));
SELECT faults(smartwf.add_state('PAPER', '{"name": "sent", "color": "#123"}'));
SELECT faults(smartwf.add_transition('PAPER', '{"name": "send"}'));
SELECT shape(smartwf.add_arc('PAPER', 'send', 'draft', 'sent'));
SELECT faults(smartwf.update_state('PAPER', 'sent', '{"color": "#112233", "label": "Sent"}'));
SELECT smartwf.update_workflow('PAPER', '{"label": "Paper", "translations": {"fr": {"states": {"draft": "brouillon", "sent": "envoyé"}, "transitions": {"send": "envoyer"}}}}') ->> 'revision' AS revision;
-- arcs and translations follow names
SELECT shape(smartwf.update_state('PAPER', 'draft', '{"name": "written"}'));
SELECT smartwf.update_transition('PAPER', 'send', '{"name": "post", "askComment": true}') #>> '{definition,translations}';
SELECT shape(smartwf.move_state('PAPER', 'sent', 1));
SELECT shape(smartwf.add_state('PAPER', '{"name": "lost"}', 2));
SELECT shape(smartwf.add_transition('PAPER', '{"name": "lose", "arcs": [{"from": "sent", "to": "lost"}, {"from": "written", "to": "lost"}]}', 1));
SELECT shape(smartwf.move_transition('PAPER', 'lose', 2));
SELECT shape(smartwf.remove_arc('PAPER', 'lose', 'written'));
-- a draft does not act, and is no version
SELECT count(*) FROM smartwf.workflows;
SELECT smartwf.workflow_definition('PAPER') IS NULL;
SELECT smartwf.publish_workflow('PAPER');
SELECT count(*) FROM smartwf.workflow_drafts;
SELECT smartwf.workflow_definition('PAPER') #>> '{transitions,0}';
-- the next version begins as a copy
SELECT shape(smartwf.draft_workflow('PAPER'));
SELECT smartwf.draft_workflow('PAPER') ->> 'version';
SELECT shape(smartwf.remove_state('PAPER', 'lost'));
SELECT faults(smartwf.remove_state('PAPER', 'written'));
SELECT smartwf.publish_workflow('PAPER');
SELECT shape(smartwf.replace_workflow('PAPER', smartwf.workflow_definition('PAPER')::jsonb));
SELECT shape(smartwf.remove_transition('PAPER', 'post'));
SELECT smartwf.discard_workflow('PAPER');
SELECT smartwf.discard_workflow('PAPER');
-- bad input
SELECT smartwf.draft_workflow('no name');
SELECT smartwf.draft_workflow('PAPER') ->> 'version';
SELECT smartwf.add_state('PAPER', '{"name": "sent"}');
SELECT smartwf.add_state('PAPER', '{"label": "x"}');
SELECT smartwf.add_state('PAPER', '"x"');
SELECT smartwf.update_state('PAPER', 'none', '{}');
SELECT smartwf.update_state('PAPER', 'sent', '{"name": "written"}');
SELECT smartwf.update_state('PAPER', 'sent', '{"name": null}');
SELECT smartwf.update_state('PAPER', 'sent', '[]');
SELECT smartwf.add_arc('PAPER', 'post', 'written', 'none');
SELECT smartwf.add_arc('PAPER', 'post', 'written', 'lost');
SELECT smartwf.remove_arc('PAPER', 'post', 'lost');
SELECT smartwf.update_workflow('PAPER', '{"states": []}');
SELECT smartwf.replace_workflow('PAPER', '{"name": "OTHER"}');
SELECT faults(smartwf.replace_workflow('PAPER', '{"name": "PAPER", "states": 3, "transitions": [4, {"name": "x", "arcs": {}}], "translations": {"fr": 1}}'));
SELECT smartwf.add_state('PAPER', '{"name": "a"}') #>> '{definition,states}';
SELECT smartwf.publish_workflow('PAPER');
-- two at once
SELECT smartwf.draft_workflow('PAPER') ->> 'revision' AS seen \gset
SELECT smartwf.update_workflow('PAPER', '{"label": "x"}') IS NOT NULL;
SELECT set_config('request.headers', json_build_object('if-match', '"' || :'seen' || '"')::text, false) IS NOT NULL;
SELECT smartwf_api.add_state('PAPER', '{"name": "late"}');
\echo :LAST_ERROR_SQLSTATE
RESET "request.headers";
-- what an editor lists: versions, and the draft with its revision
SELECT workflow, version, status, revision IS NOT NULL AS is_draft, changed_by FROM smartwf_api.workflow_versions ORDER BY workflow, version;
SELECT smartwf_api.discard_workflow('PAPER');
SELECT count(*) FROM smartwf_api.workflow_versions WHERE revision IS NOT NULL;
RESET ROLE;
CREATE ROLE regress_nobody;
SET ROLE regress_nobody;
SELECT smartwf_api.draft_workflow('PAPER');
SELECT * FROM smartwf_api.workflow_versions;
RESET ROLE;
DROP FUNCTION faults, shape;
DROP EXTENSION smartwf;
DROP ROLE regress_editor, regress_nobody;
