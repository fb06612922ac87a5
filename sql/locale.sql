-- What language the reader gets: labels of a definition, and our own messages.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET lc_messages = 'C';
CREATE EXTENSION IF NOT EXISTS smartwf;
\a
\t
SELECT smartwf.define_workflow('{"name": "L", "locale": "fr",
 "states": [{"name": "a", "label": "Début", "activity": "Écrire", "initial": true}, {"name": "b", "label": "Fin"}],
 "transitions": [{"name": "t", "label": "Aller", "arcs": [{"from": "a", "to": "b"}], "parameters": [{"name": "p", "label": "Raison", "needed": true}]}],
 "translations": {
  "en": {"states": {"a": "Start", "b": "End"}, "activities": {"a": "Write"}, "transitions": {"t": "Go"}, "parameters": {"p": "Reason"}},
  "pt_BR": {"states": {"a": "Começo"}},
  "zh-Hant": {"transitions": {"t": "去"}}}}');
CREATE TABLE l (id int PRIMARY KEY, state text);
SELECT smartwf.attach('l', 'L');
INSERT INTO l VALUES (1);
-- every label there is, in one line
CREATE FUNCTION words() RETURNS text LANGUAGE sql AS $$
SELECT concat_ws(', ', d -> 'beginState' ->> 'label', d -> 'beginState' ->> 'activity', d -> 'beginState' ->> 'displayValue', d -> 'endState' ->> 'label', d ->> 'label', d #>> '{askAttributes,0,label}')
FROM (SELECT smartwf.get_transition('1', 't') -> 'data' -> 'transition' AS d) x $$;
-- the setting
SELECT words();
SET smartwf.locale = 'en';
SELECT words();
SET smartwf.locale = 'EN_gb.UTF-8@euro';
SELECT words();
-- what is not translated stays as the definition has it
SET smartwf.locale = 'pt-BR';
SELECT words();
SET smartwf.locale = 'zh-Hant-TW-x-private';
SELECT words();
-- a broader request does not mean a narrower translation; unknown ones mean the definition's own labels
SET smartwf.locale = 'pt';
SELECT words();
SET smartwf.locale = 'tlh';
SELECT words();
RESET smartwf.locale;

-- Accept-Language, which PostgREST hands on
CREATE FUNCTION accepting(languages text) RETURNS text LANGUAGE sql AS $$
SELECT set_config('request.headers', json_build_object('host', 'x', 'accept-language', languages)::text, true);
SELECT words() $$;
SELECT accepting('en');
SELECT accepting('fr-CH, fr;q=0.9, en;q=0.8');
SELECT accepting('de, en;q=0.2, pt-BR;q=0.7');
SELECT accepting('en;q=0, de');
SELECT accepting('*, en;q=0.5');
SELECT accepting('de-AT,en-US;q=0.8,fr;q=0.7');
SELECT accepting(' , ;;q=,en ; q=1 , fr;q=0.99');
SELECT accepting('en;q=2, fr;q=0.5');
SELECT accepting('');
SELECT accepting(repeat('xx,', 100000) || 'en');
SELECT accepting(E'\u0001é"''\\');
-- the setting goes before it
SET smartwf.locale = 'fr';
SELECT accepting('en');
RESET smartwf.locale;
-- headers without it, or that are none: what lc_messages says
SET request.headers = '{"host": "x"}';
SELECT words();
SET request.headers = '[1]';
SELECT words();
SET request.headers = '{"accept-language": 5}';
SELECT words();
SET request.headers = 'no json';
SELECT words();
RESET request.headers;
SET request.headers = '';

-- without a word on its own language, a definition's own labels are for whom none other fits
UPDATE smartwf.workflows SET locale = '';
SELECT accepting('fr, en;q=0.5');
SELECT accepting('fr');

-- our own messages: English and French
SET smartwf.locale = 'fr-CA';
SELECT smartwf.get_states('2');
SELECT smartwf.get_state('1', 'nowhere');
SELECT smartwf.get_states(NULL);
SELECT smartwf.pass_transition('1', 't');
SELECT smartwf.pass_transition('1', 't', parameters => '{"p": 5}');
SELECT smartwf.pass_transition('1', 't', parameters => '[]');
SELECT * FROM smartwf.blockers('2', 't');
UPDATE l SET state = 'b';
SELECT * FROM smartwf.route('GET', '/');
SELECT * FROM smartwf.route('PUT', '/api/v2/smart-elements/1/workflows/states/');
SELECT * FROM smartwf.route('POST', '/api/v2/smart-elements/1/workflows/states/a', '[]');
SET smartwf.locale = 'en, fr';
SELECT smartwf.get_states('2');
SET smartwf.locale = 'de, fr;q=0.1';
SELECT smartwf.get_states('2');
SET smartwf.locale = 'frr';
SELECT smartwf.get_states('2');
RESET smartwf.locale;

-- faults
SELECT smartwf.define_workflow('{"name": "M", "locale": "not one", "states": [{"name": "a", "initial": true}], "translations": {"1": {"states": {"a": "A"}}}}');
\set VERBOSITY default
SELECT smartwf.define_workflow('{"name": "M", "locale": "not one", "states": [{"name": "a", "initial": true}], "translations": {"1": {"states": {"a": "A"}}}}');
DROP TABLE l;
DROP FUNCTION accepting, words;
DROP EXTENSION smartwf;
