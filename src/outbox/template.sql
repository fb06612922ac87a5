-- Templates.

CREATE FUNCTION smartwf.render_template(template text, model jsonb, render_type text DEFAULT 'text', partials jsonb DEFAULT NULL)
	RETURNS text
	LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME', 'smartwf_render_template';
COMMENT ON FUNCTION smartwf.render_template(text, jsonb, text, jsonb) IS
'A Mustache template (text) with the values of a model (jsonb): variables, sections, inverted sections, comments, delimiters, and partials (jsonb object of templates by name). render_type (text): html escapes variables, text does not. Returns the result (text); what the model lacks is empty. Raises WF400, with the line, for a template that is not valid, and for an unknown render type.';
