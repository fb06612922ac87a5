# The states answer, by SQL with 4 clients and over HTTP with 1, 8 and 32
# connections, against the least that a client could ask: the state of a row.
names=(state get10 sql10 plpgsql10 get100 sql100 plpgsql100)
label=(
	[state]="(c) select state where id = \$1"
	[get10]="smartwf.get_states, 10 states"
	[sql10]="(a) SQL function, 10 states"
	[plpgsql10]="(b) PL/pgSQL function, 10 states"
	[get100]="smartwf.get_states, 100 states"
	[sql100]="(a) SQL function, 100 states"
	[plpgsql100]="(b) PL/pgSQL function, 100 states")
declare -A asked=([state]="SELECT state FROM t10 WHERE id = :id")
for n in 10 100; do
	prefix=$([ $n = 10 ] && echo a || echo b)
	asked[get$n]="SELECT smartwf.get_states('$prefix' || :id)"
	asked[sql$n]="SELECT states_sql('$prefix' || :id, (SELECT state FROM t$n WHERE id = :id))"
	asked[plpgsql$n]="SELECT states_plpgsql('$prefix' || :id, (SELECT state FROM t$n WHERE id = :id))"
done

by_sql() {
	local round name
	# the rivals answer the same, or they would be none
	[ "$(sql bench -U reader -At -c "SELECT count(*) FROM (VALUES ('a7', 't10'), ('b7', 't100')) d (docid, t)
		WHERE smartwf.get_states(docid)::jsonb = states_sql(docid, 'state_1')::jsonb AND states_sql(docid, 'state_1')::jsonb = states_plpgsql(docid, 'state_1')::jsonb")" = 2 ] ||
		fail "the contestants do not answer the same"
	for name in "${names[@]}"; do
		printf '\\set id random(1, %s)\n%s;\n' "$rows" "${asked[$name]}" >"$CLUSTER/$name.pgbench"
	done
	for round in $(seq "$rounds"); do
		for name in "${names[@]}"; do
			transactions sql "$name" "$CLUSTER/$name.pgbench" 4 reader
		done
	done
	report "By SQL, 4 clients: answers per second, ratio to (c)" "/s" sql
	report_cpu "The same in server CPU for one, ratio of (c) to it" sql
	awk -v ten="$(printf '%s\n' ${results[sql,get10]} | median)" -v hundred="$(printf '%s\n' ${results[sql,get100]} | median)" \
		'BEGIN {printf "  100 states cost %.1f times what 10 cost\n", ten / hundred}'
}

# pages of 10, by a role that has no privilege on smartwf's tables, and by one that sees nothing
in_pages() {
	local round name
	local -a names=(table documents deep states history nothing)
	local -A label=([table]="(t) 10 rows of the table itself, by its key" [documents]="documents?order=docid&limit=10"
		[deep]="the same from somewhere in the middle" [states]="element_states?order=docid&limit=10"
		[history]="history?docid=eq.X&order=revision.desc&limit=10" [nothing]="documents?order=docid&limit=10, who sees nothing")
	local -A page=([table]="SELECT * FROM t10 WHERE id >= :id ORDER BY id LIMIT 10"
		[documents]="SELECT * FROM smartwf_api.documents ORDER BY docid LIMIT 10"
		[deep]="SELECT * FROM smartwf_api.documents WHERE docid > 'a' || :id ORDER BY docid LIMIT 10"
		[states]="SELECT * FROM smartwf_api.element_states ORDER BY docid LIMIT 10"
		[history]="SELECT * FROM smartwf_api.history WHERE docid = 'a' || :id ORDER BY revision DESC LIMIT 10"
		[nothing]="SELECT * FROM smartwf_api.documents ORDER BY docid LIMIT 10")
	for name in "${names[@]}"; do printf '\\set id random(1, %s)\n%s;\n' "$rows" "${page[$name]}" >"$CLUSTER/$name.pgbench"; done
	for round in $(seq "$rounds"); do
		for name in "${names[@]}"; do
			transactions pages "$name" "$CLUSTER/$name.pgbench" 1 "$([ "$name" = nothing ] && echo stranger || echo visitor)"
		done
	done
	report "Pages of 10 of $((2 * rows)) documents, 1 client: pages per second, ratio to (t)" "/s" pages
	report_cpu "The same in server CPU for one, ratio of (t) to it" pages
}

# one_load NAME PATH CONNECTIONS: requests per second and 99th percentile (us)
one_load() {
	local threads=$(($3 < 2 ? 1 : 2))
	wrk -t "$threads" -c "$3" -d "${seconds}s" --latency -H "Authorization: Bearer $TOKEN" "$GATEWAY$2" >"$CLUSTER/wrk.log" 2>&1 ||
		{ tail "$CLUSTER/wrk.log" >&2; fail "wrk failed for $1"; }
	if grep -q 'Non-2xx\|Socket errors' "$CLUSTER/wrk.log"; then cat "$CLUSTER/wrk.log" >&2; fail "$1 was not answered"; fi
	results[rate$3,$1]+=" $(sed -n 's/^Requests\/sec: *//p' "$CLUSTER/wrk.log")"
	results[late$3,$1]+=" $(awk '$1 == "99%" {v = $2; print (v ~ /us$/) ? v + 0 : (v ~ /ms$/) ? v * 1000 : v * 1000000}' "$CLUSTER/wrk.log")"
}

over_http() {
	local connections round name
	. script/gateway
	packages wrk
	gateway_tools
	# what PostgREST itself costs: the state of a row, by a view beside ours
	sql bench -c "CREATE VIEW smartwf_api.plain AS SELECT id, state FROM t10" -c "GRANT SELECT ON smartwf_api.plain TO reader"
	start_gateway bench
	TOKEN=$(jwt '{"role": "reader"}')
	names=(plain address view function)
	label=(
		[plain]="(p) /rest/plain?id=eq.7"
		[address]="the documented address, 10 states"
		[view]="/rest/element_states?docid=eq.a7"
		[function]="/rest/rpc/get_states?docid=a7")
	local -A paths=([plain]="/rest/plain?id=eq.7" [address]="/api/v2/smart-elements/a7/workflows/states/"
		[view]="/rest/element_states?docid=eq.a7" [function]="/rest/rpc/get_states?docid=a7")
	for connections in 1 8 32 128; do
		for round in $(seq "$rounds"); do
			for name in "${names[@]}"; do one_load "$name" "${paths[$name]}" "$connections"; done
		done
		report "Over HTTP, $connections connection(s): requests per second, ratio to (p)" "/s" "rate$connections"
		report "  and the 99th percentile of the time to answer, ratio to (p)" "us" "late$connections"
	done
}

case $only in "" | sql) by_sql ;; esac
case $only in "" | pages) in_pages ;; esac
case $only in "" | http) over_http ;; esac
