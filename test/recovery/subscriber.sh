# Replicated rows were judged where they came from: on a subscriber nothing fires.
createdb publisher
createdb subscriber
for database in publisher subscriber; do sql $database -f test/recovery/setup.sql; done
sql subscriber -c "SET session_replication_role = replica" -c "DELETE FROM app.doc"
sql publisher -c "CREATE PUBLICATION docs FOR TABLE app.doc"
sql publisher -c "SELECT pg_create_logical_replication_slot('docs', 'pgoutput')"
sql subscriber -c "CREATE SUBSCRIPTION docs CONNECTION 'host=$PGHOST port=$PGPORT dbname=publisher user=postgres' PUBLICATION docs WITH (create_slot = false, slot_name = 'docs')"
sql publisher -c "SELECT smartwf.pass_transition('60', 'turn')" -c "INSERT INTO app.doc (id) VALUES (1000)"
before=$(sql subscriber -At -c "SELECT count(*) FROM smartwf.history")
for _ in $(seq 100); do
	[ "$(sql subscriber -At -c "SELECT count(*) FROM app.doc WHERE (id, state) IN ((60, 'b'), (1000, 'a'))")" = 2 ] && break
	sleep 0.1
done
[ "$(sql subscriber -At -c "SELECT count(*) FROM app.doc WHERE (id, state) IN ((60, 'b'), (1000, 'a'))")" = 2 ]
[ "$(sql subscriber -At -c "SELECT count(*) FROM smartwf.history")" = "$before" ]
sql subscriber -c "ALTER SUBSCRIPTION docs DISABLE" -c "ALTER SUBSCRIPTION docs SET (slot_name = NONE)" -c "DROP SUBSCRIPTION docs"
sql publisher -c "SELECT pg_drop_replication_slot('docs')"
# promoted: reconcile() takes up what came
sql subscriber -c "SELECT smartwf.reconcile('doc')"
[ "$(sql subscriber -At -c "SELECT smartwf.pass_transition('1000', 'turn') #>> '{state,id}'")" = b ]
