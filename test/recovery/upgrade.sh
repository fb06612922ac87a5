# pg_upgrade carries everything over.
createdb upgrade
sql upgrade -f test/recovery/setup.sql
for database in $(sql -At -c "SELECT datname FROM pg_database WHERE datname NOT IN ('template0', 'template1', 'postgres', 'upgrade')"); do
	dropdb --force "$database"
done
before=$(sql upgrade -At -c "SELECT count(*), md5(string_agg(h::text, ',' ORDER BY docid, revision)) FROM smartwf.history h")
server stop
as_server "$PG_BIN/initdb" -D "$CLUSTER/new" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync
(cd "$CLUSTER" && as_server "$PG_BIN/pg_upgrade" -b "$PG_BIN" -B "$PG_BIN" -d "$CLUSTER/data" -D "$CLUSTER/new" \
	-U postgres -s "$CLUSTER" -o "-c unix_socket_directories=$CLUSTER" -O "-c unix_socket_directories=$CLUSTER")
as_server cp "$CLUSTER/data/postgresql.conf" "$CLUSTER/new/postgresql.conf"
as_server mv "$CLUSTER/data" "$CLUSTER/old"
as_server mv "$CLUSTER/new" "$CLUSTER/data"
server start
[ "$(sql upgrade -At -c "SELECT count(*), md5(string_agg(h::text, ',' ORDER BY docid, revision)) FROM smartwf.history h")" = "$before" ]
[ "$(sql upgrade -At -c "SELECT smartwf.pass_transition('1', 'turn') #>> '{state,id}'")" = c ]
[ -z "$(sql upgrade -At -f test/recovery/consistent.sql)" ]
dropdb --force upgrade
