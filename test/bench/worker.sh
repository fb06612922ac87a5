# Queued flows of five steps, each committed, by two background workers, with 1, 4
# and 16 producers, against the bare limit: five committed single-row updates a
# flow by as many clients.  From enqueue to finish, under load and when idle.
names=(bare worker)
label=(
	[bare]="the bare limit: 5 committed updates a flow"
	[worker]="smartwf, 2 workers, end to end")
{
	echo "\\set id random(1, $rows)"
	for i in 1 2 3 4 5; do echo "UPDATE bare SET n = n + 1 WHERE id = :id;"; done
} >"$CLUSTER/bare.pgbench"
echo "SELECT smartwf.enqueue_flow('five');" >"$CLUSTER/enqueue.pgbench"
configure shared_preload_libraries=smartwf smartwf.databases=bench smartwf.workers=2
server restart

# done_by CLIENTS NUMBER [PGBENCH OPTIONS]: queue so many, wait until all are done: per second, p50 and p99
done_by() {
	pgbench -n -M prepared -c "$1" -j 2 -t $(($2 / $1)) "${@:3}" -f "$CLUSTER/enqueue.pgbench" bench >"$CLUSTER/pgbench.log" 2>&1
	until [ "$(sql bench -At -c "SELECT NOT EXISTS (SELECT FROM smartwf.runs WHERE due_at IS NOT NULL)")" = t ]; do sleep 0.1; done
	sql bench -At -F ' ' -c "SELECT * FROM measured($(($2 / $1 * $1)))"
}

flows=$((seconds * 1000))
done_by 4 "$flows" >/dev/null
declare -A p50 p99
for producers in 1 4 16; do
	for round in $(seq "$rounds"); do
		transactions "$producers" bare "$CLUSTER/bare.pgbench" "$producers"
		read -r rate half most < <(done_by "$producers" "$flows")
		results[$producers,worker]+=" $rate"
		p50[$producers]+=" $half"
		p99[$producers]+=" $most"
	done
	report "$producers producer(s), $flows flows a round, fsync off: flows per second, ratio to the limit" "/s" "$producers"
	printf '  from enqueue to finish, all queued as fast as they come: p50 %.0f ms, p99 %.0f ms\n' \
		"$(printf '%s\n' ${p50[$producers]} | median)" "$(printf '%s\n' ${p99[$producers]} | median)"
done
for round in $(seq "$rounds"); do
	read -r _ half most < <(done_by 1 $((seconds * 20)) -R 20)
	p50[idle]+=" $half"
	p99[idle]+=" $most"
done
printf '\nIdle but for 20 flows a second: from enqueue to finish p50 %.1f ms, p99 %.1f ms\n' \
	"$(printf '%s\n' ${p50[idle]} | median)" "$(printf '%s\n' ${p99[idle]} | median)"
