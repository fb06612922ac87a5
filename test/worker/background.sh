# The background workers of a real server: woken, watched, cancelled, killed, stopped.
createdb background
configure shared_preload_libraries=smartwf smartwf.databases=background smartwf.naptime=3600 smartwf.workers=2
server restart
b() { sql background -At "$@"; }
expect() { [ "$1" = "$2" ] || { echo "expected: $2"; echo "got:      $1"; exit 1; }; }
# becomes SQL: until a query answers so
becomes() {
	local answer
	for _ in $(seq 100); do
		answer=$(b -c "$2" 2>&1) || true
		[ "$answer" != "$1" ] || return 0
		sleep 0.1
	done
	echo "expected: $1"; echo "got:      $answer"; echo "for:      $2"; exit 1
}

# they are there before the extension is, and serve it when it comes
becomes "smartwf delivery|1
smartwf worker|2" "SELECT backend_type, count(*) FROM pg_stat_activity WHERE datname = 'background' AND backend_type LIKE 'smartwf%' GROUP BY 1 ORDER BY 1"
b -c "CREATE EXTENSION smartwf" -c "CREATE SCHEMA app" -c "CREATE TABLE app.note (run bigint, who name, session name)"
b -f - >/dev/null <<'SQL'
CREATE FUNCTION app.note(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_sleep((model ->> 'sleep')::float);
	INSERT INTO app.note VALUES (run, current_user, session_user);
	RETURN NULL;
END $$;
SELECT smartwf.register_dataflow('note', 'app.note');
SELECT smartwf.define_flow('{"name": "note", "stages": [{"name": "s", "steps": [{"name": "mark", "kind": "update_model_field", "settings": {"field": "marked", "value": true}}, {"name": "note", "kind": "execute_data_flow", "settings": {"dataflow": "note"}}]}]}');
SELECT smartwf.define_flow('{"name": "nap", "stages": [{"name": "s", "steps": [{"name": "nap", "kind": "wait", "settings": {"duration": "1 second"}}]}]}');
SELECT smartwf.define_workflow('{"name": "W", "states": [{"name": "a", "initial": true, "timer": "t"}, {"name": "late"}], "transitions": [{"name": "expire", "arcs": [{"from": "a", "to": "late"}]}],
 "timers": [{"name": "t", "tasks": [{"delta": "1 second", "kind": "go_to_state", "settings": {"state": "late"}}]}]}');
CREATE TABLE app.doc (id int PRIMARY KEY, state text);
SELECT smartwf.attach('app.doc', 'W');
SQL
becomes "delivery|idle
runs and timers|idle
runs and timers|idle" "SELECT work, state FROM smartwf.workers ORDER BY 1"
# woken by a commit, though they sleep for an hour; so are those that wait for a while
b -c "SELECT smartwf.enqueue_flow('note')" -c "SELECT smartwf.enqueue_flow('nap')" -c "INSERT INTO app.doc VALUES (1)" >/dev/null
becomes "nap finished, note finished" "SELECT string_agg(flow || ' ' || status, ', ' ORDER BY flow) FROM smartwf.runs"
becomes late "SELECT state FROM app.doc"
expect "$(b -c "SELECT max(changed_at - started_at) < '2 seconds' FROM smartwf.runs")" t
# nothing to do: no transaction at all
transactions() { b -c "SELECT pg_stat_clear_snapshot()" -c "SELECT sum(done) FROM smartwf.workers" | tail -n 1; }
sleep 1
before=$(transactions)
sleep 2
expect "$(transactions)" "$before"
# what hangs can be seen, and cancelled: that fails the step
b -c "SELECT smartwf.enqueue_flow('note', model => '{\"sleep\": 3600}', key => 'hangs')" >/dev/null
becomes "run $(b -c "SELECT id FROM smartwf.runs WHERE key = 'hangs'") of flow \"note\", step \"note\"" "SELECT doing FROM smartwf.workers WHERE state = 'working'"
expect "$(b -c "SELECT query LIKE 'run % of flow \"note\", step \"note\"' FROM pg_stat_activity WHERE backend_type = 'smartwf worker' AND state = 'active'")" t
b -c "SELECT pg_cancel_backend(pid) FROM smartwf.workers WHERE state = 'working'" >/dev/null
becomes "failed|note|57014" "SELECT status, step, sqlstate FROM smartwf.runs WHERE key = 'hangs'"
grep -q 'run [0-9]* of flow "note" failed at step "note": canceling statement due to user request' "$CLUSTER/log"
# a worker that ends comes again; what it was doing is done all the same, once
b -c "UPDATE smartwf.runs SET model = '{\"sleep\": 1}' WHERE key = 'hangs'" -c "SELECT smartwf.restart_all('note')" >/dev/null
becomes 1 "SELECT count(*) FROM smartwf.workers WHERE state = 'working'"
b -c "SELECT pg_terminate_backend(pid) FROM smartwf.workers" >/dev/null
becomes "finished" "SELECT status FROM smartwf.runs WHERE key = 'hangs'"
becomes 3 "SELECT count(*) FROM smartwf.workers"
expect "$(b -c "SELECT count(*) FROM app.note n JOIN smartwf.runs r ON r.id = n.run WHERE key = 'hangs'")" 1
# the server stops while a step runs, at once; and goes on when it is there again
b -c "SELECT smartwf.enqueue_flow('note', model => '{\"sleep\": 20}', key => 'stopped')" >/dev/null
becomes 1 "SELECT count(*) FROM smartwf.workers WHERE doing LIKE '%\"note\"'"
SECONDS=0
server stop -m fast
[ "$SECONDS" -lt 10 ]
server start
becomes 1 "SELECT count(*) FROM smartwf.workers WHERE doing LIKE '%\"note\"'"
b -c "SELECT pg_cancel_backend(pid) FROM smartwf.workers WHERE state = 'working'" >/dev/null
becomes "failed|1" "SELECT r.status, count(*) FROM smartwf.runs r JOIN smartwf.run_steps s ON s.run = r.id WHERE key = 'stopped' AND s.step = 'mark' GROUP BY 1"
# a role without rights gets no more of them; not even when its deferred trigger runs
b -f - >/dev/null <<'SQL'
CREATE ROLE background_thief;
CREATE TABLE app.secret AS SELECT 'treasure' AS what;
CREATE SCHEMA theft AUTHORIZATION background_thief;
GRANT INSERT ON app.note TO background_thief;
GRANT USAGE ON SCHEMA app TO background_thief;
SET ROLE background_thief;
CREATE TABLE theft.trap (x int);
CREATE FUNCTION theft.spring() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.note VALUES (0, current_user, session_user); PERFORM FROM app.secret; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON theft.trap DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION theft.spring();
CREATE FUNCTION theft.steal(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN EXECUTE model ->> 'statement'; RETURN NULL; END $$;
RESET ROLE;
SELECT smartwf.register_dataflow('steal', 'theft.steal');
SELECT smartwf.define_flow('{"name": "steal", "start": [{"role": "background_thief"}], "stages": [{"name": "s", "steps": [{"name": "steal", "kind": "execute_data_flow", "settings": {"dataflow": "steal"}}]}]}');
SET ROLE background_thief;
SELECT smartwf.enqueue_flow('steal', model => jsonb_build_object('statement', s)) FROM unnest(ARRAY['SELECT FROM app.secret', 'INSERT INTO theft.trap VALUES (1)', 'RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT']) s;
SQL
becomes "failed|permission denied for table secret
failed|permission denied for table secret
failed|cannot set parameter \"role\" within security-definer function
failed|cannot set parameter \"session_authorization\" within security-definer function" "SELECT status, replace(message, 'in security-restricted', 'within security-definer') FROM smartwf.runs WHERE flow = 'steal' ORDER BY id"
# the extension goes, and comes
b -c "DROP EXTENSION smartwf CASCADE" -c "CREATE EXTENSION smartwf" -c "SELECT smartwf.define_flow('{\"name\": \"nap\", \"stages\": [{\"name\": \"s\", \"steps\": [{\"name\": \"nap\", \"kind\": \"wait\", \"settings\": {\"duration\": \"0\"}}]}]}')" >/dev/null 2>&1
b -c "SELECT smartwf.enqueue_flow('nap')" >/dev/null
becomes finished "SELECT status FROM smartwf.runs"
# what is over goes by itself, if settings say so
b -c "UPDATE smartwf.runs SET started_at = now() - interval '3 days', changed_at = now() - interval '2 days'" -c "SELECT smartwf.enqueue_flow('nap')" >/dev/null
becomes 2 "SELECT count(*) FROM smartwf.runs WHERE status = 'finished'"
configure shared_preload_libraries=smartwf smartwf.databases=background smartwf.purge_after=1d
server restart
becomes 1 "SELECT count(*) FROM smartwf.runs"
# they need no superuser
b -c "CREATE ROLE background_plain LOGIN" -c "CREATE FUNCTION app.session(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS 'SELECT jsonb_build_object(''session'', session_user, ''user'', current_user)'" \
	-c "SELECT smartwf.register_dataflow('session', 'app.session')" \
	-c "SELECT smartwf.define_flow('{\"name\": \"who\", \"stages\": [{\"name\": \"s\", \"steps\": [{\"name\": \"who\", \"kind\": \"execute_data_flow\", \"settings\": {\"dataflow\": \"session\"}}]}]}')" >/dev/null
configure shared_preload_libraries=smartwf smartwf.databases=background smartwf.worker_role=background_plain
server restart
b -c "SELECT smartwf.enqueue_flow('who')" >/dev/null
becomes "finished|background_plain|postgres" "SELECT status, model ->> 'session', model ->> 'user' FROM smartwf.runs WHERE flow = 'who'"
configure
server restart
b -c "DROP SCHEMA app, theft CASCADE" -c "DROP ROLE background_thief, background_plain" >/dev/null 2>&1
