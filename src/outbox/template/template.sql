-- Templates.

CREATE FUNCTION smartwf.render_template(template text, model jsonb, render_type text DEFAULT 'text', partials jsonb DEFAULT NULL)
	RETURNS text
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_render_template';
COMMENT ON FUNCTION smartwf.render_template(text, jsonb, text, jsonb) IS
'A Mustache template (text) with the values of a model (jsonb): variables, sections, inverted sections, comments, '
'delimiters, and partials (jsonb object of templates by name). render_type (text): html escapes variables, text does '
'not. Returns the result (text); what the model lacks is empty. Raises WF400, with the line, for a template that is '
'not valid, and for an unknown render type.';

CREATE FUNCTION smartwf.template_fault(template text) RETURNS text
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_template_fault';
COMMENT ON FUNCTION smartwf.template_fault(text) IS
'Why a text (text) is no valid Mustache template, with the line (text); null if it is one. Raises nothing.';

CREATE FUNCTION smartwf.template_fields(template text) RETURNS text[]
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_template_fields';
COMMENT ON FUNCTION smartwf.template_fields(text) IS
'The fields of the model (text[]) that a Mustache template (text) names outside of sections, sections included, each '
'up to its first dot; in order of appearance. Raises WF400 for a template that is not valid.';

CREATE TABLE smartwf.templates (
	name text COLLATE "C" PRIMARY KEY,
	description text NOT NULL DEFAULT '',
	subject text NOT NULL DEFAULT '',
	text_body text NOT NULL DEFAULT '',
	html_body text NOT NULL DEFAULT '',
	properties jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(properties) = 'array')
);
COMMENT ON TABLE smartwf.templates IS
'Mustache templates for notifications: subject, and a body for each render type. Each can name the others as '
'partials of its render type. properties: what a step that sends it must or can give it, a list of {"name", "label", '
'"needed"}; empty: it takes the fields of the model as they are.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.templates', '');

CREATE FUNCTION smartwf.check_template() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[];
BEGIN
	SELECT array_agg(format('WFL0517 template %s: %s: %s', NEW.name, part.name, smartwf.template_fault(part.body)) ORDER BY part.number)
		INTO faults
		FROM (VALUES (1, 'subject', NEW.subject), (2, 'text_body', NEW.text_body), (3, 'html_body', NEW.html_body)) AS part (number, name, body)
		WHERE smartwf.template_fault(part.body) IS NOT NULL;
	SELECT faults || array_agg(format('WFL0504 template %s: property %s must be an object with name (string), label (string) and needed (boolean)', NEW.name, p.item))
		INTO faults
		FROM smartwf.items(jsonb_build_object('properties', NEW.properties), 'properties') p
		WHERE jsonb_typeof(p.item) <> 'object' OR jsonb_typeof(p.item -> 'name') IS DISTINCT FROM 'string'
			OR EXISTS (SELECT FROM smartwf.members(p.item) m WHERE (m.key, jsonb_typeof(m.value)) NOT IN (('name', 'string'), ('label', 'string'), ('needed', 'boolean')))
		HAVING count(*) > 0 OR faults IS NOT NULL;
	PERFORM smartwf.refuse(format('template "%s"', NEW.name), faults);
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION smartwf.check_template() IS
'Trigger BEFORE INSERT OR UPDATE on smartwf.templates. Raises WF001 with every part that is no Mustache.';
CREATE TRIGGER check_template BEFORE INSERT OR UPDATE ON smartwf.templates
	FOR EACH ROW EXECUTE FUNCTION smartwf.check_template();
