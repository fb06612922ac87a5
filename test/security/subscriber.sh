# Where history comes from a publisher, nothing of this database's own gets in its way.
for database in history_publisher history_subscriber; do
	createdb $database
	sql $database -f test/recovery/setup.sql
done
sql history_subscriber -c "SET session_replication_role = replica" -c "TRUNCATE app.doc, smartwf.history, smartwf.elements, smartwf.element_timers"
sql history_publisher -c "CREATE PUBLICATION life FOR TABLE app.doc, smartwf.history, smartwf.elements" -c "SELECT pg_create_logical_replication_slot('life', 'pgoutput')" >/dev/null
sql history_subscriber -c "CREATE SUBSCRIPTION life CONNECTION 'host=$PGHOST port=$PGPORT dbname=history_publisher user=postgres' PUBLICATION life WITH (create_slot = false, slot_name = 'life')" >/dev/null
arrived() {
	for _ in $(seq 200); do
		[ "$(sql history_subscriber -At -c "$1")" = "$2" ] && return
		sleep 0.1
	done
	echo "did not arrive: $1"
	exit 1
}
arrived "SELECT count(*) FROM smartwf.history" "$(sql history_publisher -At -c "SELECT count(*) FROM smartwf.history")"
arrived "SELECT count(*) FROM app.doc" 200
if sql history_subscriber -c "SELECT smartwf.reconcile('doc')" 2>"$CLUSTER/said"; then exit 1; fi
grep -q 'come from a publisher' "$CLUSTER/said"
# nor by DDL or TRUNCATE
sql history_subscriber -c "CREATE TABLE app.kid () INHERITS (app.doc)" -c "DROP TABLE app.kid"
sql history_publisher -c "SELECT smartwf.pass_transition('60', 'turn')" -c "INSERT INTO app.doc (id) VALUES (1000)" >/dev/null
arrived "SELECT count(*) FROM smartwf.history WHERE docid IN ('60', '1000')" 3
[ "$(sql history_subscriber -At -c "SELECT count(*) FROM pg_stat_subscription_stats WHERE apply_error_count > 0")" = 0 ]
sql history_subscriber -c "ALTER SUBSCRIPTION life DISABLE" -c "ALTER SUBSCRIPTION life SET (slot_name = NONE)" -c "DROP SUBSCRIPTION life"
sql history_publisher -c "SELECT pg_drop_replication_slot('life')" >/dev/null
[ "$(sql history_subscriber -At -c "SELECT registered, ended FROM smartwf.reconcile('doc')")" = "0|0" ]
[ "$(sql history_subscriber -At -c "SELECT smartwf.pass_transition('1000', 'turn') #>> '{state,id}'")" = b ]
