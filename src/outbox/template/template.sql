-- Templates of notifications.

CREATE FUNCTION smartwf.render_template(template text, model jsonb, render_type text DEFAULT 'text',
	partials jsonb DEFAULT NULL)
	RETURNS text
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_render_template';
COMMENT ON FUNCTION smartwf.render_template(text, jsonb, text, jsonb) IS
'Returns a Mustache template filled in with the values of a model (text). template (text): the template; model '
'(jsonb): an object; render_type (text): text (the default), or html, which escapes the values of variables; partials '
'(jsonb): an object with templates that can be used as partials, by name. Fields that the model lacks are empty. '
'Raises WF400 if the template is not valid, with the number of the line, or if the render type is unknown.';

CREATE FUNCTION smartwf.template_fault(template text) RETURNS text
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_template_fault';
COMMENT ON FUNCTION smartwf.template_fault(text) IS
'Returns the reason why a text (text) is not a valid Mustache template, with the number of the line (text), or null '
'if it is valid.';

CREATE FUNCTION smartwf.template_fields(template text) RETURNS text[]
	LANGUAGE c IMMUTABLE STRICT AS 'MODULE_PATHNAME', 'smartwf_template_fields';
COMMENT ON FUNCTION smartwf.template_fields(text) IS
'Returns the fields of the model that a Mustache template (text) uses outside of sections, and as sections, up to '
'their first dot, in order of appearance (text[]). Raises WF400 if the template is not valid.';

CREATE TABLE smartwf.templates (
	name text COLLATE "C" PRIMARY KEY,
	description text NOT NULL DEFAULT '',
	subject text NOT NULL DEFAULT '',
	text_body text NOT NULL DEFAULT '',
	html_body text NOT NULL DEFAULT '',
	properties jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(properties) = 'array')
);
COMMENT ON TABLE smartwf.templates IS
'Mustache templates for notifications: subject, and one body for each render type (text_body, html_body). A template '
'can use others as partials. properties: the properties that a step has to provide, an array of objects {"name", '
'"label", "needed"}; if empty, the template uses the fields of the model directly.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.templates', '');

CREATE FUNCTION smartwf.check_template() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	faults text[];
BEGIN
	SELECT array_agg(format('WFL0517 template %s: %s: %s', NEW.name, part.name, smartwf.template_fault(part.body))
		ORDER BY part.number)
		INTO faults
		FROM (VALUES (1, 'subject', NEW.subject), (2, 'text_body', NEW.text_body),
			(3, 'html_body', NEW.html_body)) AS part (number, name, body)
		WHERE smartwf.template_fault(part.body) IS NOT NULL;
	SELECT faults
		|| array_agg(format('WFL0504 template %s: property %s must be an object with name (string), '
			'label (string) and needed (boolean)', NEW.name, p.item))
		INTO faults
		FROM smartwf.items(jsonb_build_object('properties', NEW.properties), 'properties') p
		WHERE jsonb_typeof(p.item) <> 'object' OR jsonb_typeof(p.item -> 'name') IS DISTINCT FROM 'string'
			OR EXISTS (SELECT FROM smartwf.members(p.item) m
				WHERE (m.key, jsonb_typeof(m.value)) NOT IN (('name', 'string'), ('label', 'string'),
				('needed', 'boolean')))
		HAVING count(*) > 0 OR faults IS NOT NULL;
	PERFORM smartwf.refuse(format('template "%s"', NEW.name), faults);
	RETURN NEW;
END
$$;
COMMENT ON FUNCTION smartwf.check_template() IS
'Trigger function, BEFORE INSERT OR UPDATE, on smartwf.templates. Raises WF001 with one line of DETAIL for each part '
'that is not a valid template, and for each malformed property.';
CREATE TRIGGER check_template BEFORE INSERT OR UPDATE ON smartwf.templates
	FOR EACH ROW EXECUTE FUNCTION smartwf.check_template();
