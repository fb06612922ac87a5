# The launcher: workers come and go with the settings and the databases, and leave one
# that is to be dropped, renamed or copied; nothing of a role is handed on to the next.
createdb launched
configure shared_preload_libraries=smartwf smartwf.databases=launched smartwf.workers=1 max_worker_processes=20
server restart
l() { psql -X -q -At -v ON_ERROR_STOP=1 "$@"; }
becomes() {
	local answer
	for _ in $(seq 150); do
		answer=$(l "$1" -c "$3" 2>&1) || true
		[ "$answer" != "$2" ] || return 0
		sleep 0.1
	done
	echo "expected: $2"; echo "got:      $answer"; echo "for:      $3"; exit 1
}
set_them() { l postgres -c "ALTER SYSTEM SET $1" -c "SELECT pg_reload_conf()" >/dev/null; }
workers="SELECT string_agg(datname || ' ' || n, ', ' ORDER BY datname) FROM (SELECT datname, count(*) AS n FROM pg_stat_activity WHERE backend_type IN ('smartwf worker', 'smartwf delivery') GROUP BY datname) w"
becomes postgres "launched 2" "$workers"
# settings are read again: more workers, another database, one that is not there yet
set_them "smartwf.workers = 3"
becomes postgres "launched 4" "$workers"
createdb second
set_them "smartwf.databases = 'launched, second, absent'"
becomes postgres "launched 4, second 4" "$workers"
sleep 3
[ "$(grep -c 'database "absent"' "$CLUSTER/log")" = 1 ]
grep -q 'smartwf does not serve database "absent": it does not exist' "$CLUSTER/log"
createdb absent
becomes postgres "absent 4, launched 4, second 4" "$workers" || true
set_them "smartwf.workers = 1"
becomes postgres "absent 2, launched 2, second 2" "$workers"
if l postgres -c "SET smartwf.workers = 2" 2>/dev/null; then exit 1; fi
# dropped, renamed and copied as if nobody were in it
l postgres -c "DROP DATABASE absent"
l postgres -c "CREATE DATABASE copy TEMPLATE second"
l postgres -c "ALTER DATABASE second RENAME TO renamed"
becomes postgres "launched 2" "$workers"
l postgres -c "ALTER DATABASE renamed RENAME TO second"
becomes postgres "launched 2, second 2" "$workers"
l postgres -c "DROP DATABASE second WITH (FORCE)"
before=$(grep -c FATAL "$CLUSTER/log" || true)
sleep 7
after=$(grep -c FATAL "$CLUSTER/log" || true)
[ $((after - before)) -le 4 ] || { echo "$((after - before)) more fatal errors after DROP DATABASE"; exit 1; }
# asked to leave, they do so at once, and stay away until they are called back
l launched -c "CREATE EXTENSION smartwf"
l launched -c "SELECT smartwf.pause_database()" >/dev/null
[ "$(l postgres -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'launched' AND backend_type LIKE 'smartwf%'")" = 0 ]
l postgres -c "CREATE DATABASE image TEMPLATE launched"
sleep 2
[ "$(l postgres -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'launched' AND backend_type LIKE 'smartwf%'")" = 0 ]
l launched -c "SELECT smartwf.resume_database('launched')" >/dev/null
becomes postgres "launched 2" "$workers"
said=$(l launched -c "CREATE ROLE launched_nobody" -c "SET ROLE launched_nobody" -c "SELECT smartwf.pause_database()" 2>&1 || true)
grep -q "only an administrator can pause" <<<"$said"
# the launcher itself ends, and its workers with it; all come again
l postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'smartwf launcher'" >/dev/null
becomes postgres "" "$workers"
becomes postgres "launched 2" "$workers"

# a library that one role's step has loaded is not there for another's
l launched -f - >/dev/null <<'SQL'
CREATE EXTENSION IF NOT EXISTS dblink;
CREATE SCHEMA app;
CREATE ROLE launched_one; CREATE ROLE launched_two;
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT EXECUTE ON FUNCTION dblink_connect_u(text, text) TO PUBLIC;
CREATE FUNCTION app.open(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN
	PERFORM public.dblink_connect_u('stolen', model ->> 'to');
	RETURN jsonb_build_object('pid', pg_backend_pid()); END $$;
CREATE FUNCTION app.look(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN
	RETURN jsonb_build_object('pid', pg_backend_pid(), 'open', coalesce(array_length(public.dblink_get_connections(), 1), 0)); END $$;
CREATE FUNCTION app.plain(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RETURN jsonb_build_object('pid', pg_backend_pid()); END $$;
SELECT smartwf.register_dataflow(f, 'app.' || f) FROM unnest(ARRAY['open', 'look', 'plain']) f;
SELECT smartwf.define_flow(jsonb_build_object('name', f, 'start', '[{"role": "launched_one"}, {"role": "launched_two"}]'::jsonb, 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
	jsonb_build_array(jsonb_build_object('name', f, 'kind', 'execute_data_flow', 'settings', jsonb_build_object('dataflow', f))))))) FROM unnest(ARRAY['open', 'look', 'plain']) f;
SQL
run_as() { l launched -c "SET ROLE $1" -c "SELECT smartwf.enqueue_flow('$2', key => '$3')" >/dev/null; becomes launched "finished" "SELECT concat(status, message) FROM smartwf.runs WHERE key = '$3'"; }
l launched -c "SET ROLE launched_one" -c "SELECT smartwf.enqueue_flow('open', model => jsonb_build_object('to', 'host=$PGHOST port=$PGPORT user=postgres dbname=launched'), key => '1')" >/dev/null
becomes launched finished "SELECT concat(status, message) FROM smartwf.runs WHERE key = '1'"
run_as launched_one look 2
run_as launched_two look 3
[ "$(l launched -c "SELECT string_agg(model ->> 'open', ' ' ORDER BY key) FROM smartwf.runs WHERE flow = 'look'")" = "1 0" ]
[ "$(l launched -c "SELECT count(DISTINCT model ->> 'pid') FROM smartwf.runs WHERE key IN ('1', '2')")" = 1 ]
# those that load nothing go on in the same process
run_as launched_one plain 4
run_as launched_two plain 5
run_as launched_one plain 6
[ "$(l launched -c "SELECT count(DISTINCT model ->> 'pid') FROM smartwf.runs WHERE flow = 'plain'")" = 1 ]

# a running step is cancelled at once, by whoever may cancel the run; a conflict is no failure
l launched -f - >/dev/null <<'SQL'
CREATE FUNCTION app.nap(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$;
SELECT smartwf.register_dataflow('nap', 'app.nap');
SELECT smartwf.define_flow('{"name": "nap", "start": [{"role": "launched_one"}], "stages": [{"name": "s", "steps": [{"name": "nap", "kind": "execute_data_flow", "settings": {"dataflow": "nap"}}]}]}');
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, title text, state text);
SELECT smartwf.attach('app.doc', 'W');
INSERT INTO app.doc VALUES (1, 'old');
SELECT smartwf.define_flow('{"name": "title", "structure": "doc", "stages": [{"name": "s", "steps": [{"name": "set", "kind": "update_model_field", "settings": {"field": "title", "value": "new"}}, {"name": "save", "kind": "update_model"}]}]}');
SQL
l launched -c "SET ROLE launched_one" -c "SELECT smartwf.enqueue_flow('nap', key => 'nap')" >/dev/null
becomes launched 1 "SELECT count(*) FROM smartwf.workers WHERE doing LIKE '%nap%'"
if l launched -c "SET ROLE launched_two" -c "SELECT smartwf.cancel_run(id) FROM smartwf.runs WHERE key = 'nap'" | grep -q cancelled; then exit 1; fi
id=$(l launched -c "SELECT id FROM smartwf.runs WHERE key = 'nap'")
if l launched -c "SET ROLE launched_two" -c "SELECT smartwf.cancel_run($id)" 2>/dev/null; then exit 1; fi
[ "$(l launched -c "SELECT count(*) FROM smartwf.workers WHERE doing LIKE '%nap%'")" = 1 ]
[ "$(l launched -c "SET statement_timeout = '3s'" -c "SET ROLE launched_one" -c "SELECT smartwf.cancel_run($id)")" = cancelled ]
becomes launched 0 "SELECT count(*) FROM smartwf.workers WHERE doing LIKE '%nap%'"
[ "$(l launched -c "SELECT status, (SELECT count(*) FROM smartwf.run_steps WHERE run = $id) FROM smartwf.runs WHERE id = $id")" = "cancelled|0" ]
set_them "smartwf.lock_timeout = '200ms'"
sleep 0.3
psql -X -q launched -c "BEGIN" -c "SELECT FROM app.doc WHERE id = 1 FOR UPDATE" -c "SELECT pg_sleep(3)" -c "COMMIT" >/dev/null &
sleep 0.3
l launched -c "SELECT smartwf.enqueue_flow('title', '1', key => 'locked')" >/dev/null
becomes launched "queued|55P03|t" "SELECT status, sqlstate, put_offs > 0 FROM smartwf.runs WHERE key = 'locked'"
# others go on meanwhile
run_as launched_one plain 7
becomes launched "finished||0" "SELECT status, sqlstate, put_offs FROM smartwf.runs WHERE key = 'locked'"
[ "$(l launched -c "SELECT count(*) FROM smartwf.run_steps s JOIN smartwf.runs r ON r.id = s.run WHERE r.key = 'locked' AND outcome = 'failed'")" = 0 ]
wait
# a worker that is busy tells how much it does, and hears of new settings
l launched -c "SELECT count(smartwf.enqueue_flow('plain')) FROM generate_series(1, 100000)" >/dev/null
becomes launched t "SELECT n_tup_upd > 100 FROM pg_stat_user_tables WHERE relid = 'smartwf.runs'::regclass AND (SELECT count(*) FROM smartwf.runs WHERE status = 'queued') > 0"
# steps start from the settings of the server and of their role, not of the worker's
l launched -f - >/dev/null <<'SQL'
ALTER ROLE postgres SET datestyle = 'German';
ALTER ROLE launched_one SET datestyle = 'SQL';
CREATE FUNCTION app.style(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('style', current_setting('datestyle')) $$;
SELECT smartwf.register_dataflow('style', 'app.style');
SELECT smartwf.define_flow('{"name": "style", "start": [{"role": "launched_one"}, {"role": "launched_two"}], "stages": [{"name": "s", "steps": [{"name": "style", "kind": "execute_data_flow", "settings": {"dataflow": "style"}}]}]}');
SELECT pg_terminate_backend(pid) FROM smartwf.workers;
SQL
run_as launched_one style 8
run_as launched_two style 9
[ "$(l launched -c "SELECT string_agg(split_part(model ->> 'style', ',', 1), ' ' ORDER BY key) FROM smartwf.runs WHERE flow = 'style'")" = "SQL ISO" ]
l postgres -c "ALTER ROLE postgres RESET ALL" -c "ALTER SYSTEM RESET ALL" -c "SELECT pg_reload_conf()" >/dev/null
configure
server restart
l launched -c "DROP EXTENSION smartwf CASCADE" -c "DROP SCHEMA app CASCADE" -c "DROP OWNED BY launched_one, launched_two, launched_nobody" -c "DROP ROLE launched_one, launched_two, launched_nobody" >/dev/null 2>&1
