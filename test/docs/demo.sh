# The demo shows what it says: where the article came, and each refusal.
createdb demo
psql -X -d demo -f demo/lifecycle.sql >"$CLUSTER/demo.out" 2>&1
cat "$CLUSTER/demo.out"
grep -q 'Vérification' "$CLUSTER/demo.out"
grep -q 'Publication' "$CLUSTER/demo.out"
[ "$(grep -c ERROR "$CLUSTER/demo.out")" = 3 ]
grep -q '"writer" does not hold the right' "$CLUSTER/demo.out"
grep -q 'words <= 500 is not fulfilled' "$CLUSTER/demo.out"
[ "$(grep -c '^A1 ' "$CLUSTER/demo.out")" = 4 ]
dropdb demo
sql -c "DROP ROLE writer, editor"
