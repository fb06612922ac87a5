# smartwf.work() where the library is preloaded: the session is on the board as
# long as it works, is woken by commits, and leaves no trace of what steps did in it.
createdb session
configure shared_preload_libraries=smartwf
server restart
s() { sql session -At "$@"; }
s -f - >/dev/null <<'SQL'
CREATE EXTENSION smartwf;
CREATE FUNCTION public.temporary(model jsonb, run bigint) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE t (x int); RETURN '{"made": true}'; END $$;
SELECT smartwf.register_dataflow('temporary', 'public.temporary');
SELECT smartwf.define_flow('{"name": "temporary", "stages": [{"name": "s", "steps": [{"name": "make", "kind": "execute_data_flow", "settings": {"dataflow": "temporary"}}]}]}');
SELECT smartwf.enqueue_flow('temporary') FROM generate_series(1, 3);
SQL
# thrice in one session, with temporary tables between
[ "$(s -c "CALL smartwf.work()" -c "SELECT smartwf.enqueue_flow('temporary') > 0" -c "CALL smartwf.work()" -c "CALL smartwf.work()" \
	-c "SELECT count(*), bool_and((model -> 'made')::boolean), to_regclass('pg_temp.t') IS NULL FROM smartwf.runs WHERE status = 'finished'" | tr '\n' ' ')" = "t 4|t|t " ]
[ "$(s -c "SELECT count(*) FROM smartwf.workers")" = 0 ]
# it waits for work, and is woken
s -c "CALL smartwf.work(30)" &
working=$!
for _ in $(seq 100); do [ "$(s -c "SELECT work, state FROM smartwf.workers")" != "everything|idle" ] || break; sleep 0.1; done
[ "$(s -c "SELECT work, state FROM smartwf.workers")" = "everything|idle" ]
s -c "SELECT smartwf.enqueue_flow('temporary')" >/dev/null
for _ in $(seq 50); do [ "$(s -c "SELECT count(*) FROM smartwf.runs WHERE status <> 'finished'")" != 0 ] || break; sleep 0.1; done
[ "$(s -c "SELECT count(*), max(changed_at - started_at) < '5 seconds' FROM smartwf.runs WHERE id = (SELECT max(id) FROM smartwf.runs) AND status = 'finished'")" = "1|t" ]
# cancelled, it is off the board
s -c "SELECT pg_cancel_backend(pid) FROM smartwf.workers" >/dev/null
if wait "$working"; then exit 1; fi
[ "$(s -c "SELECT count(*) FROM smartwf.workers")" = 0 ]
