# Workers, backends and the postmaster are killed at random moments under load;
# afterwards every run has ended as if nothing had been: the effect of each step
# once, each mail there, nothing stuck.  KILLS: how many (script/test --soak: more).
packages python3-aiosmtpd openssl
kills=${KILLS:-200}
dir=$CLUSTER/crash
as_server mkdir -p "$dir"
mail_port=$(free_port)
as_server openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
as_server cat "$dir/key.pem" "$dir/cert.pem" | as_server tee "$dir/both.pem" >/dev/null
as_server tee "$dir/servers.py" <test/worker/servers.py >/dev/null	# where the server's user can read it
in_background "$dir/log" /usr/bin/python3 "$dir/servers.py" "$dir" "$mail_port" "$(free_port)" "$dir/both.pem" x
createdb crash_worker
configure shared_preload_libraries=smartwf smartwf.databases=crash_worker smartwf.workers=2 smartwf.smtp_url="smtp://127.0.0.1:$mail_port" smartwf.smtp_tls=off \
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
cat >"$CLUSTER/enqueue.sql" <<'LOAD'
\set n random(1, 1000000000)
SELECT smartwf.enqueue_flow('five', model => jsonb_build_object('n', :n));
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
killed=0
killed_postmaster=0
while [ "$killed" -lt "$kills" ]; do
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
done
until is_up; do kill -0 "$(server_pid)" 2>/dev/null || (server start) >/dev/null 2>&1 || true; sleep 0.1; done
for _ in $(seq 600); do
	left=$(c -c "SELECT count(*) FROM smartwf.runs WHERE status <> 'finished'" -c "SELECT count(*) FROM smartwf.notifications WHERE status <> 'delivered'" 2>/dev/null | tr '\n' ' ')
	[ "$left" != "0 0 " ] || break
	sleep 0.1
done
problems=$(c -c "SELECT 'run ' || id || ' is ' || status || ' at ' || coalesce(step, 'the end') || ': ' || coalesce(message, '') FROM smartwf.runs WHERE status <> 'finished'
	UNION ALL SELECT 'run ' || r.id || ' has effects ' || coalesce(array_agg(e.step ORDER BY e.step)::text, 'none') FROM smartwf.runs r LEFT JOIN app.effect e ON e.run = r.id GROUP BY r.id HAVING array_agg(e.step ORDER BY e.step) IS DISTINCT FROM '{1,2,3}'
	UNION ALL SELECT 'run ' || r.id || ' has steps ' || array_agg(s.step || ' ' || s.outcome ORDER BY number)::text FROM smartwf.runs r JOIN smartwf.run_steps s ON s.run = r.id GROUP BY r.id
		HAVING array_agg(s.step || ' ' || s.outcome ORDER BY number) <> '{one done,two done,tell done,nap done,three done}'
	UNION ALL SELECT 'effect of unknown run ' || e.run FROM app.effect e WHERE NOT EXISTS (SELECT FROM smartwf.runs r WHERE r.id = e.run)
	UNION ALL SELECT 'notification ' || id || ' is ' || status FROM smartwf.notifications WHERE status <> 'delivered'
	UNION ALL SELECT 'run ' || r.id || ' has no notification' FROM smartwf.runs r WHERE NOT EXISTS (SELECT FROM smartwf.notifications n WHERE n.run = r.id)")
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
runs=$(c -c "SELECT count(*) FROM smartwf.runs")
[ "$runs" -gt "$kills" ]
echo "noted: $killed kills, $killed_postmaster of them of the postmaster; $runs runs, each step once"
