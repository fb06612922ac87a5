# Workers, backends and the postmaster are killed at random moments under load;
# afterwards every run has ended as if nothing had been: the effect of each step
# once, each mail there, nothing stuck.  KILLS: how many.  SOAK: for so many seconds instead
# (script/test --soak), with timers, steps that end their process, and a database
# beside it that is dropped and made again all the time.
packages python3-aiosmtpd openssl
kills=${KILLS:-200}
soak=${SOAK:-0}
dir=$CLUSTER/crash
as_server mkdir -p "$dir"
mail_port=$(free_port)
as_server openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
as_server cat "$dir/key.pem" "$dir/cert.pem" | as_server tee "$dir/both.pem" >/dev/null
as_server tee "$dir/servers.py" <test/worker/servers.py >/dev/null	# where the server's user can read it
in_background "$dir/log" /usr/bin/python3 "$dir/servers.py" "$dir" "$mail_port" "$(free_port)" "$dir/both.pem" x
createdb crash_worker
configure shared_preload_libraries=smartwf smartwf.databases=crash_worker,crash_beside smartwf.workers=2 smartwf.step_deaths=10 smartwf.smtp_url="smtp://127.0.0.1:$mail_port" smartwf.smtp_tls=off \
	smartwf.smtp_from=flows@example.org smartwf.delivery_timeout=1 log_min_messages=fatal
server restart
c() { psql -X -q -At -v ON_ERROR_STOP=1 crash_worker "$@"; }
c -f - >/dev/null <<'SQL'
CREATE EXTENSION smartwf;
CREATE SCHEMA app;
CREATE TABLE app.effect (run bigint, step int);
CREATE FUNCTION app.effect(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	next int := coalesce((model ->> 'steps')::int, 0) + 1;
BEGIN
	INSERT INTO app.effect VALUES (run, next);
	RETURN jsonb_build_object('steps', next);
END $$;
SELECT smartwf.register_dataflow('effect', 'app.effect');
SELECT smartwf.define_flow(jsonb_build_object('name', 'five', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps', jsonb_build_array(
	'{"name": "one", "kind": "execute_data_flow", "settings": {"dataflow": "effect"}}'::jsonb, '{"name": "two", "kind": "execute_data_flow", "settings": {"dataflow": "effect"}}'::jsonb,
	'{"name": "tell", "kind": "send_notification", "settings": {"channel": "smtp", "users": ["anna@example.org"], "subject": "{{n}}", "message": "m"}}'::jsonb,
	'{"name": "nap", "kind": "wait", "settings": {"duration": "10 milliseconds"}}'::jsonb, '{"name": "three", "kind": "execute_data_flow", "settings": {"dataflow": "effect"}}'::jsonb)))));
SQL
c -f - >/dev/null <<'SQL'
CREATE FUNCTION app.leave(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
SELECT smartwf.register_dataflow('leave', 'app.leave');
SELECT smartwf.define_flow('{"name": "poison", "stages": [{"name": "s", "steps": [{"name": "leave", "kind": "execute_data_flow", "settings": {"dataflow": "leave"}}]}]}');
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "new", "initial": true, "timer": "t"}, {"name": "late"}], "transitions": [{"name": "expire", "arcs": [{"from": "new", "to": "late"}]}],
 "timers": [{"name": "t", "tasks": [{"delta": "300 milliseconds", "kind": "go_to_state", "settings": {"state": "late"}}]}]}');
CREATE TABLE app.doc (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state text);
SELECT smartwf.attach('app.doc', 'W');
SQL
cat >"$CLUSTER/enqueue.sql" <<'LOAD'
\set n random(1, 1000000000)
SELECT smartwf.enqueue_flow('five', model => jsonb_build_object('n', :n));
INSERT INTO app.doc DEFAULT VALUES;
\sleep 20 ms
LOAD
victim() {
	case $((RANDOM % 4)) in
		0) server_pid ;;
		1) c -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1" ;;
		*) c -c "SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'smartwf%' ORDER BY random() LIMIT 1" ;;
	esac 2>/dev/null || true
}
server_pid() { head -n 1 <(as_server cat "$CLUSTER/data/postmaster.pid"); }
is_up() { psql -X -q -c "SELECT" crash_worker >/dev/null 2>&1; }
beside() { psql -X -q postgres -c "$1" >/dev/null 2>&1; }
killed=0
killed_postmaster=0
dropped=0
poisoned=0
SECONDS=0
goes_on() { if [ "$soak" -gt 0 ]; then [ "$SECONDS" -lt "$soak" ]; else [ "$killed" -lt "$kills" ]; fi; }
while goes_on; do
	until is_up; do kill -0 "$(server_pid)" 2>/dev/null || (server start) >/dev/null 2>&1 || true; sleep 0.05; done
	pgbench -n -c 2 -T 5 -f "$CLUSTER/enqueue.sql" crash_worker >/dev/null 2>&1 &
	load=$!
	for _ in $(seq $((RANDOM % 4 + 1))); do
		sleep "0.$((RANDOM % 25 + 5))"
		pid=$(victim)
		[ -n "$pid" ] || continue
		[ "$pid" != "$(server_pid)" ] || killed_postmaster=$((killed_postmaster + 1))
		kill -9 "$pid" 2>/dev/null && killed=$((killed + 1)) || true
	done
	kill "$load" 2>/dev/null || true
	wait "$load" 2>/dev/null || true
	if [ $((RANDOM % 10)) = 0 ]; then
		beside "CREATE DATABASE crash_beside" || true
		if beside "DROP DATABASE crash_beside"; then dropped=$((dropped + 1)); fi
	fi
	if [ $((RANDOM % 20)) = 0 ] && c -c "SELECT smartwf.enqueue_flow('poison')" >/dev/null 2>&1; then poisoned=$((poisoned + 1)); fi
done
until is_up; do kill -0 "$(server_pid)" 2>/dev/null || (server start) >/dev/null 2>&1 || true; sleep 0.1; done
for _ in $(seq 1800); do
	left=$(c -c "SELECT count(*) FROM smartwf.runs WHERE status NOT IN ('finished', 'failed')" -c "SELECT count(*) FROM smartwf.notifications WHERE status <> 'delivered'" \
		-c "SELECT count(*) FROM smartwf.element_timers WHERE due_at IS NOT NULL" 2>/dev/null | tr '\n' ' ')
	[ "$left" != "0 0 0 " ] || break
	# a poisoned step is put off for longer and longer
	c -c "UPDATE smartwf.runs SET due_at = now() WHERE flow = 'poison' AND status = 'queued'" >/dev/null 2>&1 || true
	sleep 0.1
done
problems=$(c -c "SELECT 'run ' || id || ' is ' || status || ' at ' || coalesce(step, 'the end') || ': ' || coalesce(message, '') FROM smartwf.runs WHERE status <> CASE flow WHEN 'poison' THEN 'failed' ELSE 'finished' END
	UNION ALL SELECT 'run ' || r.id || ' has effects ' || coalesce(array_agg(e.step ORDER BY e.step)::text, 'none') FROM smartwf.runs r LEFT JOIN app.effect e ON e.run = r.id WHERE r.flow = 'five' GROUP BY r.id HAVING array_agg(e.step ORDER BY e.step) IS DISTINCT FROM '{1,2,3}'
	UNION ALL SELECT 'run ' || r.id || ' has steps ' || array_agg(s.step || ' ' || s.outcome ORDER BY number)::text FROM smartwf.runs r JOIN smartwf.run_steps s ON s.run = r.id WHERE r.flow = 'five' GROUP BY r.id
		HAVING array_agg(s.step || ' ' || s.outcome ORDER BY number) <> '{one done,two done,tell done,nap done,three done}'
	UNION ALL SELECT 'effect of unknown run ' || e.run FROM app.effect e WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = e.run)
	UNION ALL SELECT 'notification ' || id || ' is ' || status FROM smartwf.notifications WHERE status <> 'delivered'
	UNION ALL SELECT 'run ' || r.id || ' has no notification' FROM smartwf.runs r WHERE r.flow = 'five' AND NOT EXISTS (SELECT FROM smartwf.notifications n WHERE n.run = r.id)
	UNION ALL SELECT 'document ' || id || ' is ' || state FROM app.doc WHERE state <> 'late'
	UNION ALL SELECT 'document ' || docid || ' has ' || count(*) || ' lines of history' FROM smartwf.history GROUP BY docid HAVING count(*) <> 2")
if [ -n "$problems" ]; then echo "$problems" | head -n 20; exit 1; fi
c -c "SELECT '<' || key || '@example.org>' FROM smartwf.notifications ORDER BY 1" >"$CLUSTER/sent"
/usr/bin/python3 - "$dir/mails" "$CLUSTER/sent" <<'PYTHON'
import json, sys
got = [json.loads(line)["id"] for line in open(sys.argv[1])]
sent = [line.strip() for line in open(sys.argv[2])]
lost, strange = set(sent) - set(got), set(got) - set(sent)
assert not lost, f"{len(lost)} mails lost"
assert not strange, f"{len(strange)} mails that were never sent"
print(f"noted: {len(sent)} mails, {len(got) - len(sent)} of them again")
PYTHON
runs=$(c -c "SELECT count(*) FROM smartwf.runs WHERE flow = 'five'")
documents=$(c -c "SELECT count(*) FROM app.doc")
[ "$runs" -gt "$kills" ]
echo "noted: $killed kills, $killed_postmaster of them of the postmaster; $runs runs, each step once; $documents timers, each once"
echo "noted: $poisoned poisoned runs, all failed; a database beside was dropped $dropped times"
