# An old schema with data, served by the new library; updated under load; nothing is lost.
createdb updated_live
configure shared_preload_libraries=smartwf smartwf.databases=updated_live smartwf.workers=2 smartwf.naptime=1
server restart
u() { sql updated_live -At "$@"; }
expect() { [ "$1" = "$2" ] || { echo "expected: $2"; echo "got:      $1"; exit 1; }; }
becomes() {
	local answer
	for _ in $(seq 150); do
		answer=$(u -c "$2" 2>&1) || true
		[ "$answer" != "$1" ] || return 0
		sleep 0.1
	done
	echo "expected: $1"; echo "got:      $answer"; echo "for:      $2"; exit 1
}

present=$(sed -n "s/^default_version = '\(.*\)'/\1/p" smartwf.control)
last=$(ls updates | sed -nE 's/^smartwf--([0-9.]+)\.sql$/\1/p' | sort -V | tail -n 1)
u -c "CREATE EXTENSION smartwf VERSION '$last'"
u -f test/upgrade/fixture.sql >/dev/null
asked=$(u -c "SELECT smartwf.start_flow('ask')")
u -c "SELECT smartwf.lock_element('2', false)" >/dev/null

# the new library serves the old schema: transitions, answers, timers, queued runs, refusals
expect "$(u -c "SELECT smartwf.pass_transition('1', 'go') #>> '{state,id}'")" "b"
expect "$(u -c "SELECT state FROM app.doc WHERE id = 1")" "b"
expect "$(u -c "SELECT json_array_length(smartwf.get_history('1') #> '{data,history}')")" "2"
expect "$(u -c "SELECT count(smartwf.enqueue_flow('work')) FROM generate_series(1, 20)")" "20"
becomes "20" "SELECT count(*) FROM smartwf.runs WHERE flow = 'work' AND status = 'finished'"
before_the_load="at <= '$(u -c "SELECT clock_timestamp()")'"
before=$(u -c "SELECT string_agg(h::text, ',' ORDER BY docid, revision) FROM smartwf.history h WHERE $before_the_load")

# the update, while documents change and workers work
cat >"$CLUSTER/load.pgbench" <<'SQL'
\set id random(10, 100)
UPDATE app.doc SET state = CASE state WHEN 'a' THEN 'b' ELSE 'a' END WHERE id = :id;
SELECT smartwf.enqueue_flow('work');
SQL
pgbench -n -c 3 -j 2 -T 6 -f "$CLUSTER/load.pgbench" updated_live >"$CLUSTER/load.log" 2>&1 &
load=$!
sleep 2
u -c "ALTER EXTENSION smartwf UPDATE"
wait "$load" || { cat "$CLUSTER/load.log"; exit 1; }
if grep -qE "ERROR|aborted" "$CLUSTER/load.log"; then cat "$CLUSTER/load.log"; exit 1; fi
grep -E "number of transactions actually processed: [1-9]" "$CLUSTER/load.log"
expect "$(u -c "SELECT extversion FROM pg_extension WHERE extname = 'smartwf'")" "$present"
becomes "0" "SELECT count(*) FROM smartwf.runs WHERE flow = 'work' AND status <> 'finished'"

# what was there is there
expect "$(u -c "SELECT string_agg(h::text, ',' ORDER BY docid, revision) FROM smartwf.history h WHERE $before_the_load")" "$before"
expect "$(u -c "SELECT count(*) FROM app.doc d JOIN (SELECT DISTINCT ON (docid) docid, to_state FROM smartwf.history ORDER BY docid, revision DESC) h ON h.docid = d.id::text AND h.to_state = d.state")" "100"
expect "$(u -c "SELECT locked_by FROM smartwf.elements WHERE docid = '2'")" "postgres"
expect "$(u -c "SELECT status FROM smartwf.runs WHERE id = $asked")" "waiting"
expect "$(u -c "SELECT smartwf.answer_confirmation(id, 'yes') FROM smartwf.confirmations WHERE run = $asked")" "finished"
expect "$(u -c "SELECT status FROM smartwf.notifications")" "queued"
expect "$(u -c "SELECT json_array_length(smartwf.get_history('1', most => 1) #> '{data,history}')")" "1"
# the timer that the old schema has attached
u -c "SELECT smartwf.advance_clock('2 days')" -c "CALL smartwf.work()" >/dev/null
expect "$(u -c "SELECT state FROM app.doc WHERE id = 5")" "late"

# a schema that the library does not serve: everybody is told, workers wait, and go on after the update
extension=$(pg_config --sharedir)/extension
echo "ALTER TABLE smartwf.workflows ALTER COLUMN id SET STATISTICS -1;" >"$extension/smartwf--$present--99.sql"
cp "$extension/smartwf--$present--99.sql" "$extension/smartwf--99--$present.sql"
expect "$(u -c "ALTER EXTENSION smartwf UPDATE TO '99'" 2>&1 | head -n 1)" 'ERROR:  extension "smartwf" is of version "99", which its library does not serve'
u -c "UPDATE pg_extension SET extversion = '99' WHERE extname = 'smartwf'"
expect "$(u -c "UPDATE app.doc SET state = 'b' WHERE id = 50" 2>&1 | head -n 1)" 'ERROR:  extension "smartwf" is of version "99", which its library does not serve'
becomes "t" "SELECT pg_read_file('$CLUSTER/log') LIKE '%smartwf waits: extension \"smartwf\" is of version \"99\"%'"
u -c "ALTER EXTENSION smartwf UPDATE TO '$present'"
expect "$(u -c "SELECT count(smartwf.enqueue_flow('work')) FROM generate_series(1, 5)")" "5"
becomes "0" "SELECT count(*) FROM smartwf.runs WHERE flow = 'work' AND status <> 'finished'"
rm "$extension"/smartwf--*99*.sql
configure
server restart
dropdb updated_live
