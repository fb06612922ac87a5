# Two workers at once, without and with a transaction that holds back the xmin
# horizon, so that nothing that is over can be cleaned away: no step twice.
createdb horizon
configure shared_preload_libraries=smartwf smartwf.databases=horizon smartwf.workers=2
server restart
h() { psql -X -q -At -v ON_ERROR_STOP=1 horizon "$@"; }
h -f - >/dev/null <<'SQL'
CREATE EXTENSION smartwf;
CREATE TABLE effect (run bigint, step int);
CREATE FUNCTION public.effect(model jsonb, run bigint) RETURNS jsonb LANGUAGE sql AS $$
	INSERT INTO effect VALUES (run, coalesce((model ->> 'steps')::int, 0) + 1) RETURNING jsonb_build_object('steps', step) $$;
SELECT smartwf.register_dataflow('effect', 'public.effect');
SELECT smartwf.define_flow(jsonb_build_object('name', 'five', 'stages', jsonb_build_array(jsonb_build_object('name', 's', 'steps',
	(SELECT jsonb_agg(jsonb_build_object('name', 'step ' || g, 'kind', 'execute_data_flow', 'settings', jsonb_build_object('dataflow', 'effect'))) FROM generate_series(1, 5) g)))));
SQL
# flows NUMBER: per second, from the first in the queue to the last done
flows() {
	h -c "TRUNCATE effect" -c "SELECT count(smartwf.enqueue_flow('five')) FROM generate_series(1, $1)" >/dev/null
	for _ in $(seq 600); do
		[ "$(h -c "SELECT count(*) FROM smartwf.runs WHERE status <> 'finished'")" != 0 ] || break
		sleep 0.1
	done
	[ "$(h -c "SELECT count(*) = 5 * $1 AND count(DISTINCT (run, step)) = 5 * $1 FROM effect")" = t ]
	h -c "SELECT round($1 / extract(epoch FROM max(changed_at) - min(started_at))) FROM (SELECT * FROM smartwf.runs ORDER BY id DESC LIMIT $1) r"
}
flows 500 >/dev/null
free=$(flows 3000)
h -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT count(*) FROM pg_class" -c "SELECT pg_sleep(300)" >/dev/null 2>&1 &
holder=$!
sleep 0.5
[ "$(h -c "SELECT backend_xmin IS NOT NULL FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()")" = t ]
held=$(flows 3000)
held_longer=$(flows 3000)
h -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(300)%' AND pid <> pg_backend_pid()" >/dev/null
wait "$holder" 2>/dev/null || true
echo "noted: two workers, 3000 flows of five steps: $free flows/s; with the horizon held back $held, then $held_longer"
