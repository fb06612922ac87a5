# Flows of five steps against the bare limit: all at once, and step by step, each
# in a transaction of its own; with no finished runs in the tables, and with --rows.
names=(bare all_at_once bare_steps answers bare_question question)
label=(
	[bare]="the bare limit: 1 + 5 rows by PL/pgSQL"
	[all_at_once]="smartwf.start_flow, five steps"
	[bare_steps]="step by step: 6 transactions of 1 or 2 rows"
	[answers]="smartwf, 5 questions, 5 answers"
	[bare_question]="the rows of a question and its answer"
	[question]="smartwf, a question and its answer")
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

{
	echo "SELECT bare_ask() AS question \\gset"
	echo "SELECT bare_answer(:question, 'yes');"
} >"$CLUSTER/bare_question.pgbench"
{
	echo "SELECT smartwf.start_flow('question') AS run \\gset"
	echo "SELECT id AS question FROM smartwf.confirmations WHERE run = :run \\gset"
	echo "SELECT smartwf.answer_confirmation(:question, 'yes');"
} >"$CLUSTER/question.pgbench"

# --only PARTs, for a quick look
[ -z "$only" ] || names=(${only//,/ })

# a question against the rows that it takes
ratio_of_question() {
	awk -v q="$(printf '%s\n' ${results[$1,question]} | median)" -v b="$(printf '%s\n' ${results[$1,bare_question]} | median)" \
		'BEGIN {printf "  %-42s %24.2f\n", "a question against its rows", q / b}'
}

race() {
	local clients round name
	for clients in 1 2 4; do
		for round in $(seq "$rounds"); do
			for name in "${names[@]}"; do
				transactions "$1$clients" "$name" "$CLUSTER/$name.pgbench" "$clients"
			done
		done
		report "$2, $clients client(s): flows per second, ratio to the limit" "/s" "$1$clients"
		report_cpu "The same in server CPU for one, ratio of the limit to it" "$1$clients"
		[ -n "$only" ] || ratio_of_question "$1$clients"
	done
}

race none "No finished runs to begin with, fsync off"
sql bench -c "SELECT fill($rows)" -c "VACUUM (ANALYZE)" >/dev/null
race many "$rows finished runs and their steps, fsync off"
configure fsync=on
server restart
race synced "$rows finished runs and their steps, fsync on"
