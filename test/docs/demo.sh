script/demo flow >"$CLUSTER/flow.out" 2>&1 || { cat "$CLUSTER/flow.out"; exit 1; }
cat "$CLUSTER/flow.out"
[ "$(grep -c ERROR "$CLUSTER/flow.out")" = 4 ]
grep -q '"clerk" does not hold the right' "$CLUSTER/flow.out"
grep -q '"boss" may not answer confirmation 1' "$CLUSTER/flow.out"
grep -q '"deputy" may not answer confirmation 2' "$CLUSTER/flow.out"
grep -q '^auditor approve    approved' "$CLUSTER/flow.out"
grep -q '^waiting the auditor expired  no' "$CLUSTER/flow.out"
grep -q 'WFL0512 step tell: channel "pigeon"' "$CLUSTER/flow.out"
grep -q 'the ledger is closed today' "$CLUSTER/flow.out"
grep -q 'printing press yes       50000 approved' "$CLUSTER/flow.out"
grep -q 'clerk@example.org Invoice printing press The answer was yes.' "$CLUSTER/flow.out"
grep -q 'n4\["the boss"\]:::done' "$CLUSTER/flow.out"
# The demo shows what it says: where the article came, each refusal, and the
# documented address over HTTP.  It makes a cluster of its own.
script/demo >"$CLUSTER/demo.out" 2>&1 || { cat "$CLUSTER/demo.out"; exit 1; }
cat "$CLUSTER/demo.out"
grep -q 'Vérification' "$CLUSTER/demo.out"
grep -q 'Publication' "$CLUSTER/demo.out"
[ "$(grep -c ERROR "$CLUSTER/demo.out")" = 3 ]
grep -q '"writer" does not hold the right' "$CLUSTER/demo.out"
grep -q 'words <= 500 is not fulfilled' "$CLUSTER/demo.out"
[ "$(grep -c '^A1 ' "$CLUSTER/demo.out")" = 4 ]
# HTTP is not shown where what it needs cannot be had
. script/gateway
gateway_tools
grep -q '"uri": "/api/v2/smart-elements/A2/workflows/transitions/transmission"' "$CLUSTER/demo.out"
grep -q 'HTTP/1.1 200 OK' "$CLUSTER/demo.out"
grep -q '"code": "CRUD0235"' "$CLUSTER/demo.out"
