# Flows of five trivial steps, all at once, against the bare limit; with no
# finished runs in the tables, and with --rows of them.
names=(bare all_at_once)
label=(
	[bare]="the bare limit: 1 + 5 rows by PL/pgSQL"
	[all_at_once]="smartwf.start_flow, five steps")
echo "SELECT bare();" >"$CLUSTER/bare.pgbench"
echo "SELECT smartwf.start_flow('five');" >"$CLUSTER/all_at_once.pgbench"

race() {
	local clients round name
	for clients in 1 2 4; do
		for round in $(seq "$rounds"); do
			for name in "${names[@]}"; do
				results[$1$clients,$name]+=" $(transactions_per_second "$CLUSTER/$name.pgbench" "$clients")"
			done
		done
		report "$2, $clients client(s): flows per second, ratio to the limit" "/s" "$1$clients"
	done
}

race none "No finished runs to begin with, fsync off"
sql bench -c "SELECT fill($rows)" -c "VACUUM (ANALYZE)" >/dev/null
race many "$rows finished runs and their steps, fsync off"
