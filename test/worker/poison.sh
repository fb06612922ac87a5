# Steps that crash, exit, hang, wait for locks and take memory, among a thousand
# that do none of that: these all end, in not much more time than without.
createdb poison
configure shared_preload_libraries=smartwf smartwf.databases=poison smartwf.workers=2 smartwf.step_timeout=1s smartwf.lock_timeout=200ms log_min_messages=fatal
server restart
p() { psql -X -q -At -v ON_ERROR_STOP=1 poison "$@"; }
p -f - >/dev/null <<'SQL'
CREATE EXTENSION smartwf;
CREATE SCHEMA app;
CREATE TABLE app.effect (run bigint);
CREATE TABLE app.locked (x int);
CREATE FUNCTION app.healthy(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.03); INSERT INTO app.effect VALUES (run); RETURN NULL; END $$;
CREATE FUNCTION app.crash(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN COPY (SELECT) TO PROGRAM 'kill -SEGV $PPID'; PERFORM pg_sleep(10); RETURN NULL; END $$;
CREATE FUNCTION app.leave(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
CREATE FUNCTION app.hang(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END $$;
CREATE FUNCTION app.lock(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE app.locked; RETURN NULL; END $$;
CREATE FUNCTION app.allocate(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN RETURN jsonb_build_object('x', repeat('x', 270000000)); END $$;
SELECT smartwf.register_dataflow(f, 'app.' || f) FROM unnest(ARRAY['healthy', 'crash', 'leave', 'hang', 'lock', 'allocate']) f;
SELECT smartwf.define_flow(jsonb_build_object('name', f, 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
	jsonb_build_array(jsonb_build_object('name', f, 'kind', 'execute_data_flow', 'settings', jsonb_build_object('dataflow', f)
		|| CASE f WHEN 'allocate' THEN '{"timeout": "1 minute"}' ELSE '{}' END::jsonb))))))
FROM unnest(ARRAY['healthy', 'crash', 'leave', 'hang', 'lock', 'allocate']) f;
SQL
poison() { p -c "SELECT smartwf.enqueue_flow(f, priority => 5) FROM unnest(ARRAY['crash', 'leave', 'hang', 'hang', 'lock', 'allocate']) f" >/dev/null 2>&1; }
# healthy [COMMAND]: how long a thousand healthy ones take, in hundredths of a second; COMMAND runs when they are queued
healthy() {
	local start left
	start=$(date +%s%N)
	p -c "SELECT count(smartwf.enqueue_flow('healthy')) FROM generate_series(1, 1000)" >/dev/null
	"${1:-true}" || true	# the server may crash before it answers
	for _ in $(seq 600); do
		left=$(p -c "SELECT count(*) FROM smartwf.runs WHERE flow = 'healthy' AND status <> 'finished'" 2>/dev/null) || left=unknown
		[ "$left" != 0 ] || break
		sleep 0.1
	done
	[ "$left" = 0 ] || { echo "$left healthy runs have not ended"; return 1; }
	echo $((($(date +%s%N) - start) / 10000000))
}
alone=$(healthy)
# somebody sits on a table all the time, and comes back after each crash
(while true; do psql -X -q poison -c "BEGIN" -c "LOCK TABLE app.locked" -c "SELECT pg_sleep(120)" >/dev/null 2>&1 || sleep 0.05; done) &
locker=$!
sleep 0.2
among=$(healthy poison)
kill "$locker"; wait "$locker" 2>/dev/null || true
p -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(120)' AND pid <> pg_backend_pid()" >/dev/null
[ "$among" -le $((alone * 3 / 2)) ] || { echo "the healthy runs took $among/100 s among poison, $alone/100 s alone"; exit 1; }
[ "$(p -c "SELECT count(*), count(DISTINCT run) FROM app.effect")" = "2000|2000" ]
# what was poison has failed, and says why; what only had to wait is done at last
for _ in $(seq 300); do
	[ "$(p -c "SELECT count(*) FROM smartwf.runs WHERE status IN ('queued', 'running')" 2>/dev/null)" != 0 ] || break
	sleep 0.1
done
told=$(p -c "SELECT flow, status, deaths, sqlstate, replace(message, id::text, 'N') FROM smartwf.runs WHERE flow <> 'healthy' ORDER BY flow, id")
expected='allocate|failed|0|54000|string too long to represent as jsonb string
crash|failed|3|57P02|the step ended the process that took it (3 of 3 times)
hang|failed|0|57014|run N of flow "hang", step "hang" took longer than it may
hang|failed|0|57014|run N of flow "hang", step "hang" took longer than it may
leave|failed|3|57P02|the step ended the process that took it (3 of 3 times)
lock|finished|0||'
[ "$told" = "$expected" ] || { diff <(echo "$expected") <(echo "$told"); exit 1; }
# a note of what was in hand does not outlive a clean stop
p -c "SELECT smartwf.enqueue_flow('hang')" >/dev/null
for _ in $(seq 100); do [ "$(p -c "SELECT count(*) FROM smartwf.workers WHERE doing LIKE '%hang%'")" = 0 ] || break; sleep 0.05; done
server stop -m fast
server start
for _ in $(seq 100); do [ "$(p -c "SELECT status FROM smartwf.runs WHERE flow = 'hang' ORDER BY id DESC LIMIT 1")" != failed ] || break; sleep 0.1; done
[ "$(p -c "SELECT status, deaths FROM smartwf.runs WHERE flow = 'hang' ORDER BY id DESC LIMIT 1")" = "failed|0" ]
# one step may end a timer's process as well: it is tried again a few times, and given up
p -f - >/dev/null <<'SQL'
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true, "timer": "t"}], "timers": [{"name": "t", "tasks": [{"delta": "0", "kind": "call_function", "settings": {"function": "app.leave"}}]}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, state text);
SELECT smartwf.attach('app.doc', 'W');
INSERT INTO app.doc VALUES (1);
SQL
for _ in $(seq 100); do [ "$(p -c "SELECT attempt > 0 FROM smartwf.element_timers" 2>/dev/null)" != t ] || break; sleep 0.1; done
[ "$(p -c "SELECT sqlstate, attempt > 0 FROM smartwf.element_timers")" = "57P02|t" ]
echo "noted: 1000 healthy runs took $alone/100 s alone, $among/100 s among poison: $((among * 100 / alone)) % of it"
