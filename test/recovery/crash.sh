# The server is killed under load, several times; afterwards rows, elements and
# history agree.
server_pid() { head -n 1 <(as_server cat "$CLUSTER/data/postmaster.pid"); }
createdb crash
sql crash -f test/recovery/setup.sql
cat >"$CLUSTER/turn.sql" <<'LOAD'
\set id random(1, 200)
SELECT smartwf.pass_transition(:id::text, 'turn');
\set id random(201, 100000)
INSERT INTO app.doc (id) VALUES (:id) ON CONFLICT (id) DO UPDATE SET state = CASE app.doc.state WHEN 'a' THEN 'b' WHEN 'b' THEN 'c' ELSE 'a' END;
\set id random(201, 100000)
DELETE FROM app.doc WHERE id = :id;
LOAD
for round in 1 2 3 4 5; do
	pgbench -n -c 4 -T 20 -f "$CLUSTER/turn.sql" crash >/dev/null 2>&1 &
	load=$!
	sleep "0.$((RANDOM % 9 + 1))"
	kill -9 "$(server_pid)"
	wait "$load" || true
	# the children go on their own; only then can it start again
	for _ in $(seq 100); do (server start) 2>/dev/null && break; sleep 0.1; done
	problems=$(sql crash -At -f test/recovery/consistent.sql)
	if [ -n "$problems" ]; then echo "round $round: $problems"; exit 1; fi
done
[ "$(sql crash -At -c 'SELECT count(*) > 500 FROM smartwf.history')" = t ]
