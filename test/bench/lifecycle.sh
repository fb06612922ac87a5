# Changes of state; (a+) would need a lock to be safe with several clients, so it
# runs in bulk only.
names=(bare same update pass trigger function)
label=(
	[bare]="(a) bare UPDATE + INSERT"
	[same]="(a+) the same, dense revision"
	[update]="smartwf, plain UPDATE"
	[pass]="smartwf, pass_transition"
	[trigger]="(b) PL/pgSQL trigger"
	[function]="(c) PL/pgSQL function")
flip="CASE state WHEN 'draft' THEN 'control' ELSE 'draft' END"
bare_insert="INSERT INTO bare_history (docid, revision, at, actor, transition, from_state, to_state, workflow_id)
	SELECT id::text, nextval('bare_revision'), clock_timestamp(), current_user, 'flip', $flip, state, 1 FROM moved"
next_revision="(SELECT coalesce(max(revision), -1) + 1 FROM bare_history h WHERE h.docid = id::text)"
declare -A one=(
	[bare]="WITH moved AS (UPDATE bare SET state = $flip WHERE id = :id RETURNING id, state) $bare_insert"
	[update]="UPDATE wf SET state = $flip WHERE id = :id"
	[pass]="SELECT smartwf.pass_transition(:id::text, 'flip')"
	[trigger]="UPDATE trg SET state = $flip WHERE id = :id"
	[function]="SELECT fun_pass(:id, 'flip')")
declare -A all=(
	[bare]="WITH moved AS (UPDATE bare SET state = $flip RETURNING id, state) $bare_insert"
	[same]="WITH moved AS (UPDATE bare SET state = $flip RETURNING id, state) ${bare_insert/nextval(\'bare_revision\')/$next_revision}"
	[update]="UPDATE wf SET state = $flip"
	[pass]="SELECT count(smartwf.pass_transition(id::text, 'flip')) FROM wf"
	[trigger]="UPDATE trg SET state = $flip"
	[function]="SELECT count(fun_pass(id, 'flip')) FROM fun")

one_by_one() {
	local clients round name
	for name in "${!one[@]}"; do
		printf '\\set id random(1, %s)\n%s;\n' "$rows" "${one[$name]}" >"$CLUSTER/$name.pgbench"
	done
	for clients in 1 2 4; do
		for round in $(seq "$rounds"); do
			for name in "${names[@]}"; do
				[ -n "${one[$name]:-}" ] || continue
				results[$1$clients,$name]+=" $(transactions_per_second "$CLUSTER/$name.pgbench" "$clients")"
			done
		done
		report "One row at a time, fsync $1, $clients client(s): transactions per second, ratio to (a)" "tps" "$1$clients"
	done
}

in_bulk() {
	local round name ms
	for round in $(seq "$rounds"); do
		for name in "${names[@]}"; do
			sql bench -c "VACUUM (ANALYZE)" -c CHECKPOINT
			ms=$(psql -X bench -v ON_ERROR_STOP=1 -c '\timing on' -c "${all[$name]}" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
			results[bulk,$name]+=" $(awk -v r="$rows" -v t="$ms" 'BEGIN {print r * 1000 / t}')"
		done
	done
	report "$rows rows in one statement, fsync off: rows per second, ratio to (a)" "rows/s" bulk
}

[ "$only" = single ] || in_bulk
if [ "$only" != bulk ]; then
	one_by_one off
	sql -c "ALTER SYSTEM SET fsync = on"
	server restart
	one_by_one on
fi
