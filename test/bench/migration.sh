# Migrations: a structure that moves by a row; one state of ten that disappears; what
# a transition takes meanwhile; and what it costs after ten migrations.
doc() { sql bench -At -c "$1"; }
# milliseconds SQL: of one statement
milliseconds() { psql -X bench -v ON_ERROR_STOP=1 -c '\timing on' -c "$1" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'; }
in_state() { doc "SELECT count(*) FROM doc WHERE state = '$1'"; }

# no state disappears: to and fro between the first two versions
at_once() {
	local round version
	local -a spent=()
	for round in $(seq "$rounds"); do
		for version in 2 1; do spent+=("$(milliseconds "SELECT smartwf.start_migration('doc', $version)")"); done
	done
	printf '\nNo state disappears: %s documents move by one row\n  p50 %.1f ms, longest %.1f ms\n' "$rows" \
		"$(printf '%s\n' "${spent[@]}" | median)" "$(printf '%s\n' "${spent[@]}" | sort -n | tail -n 1)"
}

names=(bare written smartwf)
label=([bare]="the bare UPDATE of these rows in batches" [written]="the same with a line of history each" [smartwf]="smartwf, CALL work_migration()")
# contest ROUND NAME SQL: what one of them takes, per row of the state
contest() {
	local before ms
	sql bench -c CHECKPOINT
	sleep 0.2
	before=$(ended_sessions)
	ms=$(psql -X -q bench -v ON_ERROR_STOP=1 -c '\timing on' -c "$2" | awk '/^Time:/ {t += $2} END {print t}')
	sleep 0.2
	results[map,$1]+=" $(awk -v r="$tenth" -v t="$ms" 'BEGIN {print r * 1000 / t}')"
	cpu[map,$1]+=" $(awk -v r="$tenth" -v c="$(($(ended_sessions) - before))" 'BEGIN {print c / r}')"
}
one_of_ten() {
	local round tenth migration undo
	tenth=$(in_state s10)
	for round in $(seq "$rounds"); do
		contest bare "CALL bare_move('s10', 's9', false)"
		sql bench -c "UPDATE bare SET state = 's10' WHERE id % 10 = 9" -c "VACUUM bare"
		contest written "CALL bare_move('s10', 's9', true)"
		sql bench -c "UPDATE bare SET state = 's10' WHERE id % 10 = 9" -c "VACUUM bare"
		migration=$(doc "SELECT smartwf.start_migration('doc', 3, '{\"s10\": \"s9\"}')")
		contest smartwf "CALL smartwf.work_migration($migration)"
		[ "$(in_state s10)" = 0 ] && [ "$(doc "SELECT done FROM smartwf.migrations WHERE id = $migration")" = "$tenth" ] || fail "not all documents were moved"
		undo=$(doc "SELECT smartwf.undo_migration($migration)")
		doc "CALL smartwf.work_migration($undo)" >/dev/null
		[ "$(in_state s10)" = "$tenth" ] || fail "not all documents came back"
		sql bench -c "VACUUM doc" -c "VACUUM smartwf.elements, smartwf.history, smartwf.migration_documents, smartwf.migrations"
	done
	report "One state of ten disappears: $tenth of $rows documents, rows per second, ratio to the bare UPDATE" "rows/s" map
	report_cpu "The same in server CPU for a row, ratio of the bare UPDATE to it" map
}

# p99 FILE SECONDS: of transitions that four clients pass, 400 a second
latency() {
	rm -f "$CLUSTER"/latency.*
	(cd "$CLUSTER" && pgbench -n -M prepared -c 4 -j 2 -R 400 -T "$1" -l --log-prefix=latency -f "$CLUSTER/next.pgbench" bench) \
		>"$CLUSTER/pgbench.log" 2>&1 || { tail "$CLUSTER/pgbench.log" >&2; fail "pgbench failed"; }
	cat "$CLUSTER"/latency.* | awk '{print $3 / 1000}' | sort -n | awk '{v[NR] = $1} END {printf "p50 %.1f ms, p99 %.1f ms, longest %.1f ms", v[int(NR * .5) + 1], v[int(NR * .99) + 1], v[NR]}'
}
meanwhile() {
	local migration undo alone with worker
	printf '\\set id random(1, %s)\nSELECT smartwf.pass_transition('"'D'"' || :id, '"'next'"');\n' "$rows" >"$CLUSTER/next.pgbench"
	alone=$(latency "$((seconds * 3))")
	migration=$(doc "SELECT smartwf.start_migration('doc', 3, '{\"s10\": \"s9\"}')")
	doc "CALL smartwf.work_migration($migration)" >/dev/null &
	worker=$!
	with=$(latency "$((seconds * 3))")
	wait "$worker"
	printf '\nTransitions of four clients, 400 a second\n  %-42s %s\n  %-42s %s\n' "alone" "$alone" "while the state disappears" "$with"
	[ "$(in_state s10)" = 0 ] || fail "documents were left in a state that is gone"
}

after_ten() {
	local round name
	names=(fresh moved)
	label=([fresh]="a structure that has never moved" [moved]="one that has moved ten times")
	printf '\\set id random(1, 10000)\nSELECT smartwf.pass_transition('"'F'"' || :id, '"'next'"');\n' >"$CLUSTER/fresh.pgbench"
	sed "s/'F'/'M'/" "$CLUSTER/fresh.pgbench" >"$CLUSTER/moved.pgbench"
	for round in $(seq "$rounds"); do
		for name in "${names[@]}"; do transactions ten "$name" "$CLUSTER/$name.pgbench" 1; done
	done
	report "After ten migrations: transitions per second, 1 client" "tps" ten
	report_cpu "The same in server CPU for one, ratio of the first to it" ten
}

case $only in "" | once) at_once ;; esac
case $only in "" | map) one_of_ten ;; esac
case $only in "" | meanwhile) meanwhile ;; esac
case $only in "" | ten) after_ten ;; esac
