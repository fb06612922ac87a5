script/demo worker >"$CLUSTER/worker.out" 2>&1 || { cat "$CLUSTER/worker.out"; exit 1; }
cat "$CLUSTER/worker.out"
[ "$(grep -c ERROR "$CLUSTER/worker.out")" = 0 ]
[ "$(grep -c 'runs and timers idle' "$CLUSTER/worker.out")" = 2 ]
grep -q '^run . of flow "book", step "book"' "$CLUSTER/worker.out"
grep -q 'failed  the ledger does not answer' "$CLUSTER/worker.out"
grep -Eq '^finished +1' "$CLUSTER/worker.out"
grep -q '^expired postgres by expire' "$CLUSTER/worker.out"
grep -q '^hail is due in three days' "$CLUSTER/worker.out"
