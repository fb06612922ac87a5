# The whole regression suite on a schema that came by updates: without the script of the
# present version, PostgreSQL installs an earlier one and updates it.
configure
server restart
extension=$(pg_config --sharedir)/extension
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" smartwf.control)
mv "$extension/smartwf--$version.sql" "$CLUSTER"
trap 'mv "$CLUSTER/smartwf--$version.sql" "$extension"' EXIT
mkdir "$CLUSTER/updated_regress"
[ "$(id -u)" != 0 ] || chown "$SERVER_USER" "$CLUSTER/updated_regress"
# shellcheck disable=SC2046
"$PG_PGXS/../test/regress/pg_regress" --bindir="$PG_BIN" --inputdir=. --outputdir="$CLUSTER/updated_regress" \
	--dbname=smartwf_updated --encoding=UTF8 --host="$PGHOST" --port="$PGPORT" --user=postgres $(names sql .sql) ||
	{ head -n 100 "$CLUSTER/updated_regress/regression.diffs"; exit 1; }
