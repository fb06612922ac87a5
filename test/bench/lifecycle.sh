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
				transactions "$1$clients" "$name" "$CLUSTER/$name.pgbench" "$clients"
			done
		done
		report "One row at a time, fsync $1, $clients client(s): transactions per second, ratio to (a)" "tps" "$1$clients"
		report_cpu "The same in server CPU for one, ratio of (a) to it" "$1$clients"
	done
}

in_bulk() {
	local round name
	for round in $(seq "$rounds"); do
		for name in "${names[@]}"; do
			statement bulk "$name" "${all[$name]}"
		done
	done
	report "$rows rows in one statement, fsync off: rows per second, ratio to (a)" "rows/s" bulk
	report_cpu "The same in server CPU for a row, ratio of (a) to it" bulk
}

# rows that come and go; the bare statements write the row, the registry's and the history's
in_and_out() {
	local round
	local -a names=(bare update)
	local -A label=([bare]="(a) bare: row, registry, history" [update]="smartwf")
	for round in $(seq "$rounds"); do
		local new="SELECT g, 'title ' || g, 'draft' FROM generate_series($((round * rows + 1)), $(((round + 1) * rows))) g"
		statement insert bare "WITH new AS (INSERT INTO bare_in $new RETURNING id, state),
			e AS (INSERT INTO bare_elements (docid, structure, workflow_id, created_at) SELECT 'i' || id, 'wf_in', 1, clock_timestamp() FROM new)
			INSERT INTO bare_in_history (docid, revision, at, actor, to_state, workflow_id) SELECT 'i' || id, 0, clock_timestamp(), current_user, state, 1 FROM new"
		statement insert update "INSERT INTO wf_in $new"
		statement delete bare "WITH gone AS (DELETE FROM bare_in RETURNING id, state),
			e AS (UPDATE bare_elements SET deleted_at = clock_timestamp() FROM gone WHERE docid = 'i' || id)
			INSERT INTO bare_in_history (docid, revision, at, actor, from_state, workflow_id) SELECT 'i' || id, 1, clock_timestamp(), current_user, state, 1 FROM gone"
		statement delete update "DELETE FROM wf_in"
	done
	report_cpu "INSERT of $rows rows, server CPU for a row, ratio of (a) to it" insert
	report_cpu "DELETE of $rows rows, server CPU for a row, ratio of (a) to it" delete
}

case $only in "" | bulk) in_bulk ;; esac
case $only in "" | rows) in_and_out ;; esac
if [ -z "$only" ] || [ "$only" = single ]; then
	one_by_one off
	sql -c "ALTER SYSTEM SET fsync = on"
	server restart
	one_by_one on
fi
