# The schema that an update has made is that of a fresh installation.
configure
server restart
for version in $(ls updates | sed -nE 's/^smartwf--([0-9.]+)\.sql$/\1/p'); do
	createdb fresh
	createdb updated
	sql fresh -c "CREATE EXTENSION smartwf"
	sql updated -c "CREATE EXTENSION smartwf VERSION '$version'" -c "ALTER EXTENSION smartwf UPDATE"
	sql fresh -At -f test/upgrade/catalogue.sql >"$CLUSTER/fresh"
	sql updated -At -f test/upgrade/catalogue.sql >"$CLUSTER/updated"
	[ "$(wc -l <"$CLUSTER/fresh")" -gt 1000 ]
	diff "$CLUSTER/fresh" "$CLUSTER/updated"
	dropdb fresh
	dropdb updated
done
