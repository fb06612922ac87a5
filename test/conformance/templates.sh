# Templates by the rules of Mustache, one case a rule, in our own words.
createdb templates
sql templates -c "CREATE EXTENSION smartwf"
sql templates -At -v content="$(cat test/conformance/templates.json)" >"$CLUSTER/templates.out" <<'SQL'
SELECT format('%s: expected %s, got %s', t ->> 'rule', t ->> 'expected', got)
	FROM jsonb_array_elements(:'content') t,
		smartwf.render_template(t ->> 'template', coalesce(t -> 'data', '{}'), 'html', t -> 'partials') got
	WHERE got IS DISTINCT FROM t ->> 'expected';
SQL
cat "$CLUSTER/templates.out"
[ ! -s "$CLUSTER/templates.out" ]
dropdb templates
