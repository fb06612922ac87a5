# A migration of 100,000 documents while clients change them, workers are killed and the
# server crashes: all of them arrive, each in a state of its version, and none is lost.
documents=100000
createdb moving
configure shared_preload_libraries=smartwf smartwf.databases=moving smartwf.workers=2 deadlock_timeout=200ms fsync=on
server restart
p() { psql -X -q -At -v ON_ERROR_STOP=1 moving "$@"; }
p -v documents="$documents" -f - >/dev/null <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION smartwf;
CREATE FUNCTION version(states text) RETURNS int LANGUAGE sql AS $$
	SELECT smartwf.define_workflow(jsonb_build_object('name', 'ROUND',
		'states', (SELECT jsonb_agg(jsonb_build_object('name', s, 'initial', n = 1) ORDER BY n) FROM regexp_split_to_table(states, '') WITH ORDINALITY AS t (s, n)),
		'transitions', jsonb_build_array(jsonb_build_object('name', 'next', 'arcs', (SELECT jsonb_agg(jsonb_build_object('from', s,
			'to', substr(states, (n % length(states) + 1)::int, 1))) FROM regexp_split_to_table(states, '') WITH ORDINALITY AS t (s, n))))))
$$;
SELECT version('abcd');
CREATE TABLE doc (id int PRIMARY KEY, state text, changes int NOT NULL DEFAULT 0) WITH (fillfactor = 70);
INSERT INTO doc SELECT g, substr('abcd', g % 4 + 1, 1) FROM generate_series(1, :documents) g;
SELECT smartwf.attach('doc', 'ROUND');
-- so that there is time to kill somebody
CREATE FUNCTION think() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM generate_series(1, 2000); RETURN NULL; END $$;
CREATE TRIGGER think AFTER UPDATE ON doc FOR EACH ROW WHEN (OLD.state = 'c' AND NEW.state = 'd') EXECUTE FUNCTION think();
SELECT version('abd');
-- a client that is refused tries another document
CREATE FUNCTION go(document int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF document % 2 = 0 THEN
		PERFORM smartwf.pass_transition(document::text, 'next');
	ELSE
		UPDATE doc SET state = CASE state WHEN 'a' THEN 'b' WHEN 'b' THEN 'd' ELSE 'a' END, changes = changes + 1 WHERE id = document;
	END IF;
	RETURN 'changed';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
SQL
planned=$(p -c "SELECT sum(elements), count(*) FILTER (WHERE verdict = 'cannot') FROM smartwf.migration_plan('doc', states => '{\"c\": \"d\"}')")
[ "$planned" = "$documents|0" ] || { echo "planned: $planned"; exit 1; }
printf '\\set id random(1, %s)\nSELECT go(:id);\n' "$documents" >"$CLUSTER/go.pgbench"
# clients come back after each crash
(while [ ! -e "$CLUSTER/enough" ]; do pgbench -n -c 4 -j 2 -T 600 -f "$CLUSTER/go.pgbench" moving >/dev/null 2>&1 || sleep 0.2; done) &
clients=$!
# one of them is in a transaction that began by the version of before, and ends when all others have moved
mkfifo "$CLUSTER/late"
psql -X -q moving <"$CLUSTER/late" >/dev/null 2>&1 &
exec 9>"$CLUSTER/late"
echo "BEGIN; UPDATE doc SET changes = 1 WHERE id = 1;" >&9
sleep 1
migration=$(p -c "SELECT smartwf.start_migration('doc', states => '{\"c\": \"d\"}')")
worker() { p -c "SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'smartwf%' AND datname = 'moving' ORDER BY pid LIMIT 1" 2>/dev/null; }
status() { p -c "SELECT status FROM smartwf.migrations WHERE id = $migration" 2>/dev/null || echo away; }
for _ in 1 2; do
	sleep 0.4
	victim=$(worker) || victim=
	[ -z "$victim" ] || kill -TERM "$victim" 2>/dev/null || true
done
sleep 0.3
[ "$(p -c "SELECT done BETWEEN 1 AND 20000 FROM smartwf.migrations WHERE id = $migration")" = t ] || { echo "it was over before anybody was killed"; exit 1; }
victim=$(worker) || victim=
[ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || true	# with it goes the whole server, for a moment
for _ in $(seq 100); do [ "$(status)" = away ] || break; sleep 0.1; done
sleep 1
server restart -m immediate
# a worker that was killed has the migration ask for help: that is given
for _ in $(seq 600); do
	case $(status) in
		finished) break ;;
		failed) p -c "SELECT smartwf.resume_migration($migration)" >/dev/null ;;
	esac
	sleep 0.1
done
touch "$CLUSTER/enough"
p -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%go(%' AND pid <> pg_backend_pid()" >/dev/null
wait "$clients" 2>/dev/null || true
exec 9>&-
[ "$(status)" = finished ] || { p -c "SELECT * FROM smartwf.migrations" -c "SELECT * FROM smartwf.migration_documents WHERE status <> 'pending' LIMIT 5"; exit 1; }
told=$(p -F ' ' -c "SELECT count(*), count(*) FILTER (WHERE d.state = 'c'),
	count(*) FILTER (WHERE d.state <> (SELECT h.to_state FROM smartwf.history h WHERE h.docid = d.id::text ORDER BY h.revision DESC LIMIT 1)),
	count(*) FILTER (WHERE (SELECT s.version FROM smartwf.document_state(d.id::text) s) <> 2) FROM doc d")
[ "$told" = "$documents 0 0 0" ] || { echo "documents, in a state that is gone, not as history says, of another version: $told"; exit 1; }
# each moved once, from the state that is gone; revisions have no gap
told=$(p -F ' ' -c "SELECT count(*) FILTER (WHERE n > 1), count(*) FILTER (WHERE wrong) FROM (SELECT docid, count(*) AS n,
	bool_or(from_state <> 'c' OR to_state <> 'd') AS wrong FROM smartwf.history WHERE comment = 'version 2' GROUP BY docid) x")
[ "$told" = "0 0" ] || { echo "moved twice, moved from another state: $told"; exit 1; }
[ "$(p -c "SELECT count(*) FROM (SELECT docid FROM smartwf.history GROUP BY docid HAVING count(*) <> max(revision) + 1) x")" = 0 ]
[ "$(p -c "SELECT count(*) > 20000 FROM smartwf.history WHERE comment = 'version 2'")" = t ]
! grep -q "deadlock detected" "$CLUSTER/log"
