script/demo change >"$CLUSTER/change.out" 2>&1 || { cat "$CLUSTER/change.out"; exit 1; }
cat "$CLUSTER/change.out"
# the undo that is refused, and nothing else
[ "$(grep -c ERROR "$CLUSTER/change.out")" = 1 ]
grep -q 'ERROR:  undo of migration 1 is not valid' "$CLUSTER/change.out"
grep -q '^removed state archived' "$CLUSTER/change.out"
grep -q 'n3\["#43; disputed"\]:::done' "$CLUSTER/change.out"
grep -q '^   1 archived        1 paid     cannot  constraint "payable"' "$CLUSTER/change.out"
grep -q '^finished        20   20      0' "$CLUSTER/change.out"
grep -q '^      2 paid       20' "$CLUSTER/change.out"
# back where it was
[ "$(grep -c '^      1 archived    20' "$CLUSTER/change.out")" = 2 ]
