# The public Mustache specification's own cases, where they are at hand; templates.sh has some of ours.
cases=../shared/conformance/mustache
[ -d "$cases" ] || lacking "no $cases here"
createdb mustache
sql mustache -c "CREATE EXTENSION smartwf" -c "CREATE TABLE file (content jsonb)"
for file in "$cases"/*.json; do
	sql mustache -v content="$(cat "$file")" <<<"INSERT INTO file VALUES (:'content')"
done
sql mustache -At -c "SELECT format('%s: expected %s, got %s', t ->> 'name', t ->> 'expected', got)
	FROM file, jsonb_array_elements(content -> 'tests') t,
		smartwf.render_template(t ->> 'template', coalesce(t -> 'data', '{}'), 'html', t -> 'partials') got
	WHERE got IS DISTINCT FROM t ->> 'expected'" >"$CLUSTER/mustache.out"
cat "$CLUSTER/mustache.out"
[ ! -s "$CLUSTER/mustache.out" ]
[ "$(sql mustache -At -c "SELECT count(*) FROM file, jsonb_array_elements(content -> 'tests')")" -ge 124 ]
dropdb mustache
