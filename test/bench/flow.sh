# Flows of five steps against the bare limit: all at once, and step by step, each
# in a transaction of its own; with no finished runs in the tables, and with --rows.
names=(bare all_at_once bare_steps answers)
label=(
	[bare]="the bare limit: 1 + 5 rows by PL/pgSQL"
	[all_at_once]="smartwf.start_flow, five steps"
	[bare_steps]="step by step: 6 transactions of 1 or 2 rows"
	[answers]="smartwf, 5 questions, 5 answers")
echo "SELECT bare();" >"$CLUSTER/bare.pgbench"
echo "SELECT smartwf.start_flow('five');" >"$CLUSTER/all_at_once.pgbench"
{
	echo "SELECT bare_run() AS run \\gset"
	for i in 1 2 3 4 5; do echo "SELECT bare_step(:run, $i);"; done
} >"$CLUSTER/bare_steps.pgbench"
{
	echo "SELECT smartwf.start_flow('ask') AS run \\gset"
	for i in 1 2 3 4 5; do echo "SELECT smartwf.answer_confirmation((SELECT id FROM smartwf.confirmations WHERE run = :run AND status = 'open'), 'yes');"; done
} >"$CLUSTER/answers.pgbench"

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
