# Every SQL example of README and docs runs, page by page, in a fresh database.
# Roles of others stay.
others=$(sql -At -c "SELECT array_agg(rolname) FROM pg_roles")
for page in README.md docs/*.md; do
	grep -q '^```sql' "$page" || continue
	database=docs_$(basename "$page" .md | tr 'A-Z-' 'a-z_')
	createdb "$database"
	awk '/^```sql/ {on = 1; next} /^```/ {on = 0} on' "$page" >"$CLUSTER/examples.sql"
	echo "== $page"
	sql "$database" -f "$CLUSTER/examples.sql"
	dropdb "$database"
	sql -At -c "SELECT format('DROP ROLE %I;', rolname) FROM pg_roles WHERE rolname <> ALL ('$others')" | sql -f -
done
